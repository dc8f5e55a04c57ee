//! The strength of SGD's noise along directions: the temperature T_i of Feng & Tu.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};

use crate::AnalysisError;

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
