//! How the solution changes with the width of the network (claim 10).

mod captions;
mod claims;
mod figures;
pub(crate) mod measure;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use self::measure::{TABLES, WidthReport};
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::measure::WidthStudy;

const PART: Part = Part {
    name: "width",
    about: "the solution at every width of the network",
    record: "width.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    reproduced: Some(reproduced!("width", 300.0, 6.0)),
};

impl Measure for WidthStudy {
    type Report = WidthReport;
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
