//! Eigenvectors of a dense symmetric matrix, in three n × n matrices beside it.
//!
//! The pieces of faer's `self_adjoint_eigen`, put together such that nothing is copied: the reflections
//! stay in the matrix, the eigenvectors are computed where they are returned.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd_scratch, tridiagonal_self_adjoint_evd};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch as apply_left_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj as apply_left,
};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
use faer::{Auto, Conj, Mat, MatMut, MatRef, Par, Scale, Spec};

use super::{PARTS, tridiagonal};
use crate::AnalysisError;

/// Eigenvectors in descending order, and their eigenvalues.
pub(super) struct Eigen {
    pub(super) values: Vec<f64>,
    /// One eigenvector after the other.
    pub(super) vectors: Vec<f64>,
}

impl Eigen {
    /// The eigenvectors as columns, `[size, count]`.
    pub(super) fn columns(&self) -> MatRef<'_, f64> {
        let count = self.values.len();
        MatRef::from_column_major_slice(&self.vectors, self.vectors.len() / count, count)
    }
}

/// The `count` largest eigenvalues of a symmetric matrix (lower triangle) and their eigenvectors.
///
/// The values are Rayleigh quotients uᵀTu on the tridiagonal form: faer's own carry the tolerance of
/// its divide and conquer, ε of the largest, while a quotient errs by the square of that.
pub(super) fn largest(mut matrix: Mat<f64>, count: usize) -> Result<Eigen, AnalysisError> {
    let size = matrix.nrows();
    let failed = |_| AnalysisError::Eigen { size };
    let par = Par::rayon(PARTS);
    // faer 0.24 splits and deflates with tolerances that are absolute, tuned to a norm of about 1.
    // Variances of weights are 1e-4 and less: unscaled, all under 1e-10 of the first are lost.
    let trace: f64 = matrix.diagonal().column_vector().iter().sum();
    let scale = size as f64 / trace;
    matrix *= Scale(scale);
    let tridiagonal = tridiagonal::reduce(matrix.as_mut());

    let mut vectors = vec![0.0; size * size];
    let columns = MatMut::from_column_major_slice_mut(&mut vectors, size, size);
    let params = Spec::new(Auto::<f64>::auto());
    let workspace = self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, par, params);
    let (diagonal, subdiagonal) = (tridiagonal.diagonal.as_ref(), tridiagonal.subdiagonal.as_ref());
    let mut ascending = Diag::zeros(size);
    with_workspace(workspace, |stack| {
        let (values, columns) = (ascending.as_mut(), Some(columns));
        tridiagonal_self_adjoint_evd(diagonal, subdiagonal, values, columns, par, stack, params)
    })?
    .map_err(failed)?;

    for i in 0..size / 2 {
        let (top, bottom) = vectors.split_at_mut((size - 1 - i) * size);
        top[i * size..][..size].swap_with_slice(&mut bottom[..size]);
    }
    vectors.truncate(count * size);
    let values = vectors.chunks(size).map(|u| tridiagonal.quotient(u) / scale).collect();
    if size > 1 {
        let columns = MatMut::from_column_major_slice_mut(&mut vectors, size, count);
        let (reflections, factors) = (size - 1, tridiagonal.factors.as_ref());
        let basis = matrix.submatrix(1, 0, reflections, reflections);
        let rows = columns.subrows_mut(1, reflections);
        let workspace = apply_left_scratch::<f64>(reflections, factors.nrows(), count);
        with_workspace(workspace, |stack| apply_left(basis, factors, Conj::No, rows, par, stack))?;
    }
    Ok(Eigen { values, vectors })
}

/// An orthonormal basis, one vector after the other, the first k of which span what the first k columns
/// of `matrix` do.
pub(super) fn orthonormalise(mut matrix: Mat<f64>) -> Result<Vec<f64>, AnalysisError> {
    let (rows, columns) = matrix.shape();
    let par = Par::rayon(PARTS);
    let block = recommended_block_size::<f64>(rows, columns);
    let mut factors = Mat::zeros(block, columns);
    let params = Spec::new(Auto::<f64>::auto());
    let workspace = qr_in_place_scratch::<f64>(rows, columns, block, par, params);
    with_workspace(workspace, |stack| qr_in_place(matrix.as_mut(), factors.as_mut(), par, stack, params))?;

    let mut basis = vec![0.0; rows * columns];
    let mut identity = MatMut::from_column_major_slice_mut(&mut basis, rows, columns);
    identity.as_mut().diagonal_mut().fill(1.0);
    let workspace = apply_left_scratch::<f64>(rows, block, columns);
    let (reflections, factors) = (matrix.as_ref(), factors.as_ref());
    with_workspace(workspace, |stack| apply_left(reflections, factors, Conj::No, identity, par, stack))?;
    Ok(basis)
}

fn with_workspace<R>(size: StackReq, work: impl FnOnce(&mut MemStack) -> R) -> Result<R, AnalysisError> {
    let bytes = size.size_bytes();
    let mut workspace = MemBuffer::try_new(size).map_err(|_| AnalysisError::Memory { bytes })?;
    Ok(work(MemStack::new(&mut workspace)))
}
