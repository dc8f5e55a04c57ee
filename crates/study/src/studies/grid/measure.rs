//! ψ for every batch size and learning rate (claim 6), all at the same training loss.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{MOST_RISE, Scaling, Spread, scaling};
use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use crate::studies::context::{Measure, StudyContext};
use crate::studies::exponents::{ExponentRow, write_exponents};
use crate::studies::groups::Trainings;

pub(crate) const TABLES: &[&str] = &[EXPONENTS, POINTS];
/// One row a run.
pub(crate) const EXPONENTS: &str = "grid.csv";
/// One row a component of a run.
pub(crate) const POINTS: &str = "grid_points.csv";

/// The numbers of a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GridReport {
    /// Runs, and those of them whose ψ is trusted.
    pub(crate) runs: usize,
    pub(crate) trusted: usize,
    /// Within the window of a settled training the loss never rises to more than this many times an earlier value.
    pub(crate) most_rise: f64,
    /// Mean, least and largest ψ of the trusted runs, and the standard deviation among them.
    pub(crate) psi: Option<Spread>,
    /// ψ ∝ (α/B)^x among the trusted runs.
    #[serde(default)]
    pub(crate) against_ratio: Option<Scaling>,
    /// The same of runs that differ in nothing but their seed, with the most of them.
    pub(crate) over_seeds: Option<Spread>,
}

/// `[study.grid]`: the trainings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GridStudy(pub Trainings);

/// In words, a number a line.
impl fmt::Display for GridReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {} of {} runs can be trusted", self.trusted, self.runs)?;
        for (what, spread) in [("of these", self.psi), ("over seeds alone", self.over_seeds)] {
            if let Some(Spread { n, mean, standard_deviation, least, largest }) = spread {
                writeln!(
                    f,
                    "  ψ {what}: mean {mean:.2}, standard deviation {standard_deviation:.2} ({n} runs; {least:.2} to {largest:.2})"
                )?;
            }
        }
        Ok(())
    }
}

impl Measure for GridStudy {
    type Report = GridReport;
    const NEEDS_THE_RUN: bool = false;

    fn check(&self) -> Checked {
        self.0.check()
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<GridReport> {
        let rows = write_exponents(&self.0.complete(work)?, work, [EXPONENTS, POINTS])?;
        Ok(report(&rows))
    }
}

fn report(rows: &[ExponentRow]) -> GridReport {
    let trusted: Vec<&ExponentRow> = rows.iter().filter(|row| row.is_trusted()).collect();
    let mut alike: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in &trusted {
        let settings = format!("{} {} {}", row.batch_size, row.learning_rate, row.window_steps);
        alike.entry(settings).or_default().extend(row.psi);
    }
    let psi: Vec<f64> = trusted.iter().filter_map(|row| row.psi).collect();
    GridReport {
        runs: rows.len(),
        trusted: trusted.len(),
        most_rise: MOST_RISE,
        psi: Spread::of(&psi),
        against_ratio: scaling(
            trusted.iter().filter_map(|row| Some((row.learning_rate / row.batch_size as f64, row.psi?))),
        )
        .ok(),
        over_seeds: alike.values().max_by_key(|values| values.len()).and_then(|values| Spread::of(values)),
    }
}
