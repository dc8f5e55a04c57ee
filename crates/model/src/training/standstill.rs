//! Why the loss of a training no longer changes.

use std::collections::HashMap;

use burn::module::Param;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::classifier::Classifier;
use super::config::{OptimizerKind, TrainingConfig};
use super::outcome::{TrainingError, short};
use super::resident::ResidentSet;
use crate::evaluated::differentiable;
use crate::parameters::{Visit, visit};

/// Images that are looked at.
const LOOKED_AT: usize = 1_000;

/// Largest weight of a network that has shrunk away: a fan-in of ten million would begin above it.
const SHRUNK: f64 = 1e-4;

/// Share of ln(classes) under which a loss is that of a finished training.
const LEARNT: f64 = 1e-3;

/// Momentum from which on it is the likelier culprit.
const HEAVY: f64 = 0.9;

/// What is known of a network whose loss stands still.
#[derive(Clone, Debug)]
pub(super) struct Standstill {
    pub(super) loss: f64,
    pub(super) classes: usize,
    /// The label of all training images, if they have but one.
    pub(super) only_class: Option<u8>,
    /// Whether every pixel looked at is 0.
    pub(super) black: bool,
    /// Images looked at.
    pub(super) images: usize,
    /// The most of them with the same logits: those that a network without a live ReLU tells not apart.
    pub(super) alike: usize,
    pub(super) largest_weight: f64,
    pub(super) largest_gradient: f64,
}

impl Standstill {
    /// Looks at a network.
    pub(super) fn of<C: Classifier>(
        network: &C,
        set: &ResidentSet,
        loss: f64,
    ) -> Result<Self, TrainingError> {
        let network = differentiable(network, set)?;
        let images = set.leading(LOOKED_AT);
        let batch = set.chosen(&images);
        let numbers = |tensor: Tensor<2>| tensor.try_into_vec_as::<f32>().map_err(TrainingError::device);
        let pixels = numbers(batch.images())?;
        let logits = numbers(network.valid().forward(batch.images()))?;
        let mut alike = HashMap::<Vec<u32>, usize>::new();
        for row in logits.chunks_exact((logits.len() / batch.len()).max(1)) {
            // Of 0 and -0 the bits differ.
            *alike.entry(row.iter().map(|logit| (logit + 0.0).to_bits()).collect()).or_default() += 1;
        }
        let mut largest = Largest { gradients: network.gradients(&batch), weight: 0.0, gradient: 0.0 };
        visit(&network, &mut largest);
        Ok(Self {
            loss,
            classes: set.classes(),
            only_class: set.only_class(),
            black: pixels.iter().all(|pixel| *pixel == 0.0),
            images: batch.len(),
            alike: alike.into_values().max().unwrap_or(0),
            largest_weight: largest.weight,
            largest_gradient: largest.gradient,
        })
    }

    /// The likeliest cause, and what to do about it.
    pub(super) fn cause(&self, config: &TrainingConfig) -> String {
        let TrainingConfig { learning_rate, momentum, weight_decay, loss_below, .. } = *config;
        let (rate, below) = (short(learning_rate), short(loss_below));
        let (weight, gradient) = (self.largest_weight, self.largest_gradient);
        let over =
            format!("the training is over: end it earlier by a larger training.loss_below (now {below})");
        if let Some(class) = self.only_class {
            return format!(
                "all training images have the label {class}, so that there is nothing to tell apart: give images of two classes at least"
            );
        }
        if self.black {
            return "every pixel of the training images is 0: check the images file".to_owned();
        }
        if self.loss == 0.0 {
            return format!("the loss is exactly 0 and has no gradient left; {over}");
        }
        if weight < SHRUNK {
            let remedy = match weight_decay > 0.0 {
                true => format!("lower training.weight_decay (now {})", short(weight_decay)),
                false => "begin with larger weights".to_owned(),
            };
            return format!("the weights have shrunk to nothing, the largest to {}: {remedy}", short(weight));
        }
        // An image that is not learnt pulls at the weights unless no ReLU lets it through. A few others may be learnt.
        let learnt = self.loss < LEARNT * (self.classes as f64).ln();
        if gradient == 0.0 && (self.alike == self.images || (self.alike > 1 && !learnt)) {
            let remedy = match config.optimizer == OptimizerKind::Sgd && momentum >= HEAVY {
                true => format!(
                    "lower training.momentum (now {}) or training.learning_rate (now {rate})",
                    short(momentum)
                ),
                false => format!("lower training.learning_rate (now {rate})"),
            };
            let which = match self.alike == self.images {
                true => "every image".to_owned(),
                false => format!("{} of {} images", self.alike, self.images),
            };
            return format!("every ReLU of a layer is off for {which}: {remedy}");
        }
        if gradient == 0.0 {
            return format!("no gradient is left in {}; {over}", config.precision.name());
        }
        let steps = format!(
            "its steps are smaller than the rounding of the weights (a gradient of at most {}, weights of up to {})",
            short(gradient),
            short(weight)
        );
        match learnt {
            true => format!("{steps}: {over}"),
            false => format!("{steps}: raise training.learning_rate (now {rate})"),
        }
    }
}

/// The largest weight and the largest entry of a gradient.
struct Largest {
    gradients: GradientsParams,
    weight: f64,
    gradient: f64,
}

impl Visit for Largest {
    fn parameter<const D: usize>(&mut self, _: &str, parameter: &Param<Tensor<D>>) {
        let largest = |tensor: Tensor<D>| {
            let values = tensor.inner().try_into_vec_as::<f32>().unwrap_or_default();
            values.into_iter().fold(0.0, |largest, value| f64::max(largest, f64::from(value.abs())))
        };
        self.weight = self.weight.max(largest(parameter.val()));
        if let Some(gradient) = self.gradients.remove::<D>(parameter.id) {
            self.gradient = self.gradient.max(largest(gradient));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known, the settings, and words of the cause and the remedy.
    #[test]
    fn every_standstill_has_its_own_remedy() {
        let alive = Standstill {
            loss: 10f64.ln(),
            classes: 10,
            only_class: None,
            black: false,
            images: 300,
            alike: 1,
            largest_weight: 0.1,
            largest_gradient: 1e-3,
        };
        let config = TrainingConfig::default();
        let heavy = TrainingConfig { momentum: 0.999999, ..config.clone() };
        let decaying = TrainingConfig { weight_decay: 1.0, ..config.clone() };
        let slow = TrainingConfig { learning_rate: 1e-308, ..config.clone() };
        let blind = Standstill { alike: 300, largest_gradient: 0.0, ..alive.clone() };
        let nearly = Standstill { alike: 299, ..blind.clone() };
        let table = [
            (
                Standstill { only_class: Some(3), loss: 0.0, ..alive.clone() },
                &config,
                "label 3",
                "two classes",
            ),
            (Standstill { black: true, ..blind.clone() }, &config, "every pixel", "check the images file"),
            (
                Standstill { loss: 0.0, largest_gradient: 0.0, ..alive.clone() },
                &config,
                "exactly 0",
                "larger training.loss_below (now 5e-5)",
            ),
            (
                Standstill { largest_weight: 1e-20, ..blind.clone() },
                &decaying,
                "shrunk",
                "lower training.weight_decay (now 1)",
            ),
            (blind.clone(), &config, "every ReLU", "lower training.learning_rate (now 0.1)"),
            (nearly.clone(), &config, "off for 299 of 300 images", "lower training.learning_rate (now 0.1)"),
            // Of learnt images some may be the same.
            (Standstill { loss: 1e-9, ..nearly }, &config, "no gradient", "larger training.loss_below"),
            (blind, &heavy, "every ReLU", "lower training.momentum (now 0.999999)"),
            (
                Standstill { loss: 1e-9, largest_gradient: 0.0, ..alive.clone() },
                &config,
                "no gradient",
                "larger training.loss_below",
            ),
            (
                Standstill { loss: 1e-9, ..alive.clone() },
                &config,
                "rounding of the weights",
                "larger training.loss_below",
            ),
            (alive, &slow, "rounding of the weights", "raise training.learning_rate (now 1e-308)"),
        ];
        for (known, config, cause, remedy) in table {
            let said = known.cause(config);
            assert!(said.contains(cause) && said.contains(remedy), "{known:?}: {said}");
        }
    }
}
