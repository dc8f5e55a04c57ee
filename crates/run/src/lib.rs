//! One experiment, one folder: what is asked for, the files of a run, and the stages that make them.
//!
//! ```
//! use varflat_run::artifacts::Stage;
//! use varflat_run::{Experiment, RunFolder, stages};
//!
//! let experiment = Experiment::parse(r#"name = "mine""#, "mine.toml", &["seed=7".to_owned()])?;
//! let folder = tempfile::tempdir()?;
//! let run = RunFolder::create(folder.path(), &experiment, false)?;
//! assert!(!run.is_done(Stage::Train)?);
//! // stages::complete(&run, &varflat_run::Context::silent())? trains, analyses and fits.
//! # let _ = stages::complete;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]
#![deny(clippy::too_many_lines, clippy::missing_errors_doc)]

pub mod artifacts;
#[cfg_attr(not(feature = "train"), allow(dead_code))] // only a training writes them
pub mod checkpoint;
#[cfg(feature = "train")]
pub mod constraint;
mod contents;
pub mod context;
pub mod error;
pub mod experiment;
mod guard;
mod kind;
pub mod landscape;
mod layer_order;
pub mod memory;
pub mod names;
pub mod network_file;
#[cfg(feature = "train")]
mod networks;
#[cfg(feature = "train")]
pub mod optimizer;
#[cfg(feature = "train")]
pub mod record;
pub mod recorded;
pub mod remedy;
pub mod run_folder;
pub mod run_record;
pub mod stage;
pub mod stages;
pub mod verify;
pub mod versions;
mod weights;

pub use context::{Context, Interrupt, Progress, Reporter};
pub use error::{Error, Remedy, Result};
pub use experiment::Experiment;
pub use recorded::RecordedWindow;
pub use run_folder::RunFolder;
