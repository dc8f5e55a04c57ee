//! The paper's network: a multilayer perceptron as a burn module.

use burn::module::{Module, Param, ParamId};
use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::dense::{DenseLayer, DenseNetwork, NetworkError};
use crate::random::{Purpose, stream, uniform};
use crate::training::classifier::dense_gradients;
use crate::training::host::{self, HostLayer};
use crate::training::{Batch, Classifier};

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

    /// The initial weights of a seed, drawn on the host: the same for every backend.
    ///
    /// Layer k draws from the stream (seed, initial weights, k), first W row by row, then b.
    ///
    /// # Errors
    /// [`NetworkError`] when a width is zero or there is no hidden layer.
    pub fn initial(&self, seed: u64) -> Result<DenseNetwork, NetworkError> {
        if self.hidden.is_empty() {
            return Err(NetworkError::Empty);
        }
        let mut widths = vec![self.inputs];
        widths.extend(&self.hidden);
        widths.push(self.classes);
        let layers = widths.windows(2).zip(layer_names(self.hidden.len())).enumerate();
        let layers = layers
            .map(|(position, (width, name))| {
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

/// A multilayer perceptron with ReLU between its layers.
///
/// For the paper's 784–50–50–10 the parameters are `input.weight` `[784, 50]`, `hidden.weight`
/// `[50, 50]` and `output.weight` `[50, 10]`; networks with more hidden layers have `deeper.0.weight`, …
#[derive(Module, Debug)]
pub struct Mlp {
    input: Linear,
    hidden: Option<Linear>,
    deeper: Vec<Linear>,
    output: Linear,
}

impl Mlp {
    /// The network with these weights on a device (rounded to f32).
    ///
    /// # Errors
    /// [`NetworkError`] unless the layers are named as [`MlpConfig::initial`] names them.
    pub fn new(network: &DenseNetwork, device: &Device) -> Result<Self, NetworkError> {
        let layers = network.layers();
        let expected = layer_names(layers.len().saturating_sub(1).max(1));
        if layers.len() != expected.len()
            || layers.iter().zip(&expected).any(|(layer, name)| layer.name != *name)
        {
            return Err(NetworkError::UnknownLayer {
                asked: layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>().join(", "),
                available: expected.join(", "),
            });
        }
        let mut linears: Vec<Linear> = layers
            .iter()
            .enumerate()
            .map(|(position, layer)| linear(layer, position as u64, device))
            .collect();
        // The names were just checked, so the first and the last layer exist.
        let output = linears.pop().ok_or(NetworkError::Empty)?;
        let mut linears = linears.into_iter();
        Ok(Self {
            input: linears.next().ok_or(NetworkError::Empty)?,
            hidden: linears.next(),
            deeper: linears.collect(),
            output,
        })
    }

    /// Copy the weights to the host.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] if the device does not hand its weights out.
    pub fn to_dense(&self) -> Result<DenseNetwork, NetworkError> {
        let names = layer_names(1 + usize::from(self.hidden.is_some()) + self.deeper.len());
        let layers = self
            .layers()
            .zip(names)
            .map(|(linear, name)| {
                let [inputs, outputs] = linear.weight.val().dims();
                let read = |values: Result<Vec<f32>, _>| -> Result<Vec<f64>, NetworkError> {
                    let values = values.map_err(|error: burn::tensor::TensorReadError| {
                        NetworkError::Shape { layer: name.clone(), problem: error.to_string() }
                    })?;
                    Ok(values.into_iter().map(f64::from).collect())
                };
                let weight = read(linear.weight.val().inner().try_into_vec_as::<f32>())?;
                let bias = match &linear.bias {
                    Some(bias) => Some(read(bias.val().inner().try_into_vec_as::<f32>())?),
                    None => None,
                };
                Ok(DenseLayer { name: name.clone(), inputs, outputs, weight, bias })
            })
            .collect::<Result<_, NetworkError>>()?;
        DenseNetwork::new(layers)
    }
}

impl Mlp {
    /// All layers, the first first.
    fn layers(&self) -> impl Iterator<Item = &Linear> {
        let hidden = self.hidden.iter().chain(&self.deeper);
        std::iter::once(&self.input).chain(hidden).chain(std::iter::once(&self.output))
    }

    /// Something made of all layers' weights where they lie, for images that are known by their non-zero pixels.
    fn on_host<R>(
        &self,
        batch: &Batch<'_>,
        compute: impl FnOnce(&[HostLayer<'_>]) -> Option<R>,
    ) -> Option<R> {
        if !batch.is_sparse() {
            return None;
        }
        // Sparse images lie on the host, where reading cannot fail.
        let data: Vec<(TensorData, Option<TensorData>)> = self
            .layers()
            .map(|layer| (values(layer.weight.val()), layer.bias.as_ref().map(|bias| values(bias.val()))))
            .collect();
        let layers = data
            .iter()
            .map(|(weight, bias)| {
                Some(HostLayer {
                    weight: weight.as_slice().ok()?,
                    bias: bias.as_ref().map(TensorData::as_slice).transpose().ok()?,
                    outputs: weight.shape()[1],
                })
            })
            .collect::<Option<Vec<_>>>()?;
        compute(&layers)
    }
}

/// What a parameter holds, on the host.
fn values<const D: usize>(parameter: Tensor<D>) -> TensorData {
    let parameter = if parameter.device().is_autodiff() { parameter.inner() } else { parameter };
    parameter.into_data()
}

impl Classifier for Mlp {
    fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        let mut values = self.input.forward(inputs);
        for layer in self.layers().skip(1) {
            values = layer.forward(relu(values));
        }
        values
    }

    fn logits(&self, batch: &Batch<'_>) -> Tensor<2> {
        match self.on_host(batch, |layers| host::logits(batch, layers)) {
            Some(logits) => {
                let shape = [batch.len(), logits.len() / batch.len()];
                Tensor::from_data(TensorData::new(logits, shape), &self.input.weight.val().device())
            }
            None => self.forward(batch.images()),
        }
    }

    fn gradients(&self, batch: &Batch<'_>) -> GradientsParams {
        let Some(of_layers) = self.on_host(batch, |layers| host::gradients(batch, layers)) else {
            return dense_gradients(self, batch);
        };
        forget_former_parameters(&self.input.weight.val().device());
        let mut gradients = GradientsParams::new();
        for (layer, gradient) in self.layers().zip(of_layers) {
            let [inputs, outputs] = layer.weight.val().dims();
            let device = layer.weight.val().device().inner();
            let weight = TensorData::new(gradient.weight, [inputs, outputs]);
            gradients.register(layer.weight.id, Tensor::<2>::from_data(weight, &device));
            if let (Some(bias), Some(gradient)) = (&layer.bias, gradient.bias) {
                let gradient = TensorData::new(gradient, [outputs]);
                gradients.register(bias.id, Tensor::<1>::from_data(gradient, &device));
            }
        }
        gradients
    }
}

/// Lets burn's autodiff drop its nodes of parameters that are gone.
///
/// It makes one for every parameter that an optimizer returns, and clears them away only in a backward pass: without any, a
/// training would keep four kilobytes of them a step.
fn forget_former_parameters(device: &Device) {
    Tensor::<1>::zeros([1], device).require_grad().backward();
}

/// A burn layer with fixed parameter identities, so that a saved optimizer state finds its parameters again.
fn linear(layer: &DenseLayer, position: u64, device: &Device) -> Linear {
    let round = |values: &[f64]| -> Vec<f32> { values.iter().map(|&x| x as f32).collect() };
    let data = TensorData::new(round(&layer.weight), [layer.inputs, layer.outputs]);
    let mut weight: Param<Tensor<2>> = Param::from_data(data, device);
    weight.id = ParamId::from(2 * position + 1);
    let bias = layer.bias.as_ref().map(|bias| {
        let mut bias: Param<Tensor<1>> =
            Param::from_data(TensorData::new(round(bias), [layer.outputs]), device);
        bias.id = ParamId::from(2 * position + 2);
        bias
    });
    Linear { weight, bias }
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
