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

#[cfg(test)]
mod tests {
    use varflat_analysis::Trust;

    use super::*;

    fn run(name: &str, trust: Trust) -> RunRow {
        RunRow {
            group: "a".to_owned(),
            run: name.to_owned(),
            seed: 1,
            batch_size: 50,
            learning_rate: 0.1,
            weights: Some(2500),
            l0: Some(1e-5),
            trust,
            note: String::new(),
            replays: 5,
            missing: String::new(),
            lateness: Some(1.0),
            crossover: Some(0.025),
            alignment: Some(0.9),
            amplitude_low: None,
            amplitude: Some(1.0),
            amplitude_high: None,
        }
    }

    fn psi(run: &str, value: f64, verdict: NullVerdict) -> RunNumber {
        RunNumber {
            run: run.to_owned(),
            quantity: Quantity::Psi,
            basis: Basis::Components,
            first: 2,
            last: 500,
            value: Some(value),
            replays: 5,
            replay_mean: Some(4.0),
            replay_deviation: Some(0.01),
            verdict,
        }
    }

    /// Flat directions on the line S/6, one twice as high, and a steep one that does not count.
    #[test]
    fn settled_runs_are_counted_and_flat_directions_collapse() {
        let rows = [run("one", Trust::Trusted), run("two", Trust::Trusted), run("early", Trust::NotSettled)];
        let numbers = [
            psi("one", 4.1, NullVerdict::BeyondTheNull),
            psi("two", 3.9, NullVerdict::AsTheNull),
            psi("early", 2.0, NullVerdict::BeyondTheNull),
        ];
        let along = |run: &str, curvature: f64, scaled: f64| RunDirection {
            run: run.to_owned(),
            index: 1,
            curvature,
            sample_noise: 6.0,
            variance: 1.0,
            expected: Some(1.0),
            scaled,
        };
        let directions = [
            along("one", 1e-4, 1.0),
            along("one", 1e-5, 1.0),
            along("two", 1e-4, 2.0),
            along("two", 1.0, 50.0),
            along("early", 1e-4, 70.0),
        ];
        let study = NullsStudy { set: vec![], groups: vec![], replays: 5, ranges: vec![[2, 500]] };
        let report = study.report(&rows, &numbers, &directions);
        assert_eq!((report.replayed, report.as_the_null, report.beyond), (2, 1, 1));
        let left = report.left.unwrap();
        assert!((left.mean).abs() < 1e-12 && (left.largest - 0.1).abs() < 1e-12, "{left:?}");
        let [_, middle, high] = report.collapse.unwrap();
        assert!((middle - 1.0).abs() < 1e-12 && high > 1.5 && high <= 2.0, "{middle} {high}");
    }
}
