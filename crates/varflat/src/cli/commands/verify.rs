//! `varflat verify`.

use std::path::PathBuf;

use clap::Args;
use varflat_run::error::Result;
use varflat_study::verify::{Extent, verify};

use crate::cli::terminal::context;

/// Say whether results are what was written and follow from what they were made from; exits with 1 if not. Writes nothing
#[derive(Args)]
pub(crate) struct Verify {
    /// A run folder, a figure folder, or a figure (SVG)
    place: PathBuf,
    /// Measure every direction of a run again, not only a sample
    #[arg(long)]
    all: bool,
}

impl Verify {
    pub(crate) fn run(self) -> Result<()> {
        verify(&self.place, if self.all { Extent::All } else { Extent::Sample }, &context(None))
    }
}
