//! Medians, and straight lines in logarithms.

use serde::{Deserialize, Serialize};

/// The middle of some values (of the two in the middle, their mean); nothing of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (lower, upper) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some(0.5 * (sorted[lower] + sorted[upper]))
}

/// Median, smallest and largest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Summary {
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let least = values.iter().copied().min_by(f64::total_cmp)?;
        let most = values.iter().copied().max_by(f64::total_cmp)?;
        Some(Self { median: median(values)?, least, most })
    }
}

/// The power law y = exp(`ln_prefactor`)·x^`exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Power {
    pub(crate) exponent: f64,
    /// √(Σ residual² / (n − 2) / Σ (ln x − ⟨ln x⟩)²).
    pub(crate) standard_error: f64,
    pub(crate) ln_prefactor: f64,
}

impl Power {
    /// Least squares of ln y on ln x; nothing for fewer than three points or equal x.
    pub(crate) fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        if points.len() < 3 {
            return None;
        }
        let ln: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
        let mean_x = ln.iter().map(|(x, _)| x).sum::<f64>() / n;
        let mean_y = ln.iter().map(|(_, y)| y).sum::<f64>() / n;
        let xx: f64 = ln.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        let xy: f64 = ln.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        if xx <= 1e-12 {
            return None;
        }
        let exponent = xy / xx;
        let ln_prefactor = mean_y - exponent * mean_x;
        let residual: f64 = ln.iter().map(|(x, y)| (y - ln_prefactor - exponent * x).powi(2)).sum();
        Some(Self { exponent, standard_error: (residual / (n - 2.0) / xx).sqrt(), ln_prefactor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(Summary::of(&[2.0, 5.0, 1.0]), Some(Summary { median: 2.0, least: 1.0, most: 5.0 }));
    }

    #[test]
    fn a_power_law_is_recovered() {
        let points: Vec<(f64, f64)> = (1..6).map(|x| (f64::from(x), 3.0 * f64::from(x).powf(1.5))).collect();
        let power = Power::fit(&points).unwrap();
        assert!((power.exponent - 1.5).abs() < 1e-12 && power.standard_error < 1e-7, "{power:?}");
        assert!((power.ln_prefactor - 3f64.ln()).abs() < 1e-12);
        assert_eq!(Power::fit(&points[..2]), None);
        assert_eq!(Power::fit(&[(2.0, 1.0); 4]), None);
    }

    #[test]
    fn the_standard_error_of_a_hand_computed_case() {
        // In logarithms x = 1, 2, 3, 4 and y = 1, 3, 4, 6: slope 1.6, residual 0.2, Sxx 5.
        let points = [(1, 1), (2, 3), (3, 4), (4, 6)].map(|(x, y)| (f64::from(x).exp(), f64::from(y).exp()));
        let power = Power::fit(&points).unwrap();
        assert!((power.exponent - 1.6).abs() < 1e-12);
        assert!((power.standard_error - (0.2f64 / 2.0 / 5.0).sqrt()).abs() < 1e-12);
    }
}
