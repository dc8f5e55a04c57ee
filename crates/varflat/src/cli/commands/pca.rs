//! `varflat pca`.

use clap::Args;
use varflat_run::error::Result;
use varflat_run::run_folder::Stage;

use crate::cli::arguments::RunChoice;

/// Stage 2: principal components of the recorded window (trajectory → pca.npz, projections.npy)
#[derive(Args)]
pub(crate) struct Pca {
    #[command(flatten)]
    run: RunChoice,
}

impl Pca {
    pub(crate) fn run(self) -> Result<()> {
        self.run.perform(Stage::Pca, None)
    }
}
