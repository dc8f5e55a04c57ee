//! What is measured at the end of an epoch.

use serde::{Deserialize, Serialize};

/// Full-set performance of a network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// Share of samples whose label does not have the largest logit.
    pub error: f64,
}

/// One row of `metrics.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Epochs finished; 0 is the initial network.
    pub epoch: u64,
    /// Optimizer steps taken.
    pub step: u64,
    /// Mean cross-entropy of the whole training set.
    pub train_loss: f64,
    /// Share of training images classified wrongly.
    pub train_error: f64,
    /// Mean cross-entropy of the whole test set.
    pub test_loss: f64,
    /// Share of test images classified wrongly.
    pub test_error: f64,
}
