//! `varflat fit`.

use clap::Args;
use varflat_run::artifacts::FIT;
use varflat_run::error::Result;
use varflat_run::run_folder::{RunFolder, Stage};
use varflat_study::inspect;

use crate::cli::arguments::RunChoice;
use crate::cli::terminal::print;

/// Stage 4: ψ and its uncertainty (variances, flatness → fit.json)
#[derive(Args)]
pub(crate) struct Fit {
    #[command(flatten)]
    run: RunChoice,
}

impl Fit {
    pub(crate) fn run(self) -> Result<()> {
        self.run.perform(Stage::Fit, None)?;
        let run = RunFolder::view(&self.run.run)?;
        print(inspect::report(&run.read(&FIT)?));
        Ok(())
    }
}
