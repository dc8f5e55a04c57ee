//! The first k eigenvectors alone, by block Lanczos with restarts: the window is only read, a few dozen
//! times, and nothing of its size is held in f64.

use faer::{Accum, ColRef, Mat, MatMut, MatRef};

use super::eigen::{self, Eigen};
use super::product::product;
use super::window::{CentredWindow, Side};
use crate::AnalysisError;

/// Vectors the matrix is applied to in one pass over the window.
const BLOCK: usize = 64;
/// Passes after which the solver gives up.
const PASSES: usize = 300;
/// Residual ‖Au − λu‖ at which an eigenvector has converged, as a share of its λ …
const RESIDUAL: f64 = 1e-9;
/// … or, where that is less than rounding leaves, of λ_1.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// Vectors of the basis that [`largest`] fills up to, for k of them; worth it while a small part of all.
pub(super) fn room(k: usize) -> usize {
    2 * k + 6 * width(k)
}

fn width(k: usize) -> usize {
    BLOCK.min(k + 8)
}

/// The k largest eigenvalues, and their eigenvectors, of the matrix A = T⁻¹ Σ SSᵀ of one side.
///
/// V is an orthonormal basis that grows by a block F a pass, H = VᵀAV. What AF has outside of V becomes
/// the next block, AV = VH + F'R, so the residual of an eigenvector Vy in A is ‖R y_last‖, y_last being
/// the part of y on the last block. A basis that is full is cut down to its first eigenvectors.
pub(super) fn largest(window: &CentredWindow<'_>, side: Side, k: usize) -> Result<Eigen, AnalysisError> {
    let (size, width, room) = (window.len(side), width(k), room(k));
    let mut basis = Mat::<f64>::zeros(size, room);
    let mut projected = Mat::<f64>::zeros(room, room);
    let mut next = orthonormal(start(window, side, width)?)?;
    let (mut old, mut converged) = (0, 0);
    for _ in 0..PASSES {
        let filled = old + width;
        basis.subcols_mut(old, width).copy_from(&next);
        let known = basis.subcols(0, filled);
        let mut image = apply(window, side, &next)?;
        // Twice: the first leaves ε of what it removes, which can be more than what remains.
        let overlap = remove(known, &mut image) + remove(known, &mut image);
        projected.get_mut(..filled, old..filled).copy_from(&overlap);
        projected.get_mut(old..filled, ..filled).copy_from(overlap.transpose());
        // Again for columns that are nothing but rounding: they become directions of their own.
        next = orthonormal(image.clone())?;
        remove(known, &mut next);
        next = orthonormal(next)?;
        let outside = next.transpose() * &image;

        let ritz = eigen::largest(projected.get(..filled, ..filled).to_owned(), filled)?;
        let vectors = ritz.columns();
        let residual = outside * vectors.get(old.., ..k.min(filled));
        let good = |(residual, value): &(ColRef<'_, f64>, &f64)| {
            residual.norm_l2() <= (RESIDUAL * *value).max(ROUNDING * ritz.values[0])
        };
        converged = residual.col_iter().zip(&ritz.values).take_while(good).count();
        let kept = if converged == k { k } else { k + width };
        if converged < k && filled + width <= room {
            old = filled;
            continue;
        }
        let mut first = vec![0.0; size * kept];
        let target = MatMut::from_column_major_slice_mut(&mut first, size, kept);
        product(target, Accum::Replace, known, vectors.subcols(0, kept), 1.0);
        if converged == k {
            return Ok(Eigen { values: ritz.values[..k].to_vec(), vectors: first });
        }
        basis.subcols_mut(0, kept).copy_from(MatRef::from_column_major_slice(&first, size, kept));
        projected.fill(0.0);
        for (i, &value) in ritz.values[..kept].iter().enumerate() {
            projected[(i, i)] = value;
        }
        old = kept;
    }
    Err(AnalysisError::TopKIncomplete { requested: k, found: converged, passes: PASSES })
}

/// AF = T⁻¹ Σ S(SᵀF).
pub(super) fn apply(
    window: &CentredWindow<'_>,
    side: Side,
    vectors: &Mat<f64>,
) -> Result<Mat<f64>, AnalysisError> {
    let mut image = Mat::zeros(vectors.nrows(), vectors.ncols());
    let scale = 1.0 / window.steps() as f64;
    window.for_slabs(side, |_, slab| {
        let mut inner = Mat::zeros(slab.ncols(), vectors.ncols());
        product(inner.as_mut(), Accum::Replace, slab.transpose(), vectors.as_ref(), 1.0);
        product(image.as_mut(), Accum::Add, slab, inner.as_ref(), scale);
    })?;
    Ok(image)
}

/// A first block: sums over as many stretches of the other axis, every row of which takes part with a
/// weight cos 2πφi², φ the golden ratio. These have no period that the window could share.
fn start(window: &CentredWindow<'_>, side: Side, width: usize) -> Result<Mat<f64>, AnalysisError> {
    let mut block = Mat::zeros(window.len(side), width);
    let total = window.steps() * window.weights() / window.len(side);
    window.for_slabs(side, |first, slab| {
        let weights = Mat::from_fn(slab.ncols(), width, |row, stretch| {
            let i = first + row;
            let turns = 0.5 * (1.0 + 5f64.sqrt()) * (i as f64).powi(2);
            if i * width / total == stretch { (std::f64::consts::TAU * turns.fract()).cos() } else { 0.0 }
        });
        product(block.as_mut(), Accum::Add, slab, weights.as_ref(), 1.0);
    })?;
    Ok(block)
}

/// Takes the part in the orthonormal `basis` out of `vectors`, and returns its coefficients.
fn remove(basis: MatRef<'_, f64>, vectors: &mut Mat<f64>) -> Mat<f64> {
    let mut coefficients = Mat::zeros(basis.ncols(), vectors.ncols());
    product(coefficients.as_mut(), Accum::Replace, basis.transpose(), vectors.as_ref(), 1.0);
    product(vectors.as_mut(), Accum::Add, basis, coefficients.as_ref(), -1.0);
    coefficients
}

fn orthonormal(vectors: Mat<f64>) -> Result<Mat<f64>, AnalysisError> {
    let (rows, columns) = vectors.shape();
    let basis = eigen::orthonormalise(vectors)?;
    Ok(MatRef::from_column_major_slice(&basis, rows, columns).to_owned())
}
