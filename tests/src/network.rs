//! A multilayer perceptron in the plainest f64, to check losses against.

use std::path::Path;

use ndarray::{Array2, Axis};
use varflat_model::data::ImageSet;

use crate::{npz, npz_names};

/// Weights `[d_in, d_out]` of layers without biases, with ReLU between them.
#[derive(Clone, Debug)]
pub struct PlainNetwork {
    /// Names and weights, from input to output.
    pub layers: Vec<(String, Array2<f64>)>,
}

impl PlainNetwork {
    /// Of `weights_mean.npz` (f64).
    pub fn of_means(file: &Path) -> Self {
        let read = |name: String| (name.clone(), npz(file, &name));
        Self { layers: npz_names(file).into_iter().map(read).collect() }
    }

    /// Of `weights_final.npz` (f32).
    pub fn of_singles(file: &Path) -> Self {
        let read = |name: String| {
            let single: Array2<f32> = npz(file, &name);
            (name, single.mapv(f64::from))
        };
        Self { layers: npz_names(file).into_iter().map(read).collect() }
    }

    /// The weights of a layer.
    pub fn layer_mut(&mut self, name: &str) -> &mut Array2<f64> {
        let found = self.layers.iter_mut().find(|(layer, _)| layer == name);
        &mut found.unwrap_or_else(|| panic!("no layer {name}")).1
    }

    /// Mean cross-entropy and share of wrong answers over a set.
    pub fn measure(&self, set: &ImageSet) -> (f64, f64) {
        let shape = (set.samples(), set.pixels());
        let pixels = set.images.iter().map(|pixel| f64::from(*pixel)).collect();
        let mut values = Array2::from_shape_vec(shape, pixels).unwrap();
        for (depth, (_, weights)) in self.layers.iter().enumerate() {
            if depth > 0 {
                values.mapv_inplace(|value| value.max(0.0));
            }
            values = values.dot(weights);
        }
        let (mut loss, mut wrong) = (0.0, 0.0);
        for (logits, &label) in values.axis_iter(Axis(0)).zip(&set.labels) {
            let answer = logits[usize::from(label)];
            let largest = logits.fold(f64::NEG_INFINITY, |largest, logit| largest.max(*logit));
            loss += largest + logits.mapv(|logit| (logit - largest).exp()).sum().ln() - answer;
            wrong += f64::from(u8::from(answer < largest));
        }
        (loss / set.samples() as f64, wrong / set.samples() as f64)
    }
}
