//! varflat: how SGD explores a loss landscape, from an experiment file to the variance–flatness figure.
//!
//! This crate is the face of the others: what a notebook or a program of one's own needs (see [`prelude`]), and the command line
//! (feature `cli`). A run from Rust:
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
#![deny(clippy::too_many_lines, clippy::missing_errors_doc)]

#[cfg(feature = "cli")]
#[allow(clippy::exit)] // the program may
pub mod cli;
pub mod notebook;
pub mod prelude;
mod profiles;
pub mod relation;

pub use relation::Relation;
pub use varflat_run::{
    Context, Error, Experiment, Interrupt, Progress, RecordedWindow, Remedy, Reporter, Result, RunFolder,
    experiment, landscape, memory, run_folder, stages,
};
#[cfg(feature = "train")]
pub use varflat_run::{constraint, record};
pub use varflat_study::{
    Study, SweepFile, catalogue, figures, inspect, registry, report, reproduce, study, sweep, trajectory,
    verify,
};

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
