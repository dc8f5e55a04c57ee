//! Fluctuation and dissipation along one direction, without a curvature and without a Gaussian.

use ndarray::ArrayView2;

use crate::AnalysisError;
use crate::pca::same_length;

/// ρ_i = 2 cov(θ_i, ∂_iL)/(α⟨g_i²⟩) of every direction: how much of what its steps add the landscape takes back.
///
/// With θ_i ← θ_i − αg_i the square grows by −2αθ_i g_i + α²g_i² in a step, so that in a stationary state 2⟨θ_i g_i⟩ = α⟨g_i²⟩ whatever
/// the landscape and the noise are. With g = ∂L + ξ and a noise that does not know θ, ρ = 1: independent mini-batches in a stationary
/// state (the direction-wise form of Yaida, [arXiv:1810.00004](https://arxiv.org/abs/1810.00004)). Reshuffled mini-batches return
/// within their epoch to where they began, and leave the less for the landscape, the flatter the direction: there ρ is
/// [`equilibrium_ratio`](crate::QuadraticDirection::equilibrium_ratio) in a parabola.
///
/// `theta` θ and `gradient` ∂L are `[k, directions]` at the same k steps, of any choice; `step_square` is ⟨g_i²⟩ over all steps, with
/// g = −Δw/α. A direction that does not step has none.
///
/// ```
/// use ndarray::array;
/// // ∂L = θ/2, and steps of ⟨g²⟩ = 1.
/// let (theta, gradient) = (array![[1.0], [-1.0]], array![[0.5], [-0.5]]);
/// let found = varflat_analysis::fluctuation_dissipation(1.0, theta.view(), gradient.view(), &[1.0])?;
/// assert_eq!(found, [Some(1.0)]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
///
/// # Errors
/// If the arrays have not the same directions and steps.
pub fn fluctuation_dissipation(
    learning_rate: f64,
    theta: ArrayView2<'_, f64>,
    gradient: ArrayView2<'_, f64>,
    step_square: &[f64],
) -> Result<Vec<Option<f64>>, AnalysisError> {
    same_length("the gradients along their rows", theta.nrows(), gradient.nrows())?;
    same_length("the gradients along their columns", theta.ncols(), gradient.ncols())?;
    same_length("the squares of the steps", theta.ncols(), step_square.len())?;
    let steps = theta.nrows() as f64;
    let each = theta.columns().into_iter().zip(gradient.columns()).zip(step_square);
    let ratio = each.map(|((theta, gradient), square)| {
        let mean = theta.sum() / steps;
        let covariance =
            theta.iter().zip(gradient).map(|(theta, slope)| (theta - mean) * slope).sum::<f64>() / steps;
        Some(2.0 * covariance / (learning_rate * square)).filter(|ratio| ratio.is_finite())
    });
    Ok(ratio.collect())
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, Axis};
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::{QuadraticDirection, Replay, Sampling};

    const ALPHA: f64 = 0.1;
    const EPOCH: usize = 100;

    /// θ and g of a parabola, with independent noise or epochs that sum to zero, after its transient.
    fn walk(lambda: &Array1<f64>, reshuffled: bool) -> (Array2<f64>, Array2<f64>) {
        let mut random = ChaCha12Rng::seed_from_u64(3);
        let (epochs, burn_in) = (1500, 100);
        let mut noise = Array2::from_shape_fn((EPOCH * epochs, lambda.len()), |_| {
            f64::from(random.next_u32()) / 2f64.powi(32) - 0.5
        });
        if reshuffled {
            for mut epoch in noise.axis_chunks_iter_mut(Axis(0), EPOCH) {
                let mean = epoch.mean_axis(Axis(0)).unwrap();
                epoch -= &mean;
            }
        }
        let mut theta = noise.clone();
        Replay::new(ALPHA, lambda.clone()).unwrap().steps(theta.view_mut()).unwrap();
        let kept = (burn_in * EPOCH..).into();
        // Row t of θ is the place after the step with the noise of row t.
        let before = theta.slice_axis(Axis(0), (burn_in * EPOCH - 1..EPOCH * epochs - 1).into()).to_owned();
        let g = &(&before * lambda) + &noise.slice_axis(Axis(0), kept);
        (before, g)
    }

    #[test]
    fn what_a_parabola_takes_back_is_known_for_both_samplings() {
        let lambda = Array1::from(vec![0.03, 0.3, 3.0]);
        for (reshuffled, sampling) in
            [(false, Sampling::Independent), (true, Sampling::Reshuffled { steps_per_epoch: EPOCH })]
        {
            let (theta, g) = walk(&lambda, reshuffled);
            let square: Vec<f64> = g.columns().into_iter().map(|g| g.dot(&g) / g.len() as f64).collect();
            let slope = &theta * &lambda;
            let found = fluctuation_dissipation(ALPHA, theta.view(), slope.view(), &square).unwrap();
            for ((found, curvature), square) in found.iter().zip(&lambda).zip(&square) {
                let direction =
                    QuadraticDirection { learning_rate: ALPHA, curvature: *curvature, noise: 1.0 / 12.0 };
                // Of ⟨g²⟩ where R is of C: they differ where the slope is no small part of g.
                let exact = direction.equilibrium_ratio(sampling, theta.nrows()).unwrap()
                    * (direction.noise / square);
                let found = found.unwrap();
                assert!((found / exact - 1.0).abs() < 0.06, "{sampling:?} {curvature}: {found} {exact}");
                if !reshuffled {
                    assert!((found - 1.0).abs() < 0.06, "{curvature}: {found}");
                }
            }
        }
    }

    /// 2⟨θg⟩ = α⟨g²⟩ − [θ²]_0^T/(αT), for any walk at all.
    #[test]
    fn the_squares_balance_to_rounding() {
        let (theta, g) = walk(&Array1::from(vec![0.5]), true);
        let steps = (theta.nrows() - 1) as f64;
        let (theta, g) = (theta.column(0).to_vec(), g.column(0).to_vec());
        let sums = theta.iter().zip(&g).take(steps as usize);
        let (product, square) = sums.fold((0.0, 0.0), |sum, (theta, g)| (sum.0 + theta * g, sum.1 + g * g));
        let boundary = (theta.last().unwrap().powi(2) - theta[0].powi(2)) / (ALPHA * steps);
        let (left, right) = (2.0 * product / steps, ALPHA * square / steps - boundary);
        assert!((left / right - 1.0).abs() < 1e-10, "{left} {right}");
    }

    #[test]
    fn what_does_not_step_has_no_ratio_and_what_does_not_fit_is_refused() {
        let flat = Array2::zeros((4, 2));
        let found = fluctuation_dissipation(0.1, flat.view(), flat.view(), &[0.0, 1.0]).unwrap();
        assert_eq!(found, [None, Some(0.0)]);
        assert!(fluctuation_dissipation(0.1, flat.view(), flat.view(), &[0.0]).is_err());
        assert!(fluctuation_dissipation(0.1, flat.view(), Array2::zeros((3, 2)).view(), &[0.0; 2]).is_err());
    }
}
