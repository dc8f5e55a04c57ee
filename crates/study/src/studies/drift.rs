//! Drift against diffusion (claims 3 and 4).

mod captions;
mod claims;
mod figures;
mod measure;
mod tables;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::DriftStudy;

pub(crate) const PART: Part = Part {
    name: "drift",
    about: "drift against diffusion",
    record: "drift.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("drift", 4.0, 5.0)),
};
