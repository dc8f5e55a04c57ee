//! The strength of SGD's noise along directions: the temperature T_i of Feng & Tu.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};

use crate::{AnalysisError, CorrelationTimes};

/// T_i = (α/2) ⟨(∂_i δL^μ)²⟩_μ for every direction i, from the slopes ∂_i L^μ of mini-batch losses `[batches, directions]`.
///
/// δL^μ = L^μ − L, so that what counts is the variance over mini-batches about `mean`, the slope ∂_i L of the full loss
/// (Feng & Tu 2021). α is the learning rate. In units of loss × learning rate.
///
/// # Errors
/// If there are fewer than two batches, or `mean` has another length than a batch.
pub fn temperature(
    slopes: ArrayView2<'_, f64>,
    mean: ArrayView1<'_, f64>,
    learning_rate: f64,
) -> Result<Array1<f64>, AnalysisError> {
    let (batches, directions) = slopes.dim();
    if batches < 2 {
        return Err(AnalysisError::WindowTooShort { steps: batches });
    }
    if mean.len() != directions {
        return Err(AnalysisError::Shape { what: "the full slope", expected: directions, found: mean.len() });
    }
    let mut squares = Array1::<f64>::zeros(directions);
    for slope in slopes.axis_iter(Axis(0)) {
        for ((square, slope), mean) in squares.iter_mut().zip(slope).zip(mean) {
            *square += (slope - mean).powi(2);
        }
    }
    Ok(squares * (0.5 * learning_rate / batches as f64))
}

/// T = (α/2) ⟨(∂δL^μ)²⟩_μ along one direction, from the slopes of mini-batch losses at a point of the line `[batches]`, such as T_i(δθ).
///
/// `mean` is the slope of the full loss there. As [`temperature`], which takes many directions.
///
/// # Errors
/// If there are fewer than two batches.
pub fn temperature_along(slopes: &[f64], mean: f64, learning_rate: f64) -> Result<f64, AnalysisError> {
    let slopes = ArrayView1::from(slopes).insert_axis(Axis(1));
    Ok(temperature(slopes, ArrayView1::from(&[mean]), learning_rate)?[0])
}

/// So many points of a line, evenly from `from` to `to`: where a profile such as T_i(δθ) is measured. One alone is `from`.
pub fn points_between(from: f64, to: f64, points: usize) -> impl Iterator<Item = f64> {
    (0..points).map(move |point| from + (to - from) * point as f64 / (points - 1).max(1) as f64)
}

/// The autocorrelation that noise has when a set is reshuffled every epoch and drawn without replacement.
///
/// For M batches an epoch: ρ(0) = 1, ρ(h) = −(M − h)/(M(M − 1)) for 0 < h < M, 0 beyond. All of an epoch's noise adds up to
/// nothing, so that every batch is a little against those around it (Kühn & Rosenow, arXiv 2306.05300).
pub fn reshuffled_correlation(batches_per_epoch: usize, lag: usize) -> f64 {
    let m = batches_per_epoch as f64;
    match lag {
        0 => 1.0,
        lag if lag < batches_per_epoch => -(m - lag as f64) / (m * (m - 1.0)),
        _ => 0.0,
    }
}

/// The integral time of noise that nothing but reshuffling correlates, in a series of `steps`, and the standard error with which one
/// series has it.
///
/// ½ + Σ_h ρ(h) of [`reshuffled_correlation`] for M batches an epoch, summed as far as [`CorrelationTimes`] sums: over a few lags, where
/// each ρ is about −1/M. White noise (M → ∞) has ½. A measured ρ(h) has the variance 1/T (Bartlett, J. R. Stat. Soc. Suppl. 8, 27
/// (1946)), so that a sum over n lags errs by √(n/T).
pub fn reshuffled_integral_time(batches_per_epoch: usize, steps: usize) -> [f64; 2] {
    let correlation: Vec<f64> =
        (0..=LAGS).map(|lag| reshuffled_correlation(batches_per_epoch, lag)).collect();
    let time = CorrelationTimes::of(&correlation, steps).integral.unwrap_or(0.5);
    [time, (CorrelationTimes::lags_summed(time).ceil() / steps as f64).sqrt()]
}

/// Lags within which the sum ends: of white noise it takes three.
const LAGS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshuffling_takes_little_from_white_noise() {
        let [white, error] = reshuffled_integral_time(usize::MAX, 12_000);
        assert!((white - 0.5).abs() < 1e-15 && (error - (3.0f64 / 12_000.0).sqrt()).abs() < 1e-15);
        // Lags 1 to 3 of M = 1200: −(3M − 6)/(M(M − 1)).
        let [time, _] = reshuffled_integral_time(1200, 12_000);
        assert!((time - (0.5 - 3594.0 / (1200.0 * 1199.0))).abs() < 1e-12, "{time}");
        // Of two batches the second takes all back.
        assert_eq!(reshuffled_integral_time(2, 12_000)[0], 0.0);
        assert_eq!(reshuffled_integral_time(1, 12_000)[0], 0.5);
    }

    #[test]
    fn one_direction_is_a_column_of_many() {
        let slopes = ndarray::array![[1.0, 0.3], [3.0, -0.1], [-1.0, 0.7]];
        let mean = ndarray::array![0.5, 0.2];
        let all = temperature(slopes.view(), mean.view(), 0.1).unwrap();
        // (α/2)(0.5² + 2.5² + 1.5²)/3.
        assert!((all[0] - 0.05 * 8.75 / 3.0).abs() < 1e-15);
        for direction in 0..2 {
            let one = temperature_along(&slopes.column(direction).to_vec(), mean[direction], 0.1);
            assert_eq!(one.unwrap(), all[direction]);
        }
        assert!(temperature_along(&[1.0], 1.0, 0.1).is_err());
    }

    #[test]
    fn points_go_from_one_end_to_the_other() {
        assert_eq!(points_between(-1.0, 3.0, 5).collect::<Vec<_>>(), [-1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(points_between(-1.0, 3.0, 1).collect::<Vec<_>>(), [-1.0]);
        assert_eq!(points_between(-1.0, 3.0, 0).count(), 0);
    }
}
