//! Catastrophic forgetting (claim 11).

#[cfg(feature = "train")]
mod bench;
mod captions;
mod claims;
mod controls;
mod figures;
#[cfg(feature = "train")]
mod learnt;
mod measure;
mod method;
mod report;
mod rows;
mod same_accuracy;
#[cfg(feature = "train")]
mod sequence;
mod settings;
#[cfg(feature = "train")]
mod two_tasks;
#[cfg(feature = "train")]
mod weight_axes;
mod weight_rows;

use self::settings::TABLES;
use crate::part::{Part, reproduced};

pub use self::method::Heads;
pub use self::settings::ForgettingStudy;

pub(crate) const PART: Part = Part {
    name: "forgetting",
    about: "forgetting, with and without constraints",
    record: "forgetting.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: controls::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("forgetting", 350.0, 12.0)),
};
