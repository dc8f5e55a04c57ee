//! Noise of a given covariance, made of white noise.

use faer::{Accum, Mat, MatRef};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::pca::{product, same_length};
use crate::{AnalysisError, PrincipalCurvatures};

/// How white noise z is shaped to have some of the covariance C of another noise (after Zhu et al. 2019, arXiv 1803.00195).
///
/// ```
/// use ndarray::array;
/// use varflat_analysis::NoiseShape;
/// let covariance = array![[4.0, 1.0], [1.0, 2.0]];
/// let shape = NoiseShape::diagonal(covariance.view())?;
/// assert_eq!(shape.shaped(array![[1.0, 0.0], [0.0, 1.0]])?, array![[2.0, 0.0], [0.0, 2f64.sqrt()]]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum NoiseShape {
    /// ξ_n = s_n z_n.
    Diagonal(Array1<f64>),
    /// ξ = Σ_k √μ_k z_k v_k with eigenvalues μ_k and eigenvectors v_k of C: the rows √μ_k v_k.
    Full(Array2<f64>),
}

impl NoiseShape {
    /// The same variance tr C/N of each of N weights, and no correlation.
    ///
    /// # Errors
    /// If C is not square, or a number on its diagonal is not finite or negative.
    pub fn isotropic(covariance: ArrayView2<'_, f64>) -> Result<Self, AnalysisError> {
        let diagonal = variances(covariance)?;
        let weights = diagonal.len();
        Ok(Self::Diagonal(Array1::from_elem(weights, (diagonal.sum() / weights as f64).sqrt())))
    }

    /// The variance C_nn of each weight, and no correlation.
    ///
    /// # Errors
    /// As [`isotropic`](Self::isotropic).
    pub fn diagonal(covariance: ArrayView2<'_, f64>) -> Result<Self, AnalysisError> {
        Ok(Self::Diagonal(variances(covariance)?.mapv(f64::sqrt)))
    }

    /// All of C, given by its eigenvalues and eigenvectors; eigenvalues that came out below 0 are rounding, and count as 0.
    pub fn full(eigen: &PrincipalCurvatures) -> Self {
        let mut root = eigen.directions.clone();
        for (mut row, value) in root.rows_mut().into_iter().zip(&eigen.curvature) {
            row *= value.max(0.0).sqrt();
        }
        Self::Full(root)
    }

    /// ξ of every step, of white noise z, both `[steps, weights]`.
    ///
    /// # Errors
    /// If z has another number of weights.
    pub fn shaped(&self, mut white: Array2<f64>) -> Result<Array2<f64>, AnalysisError> {
        match self {
            Self::Diagonal(scale) => {
                same_length("the noise along its columns", scale.len(), white.ncols())?;
                white.rows_mut().into_iter().for_each(|mut row| row *= scale);
                Ok(white)
            }
            Self::Full(root) => {
                let (count, weights) = root.dim();
                let steps = white.nrows();
                same_length("the noise along its columns", count, white.ncols())?;
                let white = white.as_standard_layout();
                let left = MatRef::from_row_major_slice(white.as_slice().unwrap_or_default(), steps, count);
                let right = Mat::from_fn(count, weights, |k, n| root[[k, n]]);
                let mut shaped = Mat::zeros(steps, weights);
                product(shaped.as_mut(), Accum::Replace, left, right.as_ref(), 1.0);
                Ok(Array2::from_shape_fn((steps, weights), |(step, n)| shaped[(step, n)]))
            }
        }
    }
}

fn variances(covariance: ArrayView2<'_, f64>) -> Result<Array1<f64>, AnalysisError> {
    let (rows, columns) = covariance.dim();
    same_length("the covariance along its columns", rows, columns)?;
    let diagonal = covariance.diag().to_owned();
    let bad = |variance: &f64| !(*variance >= 0.0 && variance.is_finite());
    match diagonal.iter().position(bad) {
        Some(index) => {
            let reason = "a variance is not finite or negative";
            Err(AnalysisError::Invalid { what: "the covariance", index, reason })
        }
        None => Ok(diagonal),
    }
}

/// Makes white noise of the steps of an epoch, `[steps, weights]`, sum to zero as that of reshuffled mini-batches does, and keeps its
/// variance: ⟨z_j z_k⟩ = δ_jk − (1 − δ_jk)/(M − 1) from z ← (z − z̄)·√(M/(M − 1)). Of one step nothing is left.
pub fn anticorrelate(epoch: &mut Array2<f64>) {
    let steps = epoch.nrows() as f64;
    let Some(mean) = epoch.mean_axis(Axis(0)) else { return };
    *epoch -= &mean;
    if steps > 1.0 {
        *epoch *= (steps / (steps - 1.0)).sqrt();
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// As many steps as weights, whose mean square is exactly the identity.
    fn exactly_white(weights: usize) -> Array2<f64> {
        Array2::eye(weights) * (weights as f64).sqrt()
    }

    fn covariance(noise: &Array2<f64>) -> Array2<f64> {
        noise.t().dot(noise) / noise.nrows() as f64
    }

    #[test]
    fn shaped_noise_has_the_covariance_it_was_given() {
        let wanted = array![[3.0, 1.0, -0.5], [1.0, 2.0, 0.25], [-0.5, 0.25, 1.0]];
        let of = |shape: NoiseShape| covariance(&shape.shaped(exactly_white(3)).unwrap());
        let eigen = PrincipalCurvatures::of(wanted.view()).unwrap();
        let near = |found: Array2<f64>, expected: Array2<f64>| {
            assert!((&found - &expected).iter().all(|off| off.abs() < 1e-12), "{found} {expected}");
        };
        near(of(NoiseShape::full(&eigen)), wanted.clone());
        near(of(NoiseShape::diagonal(wanted.view()).unwrap()), Array2::from_diag(&wanted.diag()));
        near(of(NoiseShape::isotropic(wanted.view()).unwrap()), Array2::eye(3) * 2.0);
    }

    #[test]
    fn a_direction_without_noise_gets_none() {
        let flat = array![[1.0, 1.0], [1.0, 1.0]];
        let eigen = PrincipalCurvatures::of(flat.view()).unwrap();
        let found = NoiseShape::full(&eigen).shaped(array![[0.3, 7.0], [-1.0, 2.0]]).unwrap();
        found.rows().into_iter().for_each(|row| assert!((row[0] - row[1]).abs() < 1e-7, "{row}"));
        assert!(NoiseShape::isotropic(array![[-1.0]].view()).is_err());
        assert!(NoiseShape::diagonal(array![[1.0, 2.0]].view()).is_err());
        assert!(NoiseShape::full(&eigen).shaped(Array2::zeros((2, 3))).is_err());
    }

    #[test]
    fn an_epoch_sums_to_zero_and_keeps_its_variance() {
        // ⟨z_j z_k⟩ of many exact designs: the identity before, δ − (1 − δ)/(M − 1) after.
        let steps = 6;
        let mut mean = Array2::zeros((steps, steps));
        for column in 0..steps {
            let mut one = Array2::zeros((steps, 1));
            one[[column, 0]] = 1.0;
            anticorrelate(&mut one);
            assert!(one.sum().abs() < 1e-15);
            mean += &one.dot(&one.t());
        }
        for ((j, k), found) in mean.indexed_iter() {
            let expected = if j == k { 1.0 } else { -1.0 / (steps as f64 - 1.0) };
            assert!((found - expected).abs() < 1e-14, "{j} {k}: {found}");
        }
        let mut single = array![[4.0]];
        anticorrelate(&mut single);
        assert_eq!(single, array![[0.0]]);
    }
}
