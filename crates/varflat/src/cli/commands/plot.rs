//! `varflat plot`.

use std::path::{Path, PathBuf};

use clap::Args;
use varflat_run::error::Result;
use varflat_run::run_folder::{RunFolder, Stage};
use varflat_study::figures;
use varflat_study::part::prepare;
use varflat_study::registry::HEADLINE;
use varflat_study::reproduce;

use crate::cli::terminal::context;

/// Draw the figures of a finished run, or redraw a figure folder from its tables
#[derive(Args)]
pub(crate) struct Plot {
    /// The run folder; without it the tables already in DIR are drawn again
    run: Option<PathBuf>,
    /// Folder for figures and their tables
    #[arg(long, value_name = "DIR", default_value = "figures")]
    figures: PathBuf,
}

impl Plot {
    pub(crate) fn run(self) -> Result<()> {
        let run = self.run.map(|run| RunFolder::view(&run)).transpose()?;
        if let Some(run) = &run {
            run.require(Stage::Fit)?;
            prepare(&self.figures, &[HEADLINE], &[run.path()])?;
        }
        draw(run.as_ref(), &self.figures)
    }
}

/// Write the tables of a run, if there is one, into a figure folder, and draw what lies there.
pub(super) fn draw(run: Option<&RunFolder>, folder: &Path) -> Result<()> {
    run.map_or(Ok(()), |run| figures::write_tables(run, folder))?;
    reproduce::draw(folder, &context(None))
}
