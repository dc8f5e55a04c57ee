//! Benchmarks: varflat's kernels by themselves (`cargo bench -p varflat-benches`), and its stages against Python peers
//! that do the same work (`cargo run --release -p varflat-benches`, which writes `RESULTS.md`).
//!
//! What is timed of ours is built in [`training`], [`directions`] and [`synthetic`]; the peers are `peers/*.py`, long-lived
//! processes that do one unit of work for each line they are sent. Ours and theirs take turns within one run.

#![deny(clippy::too_many_lines)]

mod arguments;
mod bench;
pub mod directions;
mod format;
mod growth;
mod headline;
mod machine;
mod memory;
mod places;
pub mod program;
mod python;
mod results;
mod row;
mod rows;
mod statistics;
mod subprocess;
pub mod synthetic;
pub mod training;
