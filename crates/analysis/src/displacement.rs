//! How far a coordinate gets in a time: mean-square displacement and its exponent.

use crate::scaling::{Scaling, scaling};
use crate::{AnalysisError, Estimate};

/// The parts of a window whose exponents are compared for an error.
const PARTS: usize = 4;

/// A range of lags is trusted if a part of the window is at least this many times as long as its longest lag.
const LONG_ENOUGH: usize = 5;

/// ⟨(θ(t + h) − θ(t))²⟩_t at some lags h, in steps; the mean goes over all starts t there are, which overlap.
///
/// # Errors
/// If a lag is not below the length of the series.
pub fn mean_square_displacement(series: &[f64], lags: &[usize]) -> Result<Vec<f64>, AnalysisError> {
    lags.iter()
        .map(|&lag| {
            if lag >= series.len() {
                let value = lag as f64;
                return Err(AnalysisError::Parameter {
                    name: "lag",
                    value,
                    expected: "below the length of the series",
                });
            }
            let starts = series.iter().zip(&series[lag..]);
            let sum: f64 = starts.map(|(before, after)| (after - before).powi(2)).sum();
            Ok(sum / (series.len() - lag) as f64)
        })
        .collect()
}

/// Whole lags from 1 to `longest`, spaced evenly in their logarithm: `per_decade` a decade, without repetitions.
pub fn logarithmic_lags(longest: usize, per_decade: usize) -> Vec<usize> {
    let decades = (longest.max(1) as f64).log10();
    let points = (decades * per_decade as f64).ceil() as usize;
    let mut lags: Vec<usize> = (0..=points)
        .map(|point| 10f64.powf(decades * point as f64 / points.max(1) as f64).round() as usize)
        .collect();
    lags.dedup();
    lags
}

/// ⟨Δθ²⟩ ∝ h^exponent over the lags from `shortest` to `longest`: 1 for diffusion, 2 for drift, less than 1 where something holds θ back.
///
/// Displacements at neighbouring lags share their steps, so that the true error is larger than that of least squares.
///
/// # Errors
/// If fewer than three different lags lie in the range, or a displacement in it is not positive.
pub fn displacement_exponent(
    lags: &[usize],
    displacement: &[f64],
    (shortest, longest): (usize, usize),
) -> Result<Scaling, AnalysisError> {
    if lags.len() != displacement.len() {
        let (expected, found) = (lags.len(), displacement.len());
        return Err(AnalysisError::Shape { what: "the displacements", expected, found });
    }
    let mut points = Vec::new();
    for (&lag, &square) in lags.iter().zip(displacement) {
        if !(shortest..=longest).contains(&lag) {
            continue;
        }
        if !(square > 0.0 && square.is_finite()) {
            return Err(AnalysisError::NonPositive { what: "the displacement", index: lag, value: square });
        }
        points.push((lag as f64, square));
    }
    if points.len() < 3 {
        return Err(AnalysisError::TooFewLags { lags: points.len(), shortest, longest });
    }
    scaling(points)
}

/// The exponent of one series in one range of lags, with the scatter among the quarters of the window as its error.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplacementEstimate {
    /// The law over the whole window.
    pub law: Scaling,
    /// Shortest and longest lag that were asked for.
    pub lags: (usize, usize),
    /// Its exponent with the interval over other windows; `None` where a quarter of the window is no longer than the longest lag.
    pub estimate: Option<Estimate>,
    /// Whether a quarter of the window is at least five times as long as the longest lag.
    pub trusted: bool,
}

impl DisplacementEstimate {
    /// Of a series and its mean-square displacements at these lags, over the lags of `range`.
    ///
    /// # Errors
    /// As [`mean_square_displacement`] and [`displacement_exponent`].
    pub fn of(
        series: &[f64],
        lags: &[usize],
        squares: &[f64],
        range: (usize, usize),
    ) -> Result<Self, AnalysisError> {
        let law = displacement_exponent(lags, squares, range)?;
        let length = series.len() / PARTS;
        let trusted = length >= LONG_ENOUGH * range.1;
        if length <= range.1 {
            return Ok(Self { law, lags: range, estimate: None, trusted });
        }
        let within: Vec<usize> = lags.iter().copied().filter(|lag| *lag < length).collect();
        let parts = series.chunks_exact(length).take(PARTS).map(|part| {
            let squares = mean_square_displacement(part, &within)?;
            Ok(displacement_exponent(&within, &squares, range)?.exponent)
        });
        let parts: Vec<f64> = parts.collect::<Result<_, AnalysisError>>()?;
        Ok(Self { law, lags: range, estimate: Some(Estimate::parts(law.exponent, &parts)), trusted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_march_has_the_exponent_two_in_every_quarter() {
        let series: Vec<f64> = (0..400).map(|t| 0.3 * t as f64).collect();
        let lags = logarithmic_lags(90, 6);
        let squares = mean_square_displacement(&series, &lags).unwrap();
        let found = DisplacementEstimate::of(&series, &lags, &squares, (2, 20)).unwrap();
        assert!(found.trusted && (found.law.exponent - 2.0).abs() < 1e-12);
        let [low, high] = found.estimate.unwrap().interval.unwrap();
        assert!(high - low < 1e-9, "{low} to {high}");
        // A quarter has 100 values.
        assert!(!DisplacementEstimate::of(&series, &lags, &squares, (2, 21)).unwrap().trusted);
        let long = mean_square_displacement(&series, &[10, 50, 120]).unwrap();
        assert_eq!(
            DisplacementEstimate::of(&series, &[10, 50, 120], &long, (10, 120)).unwrap().estimate,
            None
        );
    }
}
