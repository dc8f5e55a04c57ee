//! Whether results are still what was written, and follow from what they were made from. Nothing is written.

mod checks;
mod derived;
mod figures;
mod motion;
mod run;

use std::path::Path;

use crate::error::{Error, Result};
use crate::run_folder::names;

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
/// [`Error::Differs`] names everything that is not what it was; [`Error::Malformed`] if there is nothing to verify;
/// [`Error::Locked`] while another process is at work in a run.
pub fn verify(place: &Path, extent: Extent) -> Result<()> {
    if place.join(names::CONFIG).exists() {
        run::verify(place, extent)
    } else if place.is_dir() {
        figures::verify_folder(place)
    } else {
        figures::verify_figure(place)
    }
}

/// The error that names what differs, if anything does.
fn judged(place: &Path, differences: Vec<String>) -> Result<()> {
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::Differs { place: place.to_path_buf(), differences })
}
