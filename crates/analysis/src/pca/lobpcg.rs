//! The first k directions by `linfa_reduction::Pca`, which is LOBPCG: an implementation that shares nothing with ours.

use faer::Mat;
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_reduction::Pca;
use ndarray::{Array2, Axis};

use super::eigen::{self, Eigen};
use super::top_k::apply;
use super::window::{CentredWindow, Side};
use crate::AnalysisError;

/// Σ_t ‖X_t‖² that the window is scaled to. linfa stops at a residual ‖XᵀXv − s²v‖ of 1e-10, however large X is: of this X that is
/// 1e-13 of the total, which is above what f64 rounds to.
const TOTAL: f64 = 1e3;
/// Residual ‖Au − λu‖ up to which an eigenvector is taken as found, as a share of its λ …
const RESIDUAL: f64 = 1e-9;
/// … or, where that is more, of the total variance.
const OF_TOTAL: f64 = 1e-12;

/// The k largest eigenvalues of T⁻¹ XᵀX and their eigenvectors.
///
/// `Pca::explained_variance` divides by k − 1; the eigenvalues are s²/T of its singular values s. linfa neither says that it has not
/// converged nor that it has left out components, so both are looked at here.
pub(super) fn largest(window: &CentredWindow<'_>, k: usize) -> Result<Eigen, AnalysisError> {
    let (pca, total) = decompose(window, k)?;
    let found = pca.singular_values().len();
    if found < k {
        return Err(AnalysisError::LinfaIncomplete { requested: k, found });
    }
    let values: Vec<f64> = pca.singular_values().iter().map(|s| s * s / TOTAL * total).collect();
    // linfa's are orthogonal to its tolerance, and not to rounding.
    let directions = Mat::from_fn(window.weights(), k, |n, i| pca.components()[[i, n]]);
    drop(pca);
    let vectors = eigen::orthonormalise(directions)?;
    let eigen = Eigen { values, vectors };
    match converged(window, &eigen, total)? {
        found if found < k => Err(AnalysisError::LinfaIncomplete { requested: k, found }),
        _ => Ok(eigen),
    }
}

/// linfa's decomposition of the window in f64, centred and scaled to [`TOTAL`], and the total variance T⁻¹ Σ_t ‖X_t‖².
fn decompose(window: &CentredWindow<'_>, k: usize) -> Result<(Pca<f64>, f64), AnalysisError> {
    let mut rows = Array2::<f64>::zeros((window.steps(), window.weights()));
    let mut total = 0.0;
    window.for_row_blocks(|first, block| {
        for (i, mut row) in rows.axis_iter_mut(Axis(0)).skip(first).take(block.nrows()).enumerate() {
            row.iter_mut().zip(block.row(i).iter()).for_each(|(to, &weight)| *to = weight);
            total += row.dot(&row);
        }
        Ok::<_, AnalysisError>(())
    })?;
    rows *= (TOTAL / total).sqrt();
    Ok((Pca::params(k).fit(&DatasetBase::from(rows))?, total / window.steps() as f64))
}

/// How many of the first eigenvectors are eigenvectors.
fn converged(window: &CentredWindow<'_>, eigen: &Eigen, total: f64) -> Result<usize, AnalysisError> {
    let vectors = eigen.columns().to_owned();
    let image = apply(window, Side::Weights, &vectors)?;
    let found = image.col_iter().zip(vectors.col_iter()).zip(&eigen.values);
    Ok(found
        .take_while(|((image, vector), value)| {
            let squares = image.iter().zip(vector.iter()).map(|(a, u)| (a - *value * u).powi(2));
            squares.sum::<f64>().sqrt() <= (RESIDUAL * *value).max(OF_TOTAL * total)
        })
        .count())
}
