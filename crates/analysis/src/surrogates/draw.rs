//! Windows of normal numbers, with the covariance that the steps have.

use ndarray::Array2;

use super::series::{moments_of_steps, series_by_series};
use crate::trend::line_of;
use crate::{AnalysisError, WindowSource};

/// A random walk with the mean and the variance that the steps of each coordinate have, x(t + 1) = x(t) + m_i + s_i (n_i(t) − n̄_i): it ends where the
/// window ends. With a mean of its own its drift would come on top of the recorded one.
///
/// `draw` fills n_i(0), n_i(1), … for the coordinate of this number, from 0, with standard normal numbers. Of coordinates along the principal
/// components of the steps, whose steps are not correlated, the walk has the covariance of the steps; of others their variances.
///
/// # Errors
/// If the window is shorter than four steps, holds what is not finite or cannot be read.
pub fn gaussian_walk(
    window: impl WindowSource,
    draw: impl Fn(usize, &mut [f64]) + Sync,
) -> Result<Array2<f32>, AnalysisError> {
    series_by_series(window, |coordinate, series| {
        let (mean, variance) = moments_of_steps(series);
        let (deviation, mut place) = (variance.sqrt(), series[0]);
        let drawn = &mut series[1..];
        draw(coordinate, drawn);
        let own = drawn.iter().sum::<f64>() / drawn.len() as f64;
        for value in drawn {
            place += mean + deviation * (*value - own);
            *value = place;
        }
    })
}

/// White noise about the line in time of each coordinate, of half the variance of its steps: its own steps then have the variance
/// of the given ones. Nothing is remembered from one step to the next.
///
/// `draw` as of [`gaussian_walk`].
///
/// # Errors
/// As [`gaussian_walk`].
pub fn white_noise(
    window: impl WindowSource,
    draw: impl Fn(usize, &mut [f64]) + Sync,
) -> Result<Array2<f32>, AnalysisError> {
    series_by_series(window, |coordinate, series| {
        let (line, (_, variance)) = (line_of(series), moments_of_steps(series));
        let deviation = (0.5 * variance).sqrt();
        draw(coordinate, series);
        series.iter_mut().for_each(|value| *value *= deviation);
        line.add_to(series);
    })
}
