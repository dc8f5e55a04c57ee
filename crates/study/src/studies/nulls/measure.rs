//! `[study.nulls]`: every run that is done or taken over, and what its replays say.

use serde::{Deserialize, Serialize};
use varflat_analysis::{Basis, NullVerdict, Spread, quantile};
use varflat_files::write_csv;
use varflat_run::error::Result;
use varflat_run::experiment::{Checked, not_too_many, range, within};

use super::of_run::{self, RunFound};
use super::tables::{DIRECTIONS, NUMBERS, NullsReport, RUNS, RunDirection, RunNumber, RunRow};
use crate::studies::context::{Measure, StudyContext};
use crate::studies::controls::tables::Quantity;
use crate::studies::groups::{self, PointGroup};

const MOST_REPLAYS: u64 = 1000;

/// `[study.nulls]`: the runs, in groups, and how often each is replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NullsStudy {
    /// Keys that are changed in every run, as of `--set`.
    #[serde(default)]
    pub set: Vec<String>,
    /// The runs, in groups. One that another study beside this has done under the same name and settings is taken from there.
    pub groups: Vec<PointGroup>,
    /// Realisations of the replay of each run.
    pub replays: usize,
    /// First and last direction of each fit of ψ, counted from 1, as far as a run has them; the first of them is summed up.
    pub ranges: Vec<[usize; 2]>,
}

impl Measure for NullsStudy {
    type Report = NullsReport;
    const NEEDS_THE_RUN: bool = false;

    fn check(&self) -> Checked {
        within("replays", self.replays, 0, MOST_REPLAYS)?;
        if self.ranges.is_empty() {
            return Err("ranges needs at least one [first, last]".to_owned());
        }
        not_too_many("ranges", self.ranges.len())?;
        self.ranges.iter().try_for_each(|&directions| range("ranges", directions, 3))?;
        groups::check(&self.groups, &self.set)
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<NullsReport> {
        let finished = groups::complete(work, &self.groups, &self.set)?;
        let bar = work.context.bar("nulls", finished.len() as u64);
        let (mut rows, mut numbers, mut directions) = (Vec::new(), Vec::new(), Vec::new());
        for run in &finished {
            let RunFound { row, numbers: of_run, directions: along } = of_run::of(work, self, run)?;
            rows.push(row);
            numbers.extend(of_run);
            directions.extend(along);
            bar.inc(1);
            work.context.go_on("nulls")?;
        }
        drop(bar);
        write_csv(&work.file(RUNS), &rows)?;
        write_csv(&work.file(NUMBERS), &numbers)?;
        write_csv(&work.file(DIRECTIONS), &directions)?;
        Ok(self.report(&rows, &numbers, &directions))
    }
}

impl NullsStudy {
    fn report(&self, rows: &[RunRow], numbers: &[RunNumber], directions: &[RunDirection]) -> NullsReport {
        let range = self.ranges[0];
        let settled: Vec<&RunRow> = rows.iter().filter(|row| row.is_settled() && row.replays > 0).collect();
        let of = |quantity: Quantity, basis: Basis| {
            settled.iter().filter_map(move |run| {
                numbers.iter().find(|row| {
                    (row.quantity, row.basis) == (quantity, basis)
                        && row.run == run.run
                        && row.first == range[0]
                })
            })
        };
        let spread = |values: Vec<f64>| Spread::of(&values);
        let left = |basis| {
            spread(of(Quantity::Psi, basis).filter_map(|row| Some(row.value? - row.replay_mean?)).collect())
        };
        let with =
            |verdict| of(Quantity::Psi, Basis::Components).filter(|row| row.verdict == verdict).count();
        let values = |quantity| of(quantity, Basis::Hessian).filter_map(|row| row.value).collect();
        NullsReport {
            runs: rows.len(),
            range,
            replayed: settled.len(),
            as_the_null: with(NullVerdict::AsTheNull),
            beyond: with(NullVerdict::BeyondTheNull),
            left: left(Basis::Components),
            left_hessian: left(Basis::Hessian),
            psi_hessian: spread(values(Quantity::Psi)),
            gamma: spread(values(Quantity::Gamma)),
            amplitude: spread(settled.iter().filter_map(|row| row.amplitude).collect()),
            collapse: collapse(&settled, directions),
        }
    }
}

/// σ²B²/(α²N) over S/6 along the flat directions of all settled runs: points of 10, 50 and 90 %.
fn collapse(settled: &[&RunRow], directions: &[RunDirection]) -> Option<[f64; 3]> {
    let flat = directions.iter().filter(|along| {
        let run = settled.iter().find(|row| row.run == along.run);
        run.is_some_and(|run| run.crossover.is_some_and(|crossover| along.curvature < 0.1 * crossover))
    });
    let ratios: Vec<f64> = flat.map(|along| 6.0 * along.scaled / along.sample_noise).collect();
    let at = |q: f64| quantile(ratios.clone(), q);
    Some([at(0.1)?, at(0.5)?, at(0.9)?])
}
