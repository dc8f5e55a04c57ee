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
#[non_exhaustive]
pub enum TrainingError {
    /// The loss of the whole training set is no longer a number.
    #[error("the training loss is {loss} after step {step} (epoch {epoch}): training diverged; {remedy}")]
    Diverged {
        /// Steps taken.
        step: u64,
        /// Epochs finished.
        epoch: u64,
        /// What the loss is instead of a number.
        loss: f64,
        /// What to lower, and what it is now.
        remedy: String,
    },
    /// The losses of both sets did not change in a single bit for a whole epoch.
    #[error("training has come to a standstill: the loss is {} after step {from} and after step {to}; {cause}", short(*loss))]
    Dead {
        /// Steps taken at the measurement before.
        from: u64,
        /// Steps taken now.
        to: u64,
        /// The training loss, the same at both.
        loss: f64,
        /// The likeliest cause, and what to do about it.
        cause: String,
    },
    /// The network cannot be used on these images.
    #[error("{0}")]
    Misfit(String),
    /// The images cannot be used.
    #[error(transparent)]
    Data(#[from] crate::data::DataError),
    /// A value of the `[training]` section is impossible.
    #[error("{0}")]
    Config(String),
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
}

/// A number in few letters, whatever its size.
pub(crate) fn short(value: f64) -> String {
    match value == 0.0 || (1e-3..1e6).contains(&value.abs()) || !value.is_finite() {
        true => format!("{value}"),
        false => format!("{value:e}"),
    }
}

impl TrainingError {
    /// What the device said.
    #[cfg(feature = "burn")]
    pub(crate) fn device(error: impl std::fmt::Display) -> Self {
        Self::Device(error.to_string())
    }
}
