//! The directions p_i, by the matrix of the shorter side of the window or by its largest eigenvectors.

use faer::{Accum, Mat};

use super::eigen::{self, Eigen};
use super::lobpcg;
use super::params::Solver;
use super::product::{add_to_lower, product};
use super::top_k;
use super::window::{CentredWindow, Side};
use crate::AnalysisError;

impl Solver {
    /// Longest shorter side of a window that [`Solver::Auto`] decomposes in full.
    pub const LARGEST: usize = 16_384;
}

/// Orthonormal directions `[K, weights]` and the solver's own estimates of their variances.
pub(super) fn directions(window: &CentredWindow<'_>, solver: Solver) -> Result<Eigen, AnalysisError> {
    match solver {
        Solver::Auto => {
            let side = window.shorter();
            if window.len(side) > Solver::LARGEST {
                return Err(AnalysisError::TooLarge { steps: window.steps(), weights: window.weights() });
            }
            full(window, side, window.rank())
        }
        Solver::Covariance => full(window, Side::Weights, window.rank()),
        Solver::Gram => full(window, Side::Steps, window.rank()),
        Solver::TopK(k) | Solver::Linfa(k) if k > window.rank() => {
            Err(AnalysisError::TooManyComponents { requested: k, available: window.rank() })
        }
        Solver::TopK(k) => {
            let side = window.shorter();
            if 2 * top_k::room(k) > window.len(side) {
                return full(window, side, k);
            }
            on_weights(window, side, top_k::largest(window, side, k)?)
        }
        Solver::Linfa(k) => lobpcg::largest(window, k),
    }
}

/// The first `count` eigenvectors of T⁻¹ XᵀX, or of T⁻¹ XXᵀ carried over to the weights.
fn full(window: &CentredWindow<'_>, side: Side, count: usize) -> Result<Eigen, AnalysisError> {
    let size = window.len(side);
    let mut matrix = Mat::zeros(size, size);
    let scale = 1.0 / window.steps() as f64;
    window.for_slabs(side, |_, slab| add_to_lower(matrix.as_mut(), slab, slab, scale))?;
    on_weights(window, side, eigen::largest(matrix, count)?)
}

/// The eigenvectors themselves, or p_i ∝ Xᵀu_i for eigenvectors u_i `[K, steps]` in time.
fn on_weights(window: &CentredWindow<'_>, side: Side, eigen: Eigen) -> Result<Eigen, AnalysisError> {
    if side == Side::Weights {
        return Ok(eigen);
    }
    let mut directions = Mat::zeros(window.weights(), eigen.values.len());
    window.for_slabs(side, |first, slab| {
        let rows = directions.as_mut().subrows_mut(first, slab.ncols());
        product(rows, Accum::Replace, slab.transpose(), eigen.columns(), 1.0);
    })?;
    let values = eigen.values;
    drop(eigen.vectors);
    // Rounding in u_i, of relative size ε, leaves ε·σ_1/σ_i of p_1 in p_i. Orthogonalising in
    // descending order takes it out again. A QR does it stably; its columns need unit length.
    for direction in directions.col_iter_mut() {
        let length = direction.norm_l2();
        if length > 0.0 {
            direction.iter_mut().for_each(|entry| *entry /= length);
        }
    }
    Ok(Eigen { values, vectors: eigen::orthonormalise(directions)? })
}
