//! The noise of SGD and its temperature (claims 8 and 9).

mod captions;
mod claims;
mod controls;
mod figures;
mod laws;
mod measure;
mod noise;
mod tables;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::TemperatureStudy;

pub(crate) const PART: Part = Part {
    name: "temperature",
    about: "the noise of SGD and its temperature",
    record: "temperature.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: controls::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("temperature", 25.0, 20.0)),
};
