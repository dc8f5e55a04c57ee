//! ψ of other layers, networks, data and optimizers.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::Spread;
use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use crate::studies::context::{Measure, StudyContext};
use crate::studies::exponents::{ExponentRow, write_exponents};
use crate::studies::groups::Trainings;

pub(crate) const TABLES: &[&str] = &[EXPONENTS, POINTS];
/// One row a run.
pub(crate) const EXPONENTS: &str = "generality.csv";
/// One row a component of a run.
pub(crate) const POINTS: &str = "generality_points.csv";

/// The numbers of the study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GeneralityReport {
    /// Every group of runs, in order.
    pub(crate) configurations: Vec<Configuration>,
    /// Configurations with a trusted ψ, and those of them in which every trusted interval is above zero.
    pub(crate) trusted: usize,
    pub(crate) inverse: usize,
    /// Why runs could not be done for want of their data; doing the study again tries them again.
    pub(crate) missing_data: Vec<String>,
}

/// The runs of one group: they differ in their seed alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) group: String,
    /// Number of recorded weights, N.
    pub(crate) weights: Option<usize>,
    pub(crate) runs: usize,
    /// Runs whose ψ is trusted, and how it scatters over the seeds.
    pub(crate) trusted: usize,
    pub(crate) psi: Option<Spread>,
}

/// `[study.generality]`: the trainings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GeneralityStudy(pub Trainings);

/// In words, a number a line.
impl fmt::Display for GeneralityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Configuration { group, runs, trusted, psi, .. } in &self.configurations {
            let found = match psi {
                Some(psi) => {
                    format!("mean ψ = {:.2}, standard deviation {:.2}", psi.mean, psi.standard_deviation)
                }
                None => "no ψ over seeds".to_owned(),
            };
            writeln!(f, "  {group}: {found}, {trusted} of {runs} runs can be trusted")?;
        }
        writeln!(f, "  the relation is inverse in {} of {} configurations", self.inverse, self.trusted)?;
        self.missing_data.iter().try_for_each(|problem| writeln!(f, "  left out: {problem}"))
    }
}

impl Measure for GeneralityStudy {
    type Report = GeneralityReport;
    const NEEDS_THE_RUN: bool = false;

    fn check(&self) -> Checked {
        self.0.check()
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<GeneralityReport> {
        let finished = self.0.complete(work)?;
        let rows = write_exponents(&finished, work, [EXPONENTS, POINTS])?;
        let mut missing_data: Vec<String> = finished.iter().filter_map(|run| run.missing_data()).collect();
        missing_data.dedup();
        Ok(report(&rows, missing_data))
    }
}

fn report(rows: &[ExponentRow], missing_data: Vec<String>) -> GeneralityReport {
    let groups: Vec<&[ExponentRow]> = rows.chunk_by(|a, b| a.group == b.group).collect();
    let trusted = |group: &[ExponentRow]| -> Vec<ExponentRow> {
        group.iter().filter(|row| row.is_trusted()).cloned().collect()
    };
    let configurations = groups.iter().map(|group| {
        let psi: Vec<f64> = trusted(group).iter().filter_map(|row| row.psi).collect();
        Configuration {
            group: group[0].group.clone(),
            weights: group.iter().find_map(|row| row.weights),
            runs: group.len(),
            trusted: psi.len(),
            psi: Spread::of(&psi),
        }
    });
    let inverse = |group: &&&[ExponentRow]| {
        let trusted = trusted(group);
        !trusted.is_empty() && trusted.iter().all(|row| row.low.is_some_and(|low| low > 0.0))
    };
    GeneralityReport {
        configurations: configurations.collect(),
        trusted: groups.iter().filter(|group| !trusted(group).is_empty()).count(),
        inverse: groups.iter().filter(inverse).count(),
        missing_data,
    }
}
