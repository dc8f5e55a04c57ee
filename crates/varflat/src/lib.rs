//! varflat: how SGD explores a loss landscape, from an experiment file to the variance–flatness figure.
//!
//! This crate ties the others together: experiments, run folders, the stages of a run, tables and
//! figures, and the command line. A run from Rust:
//!
//! ```
//! use varflat::{Experiment, RunFolder, stages};
//!
//! let experiment = Experiment::parse(r#"name = "mine""#, "mine.toml", &["seed=7".to_owned()])?;
//! let folder = tempfile::tempdir()?;
//! let run = RunFolder::create(folder.path(), &experiment, false)?;
//! assert!(!run.is_done(varflat::run_folder::Stage::Train)?);
//! // stages::complete(&run, &varflat::Context::silent())? trains, analyses and fits.
//! # let _ = stages::complete;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To record and analyse your own burn model, see [`prelude`].

// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

mod artifacts;
#[cfg_attr(not(feature = "train"), allow(dead_code))] // only a training reads and writes them
mod checkpoint;
#[allow(clippy::exit)] // the program may
pub mod cli;
#[cfg(feature = "train")]
pub mod constraint;
mod context;
mod error;
pub mod experiment;
pub mod figures;
#[doc(hidden)]
pub mod fuzzing;
pub mod grid;
mod guard;
pub mod inspect;
pub mod landscape;
mod layer_order;
pub mod memory;
mod network_file;
pub mod notebook;
pub mod prelude;
#[cfg(feature = "train")]
pub mod record;
mod recorded;
pub mod relation;
mod remedy;
pub mod report;
pub mod reproduce;
pub mod run_folder;
mod run_record;
pub mod stages;
pub mod study;
pub mod sweep;
pub mod verify;
mod versions;
mod weights;

pub use context::{Context, Interrupt, Progress, Report};
pub use error::{Error, Remedy, Result};
pub use experiment::Experiment;
pub use recorded::RecordedWindow;
pub use relation::Relation;
pub use run_folder::RunFolder;
pub use study::Study;
pub use sweep::SweepFile;

/// The Rust code of the README and of the guide are doctests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/src/experiments.md")]
    struct Experiments;
    #[doc = include_str!("../../../docs/src/run-folders.md")]
    struct RunFolders;
    #[doc = include_str!("../../../docs/src/your-own-network.md")]
    struct YourOwnNetwork;
    #[doc = include_str!("../../../docs/src/your-own-trajectory.md")]
    struct YourOwnTrajectory;
    #[doc = include_str!("../../../docs/src/forgetting.md")]
    struct Forgetting;
}
