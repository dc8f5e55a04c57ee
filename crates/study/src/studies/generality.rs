//! ψ of other layers, networks, data and optimizers.

mod captions;
mod controls;
mod figures;
pub(crate) mod measure;

use self::measure::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::GeneralityStudy;

pub(crate) const PART: Part = Part {
    name: "generality",
    about: "ψ of other layers, networks, data and optimizers",
    record: "generality.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: controls::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("generality", 605.0, 30.0)),
};
