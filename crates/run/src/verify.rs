//! Whether a run is still what was written, and follows from what it was made from. Nothing is written.

pub mod checks;
mod derived;
mod motion;
mod run;

pub use checks::{Checks, Extent};
pub use run::verify as verify_run;
