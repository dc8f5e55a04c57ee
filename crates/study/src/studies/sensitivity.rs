//! ψ under other definitions.

mod captions;
mod controls;
mod figures;
pub(crate) mod measure;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;
use varflat_run::run_folder::RunFolder;

use self::measure::{SensitivityReport, TABLES};
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::measure::SensitivityStudy;

const PART: Part = Part {
    name: "sensitivity",
    about: "ψ under other definitions",
    record: "sensitivity.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: controls::CONTROLS,
    reproduced: Some(reproduced!("sensitivity", 310.0, 30.0)),
};

impl Measure for SensitivityStudy {
    type Report = SensitivityReport;
    const PART: &'static Part = &PART;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        self.check()
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        self.check_run(run)
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<Self::Report> {
        self.measure(work)
    }

    fn words(report: &Self::Report) -> String {
        report.words()
    }
}
