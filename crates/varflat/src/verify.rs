//! Whether results are still what was written, and follow from what they were made from. Nothing is written.

mod checks;
mod derived;
mod figures;
mod motion;
mod run;

use std::path::Path;

use crate::context::Context;
use crate::error::Result;
use crate::run_folder::{check_no_sweep, names};

/// How much is derived again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The flatness of a sample of the directions.
    Sample,
    /// That of every direction.
    All,
}

/// Verify a run folder, a figure folder or a single figure, and say what was found.
///
/// Of a run: its files against the checksums in `run.json`, its data against those it began with, and what can be derived again.
/// Of figures: the tables they were drawn from against the checksums in the figure, and where the tables come from.
///
/// # Errors
/// [`Error::Differs`](crate::Error::Differs) names everything that is not what it was; [`Error::Malformed`](crate::Error::Malformed) if
/// nothing could be verified; [`Error::Locked`](crate::Error::Locked) while another process is at work in a run.
pub fn verify(place: &Path, extent: Extent, context: &Context<'_>) -> Result<()> {
    if place.join(names::CONFIG).exists() {
        run::verify(place, extent, context)
    } else if place.is_dir() {
        check_no_sweep(place)?;
        figures::verify_folder(place, context)
    } else {
        figures::verify_figure(place, context)
    }
}
