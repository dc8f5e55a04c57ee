//! How a training ends.

use serde::{Deserialize, Serialize};

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The full training loss fell below `loss_below`.
    LossBelow,
    /// `max_epochs` were done.
    MaxEpochs,
}

/// Training that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The loss of the whole training set is no longer a number.
    #[error(
        "the training loss is {loss} after step {step} (epoch {epoch}): training diverged; lower training.learning_rate \
         (now {learning_rate})"
    )]
    Diverged {
        /// Steps taken.
        step: u64,
        /// Epochs finished.
        epoch: u64,
        /// The learning rate α in use.
        learning_rate: f64,
        /// What the loss is instead of a number.
        loss: f64,
    },
    /// Not a single weight moved for a whole epoch.
    #[error(
        "training has died: no weight moved between steps {from} and {to}, at a loss of {loss:.4}; every ReLU is probably \
         off for every image: lower training.learning_rate (now {learning_rate})"
    )]
    Dead {
        /// Steps taken at the measurement before.
        from: u64,
        /// Steps taken now.
        to: u64,
        /// The training loss, the same at both.
        loss: f64,
        /// The learning rate α in use.
        learning_rate: f64,
    },
    /// A value of the `[training]` section is impossible.
    #[error("{0}")]
    Config(String),
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
}

impl TrainingError {
    /// What the device said.
    #[cfg(feature = "burn")]
    pub(crate) fn device(error: impl std::fmt::Display) -> Self {
        Self::Device(error.to_string())
    }
}
