//! Drift against diffusion (claims 3 and 4).

mod captions;
mod claims;
mod figures;
pub(crate) mod measure;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;
use varflat_run::run_folder::RunFolder;

use self::measure::{DriftReport, TABLES};
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::measure::DriftStudy;

const PART: Part = Part {
    name: "drift",
    about: "drift against diffusion",
    record: "drift.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    reproduced: Some(reproduced!("drift", 4.0, 5.0)),
};

impl Measure for DriftStudy {
    type Report = DriftReport;
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
