//! Physics or artefact: the numbers of a run beside what frozen noise in a frozen parabola gives, and noise alone.

mod captions;
mod figures;
mod findings;
mod frozen;
mod measure;
mod reading;
mod replays;
mod tables;

use self::tables::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::ControlsStudy;

pub(crate) const PART: Part = Part {
    name: "controls",
    about: "what would have come out anyway: replayed noise, other directions, exact amplitudes",
    record: "controls.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: &[],
    controls: findings::CONTROLS,
    reproduced: Some(reproduced!("controls", 540.0, 22.0)),
};
