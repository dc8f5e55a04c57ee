//! ψ for every batch size and learning rate (claim 6), all at the same training loss.

mod captions;
mod claims;
mod figures;
pub(crate) mod measure;

use self::measure::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::GridStudy;

pub(crate) const PART: Part = Part {
    name: "grid",
    about: "ψ for every batch size and learning rate",
    record: "grid.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("grid", 505.0, 40.0)),
};
