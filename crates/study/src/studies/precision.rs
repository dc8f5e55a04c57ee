//! Rounding: one more window of the run, in f64 and in f32, from the same state with the same mini-batches.

#[cfg(feature = "train")]
mod beside;
mod captions;
mod figures;
mod findings;
mod measure;
mod settings;
mod tables;
#[cfg(feature = "train")]
mod twins;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::settings::PrecisionStudy;

pub(crate) const PART: Part = Part {
    name: "precision",
    about: "rounding: one more window in f64 and in f32, at three scales of weights",
    record: "precision.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: findings::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("precision", 80.0, 50.0).not_in_quick()),
};
