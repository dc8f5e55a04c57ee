//! Loss and error of a network on a whole set.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{DType, Element, Tensor, TensorData, Transaction};
use rayon::prelude::*;

use super::classifier::Classifier;
use super::metrics::Performance;
use super::outcome::TrainingError;
use super::resident::ResidentSet;
use crate::loss::{is_error, sample_cross_entropy};

/// Samples per forward pass when a whole set is measured: large enough to be efficient, small enough for caches.
const MEASURED_AT_ONCE: usize = 1_000;

/// The same on a device with a memory of its own, where each pass costs some twenty launches.
const MEASURED_AT_ONCE_ELSEWHERE: usize = 10_000;

impl ResidentSet {
    /// Whether the network takes the images and has an output for every class, and for these alone.
    ///
    /// # Errors
    /// [`TrainingError::Misfit`]. What a network does that knows nothing of its inputs is to panic, here in one small pass.
    pub(crate) fn check_network(&self, network: &impl Classifier) -> Result<(), TrainingError> {
        let (pixels, classes) = (self.pixels, self.classes);
        let misfit = |problem: String| Err(TrainingError::Misfit(problem));
        if let Some(inputs) = network.inputs().filter(|inputs| *inputs != pixels) {
            return misfit(format!("the network takes {inputs} inputs, but the images have {pixels} pixels"));
        }
        // Black ones: the set's own may not be on the device yet, and need not be.
        let (network, images) = (network.valid(), 2);
        let forward =
            || network.forward(Tensor::zeros([images, pixels], (&self.device.device, self.dtype()))).dims();
        match catch_unwind(AssertUnwindSafe(forward)) {
            Ok([rows, outputs]) if rows == images && outputs == classes => Ok(()),
            Ok([rows, _]) if rows != images => {
                misfit(format!("the network gives {rows} rows of logits for {images} images"))
            }
            Ok([_, outputs]) => misfit(format!(
                "the network has {outputs} outputs, but the set was made for {classes} classes: give the network {classes} outputs, \
                 or make the set with ResidentSet::new(&images, {outputs}, …)"
            )),
            Err(panic) => misfit(format!(
                "the network does not take images of {pixels} pixels on this device: {}",
                said(panic.as_ref())
            )),
        }
    }

    /// Loss and error of a network on the whole set; sums in f64. On the host, all cores share the work; another device is waited
    /// for once.
    ///
    /// # Errors
    /// [`TrainingError::Misfit`] if the network does not take the images or has other classes; [`TrainingError::Device`] if the device
    /// does not hand out the logits.
    pub fn measure(&self, network: &impl Classifier) -> Result<Performance, TrainingError> {
        self.check_network(network)?;
        self.measure_fitting(network)
    }

    /// The same of a network that has been [checked](Self::check_network).
    pub(crate) fn measure_fitting(&self, network: &impl Classifier) -> Result<Performance, TrainingError> {
        let network = network.valid();
        let order: Vec<u32> = (0..self.samples() as u32).collect();
        // Sums of chunks, added in order: the same on any number of threads.
        let sums: Vec<(f64, usize)> = if self.device.on_host {
            let chunks: Vec<&[u32]> = order.chunks(MEASURED_AT_ONCE).collect();
            let measured = chunks.par_iter().map_with(network, |network, chunk| {
                let logits = network.logits(&self.chosen(chunk)).try_into_data();
                self.sum(&logits.map_err(TrainingError::device)?, chunk)
            });
            measured.collect::<Result<_, _>>()?
        } else {
            let chunks = || order.chunks(MEASURED_AT_ONCE_ELSEWHERE);
            let logits = chunks()
                .fold(Transaction::default(), |all, chunk| all.register(network.logits(&self.chosen(chunk))))
                .try_execute()
                .map_err(TrainingError::device)?;
            logits
                .iter()
                .zip(chunks())
                .map(|(logits, chunk)| self.sum(logits, chunk))
                .collect::<Result<_, _>>()?
        };
        let (loss, errors) = sums.into_iter().fold((0.0, 0), |(l, e), (loss, errors)| (l + loss, e + errors));
        let samples = self.samples() as f64;
        Ok(Performance { loss: loss / samples, error: errors as f64 / samples })
    }

    /// The sum of the losses and the number of errors, from the logits of some samples.
    fn sum(&self, logits: &TensorData, chunk: &[u32]) -> Result<(f64, usize), TrainingError> {
        match logits.dtype() {
            DType::F64 => self.sum_of::<f64>(logits, chunk),
            _ => self.sum_of::<f32>(logits, chunk),
        }
    }

    fn sum_of<Z: Element + PartialOrd + Into<f64>>(
        &self,
        logits: &TensorData,
        chunk: &[u32],
    ) -> Result<(f64, usize), TrainingError> {
        let classes = logits.num_elements() / chunk.len();
        let logits = logits.as_slice::<Z>().map_err(TrainingError::device)?;
        let (mut loss, mut errors) = (0.0, 0);
        for (row, &sample) in logits.chunks_exact(classes).zip(chunk) {
            let label = usize::from(self.labels[sample as usize]);
            loss += sample_cross_entropy(row, label);
            errors += usize::from(is_error(row, label));
        }
        Ok((loss, errors))
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}
