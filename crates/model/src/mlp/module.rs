//! The network as a burn module.

use burn::module::{Module, Param, ParamId};
use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::layer_names;
use crate::dense::{DenseLayer, DenseNetwork, NetworkError};
use crate::host::{self, HostLayer, SparseBatch};
use crate::training::classifier::dense_gradients;
use crate::training::{Batch, Classifier};

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
    /// [`NetworkError`] unless the layers are named as [`MlpConfig::initial`](super::MlpConfig::initial) names them.
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
            .map(|(position, layer)| identified(layer, position as u64, device))
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
                let unread = |error: burn::tensor::TensorReadError| NetworkError::Shape {
                    layer: name.clone(),
                    problem: error.to_string(),
                };
                let weight = linear.weight.val().inner().try_into_vec_as::<f64>().map_err(unread)?;
                let bias = linear.bias.as_ref().map(|bias| bias.val().inner().try_into_vec_as::<f64>());
                let bias = bias.transpose().map_err(unread)?;
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
        compute: impl FnOnce(SparseBatch<'_>, &[HostLayer<'_>]) -> Option<R>,
    ) -> Option<R> {
        let sparse = batch.sparse()?;
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
        compute(sparse, &layers)
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

    fn inputs(&self) -> Option<usize> {
        Some(self.input.weight.lazy_shape()[0])
    }

    fn logits(&self, batch: &Batch<'_>) -> Tensor<2> {
        match self.on_host(batch, host::logits) {
            Some(logits) => {
                let shape = [batch.len(), logits.len() / batch.len()];
                Tensor::from_data(TensorData::new(logits, shape), &self.input.weight.val().device())
            }
            None => self.forward(batch.images()),
        }
    }

    fn gradients(&self, batch: &Batch<'_>) -> GradientsParams {
        let Some(of_layers) = self.on_host(batch, host::gradients) else {
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

/// A dense layer as burn's, on a device: weights drawn on the host, rounded to f32.
///
/// # Errors
/// [`NetworkError::Shape`] when the layer's numbers are not those of its shape.
pub fn linear(layer: &DenseLayer, device: &Device) -> Result<Linear, NetworkError> {
    layer.check()?;
    Ok(rounded(layer, device))
}

fn rounded(layer: &DenseLayer, device: &Device) -> Linear {
    let round = |values: &[f64]| -> Vec<f32> { values.iter().map(|&x| x as f32).collect() };
    let weight = TensorData::new(round(&layer.weight), [layer.inputs, layer.outputs]);
    let bias = layer.bias.as_ref().map(|bias| TensorData::new(round(bias), [layer.outputs]));
    Linear { weight: Param::from_data(weight, device), bias: bias.map(|bias| Param::from_data(bias, device)) }
}

/// The same with fixed parameter identities, so that a saved optimizer state finds its parameters again.
fn identified(layer: &DenseLayer, position: u64, device: &Device) -> Linear {
    let mut linear = rounded(layer, device);
    linear.weight.id = ParamId::from(2 * position + 1);
    if let Some(bias) = &mut linear.bias {
        bias.id = ParamId::from(2 * position + 2);
    }
    linear
}
