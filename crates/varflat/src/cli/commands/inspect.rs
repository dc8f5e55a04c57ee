//! `varflat inspect`.

use std::path::PathBuf;

use clap::Args;
use varflat_run::error::Result;
use varflat_run::run_folder::RunFolder;
use varflat_study::inspect::inspect;

use crate::cli::terminal::print;

/// Say what a run folder holds and what was found
#[derive(Args)]
pub(crate) struct Inspect {
    /// The run folder
    run: PathBuf,
}

impl Inspect {
    pub(crate) fn run(self) -> Result<()> {
        print(inspect(&RunFolder::view(&self.run)?)?);
        Ok(())
    }
}
