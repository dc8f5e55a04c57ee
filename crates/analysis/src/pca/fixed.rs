//! Variances along directions that were not chosen by the window they are judged in.

use faer::{Accum, Mat, MatRef};
use ndarray::{Array1, ArrayView2};

use super::floor::{ROUNDED, along_components};
use super::product::product;
use super::same_length;
use super::source::WindowSource;
use super::window::CentredWindow;
use crate::AnalysisError;

/// How far weights move along one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DirectionVariance {
    /// σ² = ⟨θ²⟩ − ⟨θ⟩² over the window.
    pub variance: f64,
    /// The same of what is left of θ(t) where its least-squares line in time is taken away: what does not drift.
    pub detrended: f64,
    /// How much of it rounding the weights to the format that the window has can make up.
    pub rounding: f64,
}

impl DirectionVariance {
    /// Whether what does not drift is more than rounding: that makes up at most a tenth of it.
    pub fn is_trusted(&self) -> bool {
        self.detrended > 0.0 && self.rounding <= ROUNDED * self.detrended
    }
}

/// σ² of a window along fixed `directions` `[k, weights]`, unit vectors.
///
/// Principal components are chosen by the very variances that are then measured along them, which orders and widens these. Directions
/// that come from elsewhere, the eigenvectors of a Hessian or another part of the training, are not. The window is read three times, in blocks;
/// nothing as long as it is held.
///
/// ```
/// use ndarray::array;
/// use varflat_analysis::variances_along;
/// // A drift along the first weight, an oscillation along the second.
/// let window = array![[0.0_f32, 1.0], [1.0, -1.0], [2.0, -1.0], [3.0, 1.0]];
/// let found = variances_along(&window, array![[1.0, 0.0], [0.0, 1.0]].view())?;
/// assert!((found[0].variance - 1.25).abs() < 1e-12 && found[0].detrended < 1e-12);
/// assert!((found[1].variance - 1.0).abs() < 1e-12 && (found[1].detrended - 1.0).abs() < 1e-12);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
///
/// # Errors
/// If the window is shorter than two steps, has no variance, holds what is not finite or cannot be read, or the directions have another
/// number of weights.
pub fn variances_along(
    window: impl WindowSource,
    directions: ArrayView2<'_, f64>,
) -> Result<Vec<DirectionVariance>, AnalysisError> {
    same_length("the directions along their columns", window.weights(), directions.ncols())?;
    let centred = CentredWindow::measure(&window)?;
    let steps = window.steps() as f64;
    let of_time = square_of_time(steps);
    // The line of every weight is taken away before the projection: what is left of it may be a billionth.
    let slope = slopes(&centred, window.steps())?;
    let theta = Detrended { centred: &centred, slope: &slope, steps };
    let (sum, square) = match weights_of(directions) {
        Some(weights) => theta.of_weights(&weights)?,
        None => theta.along(directions)?,
    };
    let rounding = along_components(directions, &centred.rounding());
    let each = sum.into_iter().zip(square).zip(directions.rows()).zip(rounding);
    let each = each.map(|(((sum, square), direction), rounding)| {
        let detrended = (square / steps - (sum / steps).powi(2)).max(0.0);
        let drift: f64 = direction.iter().zip(&slope).map(|(p, slope)| p * slope).sum();
        DirectionVariance { variance: detrended + drift * drift * of_time / steps, detrended, rounding }
    });
    Ok(each.collect())
}

/// The sums of θ and of θ² over the window, a number a direction.
type Sums = (Vec<f64>, Vec<f64>);

/// What is left of the weights beyond their lines in time.
struct Detrended<'a> {
    centred: &'a CentredWindow<'a>,
    slope: &'a [f64],
    steps: f64,
}

impl Detrended<'_> {
    /// Visits the rows of a block, row-major.
    fn for_row_blocks(
        &self,
        mut visit: impl FnMut(&[f64], usize) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        let mut rows = Vec::new();
        self.centred.for_row_blocks(|first, block| {
            rows.clear();
            for row in 0..block.nrows() {
                let time = from_middle(first + row, self.steps);
                rows.extend(
                    block.row(row).iter().zip(self.slope).map(|(weight, slope)| weight - time * slope),
                );
            }
            visit(&rows, block.nrows())
        })
    }

    /// Along any directions, one a row.
    fn along(&self, directions: ArrayView2<'_, f64>) -> Result<Sums, AnalysisError> {
        let (count, weights) = directions.dim();
        let columns = Mat::from_fn(weights, count, |n, i| directions[[i, n]]);
        let (mut sum, mut square) = (vec![0.0; count], vec![0.0; count]);
        self.for_row_blocks(|rows, steps| {
            let rows = MatRef::from_row_major_slice(rows, steps, weights);
            let mut theta = Mat::zeros(steps, count);
            product(theta.as_mut(), Accum::Replace, rows, columns.as_ref(), 1.0);
            for direction in 0..count {
                for theta in theta.col_as_slice(direction) {
                    sum[direction] += theta;
                    square[direction] += theta * theta;
                }
            }
            Ok(())
        })?;
        Ok((sum, square))
    }

    /// Along single weights, without a product.
    fn of_weights(&self, weights: &[usize]) -> Result<Sums, AnalysisError> {
        let (mut sum, mut square) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
        self.for_row_blocks(|rows, steps| {
            for row in rows.chunks_exact(rows.len() / steps) {
                for ((weight, sum), square) in weights.iter().zip(&mut sum).zip(&mut square) {
                    *sum += row[*weight];
                    *square += row[*weight] * row[*weight];
                }
            }
            Ok(())
        })?;
        Ok((sum, square))
    }
}

/// The weights that the directions are, where each is the unit vector of one.
fn weights_of(directions: ArrayView2<'_, f64>) -> Option<Vec<usize>> {
    let rows = directions.rows().into_iter();
    rows.map(|direction| {
        let mut others = direction.iter().enumerate().filter(|(_, entry)| **entry != 0.0);
        match (others.next(), others.next()) {
            (Some((weight, entry)), None) if *entry == 1.0 => Some(weight),
            _ => None,
        }
    })
    .collect()
}

/// The slope in time of every weight, per step, of its least-squares line over the window: the drift.
///
/// ```
/// use ndarray::array;
/// let window = array![[0.0_f32, 1.0], [1.0, -1.0], [2.0, -1.0], [3.0, 1.0]];
/// assert_eq!(varflat_analysis::drift_per_step(&window)?, array![1.0, 0.0]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
///
/// # Errors
/// As [`variances_along`].
pub fn drift_per_step(window: impl WindowSource) -> Result<Array1<f64>, AnalysisError> {
    let centred = CentredWindow::measure(&window)?;
    Ok(Array1::from(slopes(&centred, window.steps())?))
}

fn slopes(centred: &CentredWindow<'_>, steps: usize) -> Result<Vec<f64>, AnalysisError> {
    let steps = steps as f64;
    let of_time = square_of_time(steps);
    let mut slope = Vec::new();
    centred.for_row_blocks(|first, block| {
        slope.resize(block.ncols(), 0.0);
        for row in 0..block.nrows() {
            let time = from_middle(first + row, steps) / of_time;
            slope.iter_mut().zip(block.row(row).iter()).for_each(|(slope, weight)| *slope += time * weight);
        }
        Ok::<_, AnalysisError>(())
    })?;
    Ok(slope)
}

/// t − t̄ of a row.
fn from_middle(row: usize, steps: f64) -> f64 {
    row as f64 - 0.5 * (steps - 1.0)
}

/// Σ (t − t̄)² = T(T² − 1)/12.
fn square_of_time(steps: f64) -> f64 {
    steps * (steps * steps - 1.0) / 12.0
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis};

    use super::*;
    use crate::{DatasetBase, Fit, TrajectoryPca};

    #[test]
    fn single_weights_are_directions_like_any_other() {
        let window = Array2::from_shape_fn((900, 3), |(t, i)| {
            t as f64 * 0.01 * i as f64 + (t as f64 * 0.37 * (i + 1) as f64).sin()
        });
        let units = Array2::from_shape_fn((2, 3), |(i, n)| f64::from(u8::from(n == 2 - i)));
        // A direction more that is none of them: then all go through the product.
        let others = Array2::from_shape_fn((3, 3), |(i, n)| if i < 2 { units[[i, n]] } else { 0.6 });
        assert_eq!(weights_of(units.view()), Some(vec![2, 1]));
        assert_eq!(weights_of(others.view()), None);
        let by_product = variances_along(&window, others.view()).unwrap();
        for (one, other) in variances_along(&window, units.view()).unwrap().iter().zip(&by_product) {
            assert!((one.detrended / other.detrended - 1.0).abs() < 1e-12, "{one:?} {other:?}");
            assert!((one.variance / other.variance - 1.0).abs() < 1e-12 && one.rounding == other.rounding);
        }
    }

    #[test]
    fn along_its_own_components_a_window_has_their_variances() {
        let window = Array2::from_shape_fn((1200, 4), |(t, i)| {
            (1.0 + (t as f64 * 0.37 * (i + 1) as f64).sin() * 0.5_f64.powi(i as i32)) as f32
        });
        let pca = TrajectoryPca::params().fit(&DatasetBase::from(window.view())).unwrap();
        let found = variances_along(&window, pca.components().view()).unwrap();
        for (found, variance) in found.iter().zip(pca.variance()) {
            assert!((found.variance / variance - 1.0).abs() < 1e-9, "{found:?} {variance}");
        }
    }

    /// A line in time and noise that has none in it, at amplitudes a thousand apart: only the noise is left.
    #[test]
    fn a_drift_is_taken_away_and_nothing_else() {
        let steps = 1001;
        let noise = |t: usize| f64::from(u8::from([0, 3].contains(&(t % 4)))) - 0.5;
        let window =
            Array2::from_shape_fn((steps, 2), |(t, i)| [t as f64 * 0.3, 0.0][i] + [1e-3, 2.0][i] * noise(t));
        let found = variances_along(&window, Array2::eye(2).view()).unwrap();
        let exact = |amplitude: f64| {
            let values: Vec<f64> = (0..steps).map(|t| amplitude * noise(t)).collect();
            let time = |t: usize| t as f64 - 500.0;
            let mean = values.iter().sum::<f64>() / steps as f64;
            let slope = values.iter().enumerate().map(|(t, v)| time(t) * v).sum::<f64>()
                / (0..steps).map(|t| time(t).powi(2)).sum::<f64>();
            values.iter().enumerate().map(|(t, v)| (v - mean - slope * time(t)).powi(2)).sum::<f64>()
                / steps as f64
        };
        assert!((found[0].detrended / exact(1e-3) - 1.0).abs() < 1e-6, "{:?}", found[0]);
        assert!(found[0].variance > 7000.0);
        assert!((found[1].detrended / exact(2.0) - 1.0).abs() < 1e-12);
        assert!(found.iter().all(DirectionVariance::is_trusted));
        // About weights of 150 an f32 knows 1.5e-5: what moves by as much is not told from its rounding.
        let slight = Array2::from_shape_fn((steps, 1), |(t, _)| (150.0 + 1.6e-5 * (noise(t) + 0.5)) as f32);
        assert!(!variances_along(&slight, Array2::eye(1).view()).unwrap()[0].is_trusted());
        assert!(variances_along(&window, Array2::eye(3).view()).is_err());
        assert!(variances_along(window.slice_axis(Axis(0), (..1).into()), Array2::eye(2).view()).is_err());
    }
}
