//! A run folder: who may read it, who may work in it, and its record of what was done.
//!
//! A [`RunFolder`] reads. A stage writes through what its folder gives out: `RunWriter`, if the folder's lock is held, begins a stage,
//! and `StageWriter` writes the files of that one alone.

mod adopt;
mod config;
mod foreign;
mod give_up;
mod lock;
mod opened;
mod stage_writer;
mod writer;

pub use crate::artifacts::{Stage, names};
pub use crate::run_record::{RunRecord, StageRecord};
pub use foreign::{check_no_sweep, is_record};
pub(crate) use lock::lock_shared;
pub use lock::{FolderLock, is_locked, lock_exclusive};
pub use opened::RunFolder;
pub(crate) use stage_writer::StageWriter;
pub(crate) use writer::RunWriter;
