//! `varflat reproduce`.

use std::path::PathBuf;

use clap::Args;
use varflat_run::error::Result;
use varflat_run::stages;
use varflat_study::reproduce::{Reproduction, names, reproduce};

use crate::cli::arguments::{DataChoice, DeviceChoice};
use crate::cli::terminal::context;

/// Make every figure: runs the experiments, then draws
#[derive(Args)]
pub(crate) struct Reproduce {
    /// Shortened trainings and fewer directions: an hour becomes three minutes, numbers become rough
    #[arg(long)]
    quick: bool,
    /// Folder for the run folders
    #[arg(long, value_name = "RUNS", default_value = "runs")]
    out: PathBuf,
    /// Folder for figures and their tables [default: figures, or figures/quick with --quick]
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    #[arg(long, value_name = "NAME", help = only())]
    only: Vec<String>,
    /// Throw away what the run folders hold and begin again
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    device: DeviceChoice,
    #[command(flatten)]
    data: DataChoice,
}

impl Reproduce {
    pub(crate) fn run(self) -> Result<()> {
        let Self { quick, out, figures, only, force, device, data } = self;
        let device = device.device.as_deref();
        stages::check_device(device)?;
        let default = if quick { "figures/quick" } else { "figures" };
        let figures = figures.unwrap_or_else(|| PathBuf::from(default));
        let asked = Reproduction { quick, force, only: &only, runs: &out, figures: &figures };
        reproduce(asked, |experiment| data.apply(experiment), &context(device))
    }
}

fn only() -> String {
    let names = names().join(", ");
    format!("Only this part (and the headline run if it looks into it); may be repeated: {names}")
}
