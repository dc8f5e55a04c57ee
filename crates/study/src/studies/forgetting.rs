//! Catastrophic forgetting (claim 11).

#[cfg(feature = "train")]
mod bench;
mod captions;
mod claims;
mod figures;
#[cfg(feature = "train")]
mod learnt;
mod measure;
mod method;
mod report;
mod rows;
#[cfg(feature = "train")]
mod sequence;
mod settings;
#[cfg(feature = "train")]
mod two_tasks;

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
    controls: &[],
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("forgetting", 350.0, 12.0)),
};
