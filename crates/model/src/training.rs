//! Training: settings, the step, and the full-set measurements at epoch ends.

#[cfg(feature = "burn")]
pub(crate) mod classifier;
mod config;
#[cfg(feature = "burn")]
mod evaluate;
pub(crate) mod host;
mod metrics;
#[cfg(feature = "burn")]
mod optimizers;
mod outcome;
#[cfg(feature = "burn")]
pub(crate) mod pixels;
#[cfg(feature = "burn")]
pub(crate) mod resident;
pub(crate) mod rows;
#[cfg(feature = "burn")]
mod sparse;
#[cfg(feature = "burn")]
mod standstill;
#[cfg(feature = "burn")]
mod trainer;

#[cfg(feature = "burn")]
pub use classifier::Classifier;
pub use config::{OptimizerKind, TrainingConfig};
pub use metrics::{Metrics, Performance};
pub use outcome::{StopReason, TrainingError};
#[cfg(feature = "burn")]
pub use resident::{Batch, ResidentSet};
#[cfg(feature = "burn")]
pub use trainer::Trainer;
