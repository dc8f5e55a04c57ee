//! A power law between any two positive quantities.

use serde::{Deserialize, Serialize};

use crate::line::{bends, curvature, least_squares, range_of_slopes};
use crate::{AnalysisError, Estimate};

/// y ∝ x^exponent, by least squares in logarithms.
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
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for (index, point) in points.into_iter().enumerate() {
        for (what, value) in [("x", point.0), ("y", point.1)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(AnalysisError::NonPositive { what, index: index + 1, value });
            }
        }
        x.push(point.0.ln());
        y.push(point.1.ln());
    }
    let n = x.len();
    let line = least_squares(&x, &y).ok_or(match n {
        0..3 => AnalysisError::TooFewPoints { points: n, censored: 0, under_floor: 0 },
        _ => AnalysisError::NoSpread { what: "x", points: n },
    })?;
    let bent = curvature(&x, &y).is_some_and(|found| bends(found, n));
    Ok(Scaling {
        exponent: line.slope,
        standard_error: line.slope_standard_error,
        ln_prefactor: line.intercept,
        r: line.r,
        n,
        bend: range_of_slopes(&x, &y).filter(|_| bent),
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
        assert_eq!((law.n, law.bend), (19, None));
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
