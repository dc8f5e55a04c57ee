//! How the solution changes with the width of the network (claim 10).

mod captions;
mod claims;
mod figures;
pub(crate) mod measure;

use self::measure::TABLES;
use crate::part::{Part, reproduced};

pub use self::measure::WidthStudy;

pub(crate) const PART: Part = Part {
    name: "width",
    about: "the solution at every width of the network",
    record: "width.json",
    tables: TABLES,
    figures: figures::FIGURES,
    claims: claims::CLAIMS,
    controls: &[],
    nulls: &[],
    opening: None,
    reproduced: Some(reproduced!("width", 300.0, 6.0)),
};
