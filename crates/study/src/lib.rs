//! Many runs and what is asked of them: sweeps, studies, figures, claims, the report.
//!
//! A study is one folder below `studies` and one line in the registry; see [`study::Study`] for the file that asks for one.
//!
//! ```
//! let claims = varflat_study::catalogue::claims().text();
//! assert!(claims.starts_with("1 "));
//! ```

// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]
#![deny(clippy::too_many_lines, clippy::missing_errors_doc)]

pub mod catalogue;
pub mod figures;
pub mod inspect;
pub mod part;
pub mod registry;
pub mod report;
pub mod reproduce;
pub mod studies;
pub mod study;
pub mod sweep;
pub mod trajectory;
pub mod verify;
pub mod words;

pub use study::Study;
pub use sweep::SweepFile;
