//! `varflat report`.

use std::path::PathBuf;

use clap::Args;
use varflat_run::error::Result;
use varflat_study::part::claim;
use varflat_study::report;

use crate::cli::terminal::print;

/// Write the report on a figure folder from its tables: report.html, one page that needs nothing else, and report.md
#[derive(Args)]
pub(crate) struct Report {
    /// Folder of figures and their tables
    #[arg(long, value_name = "DIR", default_value = "figures")]
    figures: PathBuf,
    /// Also put what belongs between the marks in this file, such as a README above DIR: `<!-- tally -->`, `<!-- gallery -->`;
    /// may be repeated
    #[arg(long, value_name = "FILE")]
    readme: Vec<PathBuf>,
}

impl Report {
    pub(crate) fn run(self) -> Result<()> {
        self.readme.iter().try_for_each(|readme| report::check_readme(readme))?;
        let claim = claim(&self.figures);
        report::write(&self.figures)?;
        print(report::written_in(&self.figures));
        drop(claim);
        self.readme.iter().try_for_each(|readme| report::fill(readme, &self.figures))
    }
}
