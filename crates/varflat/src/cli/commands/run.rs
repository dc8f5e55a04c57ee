//! `varflat run`.

use std::path::PathBuf;

use clap::Args;
use varflat_run::error::Result;
use varflat_run::stages;
use varflat_study::inspect;
use varflat_study::part::prepare;
use varflat_study::registry::HEADLINE;

use super::plot::draw;
use crate::cli::arguments::{DeviceChoice, ExperimentChoice};
use crate::cli::terminal::{context, print};

/// Do one experiment end to end; continues an unfinished folder
#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    experiment: ExperimentChoice,
    /// Also draw the figures into this folder
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceChoice,
}

impl Run {
    pub(crate) fn run(self) -> Result<()> {
        let device = self.device.device.as_deref();
        stages::check_device(device)?;
        let run = self.experiment.open()?;
        if let Some(figures) = &self.figures {
            prepare(figures, &[HEADLINE], &[run.path()])?;
        }
        if !stages::complete(&run, &context(device))? {
            print(format_args!("{} is finished already; --force does it again\n", run.path().display()));
        }
        print(inspect::inspect(&run)?);
        self.figures.map_or(Ok(()), |figures| draw(Some(&run), &figures))
    }
}
