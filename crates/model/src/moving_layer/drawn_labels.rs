//! Gradients of labels that the network itself draws.

use rand_chacha::rand_core::Rng;

use super::MovingLayer;
use super::linearized::other_probabilities;
use crate::dense::NetworkError;
use crate::host::backward;

impl MovingLayer {
    /// The gradient of a mini-batch whose labels are drawn from the network's own probabilities q at the moving layer's `weights`,
    /// `[weights]`.
    ///
    /// Its mean over labels is 0, whatever the samples, and its covariance H/B with H the Gauss–Newton matrix at these weights: the noise
    /// is exactly that of the curvature, γ = 1.
    ///
    /// ```
    /// use varflat_model::data::ImageSet;
    /// use varflat_model::random::{Purpose, stream};
    /// use varflat_model::{MlpConfig, MovingLayer};
    /// let network = MlpConfig::new(4, vec![3, 3], 2).initial(1)?;
    /// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
    /// let layer = MovingLayer::new(&network, "hidden", &images)?;
    /// let mut random = stream(1, Purpose::DrawnLabels, 0);
    /// assert_eq!(layer.gradient_of_drawn_labels(layer.weights(), &[0, 1], &mut random)?.len(), 9);
    /// # Ok::<(), varflat_model::NetworkError>(())
    /// ```
    ///
    /// # Errors
    /// As [`batch_gradients`](Self::batch_gradients).
    pub fn gradient_of_drawn_labels(
        &self,
        weights: &[f32],
        samples: &[u32],
        random: &mut impl Rng,
    ) -> Result<Vec<f32>, NetworkError> {
        self.check(weights.len(), "weights")?;
        self.check_batches(&[samples])?;
        let inputs = self.gathered(samples);
        let z = self.forward(weights, &inputs);
        let of_data = samples.iter().map(|&sample| usize::from(self.labels[sample as usize]));
        let labels: Vec<usize> = z.last().map_or(Vec::new(), |logits| {
            logits.each().zip(of_data).map(|(row, label)| drawn(row, label, random)).collect()
        });
        let rest = self.rest();
        let d = backward(self.arch, z, labels.into_iter(), samples.len(), &rest, |_, _, _| {});
        Ok(d.map_or(vec![0.0; weights.len()], |d| inputs.transposed_times(self.arch, &d).to_vec()))
    }
}

/// A class drawn from q. `likely` is the one of the data: it takes what the others leave of 1, so that their small probabilities keep
/// all of their digits.
fn drawn(logits: &[f32], likely: usize, random: &mut impl Rng) -> usize {
    let mut place = (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let others = other_probabilities(logits, likely);
    let found = others.iter().position(|q| {
        place -= q;
        place < 0.0
    });
    found.unwrap_or(likely)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MlpConfig;
    use crate::data::ImageSet;
    use crate::random::{Purpose, stream, uniform};

    #[test]
    fn classes_are_drawn_as_often_as_the_network_says() {
        let logits = [0.3_f32, -1.0, 1.2];
        let sum: f64 = logits.iter().map(|&z| f64::from(z).exp()).sum();
        let mut random = stream(2, Purpose::DrawnLabels, 1);
        for likely in 0..3 {
            let mut counts = [0u32; 3];
            (0..100_000).for_each(|_| counts[drawn(&logits, likely, &mut random)] += 1);
            for (count, &z) in counts.iter().zip(&logits) {
                let q = f64::from(z).exp() / sum;
                let deviation = (q * (1.0 - q) / 1e5).sqrt();
                assert!((f64::from(*count) / 1e5 - q).abs() < 4.0 * deviation, "{likely}: {counts:?}");
            }
        }
    }

    /// The mean of many draws is 0, and B times their covariance the Hessian, which the linearized layer has by another way.
    #[test]
    fn their_mean_is_nothing_and_their_covariance_the_curvature() {
        let network = MlpConfig::new(6, vec![4, 3], 3).initial(3).unwrap();
        let mut random = stream(5, Purpose::InitialWeights, 1);
        let images = (0..30).map(|_| 3.0 * uniform(&mut random)).collect();
        let set = ImageSet { images, labels: vec![0, 2, 1, 1, 0], rows: 2, columns: 3 };
        let layer = MovingLayer::new(&network, "hidden", &set).unwrap();
        let (weights, draws) = (layer.weights().len(), 40_000);
        let (mut sum, mut squares) = (vec![0.0; weights], vec![0.0; weights * weights]);
        let mut random = stream(8, Purpose::DrawnLabels, 0);
        for _ in 0..draws {
            let g = layer.gradient_of_drawn_labels(layer.weights(), &[0, 1, 2, 3, 4], &mut random).unwrap();
            for (i, a) in g.iter().enumerate() {
                sum[i] += f64::from(*a);
                for (j, b) in g.iter().enumerate() {
                    squares[i * weights + j] += f64::from(*a) * f64::from(*b);
                }
            }
        }
        let hessian = layer.linearized().hessian();
        let trace: f64 = (0..weights).map(|i| hessian[i * weights + i]).sum();
        for (i, sum) in sum.iter().enumerate() {
            let deviation = (hessian[i * weights + i] / 5.0 / f64::from(draws)).sqrt();
            assert!((sum / f64::from(draws)).abs() < 5.0 * deviation + 1e-9, "{i}: {sum}");
        }
        for (square, curvature) in squares.iter().zip(&hessian) {
            let found = 5.0 * square / f64::from(draws);
            assert!((found - curvature).abs() < 0.02 * trace, "{found} for {curvature}");
        }
        assert!(layer.gradient_of_drawn_labels(layer.weights(), &[5], &mut random).is_err());
        assert!(layer.gradient_of_drawn_labels(&[0.0], &[1], &mut random).is_err());
    }
}
