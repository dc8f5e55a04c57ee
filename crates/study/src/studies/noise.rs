//! With and without replacement, and with other noise in the place of that of mini-batches: windows from one checkpoint.

#[cfg(feature = "train")]
mod alone;
mod captions;
#[cfg(feature = "train")]
mod checkpoint;
mod figures;
mod findings;
mod measure;
#[cfg(feature = "train")]
mod reading;
mod settings;
#[cfg(feature = "train")]
mod summary;
mod tables;
#[cfg(feature = "train")]
mod theory;
#[cfg(feature = "train")]
mod trained;
#[cfg(feature = "train")]
mod windows;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::settings::NoiseStudy;

pub(crate) const PART: Part = Part {
    name: "noise",
    about: "mini-batches with and without replacement, and their noise replaced, from one checkpoint",
    record: "noise.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: findings::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("noise", 360.0, 90.0).not_in_quick()),
};
