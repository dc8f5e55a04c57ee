//! Training: settings, the step, and the full-set measurements at epoch ends.

pub(crate) mod classifier;
mod config;
pub(crate) mod host;
mod metrics;
mod resident;
pub(crate) mod rows;
mod sparse;
mod trainer;

pub use classifier::Classifier;
pub use config::{OptimizerKind, TrainingConfig};
pub use metrics::{Metrics, Performance};
pub use resident::{Batch, ResidentSet};
pub use trainer::{StopReason, Trainer, TrainingError};
