//! A data set that lives on the device, so that a step copies nothing but indices.

use std::sync::OnceLock;

use burn::tensor::{DType, Int, Tensor, TensorData};

use super::config::Precision;
use crate::data::{DataError, ImageSet};
use crate::device::{DeviceError, OpenDevice};
use crate::host::{SparseBatch, SparseImages};

/// Images and labels of one set on a device (without autodiff).
pub struct ResidentSet {
    pub(super) device: OpenDevice,
    pub(super) pixels: usize,
    pub(super) classes: usize,
    /// The images, `[samples, pixels]`, cut into blocks of pixels where the device cannot hold them in one piece. Where
    /// `sparse` holds them, they are made when first asked for.
    images: OnceLock<Vec<Tensor<2>>>,
    /// On the host, where it pays: the images by their non-zero pixels.
    sparse: Option<SparseImages>,
    one_hot: Tensor<2>,
    pub(super) labels: Vec<u8>,
    /// The numbers that batches are in: those of the networks it is for.
    pub(super) precision: Precision,
}

/// Whether every label has a class, and the rows of their ones have room.
fn check_labels(labels: &[u8], classes: usize) -> Result<(), DataError> {
    let problem = match labels.iter().position(|&label| usize::from(label) >= classes) {
        Some(sample) => format!(
            "image {sample} has label {}, but {classes} classes have the labels 0 to {}: say how many classes there are",
            labels[sample],
            classes.saturating_sub(1)
        ),
        None => {
            let room = labels.len().checked_mul(classes);
            match room.is_some_and(|room| Vec::<f32>::new().try_reserve_exact(room).is_ok()) {
                true => return Ok(()),
                false => format!("there is no memory for {} labels of {classes} classes", labels.len()),
            }
        }
    };
    Err(DataError::Set { problem })
}

/// Labels as rows with a one, `[samples, classes]`.
pub(crate) fn one_hot(labels: &[u8], classes: usize, device: &OpenDevice) -> Tensor<2> {
    let mut rows = vec![0.0f32; labels.len() * classes];
    for (row, &label) in rows.chunks_exact_mut(classes).zip(labels) {
        row[usize::from(label)] = 1.0;
    }
    Tensor::from_data(TensorData::new(rows, [labels.len(), classes]), &device.device)
}

/// Some samples of a set, in order: a mini-batch, say.
pub struct Batch<'a> {
    set: &'a ResidentSet,
    samples: &'a [u32],
}

impl ResidentSet {
    /// Copy a set to the device; `classes` is the width of the one-hot labels: the outputs of the networks it is for.
    ///
    /// # Errors
    /// [`DataError::Set`] if the images do not fit their labels, a label is not below `classes`, or there is no memory for so many
    /// classes.
    pub fn new(set: &ImageSet, classes: usize, device: &OpenDevice) -> Result<Self, DataError> {
        set.check()?;
        check_labels(&set.labels, classes)?;
        let resident = Self {
            device: device.clone(),
            pixels: set.pixels(),
            classes,
            images: OnceLock::new(),
            sparse: if device.on_host { SparseImages::new(set) } else { None },
            one_hot: one_hot(&set.labels, classes, device),
            labels: set.labels.clone(),
            precision: Precision::F32,
        };
        if resident.sparse.is_none() {
            resident.images.get_or_init(|| resident.upload(&set.images));
        }
        Ok(resident)
    }

    /// The same set for networks that compute in these numbers. The images are the same: each pixel is an f32, whatever its batch is in.
    ///
    /// # Errors
    /// [`DeviceError::NoDouble`] for f64 on another device than the CPU.
    pub fn in_precision(mut self, precision: Precision) -> Result<Self, DeviceError> {
        self.device.check_precision(precision)?;
        if precision == Precision::F64 {
            // The products that leave out zeros are of f32.
            self.images();
            self.sparse = None;
        }
        self.precision = precision;
        Ok(self)
    }

    /// The numbers of its batches, as burn names them.
    pub(super) fn dtype(&self) -> DType {
        match self.precision {
            Precision::F32 => DType::F32,
            Precision::F64 => DType::F64,
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// Number of classes: the outputs of the networks it is for.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The samples of these indices.
    ///
    /// # Errors
    /// [`DataError::Set`] when there is no index, or one is not below [`samples`](Self::samples).
    pub fn batch<'a>(&'a self, samples: &'a [u32]) -> Result<Batch<'a>, DataError> {
        let there = self.samples();
        let problem = match samples.iter().find(|&&sample| sample as usize >= there) {
            Some(sample) => format!("there is no image {sample}: there are {there}, counted from 0"),
            None if samples.is_empty() => "a batch needs at least one image".to_owned(),
            None => return Ok(self.chosen(samples)),
        };
        Err(DataError::Set { problem })
    }

    /// The samples of these indices, of which there is one at least and all are there.
    pub(crate) fn chosen<'a>(&'a self, samples: &'a [u32]) -> Batch<'a> {
        Batch { set: self, samples }
    }

    /// The first so many samples, or all.
    pub(crate) fn leading(&self, samples: usize) -> Vec<u32> {
        (0..self.samples().min(samples) as u32).collect()
    }

    /// The one class of all samples, if that is all there is.
    pub(crate) fn only_class(&self) -> Option<u8> {
        let first = *self.labels.first()?;
        self.labels.iter().all(|label| *label == first).then_some(first)
    }

    fn images(&self) -> &[Tensor<2>] {
        self.images.get_or_init(|| match &self.sparse {
            Some(sparse) => self.upload(&sparse.dense()),
            None => Vec::new(),
        })
    }

    /// Copies images `[samples, pixels]` to the device, in blocks of pixels that it can hold.
    fn upload(&self, images: &[f32]) -> Vec<Tensor<2>> {
        let (samples, pixels) = (self.samples(), self.pixels);
        let fitting = self.device.largest_tensor / (4 * samples as u64).max(1);
        let width = usize::try_from(fitting).unwrap_or(usize::MAX).clamp(1, pixels);
        let blocks = (0..pixels).step_by(width).map(|first| {
            let width = width.min(pixels - first);
            let block = match width == pixels {
                true => images.to_vec(),
                false => images
                    .chunks_exact(pixels)
                    .flat_map(|image| &image[first..first + width])
                    .copied()
                    .collect(),
            };
            Tensor::from_data(TensorData::new(block, [samples, width]), &self.device.device)
        });
        blocks.collect()
    }
}

impl Batch<'_> {
    /// Number of samples.
    #[allow(clippy::len_without_is_empty)] // a batch is never empty
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// The images, `[batch, pixels]`.
    pub fn images(&self) -> Tensor<2> {
        let mut parts: Vec<Tensor<2>> = match self.samples {
            [first, .., last] if self.is_consecutive() => {
                let (first, count) = (*first as usize, (last - first + 1) as usize);
                self.set.images().iter().map(|block| block.clone().narrow(0, first, count)).collect()
            }
            _ => {
                let indices = self.indices();
                self.set.images().iter().map(|block| block.clone().select(0, indices.clone())).collect()
            }
        };
        let images = if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(parts, 1) };
        images.cast(self.set.dtype())
    }

    /// The labels as rows with a one, `[batch, classes]`.
    pub fn one_hot(&self) -> Tensor<2> {
        self.set.one_hot.clone().select(0, self.indices()).cast(self.set.dtype())
    }

    /// The batch by its non-zero pixels, where the images are known by these.
    pub(crate) fn sparse(&self) -> Option<SparseBatch<'_>> {
        let images = self.set.sparse.as_ref()?;
        Some(SparseBatch { images, samples: self.samples, labels: &self.set.labels })
    }

    fn indices(&self) -> Tensor<1, Int> {
        let indices: Vec<i32> = self.samples.iter().map(|&sample| sample as i32).collect();
        let count = indices.len();
        Tensor::from_data(TensorData::new(indices, [count]), &self.set.one_hot.device())
    }

    fn is_consecutive(&self) -> bool {
        self.samples.windows(2).all(|pair| pair[1] == pair[0] + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device;

    fn images(share_of_zeros: usize) -> ImageSet {
        let images = (0..30).map(|n| if n % 4 < share_of_zeros { 0.0 } else { n as f32 }).collect();
        ImageSet { images, labels: vec![0, 1, 0, 1, 1], rows: 2, columns: 3 }
    }

    #[test]
    fn images_in_blocks_are_the_same_images() {
        let whole = device::open(None).unwrap();
        // Room for four pixels of five samples.
        let narrow = OpenDevice { largest_tensor: 80, ..whole.clone() };
        for set in [images(0), images(3)] {
            let batch = |device: &OpenDevice, samples: &[u32]| {
                let set = ResidentSet::new(&set, 2, device).unwrap();
                let batch = set.batch(samples).unwrap();
                (batch.images().into_data(), batch.one_hot().into_data())
            };
            assert_eq!(ResidentSet::new(&set, 2, &narrow).unwrap().images().len(), 2);
            for samples in [[4, 0], [2, 3]] {
                assert_eq!(batch(&whole, &samples), batch(&narrow, &samples));
            }
        }
    }

    #[test]
    fn on_the_host_dark_images_are_sparse() {
        let device = device::open(None).unwrap();
        assert!(device.on_host);
        let sparse = |zeros: usize, device: &OpenDevice| {
            ResidentSet::new(&images(zeros), 2, device).unwrap().batch(&[0]).unwrap().sparse().is_some()
        };
        assert!(sparse(3, &device));
        assert!(!sparse(0, &device));
        assert!(!sparse(3, &OpenDevice { on_host: false, ..device }));
    }
}
