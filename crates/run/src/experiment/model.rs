//! `[model]`: which network, and what differs between its kinds but for their weights, which `networks.rs` makes.

use std::fmt;

use serde::{Deserialize, Serialize};
#[cfg(feature = "train")]
use varflat_model::ConvolutionalConfig;
use varflat_model::{Initialization, MlpConfig, NetworkError};

use super::check::Checked;

/// Widths of hidden layers, and how many there may be.
const WIDEST: u64 = 100_000;
const DEEPEST: usize = 100;
/// Channels of a convolution.
const MOST_CHANNELS: u64 = 10_000;

/// `[model]`: a multilayer perceptron, after two convolutions if there are `channels`; inputs and classes come from the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSection {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Channels of the two convolutions before them (see `varflat_model::ConvolutionalConfig`); none when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<[usize; 2]>,
    /// Whether layers have biases.
    pub bias: bool,
    /// How initial weights are drawn.
    pub init: Initialization,
}

impl Default for ModelSection {
    fn default() -> Self {
        Self { hidden: vec![50, 50], channels: None, bias: false, init: Initialization::default() }
    }
}

impl ModelSection {
    /// Whether all layers are dense, so that the host's own kernels do without a backend.
    pub fn is_dense(&self) -> bool {
        self.channels.is_none()
    }

    /// Whether the loss of such a network can be had from this program.
    pub(crate) fn is_supported(&self) -> bool {
        cfg!(feature = "train") || self.is_dense()
    }

    /// Shape of the perceptron, for so many inputs and classes.
    pub(super) fn perceptron(&self, inputs: usize, classes: usize) -> MlpConfig {
        let Self { hidden, bias, init, .. } = self.clone();
        MlpConfig { inputs, hidden, classes, bias, init }
    }

    /// Shape of the convolutional network, if that is what is asked for, for images of so many rows and columns.
    #[cfg(feature = "train")]
    pub(crate) fn convolutional(&self, image: [usize; 2], classes: usize) -> Option<ConvolutionalConfig> {
        let Self { hidden, channels, bias, init } = self.clone();
        Some(ConvolutionalConfig { image, channels: channels?, hidden, classes, bias, init })
    }

    /// Names and shapes of the layers for images of so many rows and columns.
    ///
    /// # Errors
    /// Images too small for the convolutions.
    pub(crate) fn shapes(
        &self,
        image: [usize; 2],
        classes: usize,
    ) -> Result<Vec<(String, Vec<usize>)>, NetworkError> {
        #[cfg(feature = "train")]
        if let Some(config) = self.convolutional(image, classes) {
            return config.shapes();
        }
        let shapes = self.perceptron(image[0] * image[1], classes).shapes().into_iter();
        Ok(shapes.map(|(name, shape)| (name, shape.to_vec())).collect())
    }

    /// Names of the layers whose weights can be recorded.
    pub(crate) fn layers(&self) -> Vec<String> {
        let dense = self.perceptron(0, 0).shapes().into_iter().map(|(name, _)| name);
        if self.is_dense() {
            return dense.collect();
        }
        let dense = dense.map(|name| format!("dense.{name}"));
        ["first", "second"].map(str::to_owned).into_iter().chain(dense).collect()
    }

    pub(super) fn check(&self) -> Checked {
        let hidden = &self.hidden;
        if !(1..=DEEPEST).contains(&hidden.len()) {
            return Err(format!("model.hidden has {} layers, but needs 1 to {DEEPEST}", hidden.len()));
        }
        if hidden.iter().any(|width| !(1..=WIDEST).contains(&(*width as u64))) {
            return Err(format!("model.hidden = {hidden:?}: a layer must be 1 to {WIDEST} wide"));
        }
        match self.channels {
            Some(channels)
                if channels.iter().any(|count| !(1..=MOST_CHANNELS).contains(&(*count as u64))) =>
            {
                Err(format!("model.channels = {channels:?}: a convolution has 1 to {MOST_CHANNELS} channels"))
            }
            _ => Ok(()),
        }
    }

    /// The keys that make it wide, with their values.
    pub(crate) fn widths(&self) -> String {
        let hidden = format!("model.hidden = {:?}", self.hidden);
        match self.channels {
            Some(channels) => format!("model.channels = {channels:?} with {hidden}"),
            None => hidden,
        }
    }
}

/// Such as `hidden = [50, 50], no biases`.
impl fmt::Display for ModelSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some([first, second]) = self.channels {
            write!(f, "convolutions of {first} and {second} channels, ")?;
        }
        write!(f, "hidden = {:?}, {} biases", self.hidden, if self.bias { "with" } else { "no" })
    }
}
