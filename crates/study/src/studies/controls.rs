//! Physics or artefact: the numbers of a run beside what frozen noise in a frozen parabola gives, and noise alone.

pub(super) mod beside;
mod captions;
mod figures;
mod findings;
mod fluctuation;
pub(super) mod frozen;
pub(super) mod levels;
mod measure;
mod nulls;
mod opening;
mod ranks;
pub(super) mod reading;
pub(super) mod replays;
mod rows;
pub(super) mod settings;
mod summary;
pub(super) mod tables;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::settings::ControlsStudy;

pub(crate) const PART: Part = Part {
    name: "controls",
    about: "what would have come out anyway: replayed noise, other directions, exact amplitudes",
    record: "controls.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: findings::CONTROLS,
    nulls: nulls::NULLS,
    opening: Some(opening::opening),
    reproduced: Some(reproduced!("controls", 540.0, 22.0)),
};
