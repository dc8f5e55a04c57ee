//! The null hypothesis of a frozen quadratic landscape: recorded or redrawn noise through the linear dynamics.

use ndarray::{Array1, ArrayViewMut2, Zip};

use crate::AnalysisError;
use crate::pca::same_length;

/// Gradient descent in a quadratic landscape in coordinates along the eigenvectors of its Hessian,
/// θ_i ← (1 − αλ_i) θ_i − α ξ_i(t), with given noise ξ.
///
/// What a window of weights gives that nothing but frozen curvature and frozen noise have made. With λ = 0 there is no landscape at all, and
/// θ is the sum of the noise. Exactly linear: the replay of a sum of noises is the sum of their replays.
///
/// ```
/// use ndarray::array;
/// use varflat_analysis::Replay;
/// let mut replay = Replay::new(0.5, array![0.0, 1.0])?;
/// let mut rows = array![[1.0, 1.0], [1.0, 1.0]];
/// replay.steps(rows.view_mut())?;
/// assert_eq!(rows, array![[-0.5, -0.5], [-1.0, -0.75]]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    learning_rate: f64,
    curvature: Array1<f64>,
    theta: Array1<f64>,
}

impl Replay {
    /// From θ = 0, with learning rate α and curvatures λ.
    ///
    /// # Errors
    /// If a number is not finite, or the dynamics run away: αλ must not exceed 2.
    pub fn new(learning_rate: f64, curvature: Array1<f64>) -> Result<Self, AnalysisError> {
        let runs_away = |lambda: &f64| !lambda.is_finite() || (learning_rate * lambda) > 2.0;
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            let expected = "positive and finite";
            return Err(AnalysisError::Parameter { name: "learning_rate", value: learning_rate, expected });
        }
        if let Some(index) = curvature.iter().position(runs_away) {
            let reason = "not finite, or more than 2/α: the weight would run away";
            return Err(AnalysisError::Invalid { what: "the curvatures", index, reason });
        }
        let theta = Array1::zeros(curvature.len());
        Ok(Self { learning_rate, curvature, theta })
    }

    /// Go on with as many steps as there are rows `[steps, k]` of noise ξ, in whose place θ after each step is left.
    ///
    /// # Errors
    /// If the noise has another number of columns than there are curvatures.
    pub fn steps(&mut self, mut rows: ArrayViewMut2<'_, f64>) -> Result<(), AnalysisError> {
        same_length("the noise along its columns", self.theta.len(), rows.ncols())?;
        let alpha = self.learning_rate;
        for row in rows.rows_mut() {
            Zip::from(&mut self.theta).and(&self.curvature).and(row).for_each(|theta, lambda, xi| {
                *theta -= alpha * (lambda * *theta + *xi);
                *xi = *theta;
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::{QuadraticDirection, Sampling};

    /// Noise of reshuffled mini-batches of one sample each: every epoch the same numbers, in another order.
    fn epochs(random: &mut ChaCha12Rng, length: usize, epochs: usize, scale: &[f64]) -> Array2<f64> {
        let mut rows = Array2::zeros((length * epochs, scale.len()));
        for (column, scale) in scale.iter().enumerate() {
            let mut samples: Vec<f64> =
                (0..length).map(|_| f64::from(random.next_u32()) / 2f64.powi(32) - 0.5).collect();
            let mean = samples.iter().sum::<f64>() / length as f64;
            samples.iter_mut().for_each(|value| *value -= mean);
            let variance = samples.iter().map(|value| value * value).sum::<f64>() / length as f64;
            for epoch in 0..epochs {
                for last in (1..length).rev() {
                    samples.swap(last, random.next_u32() as usize % (last + 1));
                }
                for (step, value) in samples.iter().enumerate() {
                    rows[[epoch * length + step, column]] = scale * value / variance.sqrt();
                }
            }
        }
        rows
    }

    /// σ² of replayed windows is that of the exact formula, over directions of every curvature.
    #[test]
    fn replayed_windows_have_the_variance_of_theory() {
        let (length, window_epochs, before, alpha) = (40, 5, 40, 0.2);
        let mut random = ChaCha12Rng::seed_from_u64(11);
        let curvature = [0.0, 1e-3, 0.02, 0.2, 2.0];
        // Many copies of each, so that their mean is known well.
        let copies = 400;
        let all: Vec<f64> = curvature.iter().flat_map(|kappa| vec![*kappa; copies]).collect();
        let mut rows = epochs(&mut random, length, before + window_epochs, &vec![1.5; all.len()]);
        let mut replay = Replay::new(alpha, Array1::from(all)).unwrap();
        let steps = length * window_epochs;
        replay.steps(rows.view_mut()).unwrap();
        let window = rows.slice_axis(ndarray::Axis(0), (before * length..).into());
        for (place, kappa) in curvature.iter().enumerate() {
            let variances = (0..copies).map(|copy| window.column(place * copies + copy).var(0.0));
            let found = variances.sum::<f64>() / copies as f64;
            let direction = QuadraticDirection { learning_rate: alpha, curvature: *kappa, noise: 2.25 };
            let formula =
                direction.window_variance(Sampling::Reshuffled { steps_per_epoch: length }, steps).unwrap();
            assert!((found / formula - 1.0).abs() < 0.06, "{kappa}: {found} for {formula}");
        }
    }

    #[test]
    fn without_a_landscape_weights_are_the_sum_of_the_noise() {
        let mut replay = Replay::new(0.1, array![0.0]).unwrap();
        let mut rows = array![[1.0], [2.0], [-3.0]];
        replay.steps(rows.view_mut()).unwrap();
        for (found, sum) in rows.iter().zip([-0.1, -0.3, 0.0]) {
            assert!((found - sum).abs() < 1e-15);
        }
    }

    #[test]
    fn what_runs_away_or_does_not_fit_is_refused() {
        assert!(Replay::new(0.1, array![21.0]).is_err());
        assert!(Replay::new(0.1, array![f64::NAN]).is_err());
        assert!(Replay::new(0.0, array![1.0]).is_err());
        let mut replay = Replay::new(0.1, array![1.0]).unwrap();
        assert!(replay.steps(array![[1.0, 2.0]].view_mut()).is_err());
    }
}
