//! What drifts, taken away from a window.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::series::series_by_series;
use crate::{AnalysisError, ParamGuard, Solver, TrajectoryPca, WindowSource, project};

/// What is taken away from a window before anything is read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// Nothing.
    None,
    /// The least-squares line in time of every coordinate.
    Line,
    /// The least-squares parabola in time of every coordinate.
    Parabola,
    /// All that moves along the first principal component, p_1.
    First,
}

impl Drift {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Line, Self::Parabola, Self::First];

    /// The window without it, in f32: about 0 where a line or a parabola was taken away, else as it was.
    ///
    /// # Errors
    /// If the window is shorter than four steps, holds what is not finite or cannot be read; as [`TrajectoryPca`] for p_1.
    pub fn taken_from(self, window: impl WindowSource) -> Result<Array2<f32>, AnalysisError> {
        match self {
            Self::None => series_by_series(window, |_, _| {}),
            Self::Line => series_by_series(window, |_, series| crate::detrend(series)),
            Self::Parabola => series_by_series(window, |_, series| take_parabola(series)),
            Self::First => {
                let pca = TrajectoryPca::params().solver(Solver::TopK(1)).measured(false).check()?;
                let pca = pca.fit_source(&window)?;
                let theta = project(&window, pca.mean().view(), pca.components().view())?;
                let (along, first): (Array1<f64>, _) = (theta.column(0).to_owned(), pca.components().row(0));
                series_by_series(window, |weight, series| {
                    let moved = along.iter().map(|theta| theta * first[weight]);
                    series.iter_mut().zip(moved).for_each(|(value, moved)| *value -= moved);
                })
            }
        }
    }
}

/// The line first, then the square of time that is orthogonal to it.
fn take_parabola(series: &mut [f64]) {
    crate::detrend(series);
    let steps = series.len() as f64;
    // ⟨(t − t̄)²⟩ over t = 0 … T − 1.
    let mean = (steps * steps - 1.0) / 12.0;
    let square = |t: usize| (t as f64 - 0.5 * (steps - 1.0)).powi(2) - mean;
    let products: f64 = series.iter().enumerate().map(|(t, value)| square(t) * value).sum();
    let squares: f64 = (0..series.len()).map(|t| square(t).powi(2)).sum();
    let bend = if squares > 0.0 { products / squares } else { 0.0 };
    series.iter_mut().enumerate().for_each(|(t, value)| *value -= bend * square(t));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(t: usize, i: usize) -> f64 {
        (0.7 * (i + 1) as f64 * t as f64).sin()
    }

    #[test]
    fn what_drifts_leaves_nothing_and_what_does_not_stays() {
        let steps = 400;
        let time = |t: usize| t as f64 - 199.5;
        let of = |curve: fn(f64) -> f64| {
            Array2::from_shape_fn((steps, 3), |(t, i)| curve(time(t)) * (i as f64 - 0.6) + 1e-3 * wave(t, i))
        };
        let left = |drift: Drift, window: &Array2<f64>| {
            let largest = drift.taken_from(window).unwrap().iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            f64::from(largest)
        };
        let (line, parabola) = (of(|t| 0.1 * t + 3.0), of(|t| 1e-3 * t * t - 0.1 * t));
        assert!(left(Drift::Line, &line) < 1.1e-3 && left(Drift::Parabola, &line) < 1.1e-3);
        assert!(left(Drift::Parabola, &parabola) < 1.1e-3 && left(Drift::Line, &parabola) > 1.0);
        // One direction drifts, whatever its path in time: p_1 is that direction.
        assert!(left(Drift::First, &parabola) < 1.5e-3);
        assert_eq!(Drift::None.taken_from(&line).unwrap(), line.mapv(|x| x as f32));
    }
}
