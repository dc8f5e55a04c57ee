//! Principal curvatures: eigenvalues and eigenvectors of a Hessian.

use faer::{Accum, Mat};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::AnalysisError;
use crate::pca::{largest_eigenpairs, product, same_length};

/// Eigenvalues κ_j of a Hessian in descending order, and its eigenvectors.
///
/// In a parabola with these curvatures thermal equilibrium has the variance T/κ_j along the j-th eigenvector, and along no other
/// direction p: there it is T·pᵀH⁻¹p, which is more than T/(pᵀHp).
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalCurvatures {
    /// κ_j, descending; negative where the loss falls to both sides.
    pub curvature: Array1<f64>,
    /// Orthonormal eigenvectors, one a row, `[k, k]`.
    pub directions: Array2<f64>,
}

impl PrincipalCurvatures {
    /// Of a symmetric matrix (the mean of the given one and its transposed).
    ///
    /// # Errors
    /// If the matrix is not square, has an entry that is not finite, or a trace that is not positive.
    pub fn of(hessian: ArrayView2<'_, f64>) -> Result<Self, AnalysisError> {
        let (size, columns) = hessian.dim();
        if size != columns || size == 0 {
            return Err(AnalysisError::Shape { what: "the Hessian", expected: size, found: columns });
        }
        if let Some(index) = hessian.iter().position(|value| !value.is_finite()) {
            return Err(AnalysisError::Invalid { what: "the Hessian", index, reason: "not finite" });
        }
        let trace: f64 = hessian.diag().sum();
        if trace <= 0.0 {
            return Err(AnalysisError::NonPositive {
                what: "the trace of the Hessian",
                index: 1,
                value: trace,
            });
        }
        let matrix = Mat::from_fn(size, size, |i, j| 0.5 * (hessian[[i, j]] + hessian[[j, i]]));
        let (values, vectors) = largest_eigenpairs(matrix)?;
        let directions =
            Array2::from_shape_vec((size, size), vectors).map_err(|_| AnalysisError::Eigen { size })?;
        Ok(Self { curvature: Array1::from(values), directions })
    }
}

/// pᵀMp of a symmetric matrix M `[weights, weights]` along each of some directions p `[k, weights]`: the curvature κ where M is a Hessian,
/// the noise C where it is the covariance of gradients.
///
/// # Errors
/// If the shapes disagree.
pub fn along_directions(
    matrix: ArrayView2<'_, f64>,
    directions: ArrayView2<'_, f64>,
) -> Result<Array1<f64>, AnalysisError> {
    let (rows, columns) = matrix.dim();
    same_length("the matrix along its columns", rows, columns)?;
    same_length("the directions along their columns", columns, directions.ncols())?;
    if is_diagonal(matrix) {
        let along = |direction: ArrayView1<'_, f64>| {
            matrix.diag().iter().zip(direction).map(|(entry, share)| entry * share * share).sum()
        };
        return Ok(directions.rows().into_iter().map(along).collect());
    }
    let left = Mat::from_fn(columns, columns, |i, j| matrix[[i, j]]);
    let right = Mat::from_fn(columns, directions.nrows(), |n, i| directions[[i, n]]);
    let mut turned = Mat::zeros(columns, directions.nrows());
    product(turned.as_mut(), Accum::Replace, left.as_ref(), right.as_ref(), 1.0);
    let each = (0..directions.nrows()).map(|direction| {
        let pairs = turned.col_as_slice(direction).iter().zip(right.col_as_slice(direction));
        pairs.map(|(a, b)| a * b).sum()
    });
    Ok(each.collect())
}

/// Whether nothing but its diagonal is in a matrix: that of a Hessian in the coordinates of its eigenvectors.
fn is_diagonal(matrix: ArrayView2<'_, f64>) -> bool {
    matrix.indexed_iter().all(|((row, column), entry)| row == column || *entry == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn along_eigenvectors_a_matrix_is_its_eigenvalues() {
        let matrix = array![[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 1.0]];
        let found = PrincipalCurvatures::of(matrix.view()).unwrap();
        let along = along_directions(matrix.view(), found.directions.view()).unwrap();
        for (along, value) in along.iter().zip(&found.curvature) {
            assert!((along - value).abs() < 1e-13);
        }
        // (1, 2, −1): 2 + 12 + 1 + 2·(2 + 0 − 1).
        assert_eq!(along_directions(matrix.view(), array![[1.0, 2.0, -1.0]].view()).unwrap()[0], 17.0);
        // A matrix that is diagonal is so without a product: 2 + 4·3 + 1.
        let diagonal = array![[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 1.0]];
        assert_eq!(along_directions(diagonal.view(), array![[1.0, 2.0, -1.0]].view()).unwrap()[0], 15.0);
        assert!(along_directions(matrix.view(), array![[1.0, 2.0]].view()).is_err());
        assert!(along_directions(array![[1.0, 2.0]].view(), array![[1.0, 2.0]].view()).is_err());
    }

    #[test]
    fn a_matrix_with_a_known_spectrum_gives_it_back() {
        // H = Q diag(3, 1, −0.5) Qᵀ with the reflection Q = 1 − 2vvᵀ, v = (1, 2, 2)/3.
        let v = array![1.0, 2.0, 2.0] / 3.0;
        let outer = Array2::from_shape_fn((3, 3), |(i, j)| 2.0 * v[i] * v[j]);
        let q: Array2<f64> = Array2::eye(3) - outer;
        let h = q.dot(&Array2::from_diag(&array![3.0, 1.0, -0.5])).dot(&q.t());
        let found = PrincipalCurvatures::of(h.view()).unwrap();
        for (value, expected) in found.curvature.iter().zip([3.0, 1.0, -0.5]) {
            assert!((value - expected).abs() < 1e-13);
        }
        for (place, direction) in found.directions.rows().into_iter().enumerate() {
            assert!((direction.dot(&q.column(place)).abs() - 1.0).abs() < 1e-13);
        }
        assert!(PrincipalCurvatures::of(array![[1.0, 2.0]].view()).is_err());
        assert!(PrincipalCurvatures::of(array![[-1.0]].view()).is_err());
        assert!(PrincipalCurvatures::of(array![[f64::NAN]].view()).is_err());
    }
}
