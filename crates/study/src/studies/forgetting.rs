//! Catastrophic forgetting (claim 11).

#[cfg(feature = "train")]
mod bench;
mod captions;
mod claims;
mod figures;
#[cfg(feature = "train")]
mod kept;
#[cfg(feature = "train")]
mod learnt;
mod measure;
mod method;
mod report;
mod rows;
#[cfg(feature = "train")]
mod sequence;
mod settings;
#[cfg(feature = "train")]
mod two_tasks;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use self::report::ForgettingReport;
use self::settings::TABLES;
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::method::Heads;
pub use self::settings::ForgettingStudy;

const PART: Part = Part {
    name: "forgetting",
    about: "forgetting, with and without constraints",
    record: "forgetting.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    reproduced: Some(reproduced!("forgetting", 350.0, 12.0)),
};

impl Measure for ForgettingStudy {
    type Report = ForgettingReport;
    const PART: &'static Part = &PART;
    const NEEDS_THE_RUN: bool = false;

    fn check(&self) -> Checked {
        self.check()
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<Self::Report> {
        measure::measure(self, work)
    }

    fn words(report: &Self::Report) -> String {
        report.words()
    }
}
