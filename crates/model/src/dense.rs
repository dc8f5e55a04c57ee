//! A fully connected ReLU network on the host: plain numbers, no backend.
//!
//! Initial weights, saved weights, window means and the loss landscape all speak this type;
//! [`crate::Mlp`] is its image on a device.

/// One fully connected layer, z = x·W + b.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayer {
    /// Name of the layer, such as `hidden`; its parameters are `hidden.weight` and `hidden.bias`.
    pub name: String,
    /// Number of inputs, `d_in`.
    pub inputs: usize,
    /// Number of outputs, `d_out`.
    pub outputs: usize,
    /// W, `[d_in, d_out]`, row-major.
    pub weight: Vec<f64>,
    /// b, `[d_out]`.
    pub bias: Option<Vec<f64>>,
}

impl DenseLayer {
    /// xW + b of one sample.
    pub(crate) fn apply(&self, values: &[f64]) -> Vec<f64> {
        let mut z = self.bias.clone().unwrap_or_else(|| vec![0.0; self.outputs]);
        for (value, row) in values.iter().zip(self.weight.chunks_exact(self.outputs)) {
            z.iter_mut().zip(row).for_each(|(z, weight)| *z += value * weight);
        }
        z
    }
}

/// Layers with a ReLU between each two; the last one gives the logits.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseNetwork {
    layers: Vec<DenseLayer>,
}

/// Weights that do not form a network.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum NetworkError {
    /// There is not a single layer.
    #[error("a network needs at least one layer")]
    Empty,
    /// The shapes of a layer do not fit its neighbour or its own numbers.
    #[error("layer `{layer}`: {problem}")]
    Shape {
        /// The layer's name.
        layer: String,
        /// What does not fit.
        problem: String,
    },
    /// No layer or parameter of that name.
    #[error("the network has no `{asked}`; it has {available}")]
    UnknownLayer {
        /// The name asked for.
        asked: String,
        /// The names there are.
        available: String,
    },
}

impl DenseNetwork {
    /// A network of these layers, in order from the inputs to the logits.
    ///
    /// # Errors
    /// [`NetworkError`] when there is no layer, or a layer's shape does not fit its weights or its neighbour.
    pub fn new(layers: Vec<DenseLayer>) -> Result<Self, NetworkError> {
        if layers.is_empty() {
            return Err(NetworkError::Empty);
        }
        let mut expected = layers[0].inputs;
        for layer in &layers {
            let complain = |problem: String| Err(NetworkError::Shape { layer: layer.name.clone(), problem });
            if layer.inputs == 0 || layer.outputs == 0 {
                return complain("a layer needs at least one input and one output".to_owned());
            }
            if layer.inputs != expected {
                return complain(format!(
                    "takes {} inputs, but the layer before gives {expected}",
                    layer.inputs
                ));
            }
            if layer.weight.len() != layer.inputs * layer.outputs {
                return complain(format!(
                    "[{}, {}] needs {} weights, but there are {}",
                    layer.inputs,
                    layer.outputs,
                    layer.inputs * layer.outputs,
                    layer.weight.len()
                ));
            }
            if layer.bias.as_ref().is_some_and(|bias| bias.len() != layer.outputs) {
                return complain(format!("needs {} biases", layer.outputs));
            }
            expected = layer.outputs;
        }
        Ok(Self { layers })
    }

    /// The layers, from the inputs to the logits.
    pub fn layers(&self) -> &[DenseLayer] {
        &self.layers
    }

    /// Position of the layer with this name.
    ///
    /// # Errors
    /// [`NetworkError::UnknownLayer`] lists the layers there are.
    pub fn position(&self, name: &str) -> Result<usize, NetworkError> {
        self.layers.iter().position(|layer| layer.name == name).ok_or_else(|| {
            let names: Vec<_> = self.layers.iter().map(|layer| layer.name.as_str()).collect();
            NetworkError::UnknownLayer { asked: name.to_owned(), available: names.join(", ") }
        })
    }

    /// Number of inputs of the first layer.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs
    }

    /// Number of logits.
    pub fn classes(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs
    }

    /// The logits of one sample, every operation in f64: the slow reference for tests.
    pub fn logits(&self, sample: &[f32]) -> Vec<f64> {
        let mut values: Vec<f64> = sample.iter().map(|&x| f64::from(x)).collect();
        for (position, layer) in self.layers.iter().enumerate() {
            values = layer.apply(&values);
            if position + 1 < self.layers.len() {
                values.iter_mut().for_each(|z| *z = z.max(0.0));
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, inputs: usize, outputs: usize, weight: Vec<f64>) -> DenseLayer {
        DenseLayer { name: name.to_owned(), inputs, outputs, weight, bias: None }
    }

    #[test]
    fn logits_by_hand() {
        let network = DenseNetwork::new(vec![
            layer("input", 2, 2, vec![1.0, -1.0, 2.0, 1.0]),
            DenseLayer { bias: Some(vec![0.5]), ..layer("output", 2, 1, vec![3.0, 10.0]) },
        ])
        .unwrap();
        // z = [1 + 2·2, −1 + 2] = [5, 1], logit = 15 + 10 + 0.5; with x = [2, 0]: z = [2, −2] → 6.5
        assert_eq!(network.logits(&[1.0, 2.0]), vec![25.5]);
        assert_eq!(network.logits(&[2.0, 0.0]), vec![6.5]);
    }

    #[test]
    fn shapes_are_checked() {
        let wrong = |layers| DenseNetwork::new(layers).unwrap_err().to_string();
        assert!(wrong(vec![]).contains("at least one layer"));
        assert!(wrong(vec![layer("input", 2, 2, vec![0.0; 3])]).contains("needs 4 weights"));
        let mismatched = vec![layer("input", 2, 2, vec![0.0; 4]), layer("output", 3, 1, vec![0.0; 3])];
        assert!(wrong(mismatched).contains("takes 3 inputs"));
    }

    #[test]
    fn unknown_layers_list_the_known_ones() {
        let network = DenseNetwork::new(vec![layer("input", 1, 1, vec![0.0])]).unwrap();
        let message = network.position("centre").unwrap_err().to_string();
        assert!(message.contains("centre") && message.contains("input"));
    }
}
