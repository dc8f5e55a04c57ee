//! The variance under which a value is not trusted.

use ndarray::{Array1, ArrayView1, ArrayView2};

/// Share of ε·σ_1² under which a direction is not resolved; see [`TrajectoryPca::floor`](crate::TrajectoryPca::floor).
const EIGEN_FLOOR: f64 = 100.0;

/// Share of a variance that may be rounding.
pub(super) const ROUNDED: f64 = 0.1;

/// The variance along each component of noise with these variances in the weights.
pub(super) fn along_components(components: ArrayView2<'_, f64>, of_weights: &[f64]) -> Array1<f64> {
    let along = |row: ArrayView1<'_, f64>| row.iter().zip(of_weights).map(|(p, noise)| p * p * noise).sum();
    components.rows().into_iter().map(along).collect()
}

/// See [`TrajectoryPca::floor`](crate::TrajectoryPca::floor).
pub(super) fn floor(variance: &Array1<f64>, of_weights: &[f64], rounding: &Array1<f64>) -> f64 {
    let mean = of_weights.iter().sum::<f64>() / of_weights.len() as f64;
    let resolved = EIGEN_FLOOR * f64::EPSILON * variance[0] + mean;
    let rounded = variance.iter().zip(rounding).filter(|(variance, noise)| **noise > ROUNDED * **variance);
    rounded.fold(resolved, |floor, (variance, _)| floor.max(*variance))
}
