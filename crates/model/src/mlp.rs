//! The paper's network: its shape and its initial weights.

#[cfg(feature = "burn")]
mod module;

use serde::{Deserialize, Serialize};

use crate::dense::{DenseLayer, DenseNetwork, NetworkError, check_room};
use crate::random::{Purpose, stream, uniform};
#[cfg(feature = "burn")]
pub use module::{Mlp, linear};

/// How initial weights are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialization {
    /// Uniform in ±1/√fan_in, weights and biases alike (the paper's demo code).
    #[default]
    UniformFanIn,
}

/// Shape of a multilayer perceptron.
///
/// ```
/// use varflat_model::MlpConfig;
/// let network = MlpConfig::new(784, vec![50, 50], 10).initial(1)?;
/// assert_eq!(network.layers()[1].name, "hidden");
/// assert_eq!(network.layers()[1].weight.len(), 2500);
/// # Ok::<(), varflat_model::NetworkError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MlpConfig {
    /// Number of inputs: pixels of an image.
    pub inputs: usize,
    /// Widths of the hidden layers, at least one.
    pub hidden: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
    /// Whether layers have biases.
    pub bias: bool,
    /// How initial weights are drawn.
    pub init: Initialization,
}

impl MlpConfig {
    /// A perceptron without biases, as in the paper's demo code.
    pub fn new(inputs: usize, hidden: Vec<usize>, classes: usize) -> Self {
        Self { inputs, hidden, classes, bias: false, init: Initialization::UniformFanIn }
    }

    /// The layers by name, from the input to the output, and the shape `[d_in, d_out]` of their weights.
    pub fn shapes(&self) -> Vec<(String, [usize; 2])> {
        let mut widths = vec![self.inputs];
        widths.extend(&self.hidden);
        widths.push(self.classes);
        let shapes = widths.windows(2).map(|width| [width[0], width[1]]);
        layer_names(self.hidden.len()).into_iter().zip(shapes).collect()
    }

    /// The initial weights of a seed, drawn on the host: the same for every backend.
    ///
    /// Layer k draws from the stream (seed, initial weights, k), first W row by row, then b.
    ///
    /// # Errors
    /// [`NetworkError`] when a width is zero, there is no hidden layer, or no memory for the weights.
    pub fn initial(&self, seed: u64) -> Result<DenseNetwork, NetworkError> {
        if self.hidden.is_empty() {
            return Err(NetworkError::Empty);
        }
        let shapes: Vec<(String, Vec<usize>)> =
            self.shapes().into_iter().map(|(name, shape)| (name, shape.to_vec())).collect();
        check_room(&shapes)?;
        let layers = self.shapes().into_iter().enumerate();
        let layers = layers
            .map(|(position, (name, width))| {
                let Initialization::UniformFanIn = self.init;
                let bound = 1.0 / (width[0] as f32).sqrt();
                let mut random = stream(seed, Purpose::InitialWeights, position as u64);
                let mut draw = |count: usize| -> Vec<f64> {
                    (0..count).map(|_| f64::from((2.0 * uniform(&mut random) - 1.0) * bound)).collect()
                };
                DenseLayer {
                    name,
                    inputs: width[0],
                    outputs: width[1],
                    weight: draw(width[0] * width[1]),
                    bias: self.bias.then(|| draw(width[1])),
                }
            })
            .collect();
        DenseNetwork::new(layers)
    }
}

/// Names of the layers: `input`, `hidden`, `deeper.0`, `deeper.1`, …, `output`.
fn layer_names(hidden_layers: usize) -> Vec<String> {
    let mut names = vec!["input".to_owned()];
    if hidden_layers > 1 {
        names.push("hidden".to_owned());
    }
    names.extend((2..hidden_layers).map(|position| format!("deeper.{}", position - 2)));
    names.push("output".to_owned());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_named_as_the_run_folder_names_them() {
        assert_eq!(layer_names(2), ["input", "hidden", "output"]);
        assert_eq!(layer_names(1), ["input", "output"]);
        assert_eq!(layer_names(4), ["input", "hidden", "deeper.0", "deeper.1", "output"]);
    }

    #[test]
    fn initial_weights_fill_plus_minus_one_over_root_fan_in() {
        let network = MlpConfig::new(784, vec![50, 50], 10).initial(1).unwrap();
        for layer in network.layers() {
            let bound = 1.0 / (layer.inputs as f64).sqrt();
            let largest = layer.weight.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
            assert!(largest <= bound * (1.0 + 1e-6) && largest > 0.97 * bound, "{}", layer.name);
            let variance = layer.weight.iter().map(|w| w * w).sum::<f64>() / layer.weight.len() as f64;
            assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.15, "{}", layer.name);
        }
    }
}
