//! The measurement: what the twins gave, beside each other.

use varflat_run::error::Result;
use varflat_run::experiment::Checked;
use varflat_run::run_folder::RunFolder;

use super::settings::PrecisionStudy;
use super::tables::PrecisionReport;
use crate::studies::context::{Measure, StudyContext};

impl Measure for PrecisionStudy {
    type Report = PrecisionReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        self.check_keys()
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        self.check_of(run)
    }

    #[cfg(not(feature = "train"))]
    fn measure(&self, work: &StudyContext<'_>) -> Result<PrecisionReport> {
        varflat_run::stages::check_device(work.context.device)?;
        Err(work.invalid("it trains networks, which needs a backend".to_owned()))
    }

    #[cfg(feature = "train")]
    fn measure(&self, work: &StudyContext<'_>) -> Result<PrecisionReport> {
        super::twins::measure(self, work)
    }
}
