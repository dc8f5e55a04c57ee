//! A power law between any two positive quantities: a straight line in log–log.

use serde::{Deserialize, Serialize};

use crate::line::{bends, curvature, least_squares, range_of_slopes};
use crate::{AnalysisError, Estimate};

/// y ∝ x^exponent, by least squares of ln y on ln x: what every fit of a straight line in log–log finds.
///
/// [`PowerLaw`](crate::PowerLaw) and [`Decay`](crate::spectrum::Decay) are this under the names, and with the sign, that the paper gives
/// them: ψ and γ are minus the exponent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The exponent.
    pub exponent: f64,
    /// Its standard error from the scatter about the line (points taken as independent).
    pub standard_error: f64,
    /// ln y of the line at x = 1.
    pub ln_prefactor: f64,
    /// Correlation of ln x and ln y.
    pub r: f64,
    /// Points of the fit.
    pub n: usize,
    /// Least and largest x of the fit; none in files from before it was noted.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Where the points bend by more than their scatter explains, so that no one exponent describes them: the least and the
    /// largest exponent among three equal parts of the range of ln x.
    #[serde(default)]
    pub bend: Option<[f64; 2]>,
}

impl Scaling {
    /// The exponent with its interval by least squares: the points are taken as independent.
    pub fn estimate(&self) -> Estimate {
        Estimate::least_squares(self.exponent, self.standard_error, self.n)
    }
}

/// The exponent of y ∝ x^exponent through points (x, y).
///
/// # Errors
/// If there are fewer than three points, all x are the same to a thousandth, or a value is not positive and finite.
pub fn scaling(points: impl IntoIterator<Item = (f64, f64)>) -> Result<Scaling, AnalysisError> {
    let points: Vec<(f64, f64)> = points.into_iter().collect();
    for (index, point) in points.iter().enumerate() {
        for (what, value) in [("x", point.0), ("y", point.1)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(AnalysisError::NonPositive { what, index: index + 1, value });
            }
        }
    }
    let n = points.len();
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().map(|point| (point.0.ln(), point.1.ln())).unzip();
    let line = LogLine::through(&x, &y).ok_or(match n {
        0..3 => AnalysisError::TooFewPoints { points: n, censored: 0, under_floor: 0 },
        _ => AnalysisError::NoSpread { what: "x", points: n },
    })?;
    Ok(Scaling { range: ends(points.iter().map(|point| point.0)), ..line.scaling })
}

/// A straight line in log–log, and all that tells whether it is one.
pub(crate) struct LogLine {
    pub(crate) scaling: Scaling,
    /// c in ln y = a + b ln x + c (ln x)², and its standard error.
    pub(crate) curvature: Option<(f64, f64)>,
    /// Least and largest slope among three equal parts of the range, whether the points bend or not.
    pub(crate) slopes: Option<[f64; 2]>,
}

impl LogLine {
    /// Through points in logarithms; `None` where these have no slope.
    pub(crate) fn through(ln_x: &[f64], ln_y: &[f64]) -> Option<Self> {
        let line = least_squares(ln_x, ln_y)?;
        let n = ln_x.len();
        let (curvature, slopes) = (curvature(ln_x, ln_y), range_of_slopes(ln_x, ln_y));
        let bent = curvature.is_some_and(|found| bends(found, n));
        let scaling = Scaling {
            exponent: line.slope,
            standard_error: line.slope_standard_error,
            ln_prefactor: line.intercept,
            r: line.r,
            n,
            range: ends(ln_x.iter().map(|x| x.exp())),
            bend: slopes.filter(|_| bent),
        };
        Some(Self { scaling, curvature, slopes })
    }
}

/// The least and the largest of positive values, if there are any.
fn ends(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.fold(None, |ends, value| {
        let [least, largest] = ends.unwrap_or([value; 2]);
        Some([value.min(least), value.max(largest)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_power_is_recovered() {
        let law = scaling((1..20).map(|x| (f64::from(x), 3.0 * f64::from(x).powf(-2.5)))).unwrap();
        assert!((law.exponent + 2.5).abs() < 1e-12 && law.standard_error < 1e-12);
        assert!((law.ln_prefactor - 3f64.ln()).abs() < 1e-12 && (law.r + 1.0).abs() < 1e-12);
        assert_eq!((law.n, law.range, law.bend), (19, Some([1.0, 19.0]), None));
    }

    #[test]
    fn two_powers_bend() {
        let noise = |i: i32| 0.03 * f64::from(i * 7919 % 13 - 6);
        let point = |i: i32| (0.1 * f64::from(i), noise(i));
        let of = |y: fn(f64) -> f64| {
            scaling((0..60).map(point).map(|(x, noise)| (x.exp(), (y(x) + noise).exp()))).unwrap()
        };
        let [least, largest] = of(|x| if x < 3.0 { -x } else { 3.0 - 2.0 * x }).bend.unwrap();
        assert!((least + 2.0).abs() < 0.2 && (largest + 1.0).abs() < 0.2, "{least} {largest}");
        assert_eq!(of(|x| -1.5 * x).bend, None);
    }

    #[test]
    fn the_standard_error_of_a_hand_computed_case() {
        // In logarithms x = 1, 2, 3, 4 and y = 1, 3, 4, 6: slope 1.6, residual 0.2, Sxx 5.
        let points = [(1, 1), (2, 3), (3, 4), (4, 6)].map(|(x, y)| (f64::from(x).exp(), f64::from(y).exp()));
        let law = scaling(points).unwrap();
        assert!((law.exponent - 1.6).abs() < 1e-12);
        assert!((law.standard_error - (0.2f64 / 2.0 / 5.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_exponent_is_named() {
        assert!(matches!(scaling([(1.0, 1.0)]), Err(AnalysisError::TooFewPoints { points: 1, .. })));
        assert!(matches!(scaling([(2.0, 1.0); 5]), Err(AnalysisError::NoSpread { points: 5, .. })));
        let negative = scaling([(1.0, 1.0), (2.0, -1.0), (3.0, 1.0)]);
        assert!(matches!(negative, Err(AnalysisError::NonPositive { what: "y", index: 2, .. })));
    }
}
