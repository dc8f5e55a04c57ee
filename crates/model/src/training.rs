//! Training: settings, the step, and the full-set measurements at epoch ends.

#[cfg(feature = "burn")]
pub(crate) mod classifier;
mod config;
#[cfg(feature = "burn")]
mod evaluate;
mod metrics;
#[cfg(feature = "burn")]
mod optimizers;
mod outcome;
#[cfg(feature = "burn")]
pub(crate) mod resident;
#[cfg(feature = "burn")]
mod rounded_about;
#[cfg(feature = "burn")]
mod standstill;
#[cfg(feature = "burn")]
mod trainer;

#[cfg(feature = "burn")]
pub use classifier::Classifier;
pub use config::{OptimizerKind, Precision, TrainingConfig};
pub use metrics::{Metrics, Performance};
pub use outcome::{StopReason, TrainingError};
#[cfg(feature = "burn")]
pub use resident::{Batch, ResidentSet};
#[cfg(feature = "burn")]
pub use rounded_about::RoundedAbout;
#[cfg(feature = "burn")]
pub use trainer::Trainer;
