//! Sweeps: one experiment at many points, on this machine or by a cluster's own scheduler.
//!
//! A sweep is a list of points, and a point is what it changes, under a name. The runs of a study are points as well, in groups.
//!
//! A sweep is no scheduler. Every point is a run folder of its own, named after what it changes, and one command does one point:
//! whoever gives that command, in whatever order, however often, on whatever machine that sees the folder, the point ends as the
//! same bytes. A killed point continues from its checkpoint, a finished one is not repeated, and of two that are begun at once
//! the second waits for the first.

pub(crate) mod axes;
mod collect;
mod failure;
pub(crate) mod figures;
mod file;
mod folder;
pub(crate) mod names;
pub(crate) mod parallel;
mod plan;
pub(crate) mod point;
mod record;
mod slurm;
mod status;
mod table;
mod work;

pub use axes::{Axis, combinations};
pub use collect::collect;
pub use file::{Part, SweepFile};
pub use folder::SweepFolder;
pub use parallel::{cores, start_threads};
pub use plan::{list, plan};
pub use point::{Change, Indices, Point};
pub use slurm::{Slurm, submit};
pub use status::{State, states, status};
pub use work::{Workers, run};
