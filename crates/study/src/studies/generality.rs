//! ψ of other layers, networks, data and optimizers.

mod captions;
mod controls;
mod figures;
pub(crate) mod measure;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use self::measure::{GeneralityReport, TABLES};
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::measure::GeneralityStudy;

const PART: Part = Part {
    name: "generality",
    about: "ψ of other layers, networks, data and optimizers",
    record: "generality.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: controls::CONTROLS,
    reproduced: Some(reproduced!("generality", 605.0, 30.0)),
};

impl Measure for GeneralityStudy {
    type Report = GeneralityReport;
    const PART: &'static Part = &PART;
    const NEEDS_THE_RUN: bool = false;

    fn check(&self) -> Checked {
        self.0.check()
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<Self::Report> {
        self.measure(work)
    }

    fn words(report: &Self::Report) -> String {
        report.words()
    }
}
