//! The measurement: windows from the last state of a run, and the same reading of each.

use varflat_run::error::Result;
use varflat_run::experiment::Checked;
use varflat_run::run_folder::RunFolder;

use super::settings::NoiseStudy;
use super::tables::NoiseReport;
use crate::studies::context::{Measure, StudyContext};

impl Measure for NoiseStudy {
    type Report = NoiseReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        self.check_keys()
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        self.check_of(run)
    }

    #[cfg(not(feature = "train"))]
    fn measure(&self, work: &StudyContext<'_>) -> Result<NoiseReport> {
        varflat_run::stages::check_device(work.context.device)?;
        Err(work.invalid("it goes on with a training, which needs a backend".to_owned()))
    }

    #[cfg(feature = "train")]
    fn measure(&self, work: &StudyContext<'_>) -> Result<NoiseReport> {
        super::windows::measure(self, work)
    }
}
