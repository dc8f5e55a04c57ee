//! `varflat study`.

use std::path::PathBuf;

use clap::Args;
use varflat_run::error::Result;
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;
use varflat_study::part::prepare;
use varflat_study::study::Study;

use super::plot::draw;
use crate::cli::arguments::DeviceChoice;
use crate::cli::terminal::context;

/// Ask more of a finished run: its noise, its drift, other definitions, an equilibrium control, a grid around it;
/// or whether it forgets
#[derive(Args)]
pub(crate) struct DoStudy {
    /// The study file (see experiments/); it names the run
    study: PathBuf,
    /// Folder of the run folders; the study's own appears beside them
    #[arg(long, value_name = "RUNS", default_value = "runs")]
    runs: PathBuf,
    /// Also draw the figures into this folder
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    /// Throw away what the study's folder holds and begin again
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    device: DeviceChoice,
}

impl DoStudy {
    pub(crate) fn run(self) -> Result<()> {
        let Self { study, runs, figures, force, device } = self;
        let device = device.device.as_deref();
        stages::check_device(device)?;
        let study = Study::read(&study)?;
        let base = RunFolder::view(runs.join(&study.run))?;
        if let Some(figures) = &figures {
            prepare(figures, &[study.study.part()], &[&runs.join(&study.name)])?;
        }
        study.complete(base.experiment(), &runs, &context(device), force, &|_| {})?;
        let Some(figures) = figures else { return Ok(()) };
        study.copy_tables(&runs, &figures)?;
        draw(None, &figures)
    }
}
