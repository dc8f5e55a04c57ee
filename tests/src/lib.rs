//! Helpers of varflat's end-to-end tests: the program under test, small image sets, snapshots of folders, and a plain
//! network to check losses against. The tests themselves are in `tests/`, a file a subject.
//!
//! Helpers panic where something does not go as a test needs it: in a test, that is the message.
//!
//! ```no_run
//! # // Only an integration test of this package knows where the program is.
//! use varflat_tests::{Program, Workplace};
//!
//! let program = Program::new("target/release/varflat-under-test");
//! let work = Workplace::new();
//! program.run(&work.run("out", &["training.max_epochs=2", "recorder.window=50"])).succeeds();
//! ```

mod arrays;
mod aside;
mod case;
pub mod cases;
mod disk;
mod folder;
mod golden;
mod images;
mod kills;
mod mutations;
mod network;
mod program;
mod random;
pub mod readers;
pub mod seeds;
mod whole;
mod workplace;

pub use arrays::{metrics, npy, npz, npz_names, table};
pub use aside::set_aside_for_products;
pub use case::Case;
pub use disk::Disk;
pub use folder::{RESULTS, Snapshot, assert_same, names, sha256, without_checksums, write_record};
pub use golden::assert_golden;
pub use images::{Packing, SmallSet};
pub use kills::Tally;
pub use mutations::mutated;
pub use network::PlainNetwork;
pub use program::{Outcome, Program, Running};
pub use random::{below, normal, turn, uniform};
pub use workplace::{SMALL_EXPERIMENT, Workplace};

/// The program under test: `program!()` in an integration test of this package.
#[macro_export]
macro_rules! program {
    () => {
        $crate::Program::new(env!("CARGO_BIN_EXE_varflat-under-test"))
    };
}
