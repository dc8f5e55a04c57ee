//! How far values of runs that should agree lie apart.

use serde::{Deserialize, Serialize};

/// How values scatter: not how well their mean is known, which is an [`Estimate`](crate::Estimate).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many values there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// s, with s² = Σ(x − mean)²/(n − 1).
    pub standard_deviation: f64,
    /// The least.
    pub least: f64,
    /// The largest.
    pub largest: f64,
}

impl Spread {
    /// Of at least two values; `None` of fewer.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            n,
            mean,
            standard_deviation: (square / (n - 1) as f64).sqrt(),
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            largest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// The value below which a share q of the values lies, on a straight line between neighbours: 0 gives the least, 1 the largest. `None` of
/// no values.
pub fn quantile(mut values: Vec<f64>, q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = q.clamp(0.0, 1.0) * values.len().checked_sub(1)? as f64;
    let (below, above) = (values.get(place.floor() as usize)?, values.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_ends() {
        let at = |q| quantile(vec![4.0, 1.0, 2.0, 3.0, 5.0], q).unwrap();
        for (q, expected) in [(0.0, 1.0), (0.1, 1.4), (0.5, 3.0), (0.9, 4.6), (1.0, 5.0)] {
            assert!((at(q) - expected).abs() < 1e-12);
        }
        assert_eq!(quantile(Vec::new(), 0.5), None);
    }

    #[test]
    fn a_spread_is_that_of_its_definition() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert_eq!((spread.mean, spread.least, spread.largest, spread.n), (3.0, 1.0, 6.0, 4));
        // Squares 4 + 1 + 0 + 9 over 3.
        assert!((spread.standard_deviation - (14.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(Spread::of(&[1.0]), None);
    }
}
