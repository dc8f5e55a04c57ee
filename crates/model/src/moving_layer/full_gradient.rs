//! The gradient of the whole set along a path of weights, at a fraction of the samples a step.

use rayon::prelude::*;

use super::linearized::other_probabilities;
use super::{CHUNK, MovingLayer};
use crate::dense::NetworkError;
use crate::host::RowMatrix;

/// Steps after which all samples are looked at again.
const SURVEY: usize = 50;

/// Share of Σ_n (1 − q_y) that samples may hold together whose gradient is that of the last survey.
const LEFT_OUT: f64 = 1e-3;

/// ∇L of the whole set at one place after the other, each a small step from the last.
///
/// Late in training few samples make the gradient. Every 50 steps all samples are looked at: those with the smallest residuals 1 − q_y
/// that together hold at most a thousandth of all residuals keep the gradient that they have there, until the next time; all others are
/// computed anew at every step. What is left out is a thousandth of what 50 steps change. The result depends on the places alone, not
/// on the number of threads.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{FullGradient, MlpConfig, MovingLayer};
/// let network = MlpConfig::new(4, vec![3, 3], 2).initial(1)?;
/// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
/// let layer = MovingLayer::new(&network, "hidden", &images)?;
/// let mut gradient = FullGradient::new(&layer);
/// let (found, all) = (gradient.at(layer.weights())?, layer.full_gradient(layer.weights())?);
/// assert!(found.iter().zip(&all).all(|(found, all)| (found - all).abs() < 1e-6));
/// # Ok::<(), varflat_model::NetworkError>(())
/// ```
pub struct FullGradient<'a> {
    layer: &'a MovingLayer,
    /// Samples that are computed at every step.
    active: Vec<Chunk>,
    /// What all others had at the last survey.
    others: Vec<f64>,
    steps: usize,
}

/// Samples and their inputs.
struct Chunk {
    samples: Vec<u32>,
    inputs: RowMatrix,
}

impl<'a> FullGradient<'a> {
    /// Before the first place.
    pub fn new(layer: &'a MovingLayer) -> Self {
        Self { layer, active: Vec::new(), others: Vec::new(), steps: 0 }
    }

    /// ∇L at the next place, `[weights]`.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when `weights` has the wrong length.
    pub fn at(&mut self, weights: &[f32]) -> Result<Vec<f64>, NetworkError> {
        self.layer.check(weights.len(), "weights")?;
        if self.steps.is_multiple_of(SURVEY) {
            self.survey(weights);
        }
        self.steps += 1;
        let mut gradient = self.sum(weights, &self.active);
        gradient.iter_mut().zip(&self.others).for_each(|(sum, others)| *sum += others);
        Ok(gradient)
    }

    /// Tells the samples apart at this place.
    fn survey(&mut self, weights: &[f32]) {
        let all: Vec<u32> = (0..self.layer.samples() as u32).collect();
        let residuals: Vec<Vec<f64>> =
            all.par_chunks(CHUNK).map(|samples| self.layer.residuals(weights, samples)).collect();
        let residuals = residuals.concat();
        let mut order = all;
        // Equal ones in the order of the set.
        order.sort_by(|one, other| residuals[*one as usize].total_cmp(&residuals[*other as usize]));
        let most = LEFT_OUT * residuals.iter().sum::<f64>();
        let mut sum = 0.0;
        let few = order.iter().position(|&sample| {
            sum += residuals[sample as usize];
            sum > most
        });
        let mut active = order.split_off(few.unwrap_or(order.len()));
        active.sort_unstable();
        order.sort_unstable();
        self.active = self.chunks(&active);
        self.others = self.sum(weights, &self.chunks(&order));
    }

    fn chunks(&self, samples: &[u32]) -> Vec<Chunk> {
        let chunk =
            |samples: &[u32]| Chunk { samples: samples.to_vec(), inputs: self.layer.gathered(samples) };
        samples.par_chunks(CHUNK).map(chunk).collect()
    }

    fn sum(&self, weights: &[f32], chunks: &[Chunk]) -> Vec<f64> {
        let all = self.layer.samples();
        let parts: Vec<Vec<f32>> = chunks
            .par_iter()
            .map(|chunk| {
                let z = self.layer.forward(weights, &chunk.inputs);
                self.layer.gradient(&chunk.inputs, z, &chunk.samples, all)
            })
            .collect();
        let mut gradient = vec![0.0; weights.len()];
        for part in parts {
            gradient.iter_mut().zip(part).for_each(|(sum, value)| *sum += f64::from(value));
        }
        gradient
    }
}

impl MovingLayer {
    /// 1 − q_y of some samples.
    fn residuals(&self, weights: &[f32], samples: &[u32]) -> Vec<f64> {
        let z = self.forward(weights, &self.gathered(samples));
        let Some(logits) = z.last() else { return Vec::new() };
        let labels = samples.iter().map(|&sample| usize::from(self.labels[sample as usize]));
        logits.each().zip(labels).map(|(row, label)| other_probabilities(row, label).iter().sum()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MlpConfig;
    use crate::data::ImageSet;
    use crate::random::{Purpose, stream, uniform};

    /// Images of which the network has learnt most: their labels are its own, and its last layer is stretched.
    fn learnt(samples: usize) -> (crate::dense::DenseNetwork, ImageSet) {
        let network = MlpConfig::new(6, vec![5, 4], 3).initial(3).unwrap();
        let mut layers = network.layers().to_vec();
        layers.last_mut().unwrap().weight.iter_mut().for_each(|weight| *weight *= 60.0);
        let network = crate::dense::DenseNetwork::new(layers).unwrap();
        let mut random = stream(5, Purpose::InitialWeights, 1);
        let images: Vec<f32> = (0..6 * samples).map(|_| 3.0 * uniform(&mut random)).collect();
        let label = |image: &[f32]| {
            let pixels: Vec<f64> = image.iter().map(|&pixel| f64::from(pixel)).collect();
            let last = network.layers().len() - 1;
            let logits = network.layers().iter().enumerate().fold(pixels, |values, (place, layer)| {
                let z = layer.apply(&values);
                if place == last { z } else { z.into_iter().map(|z| z.max(0.0)).collect() }
            });
            (0..3).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap() as u8
        };
        let labels = images.chunks(6).map(label).collect();
        (network, ImageSet { images, labels, rows: 2, columns: 3 })
    }

    /// Along a path, beside all samples at every step: what the surveys leave out is small, and some samples are left out.
    #[test]
    fn it_is_the_gradient_of_all_samples() {
        let (network, set) = learnt(3000);
        let layer = MovingLayer::new(&network, "hidden", &set).unwrap();
        let mut along = FullGradient::new(&layer);
        let mut weights = layer.weights().to_vec();
        let size = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>().sqrt();
        for step in 0..120 {
            let (found, exact) = (along.at(&weights).unwrap(), layer.full_gradient(&weights).unwrap());
            let off: Vec<f64> = found.iter().zip(&exact).map(|(found, exact)| found - exact).collect();
            assert!(size(&off) < 1e-4 * size(&exact), "{step}: {} of {}", size(&off), size(&exact));
            weights.iter_mut().zip(&exact).for_each(|(weight, slope)| *weight -= 1e-3 * *slope as f32);
        }
        let active: usize = along.active.iter().map(|chunk| chunk.samples.len()).sum();
        assert!((1..2000).contains(&active), "{active} of 3000 are computed at every step");
        assert!(along.at(&weights[..3]).is_err());
    }
}
