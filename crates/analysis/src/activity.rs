//! How much single weights move within a window, and what may be held by it.

use ndarray::ArrayView2;

use crate::AnalysisError;

/// σ_j² of every single weight of a window: its variance about its mean, and about its line in time.
///
/// Variances along the axes of the weights need no decomposition, and so nothing is chosen by the variance that is measured.
///
/// ```
/// use ndarray::array;
/// use varflat_analysis::Activity;
/// let window = array![[1.0f32, 5.0], [3.0, 5.0], [5.0, 5.0], [6.0, 5.0]];
/// let found = Activity::of(window.view())?;
/// assert!((found.variance[0] - 3.6875).abs() < 1e-12 && (found.detrended[0] - 0.075).abs() < 1e-12);
/// assert_eq!((found.variance[1], found.resolved(0), found.resolved(1)), (0.0, true, false));
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// T⁻¹ Σ_t (w_j(t) − ⟨w_j⟩)²: drift and fluctuation together.
    pub variance: Vec<f64>,
    /// T⁻¹ Σ_t of the squares that the least-squares line in time leaves: fluctuation without drift.
    pub detrended: Vec<f64>,
    /// The square of the distance between neighbouring f32 at the largest |w_j|.
    spacing_squared: Vec<f64>,
}

impl Activity {
    /// Of a window `[steps, weights]`. Sums in f64.
    ///
    /// # Errors
    /// If the window has fewer than two steps or no weights, or a weight is not finite.
    pub fn of(window: ArrayView2<'_, f32>) -> Result<Self, AnalysisError> {
        let (steps, weights) = window.dim();
        if weights == 0 {
            return Err(AnalysisError::NoWeights);
        }
        if steps < 2 {
            return Err(AnalysisError::WindowTooShort { steps });
        }
        if let Some(((row, column), &value)) = window.indexed_iter().find(|(_, w)| !w.is_finite()) {
            return Err(AnalysisError::NonFiniteWeight { row, column, value: value.into() });
        }
        let (total, middle) = (steps as f64, 0.5 * (steps as f64 - 1.0));
        // From the first row, so that of a weight that does not move nothing is left by rounding.
        let first: Vec<f64> = window.row(0).iter().map(|&w| w.into()).collect();
        let (mut mean, mut slope) = (vec![0.0; weights], vec![0.0; weights]);
        let mut spacing_squared = vec![0.0f64; weights];
        let times = (total * total - 1.0) * total / 12.0;
        for (t, row) in window.rows().into_iter().enumerate() {
            for (j, &w) in row.iter().enumerate() {
                let moved = f64::from(w) - first[j];
                mean[j] += moved / total;
                slope[j] += (t as f64 - middle) * moved / times;
                let spacing = f64::from(w.abs().next_up()) - f64::from(w.abs());
                spacing_squared[j] = spacing_squared[j].max(spacing * spacing);
            }
        }
        let (mut variance, mut detrended) = (vec![0.0; weights], vec![0.0; weights]);
        for (t, row) in window.rows().into_iter().enumerate() {
            for (j, &w) in row.iter().enumerate() {
                let left = f64::from(w) - first[j] - mean[j];
                variance[j] += left * left / total;
                detrended[j] += (left - slope[j] * (t as f64 - middle)).powi(2) / total;
            }
        }
        Ok(Self { variance, detrended, spacing_squared })
    }

    /// Whether a weight fluctuates by more than f32 can tell apart: √σ_j², without drift, is larger than the
    /// distance between neighbouring numbers. What rounding leaves of smaller motions is no variance.
    pub fn resolved(&self, weight: usize) -> bool {
        self.detrended[weight] > self.spacing_squared[weight]
    }
}

/// Stiffness k_j = 1/(σ_j² + d ⟨σ²⟩) that holds weights the more, the less they move: ⟨σ²⟩ is the mean over all weights of all layers, d > 0 the
/// `damping`. A large d holds all equally, a small one is 1/σ_j² for all that moves; without it, what never moved would be infinitely stiff.
///
/// The premise of plateau-phase activity profiling (PPAP: Mashiach, Glickman & Tirer, arXiv 2507.08736): what moves on the plateau lies along
/// flat directions, and is free to be changed. Its own formula could not be read: 1/σ² and the damping are ours. Where nothing moves at all, every
/// weight is held equally.
///
/// ```
/// let layers = [vec![0.0, 3.0], vec![1.0, 0.0]];
/// let stiffness = varflat_analysis::stiffness_of_stillness(&layers, 1.0);
/// assert_eq!(stiffness, [vec![1.0, 0.25], vec![0.5, 1.0]]);
/// ```
pub fn stiffness_of_stillness(variances: &[Vec<f64>], damping: f64) -> Vec<Vec<f64>> {
    let weights: usize = variances.iter().map(Vec::len).sum();
    let mean = variances.iter().flatten().sum::<f64>() / weights.max(1) as f64;
    let stiffness = |variance: &f64| if mean > 0.0 { (variance + damping * mean).recip() } else { 1.0 };
    variances.iter().map(|layer| layer.iter().map(stiffness).collect()).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, Axis};
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::{Replay, detrend, flatness_of_curvature, spearman};

    const WEIGHTS: usize = 40;

    fn uniform(random: &mut ChaCha12Rng) -> f64 {
        f64::from(random.next_u32()) / 2f64.powi(32) - 0.5
    }

    /// Curvatures over three decades, in no order of the weights.
    fn curvatures() -> Vec<f64> {
        (0..WEIGHTS).map(|j| 10f64.powf(-3.0 * (j * 17 % WEIGHTS) as f64 / WEIGHTS as f64)).collect()
    }

    /// The window of a quadratic with noise of variance C_j = κ_j^γ, in epochs of `length` steps that sum to zero, or of independent steps.
    fn window(largest: f64, gamma: f64, reshuffled: bool, steps: usize) -> Array2<f32> {
        const LENGTH: usize = 100;
        let mut random = ChaCha12Rng::seed_from_u64(3);
        let (before, all) = (10 * LENGTH, 10 * LENGTH + steps);
        let kappa = curvatures();
        let mut rows = Array2::from_shape_fn((all, WEIGHTS), |(_, j)| {
            (12.0 * kappa[j].powf(gamma)).sqrt() * uniform(&mut random)
        });
        if reshuffled {
            for begin in (0..all).step_by(LENGTH) {
                let mut epoch = rows.slice_axis_mut(Axis(0), (begin..begin + LENGTH).into());
                let mean = epoch.sum_axis(Axis(0)) / LENGTH as f64;
                epoch -= &mean;
            }
        }
        let curvature: Array1<f64> = kappa.iter().map(|kappa| largest * kappa).collect();
        Replay::new(1.0, curvature).unwrap().steps(rows.view_mut()).unwrap();
        rows.slice_axis(Axis(0), (before..).into()).mapv(|theta| theta as f32)
    }

    /// Loss of task 1, ½Σκx², where task 2, ½Σ(x − 1)², is learnt to the loss `second` under the constraint Σ k x²: x = 1/(1 + 2λk), with
    /// the λ that gives it.
    fn forgotten(stiffness: &[f64], second: f64) -> f64 {
        let at = |lambda: f64| stiffness.iter().map(move |k| 1.0 / (1.0 + 2.0 * lambda * k));
        let loss = |lambda: f64| at(lambda).map(|x| 0.5 * (x - 1.0).powi(2)).sum::<f64>();
        let (mut low, mut high) = (-60.0f64, 60.0f64);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if loss(middle.exp()) < second { low = middle } else { high = middle }
        }
        at(low.exp()).zip(curvatures()).map(|(x, kappa)| 0.5 * kappa * x * x).sum()
    }

    /// Task-1 losses under 1/σ², under F^−2 of the parabola, and under equal stiffness, at the same loss of task 2.
    fn compared(activity: &Activity) -> [f64; 3] {
        let still = stiffness_of_stillness(std::slice::from_ref(&activity.detrended), 1e-3).concat();
        let sharp: Vec<f64> = curvatures()
            .iter()
            .map(|&kappa| flatness_of_curvature(kappa, 1e-3, 2.0).unwrap().powi(-2))
            .collect();
        let second = 0.1 * WEIGHTS as f64;
        [still, sharp, vec![1.0; WEIGHTS]].map(|stiffness| forgotten(&stiffness, second))
    }

    /// Reshuffled, long before anything relaxes, σ_j² ∝ C_jj. With C ∝ κ the weights that move most are the steep ones: 1/σ² holds the
    /// flat ones, and forgets more than a constraint that knows nothing.
    #[test]
    fn where_noise_follows_curvature_the_steep_weights_move_most_and_stillness_is_the_wrong_thing_to_hold() {
        let found = Activity::of(window(1e-4, 1.0, true, 1000).view()).unwrap();
        let kappa = curvatures();
        assert!(spearman(&found.detrended, &kappa).unwrap() > 0.95);
        let still = stiffness_of_stillness(std::slice::from_ref(&found.detrended), 1e-3).concat();
        assert!(spearman(&still, &kappa).unwrap() < -0.95);
        let [still, sharp, equal] = compared(&found);
        assert!(sharp < 0.5 * equal && equal < 0.8 * still, "{sharp} {equal} {still}");
    }

    /// In equilibrium with isotropic noise σ_j² ∝ 1/κ_j: the weights that move most are the flat ones, and 1/σ² is as good as the curvature.
    #[test]
    fn in_equilibrium_the_flat_weights_move_most_and_stillness_is_the_right_thing_to_hold() {
        let found = Activity::of(window(0.5, 0.0, false, 100_000).view()).unwrap();
        let kappa = curvatures();
        assert!(spearman(&found.detrended, &kappa).unwrap() < -0.95);
        let still = stiffness_of_stillness(std::slice::from_ref(&found.detrended), 1e-3).concat();
        assert!(spearman(&still, &kappa).unwrap() > 0.95);
        let [still, sharp, equal] = compared(&found);
        assert!(still < 0.5 * equal && (still / sharp - 1.0).abs() < 0.2, "{still} {sharp} {equal}");
    }

    #[test]
    fn variances_are_those_of_each_series_by_itself() {
        let mut random = ChaCha12Rng::seed_from_u64(8);
        let window = Array2::from_shape_fn((57, 5), |(t, j)| {
            // Sums of eighths are exact.
            (3.0 + 0.125 * (j * t) as f64 + if j == 4 { 0.0 } else { uniform(&mut random) }) as f32
        });
        let found = Activity::of(window.view()).unwrap();
        for (j, column) in window.columns().into_iter().enumerate() {
            let mut series: Vec<f64> = column.iter().map(|&w| w.into()).collect();
            let mean = series.iter().sum::<f64>() / 57.0;
            let variance = series.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / 57.0;
            assert!((found.variance[j] / variance - 1.0).abs() < 1e-12);
            detrend(&mut series);
            let left = series.iter().map(|w| w * w).sum::<f64>() / 57.0;
            assert!((found.detrended[j] - left).abs() < 1e-12 * variance, "{j}");
        }
        // A straight line is all drift.
        assert!(found.resolved(1) && !found.resolved(4) && found.variance[4] > 1.0);
    }

    #[test]
    fn what_is_no_window_is_refused_and_what_does_not_move_is_held_equally() {
        assert!(matches!(Activity::of(Array2::<f32>::zeros((3, 0)).view()), Err(AnalysisError::NoWeights)));
        let short = Activity::of(Array2::<f32>::zeros((1, 3)).view());
        assert!(matches!(short, Err(AnalysisError::WindowTooShort { steps: 1 })));
        let mut broken = Array2::<f32>::zeros((3, 2));
        broken[[2, 1]] = f32::NAN;
        assert!(Activity::of(broken.view()).is_err());
        assert_eq!(stiffness_of_stillness(&[vec![0.0; 2]], 0.5), [vec![1.0; 2]]);
        assert!(stiffness_of_stillness(&[], 0.5).is_empty());
    }
}
