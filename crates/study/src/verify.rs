//! Whether results are still what was written, and follow from what they were made from. Nothing is written.

mod figures;

use std::path::Path;

use varflat_run::context::Context;
use varflat_run::error::Result;
use varflat_run::run_folder::{check_no_sweep, names};
use varflat_run::verify::verify_run;

pub use varflat_run::verify::Extent;

/// Verify a run folder, a figure folder or a single figure, and say what was found.
///
/// Of a run: its files against the checksums in `run.json`, its data against those it began with, and what can be derived again.
/// Of figures: the tables they were drawn from against the checksums in the figure, and where the tables come from.
///
/// # Errors
/// [`Error::Differs`](varflat_run::Error::Differs) names everything that is not what it was; [`Error::Malformed`](varflat_run::Error::Malformed) if
/// nothing could be verified; [`Error::Locked`](varflat_run::Error::Locked) while another process is at work in a run.
pub fn verify(place: &Path, extent: Extent, context: &Context<'_>) -> Result<()> {
    if place.join(names::CONFIG).exists() {
        verify_run(place, extent, context)
    } else if place.is_dir() {
        check_no_sweep(place)?;
        figures::verify_folder(place, context)
    } else {
        figures::verify_figure(place, context)
    }
}
