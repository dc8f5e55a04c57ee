//! A data set that lives on the device, so that a step copies nothing but indices.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::metrics::Performance;
use super::trainer::{Classifier, TrainingError};
use crate::data::ImageSet;
use crate::loss::{is_error, sample_cross_entropy};

/// Samples per forward pass when a whole set is measured: large enough to be efficient, small enough for caches.
const MEASURED_AT_ONCE: usize = 1_000;

/// Images and labels of one set on a device (without autodiff).
pub struct ResidentSet {
    images: Tensor<2>,
    one_hot: Tensor<2>,
    labels: Vec<u8>,
}

impl ResidentSet {
    /// Copy a set to the device; `classes` is the width of the one-hot labels.
    pub fn new(set: &ImageSet, classes: usize, device: &Device) -> Self {
        let mut one_hot = vec![0.0f32; set.samples() * classes];
        for (row, &label) in one_hot.chunks_exact_mut(classes).zip(&set.labels) {
            row[usize::from(label)] = 1.0;
        }
        let images = TensorData::new(set.images.clone(), [set.samples(), set.pixels()]);
        Self {
            images: Tensor::from_data(images, device),
            one_hot: Tensor::from_data(TensorData::new(one_hot, [set.samples(), classes]), device),
            labels: set.labels.clone(),
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// The images `[batch, pixels]` and one-hot labels `[batch, classes]` of a mini-batch.
    pub fn batch(&self, indices: &[u32]) -> (Tensor<2>, Tensor<2>) {
        let indices: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
        let count = indices.len();
        let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [count]), &self.images.device());
        (self.images.clone().select(0, indices.clone()), self.one_hot.clone().select(0, indices))
    }

    /// Loss and error of a network on the whole set; sums in f64.
    ///
    /// # Errors
    /// [`TrainingError::Device`] if the device does not hand out the logits.
    pub fn measure(&self, network: &impl Classifier) -> Result<Performance, TrainingError> {
        let network = network.valid();
        let samples = self.samples();
        let (mut loss, mut errors) = (0.0, 0usize);
        for start in (0..samples).step_by(MEASURED_AT_ONCE) {
            let count = MEASURED_AT_ONCE.min(samples - start);
            let logits = network.forward(self.images.clone().narrow(0, start, count));
            let [_, classes] = logits.dims();
            let logits =
                logits.try_into_vec_as::<f32>().map_err(|error| TrainingError::Device(error.to_string()))?;
            for (row, &label) in logits.chunks_exact(classes).zip(&self.labels[start..]) {
                loss += sample_cross_entropy(row, usize::from(label));
                errors += usize::from(is_error(row, usize::from(label)));
            }
        }
        Ok(Performance { loss: loss / samples as f64, error: errors as f64 / samples as f64 })
    }
}
