//! The `[training]` section of an experiment.

use serde::{Deserialize, Serialize};

#[cfg(feature = "burn")]
use super::outcome::short;
use crate::batches::Shuffle;
use crate::number::written;

/// The most epochs, and the most images of a mini-batch, that an experiment may ask for.
const MOST_EPOCHS: u64 = 1_000_000;
const MOST_IN_A_BATCH: usize = 1_000_000_000;

/// The optimizers an experiment file can name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Stochastic gradient descent, w ← w − α∇L^μ, with momentum if `momentum` > 0.
    #[default]
    Sgd,
    /// Adam with β = (0.9, 0.999) and ε = 1e-8.
    Adam,
}

/// The numbers that a training computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// f32, everywhere: weights, gradients and updates.
    #[default]
    F32,
    /// f64, everywhere, from the same initial weights, images and mini-batches: several times slower, and on the CPU alone. What
    /// differs from a training in f32 is rounding.
    F64,
}

impl Precision {
    /// As in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// How a network is trained and when training ends.
///
/// Training ends after the first epoch whose full training loss is below `loss_below`, or after `max_epochs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// `sgd` or `adam`.
    pub optimizer: OptimizerKind,
    /// Learning rate α.
    pub learning_rate: f64,
    /// Momentum β of SGD: v ← βv + ∇L, w ← w − αv.
    pub momentum: f64,
    /// L2 penalty λ, added to the gradient as λw.
    pub weight_decay: f64,
    /// Mini-batch size B.
    pub batch_size: usize,
    /// How mini-batches are drawn.
    pub shuffle: Shuffle,
    /// Stop after the first epoch with a full training loss below this; 0 never stops early.
    pub loss_below: f64,
    /// Stop after this many epochs in any case.
    pub max_epochs: u64,
    /// The numbers that it computes with.
    pub precision: Precision,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            optimizer: OptimizerKind::Sgd,
            learning_rate: 0.1,
            momentum: 0.0,
            weight_decay: 0.0,
            batch_size: 50,
            shuffle: Shuffle::Epoch,
            loss_below: 5e-5,
            max_epochs: 600,
            precision: Precision::F32,
        }
    }
}

impl TrainingConfig {
    /// SGD without momentum, whose weights are its whole state: what the formulas of a step w ← w − αg are for.
    pub fn is_plain_sgd(&self) -> bool {
        self.optimizer == OptimizerKind::Sgd && self.momentum == 0.0
    }

    /// Check every value against a training set of `samples` images.
    ///
    /// # Errors
    /// One sentence that names the key, its value and what would be accepted.
    pub fn check(&self, samples: usize) -> Result<(), String> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if !positive(self.learning_rate) {
            let value = written(self.learning_rate);
            return Err(format!("training.learning_rate = {value} must be a positive number"));
        }
        if !positive(f64::from(self.learning_rate as f32)) {
            let (value, zero) = (written(self.learning_rate), self.learning_rate < 1.0);
            let number = if zero { "0" } else { "infinite" };
            return Err(format!(
                "training.learning_rate = {value} is {number} in f32, as weights are: choose another"
            ));
        }
        if !(0.0..1.0).contains(&self.momentum) {
            let value = written(self.momentum);
            return Err(format!("training.momentum = {value} must be at least 0 and below 1"));
        }
        if self.optimizer == OptimizerKind::Adam && self.momentum != 0.0 {
            return Err("training.momentum belongs to `sgd`; remove it for `adam`".to_owned());
        }
        if !((self.weight_decay as f32).is_finite() && self.weight_decay >= 0.0) {
            let value = written(self.weight_decay);
            return Err(format!("training.weight_decay = {value} must not be negative, nor infinite in f32"));
        }
        self.check_batches(samples)?;
        if !(self.loss_below.is_finite() && self.loss_below >= 0.0) {
            let value = written(self.loss_below);
            return Err(format!("training.loss_below = {value} must not be negative, nor infinite"));
        }
        if !(1..=MOST_EPOCHS).contains(&self.max_epochs) {
            return Err(format!(
                "training.max_epochs = {} must be between 1 and {MOST_EPOCHS}",
                self.max_epochs
            ));
        }
        Ok(())
    }

    /// B against the number of images; `usize::MAX` stands for a number that is not known.
    fn check_batches(&self, samples: usize) -> Result<(), String> {
        match self.batch_size {
            size if (1..=samples.min(MOST_IN_A_BATCH)).contains(&size) => Ok(()),
            size if samples > MOST_IN_A_BATCH => {
                Err(format!("training.batch_size = {size} must be between 1 and {MOST_IN_A_BATCH}"))
            }
            size => Err(format!(
                "training.batch_size = {size} must be between 1 and the {samples} training images"
            )),
        }
    }

    /// Optimizer steps in one epoch of `samples` images: none where a batch holds more, or nothing.
    pub fn steps_per_epoch(&self, samples: usize) -> u64 {
        samples.checked_div(self.batch_size).unwrap_or(0) as u64
    }

    /// What to lower where a training diverges: the keys, and what they are now.
    #[cfg(feature = "burn")]
    pub fn calmer(&self) -> String {
        let rate = format!("training.learning_rate (now {})", short(self.learning_rate));
        let decay = self.learning_rate * self.weight_decay;
        if self.optimizer == OptimizerKind::Sgd && decay >= 2.0 {
            return format!(
                "learning_rate · weight_decay = {} must be well below 2, or every step makes the weights larger: lower \
                 training.weight_decay (now {}) or {rate}",
                short(decay),
                short(self.weight_decay)
            );
        }
        match self.momentum >= 0.9 {
            true => format!("lower {rate} or training.momentum (now {})", short(self.momentum)),
            false => format!("lower {rate}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_value_names_its_key() {
        let good = TrainingConfig::default();
        assert_eq!(good.check(60_000), Ok(()));
        let check = |config: TrainingConfig, key: &str| {
            let message = config.check(60_000).unwrap_err();
            assert!(message.contains(key), "{message}");
        };
        check(TrainingConfig { learning_rate: f64::NAN, ..good.clone() }, "learning_rate");
        check(TrainingConfig { batch_size: 0, ..good.clone() }, "batch_size");
        check(TrainingConfig { batch_size: 60_001, ..good.clone() }, "batch_size");
        check(TrainingConfig { momentum: 1.0, ..good.clone() }, "momentum");
        check(TrainingConfig { weight_decay: -1.0, ..good.clone() }, "weight_decay");
        check(TrainingConfig { loss_below: -1.0, ..good.clone() }, "loss_below");
        check(TrainingConfig { max_epochs: 0, ..good.clone() }, "max_epochs");
        check(
            TrainingConfig { learning_rate: 1e308, ..good.clone() },
            "learning_rate = 1e308 is infinite in f32",
        );
        check(TrainingConfig { learning_rate: 1e-308, ..good.clone() }, "learning_rate = 1e-308 is 0 in f32");
        check(TrainingConfig { momentum: 1e308, ..good.clone() }, "training.momentum = 1e308 must");
        let unknown = TrainingConfig { batch_size: 0, ..good.clone() }.check(usize::MAX).unwrap_err();
        assert_eq!(unknown, "training.batch_size = 0 must be between 1 and 1000000000");
        check(TrainingConfig { optimizer: OptimizerKind::Adam, momentum: 0.9, ..good }, "momentum");
    }
}
