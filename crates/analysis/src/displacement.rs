//! How far a coordinate gets in a time: mean-square displacement and its exponent.

use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::scaling::scaling;

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

/// The exponent of ⟨Δθ²⟩ ∝ h^exponent: 1 for diffusion, 2 for drift, less than 1 where something holds θ back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DisplacementExponent {
    /// The slope of ln ⟨Δθ²⟩ on ln h.
    pub exponent: f64,
    /// Its standard error from the scatter about the line. Displacements at neighbouring lags share their steps, so that
    /// the true error is larger.
    pub standard_error: f64,
    /// Shortest lag of the fit.
    pub shortest: usize,
    /// Longest lag of the fit.
    pub longest: usize,
}

/// Least squares of ln ⟨Δθ²⟩ on ln h over the lags from `shortest` to `longest`.
///
/// # Errors
/// If fewer than three different lags lie in the range, or a displacement in it is not positive.
pub fn displacement_exponent(
    lags: &[usize],
    displacement: &[f64],
    (shortest, longest): (usize, usize),
) -> Result<DisplacementExponent, AnalysisError> {
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
    let law = scaling(points)?;
    Ok(DisplacementExponent { exponent: law.exponent, standard_error: law.standard_error, shortest, longest })
}
