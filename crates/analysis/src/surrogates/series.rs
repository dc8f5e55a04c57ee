//! A window made of another one, a coordinate at a time.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::{AnalysisError, WindowSource};

/// Coordinates that are in f64 at a time.
const PANEL: usize = 64;

/// A window whose series are what `make` makes of those of another one: it is given the number of the coordinate, from 0, and x(0), x(1), …
/// in f64, which it changes.
///
/// Each series is made by itself, so that the result is the same on any number of threads.
pub(super) fn series_by_series(
    window: impl WindowSource,
    make: impl Fn(usize, &mut [f64]) + Sync,
) -> Result<Array2<f32>, AnalysisError> {
    let (steps, weights) = (window.steps(), window.weights());
    if steps < 4 {
        return Err(AnalysisError::WindowTooShort { steps });
    }
    if weights == 0 {
        return Err(AnalysisError::NoWeights);
    }
    let mut made = empty(steps, weights)?;
    let mut buffer = Vec::new();
    for first in (0..weights).step_by(PANEL) {
        let columns = first..weights.min(first + PANEL);
        let block = window.block_f64(0..steps, columns.clone(), &mut buffer)?;
        check_finite(block, first)?;
        let series: Vec<Vec<f64>> = (0..columns.len())
            .into_par_iter()
            .map(|column| {
                let mut series = block.column(column).to_vec();
                make(first + column, &mut series);
                series
            })
            .collect();
        let mut panel = made.slice_axis_mut(Axis(1), columns.into());
        for (t, mut row) in panel.rows_mut().into_iter().enumerate() {
            row.iter_mut().zip(&series).for_each(|(weight, series)| *weight = series[t] as f32);
        }
    }
    Ok(made)
}

/// Zeros, if there is memory for them.
fn empty(steps: usize, weights: usize) -> Result<Array2<f32>, AnalysisError> {
    let count = steps.saturating_mul(weights);
    let mut values = Vec::new();
    if values.try_reserve_exact(count).is_err() {
        return Err(AnalysisError::Memory { bytes: count.saturating_mul(size_of::<f32>()) });
    }
    values.resize(count, 0.0);
    Array2::from_shape_vec((steps, weights), values).map_err(|error| AnalysisError::Source(Box::new(error)))
}

fn check_finite(block: ArrayView2<'_, f64>, first: usize) -> Result<(), AnalysisError> {
    match block.indexed_iter().find(|(_, weight)| !weight.is_finite()) {
        None => Ok(()),
        Some(((row, column), value)) => {
            Err(AnalysisError::NonFiniteWeight { row, column: first + column, value: *value })
        }
    }
}

/// Mean and variance of the steps x(t + 1) − x(t) of a series.
pub(super) fn moments_of_steps(series: &[f64]) -> (f64, f64) {
    let steps = || series.iter().zip(series.iter().skip(1)).map(|(before, after)| after - before);
    let count = series.len().saturating_sub(1).max(1) as f64;
    let mean = steps().sum::<f64>() / count;
    (mean, steps().map(|step| (step - mean).powi(2)).sum::<f64>() / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_is_made_by_itself() {
        let window = Array2::from_shape_fn((5, 150), |(t, i)| (t * 1000 + i) as f32);
        let made = series_by_series(&window, |i, series| {
            assert_eq!(series[1], 1000.0 + i as f64);
            series.reverse();
        })
        .unwrap();
        let mut reversed = window.clone();
        reversed.invert_axis(Axis(0));
        assert_eq!(made, reversed);
    }

    #[test]
    fn what_is_no_window_is_named() {
        let same = |_: usize, _: &mut [f64]| {};
        let of = |window: Array2<f32>| series_by_series(&window, same).unwrap_err();
        assert!(matches!(of(Array2::zeros((3, 2))), AnalysisError::WindowTooShort { steps: 3 }));
        assert!(matches!(of(Array2::zeros((9, 0))), AnalysisError::NoWeights));
        let mut broken = Array2::<f32>::zeros((9, 70));
        broken[[4, 66]] = f32::NAN;
        assert!(matches!(of(broken), AnalysisError::NonFiniteWeight { row: 4, column: 66, .. }));
    }

    #[test]
    fn moments_of_steps_by_hand() {
        // Steps 1, 3, 2.
        let (mean, variance) = moments_of_steps(&[0.0, 1.0, 4.0, 6.0]);
        assert!((mean - 2.0).abs() < 1e-15 && (variance - 2.0 / 3.0).abs() < 1e-15);
    }
}
