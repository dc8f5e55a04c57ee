//! Training: settings, the step, and the full-set measurements at epoch ends.

mod config;
mod metrics;
mod resident;
mod trainer;

pub use config::{OptimizerKind, TrainingConfig};
pub use metrics::{Metrics, Performance};
pub use resident::ResidentSet;
pub use trainer::{Classifier, StopReason, Trainer, TrainingError};
