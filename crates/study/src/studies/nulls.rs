//! Physics or artefact in other runs: seeds, batch sizes, learning rates, layers, networks, and how late the window is.

mod captions;
mod controls;
mod figures;
mod measure;
mod of_run;
mod tables;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::NullsStudy;

pub(crate) const PART: Part = Part {
    name: "nulls",
    about: "ψ, γ and amplitudes beside their nulls for other seeds, batch sizes, rates, layers, networks and stages",
    record: "nulls.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: controls::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("nulls", 1200.0, 20.0)),
};
