//! Single samples and mini-batches while one dense layer moves: losses, slopes and gradients.

mod drawn_labels;
mod full_gradient;
mod linearized;

pub use full_gradient::FullGradient;
pub use linearized::{CurvatureAndNoise, LinearizedLayer};

use pulp::Arch;
use rayon::prelude::*;

use crate::data::ImageSet;
use crate::dense::{DenseLayer, DenseNetwork, NetworkError};
use crate::host::{HostLayer, RowMatrix, backward, forward};
use crate::landscape::check_fit;
use crate::loss::{is_error, margin, sample_cross_entropy};
use crate::training::Performance;

/// Samples that are computed together where the whole set is: their activations stay in the second-level cache.
const CHUNK: usize = 500;

/// A network of which one dense layer moves, with the inputs of that layer cached for a whole set.
///
/// Where [`DenseLandscape`](crate::DenseLandscape) gives the loss of the whole set along a line, this gives what it is made of: the
/// loss and the slope of every sample, and the gradient of any mini-batch L^μ. Arithmetic is f32 within a mini-batch or a chunk of
/// samples; sums over these are f64, in a fixed order, so that no result depends on the number of threads.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{MlpConfig, MovingLayer};
/// let network = MlpConfig::new(4, vec![3, 3], 2).initial(1)?;
/// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
/// let layer = MovingLayer::new(&network, "hidden", &images)?;
/// let gradient = layer.full_gradient(layer.weights())?;
/// assert_eq!(gradient.len(), 9);
/// let samples = layer.along(&gradient, 0.0)?;
/// let mean = (samples[0].loss + samples[1].loss) / 2.0;
/// assert!((layer.performance(layer.weights())?.loss - mean).abs() < 1e-6);
/// # Ok::<(), varflat_model::NetworkError>(())
/// ```
pub struct MovingLayer {
    arch: Arch,
    /// h, row-major `[samples, inputs]`.
    inputs: Vec<f32>,
    labels: Vec<u8>,
    moving: Layer,
    rest: Vec<Layer>,
    d_in: usize,
}

/// Loss and slope of one sample on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleOnLine {
    /// ℓ(w_0 + s·p).
    pub loss: f64,
    /// ∂ℓ/∂s there.
    pub slope: f64,
}

/// A layer rounded to f32.
struct Layer {
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
    outputs: usize,
}

impl Layer {
    fn new(layer: &DenseLayer) -> Self {
        let round = |values: &[f64]| -> Vec<f32> { values.iter().map(|&value| value as f32).collect() };
        Self { weight: round(&layer.weight), bias: layer.bias.as_deref().map(round), outputs: layer.outputs }
    }

    fn view(&self) -> HostLayer<'_> {
        HostLayer { weight: &self.weight, bias: self.bias.as_deref(), outputs: self.outputs }
    }
}

impl MovingLayer {
    /// Cache the inputs of `layer` for every sample of `set`, computed in f64 and rounded once.
    ///
    /// # Errors
    /// [`NetworkError`] when there is no such layer, or the images or labels do not fit the network.
    pub fn new(network: &DenseNetwork, layer: &str, set: &ImageSet) -> Result<Self, NetworkError> {
        let position = network.position(layer)?;
        check_fit(network, layer, set)?;
        let (before, from) = network.layers().split_at(position);
        let inputs: Vec<Vec<f32>> = (0..set.samples())
            .into_par_iter()
            .map(|sample| {
                let pixels: Vec<f64> = set.at(sample).iter().map(|&pixel| f64::from(pixel)).collect();
                let inputs = before.iter().fold(pixels, |values, layer| {
                    layer.apply(&values).into_iter().map(|z| z.max(0.0)).collect()
                });
                inputs.into_iter().map(|value| value as f32).collect()
            })
            .collect();
        Ok(Self {
            arch: Arch::new(),
            inputs: inputs.concat(),
            labels: set.labels.clone(),
            moving: Layer::new(&from[0]),
            rest: from[1..].iter().map(Layer::new).collect(),
            d_in: from[0].inputs,
        })
    }

    /// The moving layer's own weights, row-major `[inputs, outputs]`.
    pub fn weights(&self) -> &[f32] {
        &self.moving.weight
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// ∇L^μ of every mini-batch at the moving layer's `weights`: `[batches, weights]`, row-major.
    ///
    /// # Errors
    /// [`NetworkError`] when a batch is empty, an index is not below [`samples`](Self::samples), or `weights` has the wrong length.
    pub fn batch_gradients(&self, weights: &[f32], batches: &[&[u32]]) -> Result<Vec<f32>, NetworkError> {
        self.check(weights.len(), "weights")?;
        self.check_batches(batches)?;
        let mut gradients = vec![0.0; batches.len() * weights.len()];
        gradients.par_chunks_exact_mut(weights.len()).zip(batches).for_each(|(gradient, samples)| {
            let inputs = self.gathered(samples);
            let z = self.forward(weights, &inputs);
            gradient.copy_from_slice(&self.gradient(&inputs, z, samples, samples.len()));
        });
        Ok(gradients)
    }

    /// Whether every batch holds samples, and none that is not there.
    fn check_batches(&self, batches: &[&[u32]]) -> Result<(), NetworkError> {
        let samples = self.samples();
        if let Some(misfit) =
            batches.iter().find(|batch| !batch.iter().all(|&sample| (sample as usize) < samples))
        {
            let largest = misfit.iter().max().copied().unwrap_or(0);
            return Err(NetworkError::Images(format!(
                "there is no image {largest}: there are {samples}, counted from 0"
            )));
        }
        if batches.iter().any(|batch| batch.is_empty()) {
            return Err(NetworkError::Images("a batch needs at least one image".to_owned()));
        }
        Ok(())
    }

    /// Whether there are as many numbers as the layer has weights.
    fn check(&self, there: usize, what: &str) -> Result<(), NetworkError> {
        let expected = self.moving.weight.len();
        if there == expected {
            return Ok(());
        }
        let problem = format!("there are {there} numbers, but the layer has {expected} weights");
        Err(NetworkError::Shape { layer: what.to_owned(), problem })
    }

    /// ∇L of the whole set at the moving layer's `weights`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when `weights` has the wrong length.
    pub fn full_gradient(&self, weights: &[f32]) -> Result<Vec<f64>, NetworkError> {
        self.check(weights.len(), "weights")?;
        Ok(self.gradient_at(weights))
    }

    fn gradient_at(&self, weights: &[f32]) -> Vec<f64> {
        let all: Vec<u32> = (0..self.samples() as u32).collect();
        let chunks: Vec<Vec<f32>> = all
            .par_chunks(CHUNK)
            .map(|samples| {
                let inputs = self.gathered(samples);
                let z = self.forward(weights, &inputs);
                self.gradient(&inputs, z, samples, self.samples())
            })
            .collect();
        let mut gradient = vec![0.0; weights.len()];
        for of_chunk in chunks {
            gradient.iter_mut().zip(of_chunk).for_each(|(sum, value)| *sum += f64::from(value));
        }
        gradient
    }

    /// H_ij = p_iᵀ ∂²L p_j at `weights` w for directions p `[k, weights]`, row-major `[k, k]`: central differences of gradients,
    /// (∇L(w + s p_i) − ∇L(w − s p_i))·p_j/2s with s = `step`. Without directions they are the weights themselves.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when `weights` or a direction has another number of entries than the layer has weights, or the step is
    /// not positive.
    pub fn hessian(
        &self,
        weights: &[f64],
        directions: Option<&[Vec<f64>]>,
        step: f64,
    ) -> Result<Vec<f64>, NetworkError> {
        self.check(weights.len(), "weights")?;
        directions.unwrap_or_default().iter().try_for_each(|p| self.check(p.len(), "direction"))?;
        if !(step > 0.0 && step.is_finite()) {
            let problem = format!("{step} is no distance for a difference");
            return Err(NetworkError::Shape { layer: "step".to_owned(), problem });
        }
        let size = directions.map_or(weights.len(), <[Vec<f64>]>::len);
        let along = |direction: usize, step: f64| -> Vec<f64> {
            let moved = |weight: usize| match directions {
                Some(directions) => directions[direction][weight],
                None => f64::from(u8::from(weight == direction)),
            };
            let place = weights.iter().enumerate().map(|(weight, w)| (w + step * moved(weight)) as f32);
            self.gradient_at(&place.collect::<Vec<f32>>())
        };
        let rows = (0..size).into_par_iter().map(|direction| {
            let (above, below) = (along(direction, step), along(direction, -step));
            let change: Vec<f64> =
                above.iter().zip(below).map(|(above, below)| (above - below) / (2.0 * step)).collect();
            match directions {
                Some(directions) => {
                    directions.iter().map(|p| p.iter().zip(&change).map(|(p, c)| p * c).sum()).collect()
                }
                None => change,
            }
        });
        Ok(rows.collect::<Vec<Vec<f64>>>().concat())
    }

    /// Mean loss and share of errors of the whole set at the moving layer's `weights`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when `weights` has the wrong length.
    pub fn performance(&self, weights: &[f32]) -> Result<Performance, NetworkError> {
        self.check(weights.len(), "weights")?;
        let all: Vec<u32> = (0..self.samples() as u32).collect();
        let chunks: Vec<(f64, usize)> = all
            .par_chunks(CHUNK)
            .map(|samples| {
                let z = self.forward(weights, &self.gathered(samples));
                z.last().map_or((0.0, 0), |logits| {
                    let label = |sample: u32| usize::from(self.labels[sample as usize]);
                    let wrong =
                        logits.each().zip(samples).filter(|(row, sample)| is_error(row, label(**sample)));
                    (self.losses(logits, samples).iter().sum(), wrong.count())
                })
            })
            .collect();
        let samples = self.samples() as f64;
        let (loss, wrong) = chunks.into_iter().fold((0.0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        Ok(Performance { loss: loss / samples, error: wrong as f64 / samples })
    }

    /// Mean over the set of the margin z_y − max_{j≠y} z_j at the moving layer's `weights`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when `weights` has the wrong length.
    pub fn mean_margin(&self, weights: &[f32]) -> Result<f64, NetworkError> {
        self.check(weights.len(), "weights")?;
        let all: Vec<u32> = (0..self.samples() as u32).collect();
        let sums: Vec<f64> = all
            .par_chunks(CHUNK)
            .map(|samples| {
                let z = self.forward(weights, &self.gathered(samples));
                let Some(logits) = z.last() else { return 0.0 };
                let labels = samples.iter().map(|&sample| usize::from(self.labels[sample as usize]));
                logits.each().zip(labels).map(|(row, label)| margin(row, label)).sum()
            })
            .collect();
        Ok(sums.into_iter().sum::<f64>() / self.samples() as f64)
    }

    /// Loss and slope of every sample at w_0 + s·p, p flattened from `[inputs, outputs]`; w_0 are the layer's own weights.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when p has another number of entries than the layer has weights, or one that is not finite.
    pub fn along(&self, direction: &[f64], offset: f64) -> Result<Vec<SampleOnLine>, NetworkError> {
        crate::landscape::check_direction(direction, self.moving.weight.len())?;
        let p: Vec<f32> = direction.iter().map(|&entry| entry as f32).collect();
        let moved: Vec<f32> = self
            .moving
            .weight
            .iter()
            .zip(direction)
            .map(|(&w, p)| (f64::from(w) + offset * p) as f32)
            .collect();
        let all: Vec<u32> = (0..self.samples() as u32).collect();
        let parts: Vec<Vec<SampleOnLine>> = all
            .par_chunks(CHUNK)
            .map(|samples| {
                let inputs = self.gathered(samples);
                let z = self.forward(&moved, &inputs);
                let losses = z.last().map_or(Vec::new(), |logits| self.losses(logits, samples));
                let zp = inputs.times(self.arch, &RowMatrix::new(&p, self.moving.outputs));
                // Of a mean over one sample: the slope of the sample itself.
                let d = self.backward(z, samples, 1);
                let slopes = d
                    .each()
                    .zip(zp.each())
                    .map(|(d, zp)| d.iter().zip(zp).map(|(&d, &zp)| f64::from(d) * f64::from(zp)).sum());
                losses.into_iter().zip(slopes).map(|(loss, slope)| SampleOnLine { loss, slope }).collect()
            })
            .collect();
        Ok(parts.concat())
    }

    /// hᵀd.
    fn gradient(&self, inputs: &RowMatrix, z: Vec<RowMatrix>, samples: &[u32], mean_over: usize) -> Vec<f32> {
        let d = self.backward(z, samples, mean_over);
        inputs.transposed_times(self.arch, &d).to_vec()
    }

    /// z of the moving layer and of all after it.
    fn forward(&self, weights: &[f32], inputs: &RowMatrix) -> Vec<RowMatrix> {
        let mut z = inputs.times(self.arch, &RowMatrix::new(weights, self.moving.outputs));
        z.add(self.moving.bias.as_deref().unwrap_or(&[]));
        forward(self.arch, z, &self.rest())
    }

    /// ∂/∂z of the moving layer, of the sum of the losses divided by `mean_over`.
    fn backward(&self, z: Vec<RowMatrix>, samples: &[u32], mean_over: usize) -> RowMatrix {
        let labels = samples.iter().map(|&sample| usize::from(self.labels[sample as usize]));
        let d = backward(self.arch, z, labels, mean_over, &self.rest(), |_, _, _| {});
        d.unwrap_or_else(|| RowMatrix::new(&[], self.moving.outputs))
    }

    fn rest(&self) -> Vec<HostLayer<'_>> {
        self.rest.iter().map(Layer::view).collect()
    }

    /// h of some samples.
    fn gathered(&self, samples: &[u32]) -> RowMatrix {
        let rows = samples.iter().map(|&sample| &self.inputs[sample as usize * self.d_in..][..self.d_in]);
        RowMatrix::gathered(rows, samples.len(), self.d_in)
    }

    fn losses(&self, logits: &RowMatrix, samples: &[u32]) -> Vec<f64> {
        let rows = logits.each().zip(samples);
        rows.map(|(row, &sample)| sample_cross_entropy(row, usize::from(self.labels[sample as usize])))
            .collect()
    }
}
