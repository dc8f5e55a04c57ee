//! Thermal equilibrium beside SGD (claim 7).

mod captions;
mod claims;
mod controls;
mod figures;
mod measure;
mod readings;
mod tables;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::LangevinStudy;

pub(crate) const PART: Part = Part {
    name: "langevin",
    about: "walks in thermal equilibrium",
    record: "langevin.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: controls::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("langevin", 500.0, 30.0)),
};
