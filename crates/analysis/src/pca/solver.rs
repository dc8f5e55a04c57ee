//! The directions p_i, one a column, in descending order of the solver's eigenvalues.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par, Scale, Side};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_reduction::Pca;
use ndarray::Array2;

use super::params::Solver;
use super::window::CentredWindow;
use crate::AnalysisError;

/// Orthonormal directions `[weights, K]`.
pub(super) fn directions(window: &CentredWindow<'_>, solver: Solver) -> Result<Mat<f64>, AnalysisError> {
    match solver {
        Solver::Auto if window.weights() <= window.steps() => covariance(window),
        Solver::Auto => gram(window),
        Solver::Covariance => covariance(window),
        Solver::Gram => gram(window),
        Solver::TopK(k) => top_k(window, k),
    }
}

/// Eigenvectors of T⁻¹ XᵀX.
fn covariance(window: &CentredWindow<'_>) -> Result<Mat<f64>, AnalysisError> {
    let size = window.weights();
    let mut covariance = Mat::zeros(size, size);
    let scale = 1.0 / window.steps() as f64;
    window.for_row_blocks(|_, block| add_to_lower(&mut covariance, block.transpose(), scale));
    largest_eigenvectors(covariance, window.rank())
}

/// Eigenvectors u_i of T⁻¹ XXᵀ carried over to the weights, p_i ∝ Xᵀu_i.
fn gram(window: &CentredWindow<'_>) -> Result<Mat<f64>, AnalysisError> {
    let size = window.steps();
    let mut gram = Mat::zeros(size, size);
    let scale = 1.0 / size as f64;
    window.for_column_blocks(|_, block| add_to_lower(&mut gram, block, scale));
    let in_time = largest_eigenvectors(gram, window.rank())?;

    let mut directions = Mat::zeros(window.weights(), window.rank());
    window.for_column_blocks(|first, block| {
        let rows = directions.as_mut().subrows_mut(first, block.ncols());
        matmul(rows, Accum::Replace, block.transpose(), &in_time, 1.0, Par::rayon(0));
    });
    // Rounding in u_i, of relative size ε, leaves ε·σ_1/σ_i of p_1 in p_i. Orthogonalising in
    // descending order takes it out again. A QR does it stably; its columns need unit length.
    for i in 0..directions.ncols() {
        let length = directions.col(i).norm_l2();
        if length > 0.0 {
            directions.col_mut(i).iter_mut().for_each(|entry| *entry /= length);
        }
    }
    Ok(directions.qr().compute_thin_Q())
}

/// The first k directions by LOBPCG.
fn top_k(window: &CentredWindow<'_>, k: usize) -> Result<Mat<f64>, AnalysisError> {
    if k > window.rank() {
        return Err(AnalysisError::TooManyComponents { requested: k, available: window.rank() });
    }
    let mut centred = Array2::zeros((window.steps(), window.weights()));
    let mut square = 0.0;
    window.for_row_blocks(|first, block| {
        for row in 0..block.nrows() {
            for column in 0..block.ncols() {
                centred[[first + row, column]] = block[(row, column)];
                square += block[(row, column)].powi(2);
            }
        }
    });
    // linfa's tolerance is absolute: bring the total variance to 1, whatever the units.
    centred *= (window.steps() as f64 / square).sqrt();
    let pca = Pca::params(k).fit(&DatasetBase::from(centred))?;
    let rows = pca.components();
    if rows.nrows() < k {
        return Err(AnalysisError::TopKIncomplete { requested: k, found: rows.nrows() });
    }
    let directions = Mat::from_fn(window.weights(), k, |n, i| rows[[i, n]]);
    Ok(directions.qr().compute_thin_Q())
}

/// Adds `scale`·A·Aᵀ to the lower triangle of `target`.
fn add_to_lower(target: &mut Mat<f64>, a: MatRef<'_, f64>, scale: f64) {
    triangular::matmul(
        target,
        BlockStructure::TriangularLower,
        Accum::Add,
        a,
        BlockStructure::Rectangular,
        a.transpose(),
        BlockStructure::Rectangular,
        scale,
        Par::rayon(0),
    );
}

/// Eigenvectors of the `count` largest eigenvalues of a symmetric matrix (lower triangle), descending.
fn largest_eigenvectors(mut matrix: Mat<f64>, count: usize) -> Result<Mat<f64>, AnalysisError> {
    let size = matrix.nrows();
    // faer 0.24 splits and deflates with tolerances that are absolute, tuned to a norm of about 1.
    // Variances of weights are 1e-4 and less: unscaled, all under 1e-10 of the first are lost.
    let trace: f64 = matrix.diagonal().column_vector().iter().sum();
    matrix *= Scale(size as f64 / trace);
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| AnalysisError::Eigen { size })?;
    drop(matrix);
    Ok(eigen.U().reverse_cols().subcols(0, count).to_owned())
}
