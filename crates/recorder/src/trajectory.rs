//! The trajectory file: one layer's weights, step by step, as a numpy array on disk.
//!
//! | file | what |
//! |---|---|
//! | `trajectory.npy` | `[steps, weights]`, f32, C order; grows while the training runs and opens in numpy at any moment |
//! | `trajectory.json` | which layer, its shape, the step of row 0, the stride, the number of rows once finished |
//! | `trajectory.part-<step>.npy` | with `Keep::Last(n)`, until finished: the same array from that step on, n rows each |

mod append;
mod blocks;
mod foreign;
mod info;
mod npy;
mod parts;
mod piece;
mod reader;
mod resume;
mod sink;
mod writer;
mod writing;

pub use blocks::TrajectoryReader;
pub use info::TrajectoryInfo;
pub use reader::Trajectory;
pub use sink::TrajectorySink;
pub use writer::{TrajectorySummary, TrajectoryWriter};
