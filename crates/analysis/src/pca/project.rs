//! Projections of a window on directions that are not its own principal components.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::block::Block;
use super::same_length;
use super::source::{Weight, WindowSource};
use crate::AnalysisError;

/// Rows of the window that a thread projects together.
const ROWS: usize = 500;

/// θ_i(t) = (w(t) − `mean`)·p_i of a window `[steps, weights]` along `directions` p `[k, weights]`: `[steps, k]`.
///
/// The window is read once, some rows for every thread at a time. Along its own principal components
/// [`TrajectoryPca::project`](crate::TrajectoryPca::project) does the same.
///
/// ```
/// use ndarray::array;
///
/// let window = array![[1.0_f32, 2.0], [3.0, 2.0]];
/// let theta = varflat_analysis::project(&window, array![2.0, 2.0].view(), array![[0.6, 0.8]].view())?;
/// assert_eq!(theta, array![[-0.6], [0.6]]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
///
/// # Errors
/// If the window, the mean and the directions have not as many weights, or the window cannot be read.
pub fn project(
    window: impl WindowSource,
    mean: ArrayView1<'_, f64>,
    directions: ArrayView2<'_, f64>,
) -> Result<Array2<f64>, AnalysisError> {
    let (steps, weights) = (window.steps(), window.weights());
    same_length("the mean", weights, mean.len())?;
    same_length("the directions along their columns", weights, directions.ncols())?;
    let mut theta = Array2::zeros((steps, directions.nrows()));
    let together = ROWS * rayon::current_num_threads();
    let mut read = Default::default();
    for (first, theta) in (0..).step_by(together).zip(theta.axis_chunks_iter_mut(Axis(0), together)) {
        match Block::read(&window, first..first + theta.nrows(), 0..weights, &mut read)? {
            Block::Single(rows) => of_rows(rows, mean, directions, theta),
            Block::Double(rows) => of_rows(rows, mean, directions, theta),
        }
    }
    Ok(theta)
}

/// The same of some rows, each thread some of them.
fn of_rows<W: Weight>(
    rows: ArrayView2<'_, W>,
    mean: ArrayView1<'_, f64>,
    directions: ArrayView2<'_, f64>,
    mut theta: ArrayViewMut2<'_, f64>,
) {
    let rows: Vec<_> = rows.axis_chunks_iter(Axis(0), ROWS).collect();
    let mut blocks: Vec<_> = theta.axis_chunks_iter_mut(Axis(0), ROWS).collect();
    blocks.par_iter_mut().zip(rows).for_each(|(theta, rows)| {
        let centred = rows.mapv(Into::<f64>::into) - mean;
        theta.assign(&centred.dot(&directions.t()));
    });
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;

    #[test]
    fn a_window_made_of_known_coordinates_gives_them_back() {
        // w(t) = ⟨w⟩ + a(t) p + b(t) q with orthonormal p and q, in steps that f32 holds exactly.
        let (p, q) = ([0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]);
        let a = |t: usize| (t % 17) as f64 - 8.0;
        let b = |t: usize| (t % 5) as f64 * 0.25;
        let mean = Array1::from_vec(vec![1.0, -2.0, 0.0, 4.0]);
        let weight = |(t, n): (usize, usize)| mean[n] + a(t) * p[n] + b(t) * q[n];
        let directions = Array2::from_shape_fn((2, 4), |(i, n)| [p, q][i][n]);
        // More rows than the threads take at a time, and no multiple of what one takes.
        let steps = ROWS * rayon::current_num_threads() + 2 * ROWS + 3;
        let window = Array2::from_shape_fn((steps, 4), weight);
        let expected = Array2::from_shape_fn((steps, 2), |(t, i)| [a(t), b(t)][i]);
        let along = |theta: Result<Array2<f64>, AnalysisError>| theta.unwrap();
        assert_eq!(along(project(&window, mean.view(), directions.view())), expected);
        let single = window.mapv(|w| w as f32);
        assert_eq!(along(project(&single, mean.view(), directions.view())), expected);
        assert!(project(&single, mean.view(), directions.slice_axis(Axis(1), (..3).into())).is_err());
        assert!(project(&single, Array1::zeros(3).view(), directions.view()).is_err());
    }
}
