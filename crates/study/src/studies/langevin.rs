//! Thermal equilibrium beside SGD (claim 7).

mod captions;
mod claims;
mod controls;
mod figures;
pub(crate) mod measure;
mod readings;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use self::measure::{LangevinReport, TABLES};
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::measure::LangevinStudy;

const PART: Part = Part {
    name: "langevin",
    about: "walks in thermal equilibrium",
    record: "langevin.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: controls::CONTROLS,
    reproduced: Some(reproduced!("langevin", 120.0, 30.0)),
};

impl Measure for LangevinStudy {
    type Report = LangevinReport;
    const PART: &'static Part = &PART;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        self.check()
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<Self::Report> {
        self.measure(work)
    }

    fn words(report: &Self::Report) -> String {
        report.words()
    }
}
