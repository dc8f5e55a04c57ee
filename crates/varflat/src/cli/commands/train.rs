//! `varflat train`.

use clap::Args;
use varflat_run::error::Result;
use varflat_run::run_folder::Stage;
use varflat_run::stages;
use varflat_study::inspect;

use crate::cli::arguments::{DeviceChoice, ExperimentChoice};
use crate::cli::terminal::{context, print};

/// Stage 1: train and record (experiment + data → trajectory, weights, metrics)
#[derive(Args)]
pub(crate) struct Train {
    #[command(flatten)]
    experiment: ExperimentChoice,
    #[command(flatten)]
    device: DeviceChoice,
}

impl Train {
    pub(crate) fn run(self) -> Result<()> {
        let device = self.device.device.as_deref();
        stages::check_device(device)?;
        let run = self.experiment.open()?;
        if run.is_done(Stage::Train)? {
            run.remove_partial(Stage::Train)?;
            print(format_args!("{} is trained already; --force does it again\n", run.path().display()));
            return Ok(());
        }
        stages::perform(&run, Stage::Train, &context(device))?;
        if let Some(words) = inspect::unreached(&run)? {
            print(format_args!("{words}\n"));
        }
        Ok(())
    }
}
