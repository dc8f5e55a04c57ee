//! The run that the studies look at: its tables, figures and claims are those of any run.

mod captions;
mod claims;
mod figures;
pub(crate) mod tables;
pub(crate) mod write;

use self::tables::{SUMMARY, TABLES};
use crate::part::{Part, Reproduced, reproduced};

/// Its experiments.
pub(crate) const FILES: Reproduced = reproduced!("headline", 115.0, 20.0);

pub(crate) const PART: Part = Part {
    name: "headline",
    about: "the run that the others look at: training, components, flatness, ψ",
    record: SUMMARY,
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    nulls: &[],
    opening: None,
    reproduced: Some(FILES),
};
