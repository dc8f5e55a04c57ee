//! `varflat list`.

use clap::{Args, ValueEnum};
use varflat_run::error::Result;
use varflat_study::catalogue::{Listing, claims, figures, files, keys, studies};

use crate::cli::terminal::print;

/// List what there is: studies, figures, claims, the files of a run, or the keys of an experiment
#[derive(Args)]
pub(crate) struct List {
    /// What to list
    #[arg(value_enum)]
    what: What,
    /// As JSON, for scripts
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// As a table in Markdown
    #[arg(long)]
    markdown: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// What `reproduce` makes, and `study`
    Studies,
    /// Every figure, with the tables that it is drawn from
    Figures,
    /// The paper's claims, with the rule that judges each
    Claims,
    /// The files of a run folder
    Files,
    /// The keys of an experiment file, with their defaults
    Keys,
}

impl List {
    pub(crate) fn run(self) -> Result<()> {
        let listing: Listing = match self.what {
            What::Studies => studies(),
            What::Figures => figures(),
            What::Claims => claims(),
            What::Files => files(),
            What::Keys => keys()?,
        };
        print(match (self.json, self.markdown) {
            (true, _) => listing.json(),
            (_, true) => listing.markdown(),
            _ => listing.text(),
        });
        Ok(())
    }
}
