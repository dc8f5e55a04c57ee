//! A window in the coordinates of the principal components of its steps.

use faer::{Accum, Mat};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::pca::{product, project_in_blocks, same_length};
use crate::{AnalysisError, ParamGuard, TrajectoryPca, WindowSource, WindowSteps};

/// A way that is left over of the whole one by less than this is rounding.
const LEFT: f64 = 1e-9;

/// Orthogonal coordinates along the principal components of the steps w(t + 1) − w(t), those of most variance first.
///
/// Steps are not correlated in them. They are chosen by what one step does and not by where many steps lead, which is what is looked
/// at; and a window of more weights than steps has no more of them than steps. Nothing of the window lies outside of them: its
/// components, variances and times are the same in them.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCoordinates {
    /// Orthonormal, one a row, `[coordinates, weights]`.
    directions: Array2<f64>,
    /// ⟨w⟩ over the window.
    mean: Array1<f64>,
}

impl StepCoordinates {
    /// Of a window `[steps, weights]`.
    ///
    /// # Errors
    /// As [`TrajectoryPca`].
    pub fn of(window: impl WindowSource) -> Result<Self, AnalysisError> {
        let (steps, weights) = (window.steps(), window.weights());
        if steps < 4 {
            return Err(AnalysisError::WindowTooShort { steps });
        }
        let pca = TrajectoryPca::params().measured(false).check()?.fit_source(WindowSteps::new(&window))?;
        let mut directions = pca.components().to_owned();
        // The mean step is in no component of the steps; where these do not span everything, it is one more direction.
        if directions.nrows() < weights.min(steps - 1)
            && let Some(further) = beyond(directions.view(), whole_way(&window)?)
        {
            directions.push_row(further.view()).map_err(|error| AnalysisError::Source(Box::new(error)))?;
        }
        Ok(Self { directions, mean: mean_of(&window)? })
    }

    /// The directions of the coordinates, orthonormal, one a row, `[coordinates, weights]`.
    pub fn directions(&self) -> &Array2<f64> {
        &self.directions
    }

    /// The window in them, about its mean, `[steps, coordinates]`.
    ///
    /// # Errors
    /// If the window has another number of weights, or cannot be read.
    pub fn window(&self, window: impl WindowSource) -> Result<Array2<f32>, AnalysisError> {
        same_length("the window along its columns", self.mean.len(), window.weights())?;
        let mut turned = Array2::zeros((window.steps(), self.directions.nrows()));
        project_in_blocks(&window, self.mean.to_vec(), self.directions.view(), |first, theta| {
            let rows = first..first + theta.nrows();
            turned.slice_axis_mut(Axis(0), rows.into()).zip_mut_with(&theta, |to, from| *to = *from as f32);
            Ok::<_, AnalysisError>(())
        })?;
        Ok(turned)
    }

    /// A symmetric matrix M `[weights, weights]` in them: UMUᵀ.
    ///
    /// # Errors
    /// If the shapes disagree.
    pub fn matrix(&self, matrix: ArrayView2<'_, f64>) -> Result<Array2<f64>, AnalysisError> {
        let (count, weights) = self.directions.dim();
        same_length("the matrix along its rows", weights, matrix.nrows())?;
        same_length("the matrix along its columns", weights, matrix.ncols())?;
        let left = Mat::from_fn(weights, weights, |i, j| matrix[[i, j]]);
        let columns = Mat::from_fn(weights, count, |n, i| self.directions[[i, n]]);
        let (mut half, mut whole) = (Mat::zeros(weights, count), Mat::zeros(count, count));
        product(half.as_mut(), Accum::Replace, left.as_ref(), columns.as_ref(), 1.0);
        product(whole.as_mut(), Accum::Replace, columns.transpose(), half.as_ref(), 1.0);
        Ok(Array2::from_shape_fn((count, count), |(i, j)| 0.5 * (whole[(i, j)] + whole[(j, i)])))
    }
}

/// A window in other orthogonal coordinates, `directions` `[k, weights]`, one a row: `[steps, k]` in f32, about the origin.
///
/// # Errors
/// If the window has another number of weights, or cannot be read.
pub fn turned(
    window: impl WindowSource,
    directions: ArrayView2<'_, f64>,
) -> Result<Array2<f32>, AnalysisError> {
    let mean = Array1::zeros(window.weights());
    StepCoordinates { directions: directions.to_owned(), mean }.window(window)
}

/// w(T − 1) − w(0).
fn whole_way(window: &dyn WindowSource) -> Result<Array1<f64>, AnalysisError> {
    let (last, weights) = (window.steps() - 1, window.weights());
    let mut buffer = Vec::new();
    let first = window.block_f64(0..1, 0..weights, &mut buffer)?.row(0).to_owned();
    let mut buffer = Vec::new();
    Ok(&window.block_f64(last..last + 1, 0..weights, &mut buffer)?.row(0) - &first)
}

/// The unit vector of what a vector has beyond orthonormal directions.
fn beyond(directions: ArrayView2<'_, f64>, vector: Array1<f64>) -> Option<Array1<f64>> {
    let length = |vector: &Array1<f64>| vector.dot(vector).sqrt();
    let whole = length(&vector);
    let without = |vector: Array1<f64>| &vector - &directions.t().dot(&directions.dot(&vector));
    // Twice: once leaves what rounding has put back.
    let left = without(without(vector));
    let rest = length(&left);
    (rest > LEFT * whole).then(|| {
        let unit = left / rest;
        let again = without(unit);
        let rest = length(&again);
        again / rest
    })
}

fn mean_of(window: &dyn WindowSource) -> Result<Array1<f64>, AnalysisError> {
    const ROWS: usize = 500;
    let (steps, weights) = (window.steps(), window.weights());
    let mut sum = Array1::zeros(weights);
    let mut buffer = Vec::new();
    for first in (0..steps).step_by(ROWS) {
        let rows = window.block_f64(first..steps.min(first + ROWS), 0..weights, &mut buffer)?;
        rows.rows().into_iter().for_each(|row: ArrayView1<'_, f64>| sum += &row);
    }
    Ok(sum / steps as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(steps: usize, weights: usize) -> Array2<f64> {
        Array2::from_shape_fn((steps, weights), |(t, i)| {
            let (t, i) = (t as f64, i as f64);
            5.0 + 0.03 * t * (i - 2.0)
                + (0.37 * t * (i + 1.0).sqrt()).sin()
                + (1.7 * t + i * i).cos() / (i + 1.0)
        })
    }

    #[test]
    fn a_window_keeps_its_components_in_them() {
        // Fewer weights than steps, as many, more.
        for (steps, weights) in [(60, 8), (20, 19), (20, 20), (20, 50)] {
            let window = window(steps, weights);
            let coordinates = StepCoordinates::of(&window).unwrap();
            assert_eq!(coordinates.directions().nrows(), weights.min(steps - 1), "{steps} {weights}");
            let inside = coordinates.window(&window).unwrap();
            let variance = |window: &Array2<f64>| {
                TrajectoryPca::params().check().unwrap().fit_source(window).unwrap().variance().to_vec()
            };
            let (own, turned) = (variance(&window), variance(&inside.mapv(f64::from)));
            for (own_i, turned) in own.iter().zip(&turned).take(6) {
                assert!((own_i - turned).abs() < 1e-6 * own[0], "{steps} {weights}: {own:?} {turned:?}");
            }
            // Steps are not correlated.
            let steps_of = WindowSteps::new(&inside);
            let mut buffer = Vec::new();
            let rows = steps_of.block_f64(0..steps - 1, 0..inside.ncols(), &mut buffer).unwrap();
            let centred = &rows - &rows.mean_axis(Axis(0)).unwrap();
            let covariance = centred.t().dot(&centred) / (steps - 1) as f64;
            for ((i, j), entry) in covariance.indexed_iter() {
                assert!(i == j || entry.abs() < 1e-5 * covariance[[0, 0]], "{i} {j}");
            }
        }
    }

    #[test]
    fn a_matrix_keeps_its_forms_in_them() {
        let window = window(30, 5);
        let coordinates = StepCoordinates::of(&window).unwrap();
        let matrix = Array2::from_shape_fn((5, 5), |(i, j)| 1.0 / (1 + i + j) as f64);
        let inside = coordinates.matrix(matrix.view()).unwrap();
        let p = coordinates.directions().row(1).to_owned();
        assert!((inside[[1, 1]] - p.dot(&matrix.dot(&p))).abs() < 1e-12);
        assert!((inside.diag().sum() - matrix.diag().sum()).abs() < 1e-12);
        assert!(coordinates.matrix(Array2::zeros((4, 4)).view()).is_err());
    }
}
