//! `varflat flatness`.

use clap::Args;
use varflat_run::error::Result;
use varflat_run::run_folder::Stage;

use crate::cli::arguments::RunChoice;

/// Stage 3: loss landscape and flatness (components, weights, data → flatness.csv, landscape.npz)
#[derive(Args)]
pub(crate) struct Flatness {
    #[command(flatten)]
    run: RunChoice,
    /// A GPU (wgpu) measures many directions at once; any other backend leaves it to varflat's own kernels on the CPU
    /// [default: the backend that trained, if it is compiled in]
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

impl Flatness {
    pub(crate) fn run(self) -> Result<()> {
        self.run.perform(Stage::Flatness, self.device.as_deref())
    }
}
