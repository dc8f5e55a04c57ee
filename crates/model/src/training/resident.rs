//! A data set that lives on the device, so that a step copies nothing but indices.

use burn::tensor::{Int, Tensor, TensorData};

use super::metrics::Performance;
use super::trainer::{Classifier, TrainingError};
use crate::data::ImageSet;
use crate::device::OpenDevice;
use crate::loss::{is_error, sample_cross_entropy};

/// Samples per forward pass when a whole set is measured: large enough to be efficient, small enough for caches.
const MEASURED_AT_ONCE: usize = 1_000;

/// Images and labels of one set on a device (without autodiff).
pub struct ResidentSet {
    /// The images, `[samples, pixels]`, cut into blocks of pixels where the device cannot hold them in one piece.
    images: Vec<Tensor<2>>,
    one_hot: Tensor<2>,
    labels: Vec<u8>,
}

impl ResidentSet {
    /// Copy a set to the device; `classes` is the width of the one-hot labels.
    pub fn new(set: &ImageSet, classes: usize, device: &OpenDevice) -> Self {
        let (samples, pixels) = (set.samples(), set.pixels());
        let mut one_hot = vec![0.0f32; samples * classes];
        for (row, &label) in one_hot.chunks_exact_mut(classes).zip(&set.labels) {
            row[usize::from(label)] = 1.0;
        }
        let fitting = device.largest_tensor / (4 * samples as u64).max(1);
        let width = usize::try_from(fitting).unwrap_or(usize::MAX).clamp(1, pixels);
        let images = (0..pixels).step_by(width).map(|first| {
            let width = width.min(pixels - first);
            let block = match width == pixels {
                true => set.images.clone(),
                false => set
                    .images
                    .chunks_exact(pixels)
                    .flat_map(|image| &image[first..first + width])
                    .copied()
                    .collect(),
            };
            Tensor::from_data(TensorData::new(block, [samples, width]), &device.device)
        });
        Self {
            images: images.collect(),
            one_hot: Tensor::from_data(TensorData::new(one_hot, [samples, classes]), &device.device),
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
        let indices = TensorData::new(indices, [count]);
        let indices = Tensor::<1, Int>::from_data(indices, &self.one_hot.device());
        let images = self.images(|block| block.select(0, indices.clone()));
        (images, self.one_hot.clone().select(0, indices))
    }

    /// Some of the images, put together from what `pick` takes of every block.
    fn images(&self, pick: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        match self.images.as_slice() {
            [whole] => pick(whole.clone()),
            blocks => Tensor::cat(blocks.iter().map(|block| pick(block.clone())).collect(), 1),
        }
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
            let logits = network.forward(self.images(|block| block.narrow(0, start, count)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device;

    #[test]
    fn images_in_blocks_are_the_same_images() {
        let images: Vec<f32> = (0..30).map(|n| n as f32).collect();
        let set = ImageSet { images, labels: vec![0, 1, 0, 1, 1], rows: 2, columns: 3 };
        let whole = device::open(None).unwrap();
        // Room for four pixels of five samples.
        let narrow = OpenDevice { largest_tensor: 80, ..whole.clone() };
        let batch = |device: &OpenDevice| {
            let (images, one_hot) = ResidentSet::new(&set, 2, device).batch(&[4, 0]);
            (images.into_data(), one_hot.into_data())
        };
        assert_eq!(ResidentSet::new(&set, 2, &narrow).images.len(), 2);
        assert_eq!(batch(&whole), batch(&narrow));
    }
}
