//! ψ for every batch size and learning rate (claim 6), all at the same training loss.

mod captions;
mod claims;
mod figures;
pub(crate) mod measure;

use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use self::measure::{GridReport, TABLES};
use super::context::{Measure, StudyContext};
use crate::part::{Part, reproduced};

pub use self::measure::GridStudy;

const PART: Part = Part {
    name: "grid",
    about: "ψ for every batch size and learning rate",
    record: "grid.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    reproduced: Some(reproduced!("grid", 505.0, 40.0)),
};

impl Measure for GridStudy {
    type Report = GridReport;
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
