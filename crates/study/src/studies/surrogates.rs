//! What a trajectory alone says of itself: its numbers beside those of surrogates that keep one of its properties.

mod captions;
mod draw;
mod figures;
mod findings;
mod measure;
mod prepared;
mod read;
mod said;
mod settings;
mod tables;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub(crate) use self::read::Work;
pub use self::settings::SurrogatesStudy;
pub use self::tables::Surrogate;
pub(crate) use self::tables::SurrogatesReport;

pub(crate) const PART: Part = Part {
    name: "surrogates",
    about: "what the trajectory alone would give: phases, steps in other orders, walks and noise",
    record: tables::RECORD,
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: findings::CONTROLS,
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("surrogates", 180.0, 5.0)),
};
