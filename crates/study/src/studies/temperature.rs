//! The noise of SGD and its temperature (claims 8 and 9).

mod captions;
mod claims;
mod controls;
mod figures;
pub(crate) mod measure;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;
use varflat_run::run_folder::RunFolder;

use self::measure::{TABLES, TemperatureReport};
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::measure::TemperatureStudy;

const PART: Part = Part {
    name: "temperature",
    about: "the noise of SGD and its temperature",
    record: "temperature.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: controls::CONTROLS,
    reproduced: Some(reproduced!("temperature", 25.0, 20.0)),
};

impl Measure for TemperatureStudy {
    type Report = TemperatureReport;
    const PART: &'static Part = &PART;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        self.check()
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        self.check_run(run)
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<Self::Report> {
        measure::measure(self, work)
    }

    fn words(report: &Self::Report) -> String {
        report.words()
    }
}
