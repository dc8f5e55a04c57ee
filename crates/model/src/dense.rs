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
    /// Whether the numbers of weights and biases are those of the shape.
    ///
    /// # Errors
    /// [`NetworkError::Shape`].
    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        let Self { inputs, outputs, .. } = *self;
        let invalid = |problem: String| Err(NetworkError::Shape { layer: self.name.clone(), problem });
        if inputs == 0 || outputs == 0 {
            return invalid("a layer needs at least one input and one output".to_owned());
        }
        let (needed, there) = (inputs.saturating_mul(outputs), self.weight.len());
        if needed != there {
            return invalid(format!("[{inputs}, {outputs}] needs {needed} weights, but there are {there}"));
        }
        match &self.bias {
            Some(bias) if bias.len() != outputs => {
                invalid(format!("needs {outputs} biases, but there are {}", bias.len()))
            }
            _ => Ok(()),
        }
    }

    /// Whether every weight and bias is a finite number.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] names the first that is none.
    pub(crate) fn check_finite(&self) -> Result<(), NetworkError> {
        let weight = self.weight.iter().position(|w| !w.is_finite()).map(|place| {
            let (row, column) = (place / self.outputs, place % self.outputs);
            format!("weight [{row}, {column}] is {}", self.weight[place])
        });
        let bias = self.bias.iter().flatten().enumerate().find(|(_, b)| !b.is_finite());
        match weight.or_else(|| bias.map(|(place, b)| format!("bias [{place}] is {b}"))) {
            Some(problem) => Err(NetworkError::Shape { layer: self.name.clone(), problem }),
            None => Ok(()),
        }
    }

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
#[non_exhaustive]
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
    /// Images or labels that do not fit the network, or each other.
    #[error("{0}")]
    Images(String),
    /// No layer or parameter of that name.
    #[error("the network has no `{asked}`; it has {available}")]
    UnknownLayer {
        /// The name asked for.
        asked: String,
        /// The names there are.
        available: String,
    },
}

/// Whether there is memory for the weights of layers of these names and shapes, in f64: asked for before anything is drawn.
///
/// # Errors
/// [`NetworkError::Shape`] names the layer with which it ends.
pub(crate) fn check_room(shapes: &[(String, Vec<usize>)]) -> Result<(), NetworkError> {
    let mut all = 0usize;
    for (name, shape) in shapes {
        let weights = shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
        let sum = weights.and_then(|weights| all.checked_add(weights));
        match sum.filter(|sum| Vec::<f64>::new().try_reserve_exact(*sum).is_ok()) {
            Some(sum) => all = sum,
            None => {
                let bytes = shape.iter().map(|size| *size as f64).product::<f64>() * size_of::<f64>() as f64;
                let problem = format!(
                    "{shape:?} needs {:.0} GiB for its weights, which are not there: make it narrower",
                    bytes / f64::from(1 << 30)
                );
                return Err(NetworkError::Shape { layer: name.clone(), problem });
            }
        }
    }
    Ok(())
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
            let invalid = |problem: String| Err(NetworkError::Shape { layer: layer.name.clone(), problem });
            layer.check()?;
            if layer.inputs != expected {
                return invalid(format!(
                    "takes {} inputs, but the layer before gives {expected}",
                    layer.inputs
                ));
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
    ///
    /// # Errors
    /// [`NetworkError::Images`] unless there are as many pixels as the network has inputs.
    pub fn logits(&self, sample: &[f32]) -> Result<Vec<f64>, NetworkError> {
        if sample.len() != self.inputs() {
            let (pixels, inputs) = (sample.len(), self.inputs());
            return Err(NetworkError::Images(format!(
                "the image has {pixels} pixels, but the network takes {inputs} inputs"
            )));
        }
        let mut values: Vec<f64> = sample.iter().map(|&x| f64::from(x)).collect();
        for (position, layer) in self.layers.iter().enumerate() {
            values = layer.apply(&values);
            if position + 1 < self.layers.len() {
                values.iter_mut().for_each(|z| *z = z.max(0.0));
            }
        }
        Ok(values)
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
        assert_eq!(network.logits(&[1.0, 2.0]).unwrap(), vec![25.5]);
        assert_eq!(network.logits(&[2.0, 0.0]).unwrap(), vec![6.5]);
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
