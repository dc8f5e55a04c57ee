//! ψ under other definitions.

mod captions;
mod controls;
mod figures;
pub(crate) mod measure;

use self::measure::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::SensitivityStudy;

pub(crate) const PART: Part = Part {
    name: "sensitivity",
    about: "ψ under other definitions",
    record: "sensitivity.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: controls::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("sensitivity", 310.0, 30.0)),
};
