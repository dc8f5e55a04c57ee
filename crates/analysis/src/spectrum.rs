//! What the variances alone say: gap, decay, shares, and the shares of a plain random walk.
//!
//! Variances are given in descending order, as [`TrajectoryPca::variance`](crate::TrajectoryPca::variance)
//! returns them; components count from 1.

use std::f64::consts::PI;

use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

use crate::scaling::scaling;
use crate::{AnalysisError, Estimate, Replicates};

/// Gap of the spectrum, σ_1²/σ_2²: how far the drift direction stands out (Feng & Tu 2021).
///
/// # Errors
/// If there are fewer than two variances, or σ_2² is not positive.
pub fn gap<'a>(variance: impl Into<ArrayView1<'a, f64>>) -> Result<f64, AnalysisError> {
    let variance = variance.into();
    checked(&variance, 1, 2)?;
    Ok(variance[0] / variance[1])
}

/// The gap with its interval over other windows.
///
/// There is none where 1 lies within it: σ_1² and σ_2² are then within each other's scatter, and their order alone makes them
/// differ.
///
/// # Errors
/// As [`gap`], of the window or of a replicate.
pub fn gap_estimate<'a>(
    variance: impl Into<ArrayView1<'a, f64>>,
    replicates: &Replicates,
) -> Result<Estimate, AnalysisError> {
    let value = gap(variance)?;
    let found = replicates.estimate_positive(value, |variance| gap(variance))?;
    Ok(match found.low() {
        Some(low) if low <= 1.0 => Estimate::without(
            value,
            "σ_1² and σ_2² are within each other's scatter: in another window they may change places",
        ),
        _ => found,
    })
}

/// Decay of the spectrum, σ_i² ∝ i^(−γ): a [`Scaling`](crate::Scaling) of σ² with i of exponent −γ, and the components it is over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// γ, positive where the variance falls.
    pub gamma: f64,
    /// Standard error of γ from the scatter about the line (components taken as independent).
    pub standard_error: f64,
    /// ln σ² of the fitted line at i = 1.
    pub ln_prefactor: f64,
    /// First component of the fit, from 1.
    pub first: usize,
    /// Last component of the fit, included.
    pub last: usize,
    /// Components of the range that was asked for under the floor of the decomposition, left out.
    #[serde(default)]
    pub under_floor: usize,
    /// Where the spectrum bends by more than its scatter: least and largest γ among three equal parts of ln i.
    #[serde(default)]
    pub bend: Option<[f64; 2]>,
}

/// Exponent γ of σ_i² ∝ i^(−γ): least squares of ln σ_i² on ln i over components `first..=last`
/// (20 to 200 as a rule), those with σ_i² at or under `floor` left out: these are not trusted
/// ([`TrajectoryPca::floor`](crate::TrajectoryPca::floor)).
///
/// # Errors
/// If the range leaves the spectrum, or fewer than 3 components of it lie above the floor.
pub fn decay<'a>(
    variance: impl Into<ArrayView1<'a, f64>>,
    (first, asked): (usize, usize),
    floor: f64,
) -> Result<Decay, AnalysisError> {
    let variance = variance.into();
    let available = variance.len();
    if first == 0 || asked < first || asked > available {
        return Err(AnalysisError::Range { first, last: asked, available });
    }
    // In descending order, so that those under the floor are the last.
    let last = asked.min(variance.iter().take_while(|variance| **variance > floor.max(0.0)).count());
    let under_floor = asked + 1 - first.max(last + 1);
    if last < first + 2 {
        let points = (last + 1).saturating_sub(first);
        return Err(AnalysisError::TooFewPoints { points, censored: 0, under_floor });
    }
    checked(&variance, first, last)?;
    let law = scaling((first..=last).map(|i| (i as f64, variance[i - 1])))?;
    Ok(Decay {
        gamma: -law.exponent,
        standard_error: law.standard_error,
        ln_prefactor: law.ln_prefactor,
        first,
        last,
        under_floor,
        bend: law.bend.map(|[least, largest]| [-largest, -least]),
    })
}

/// Share of the `n` components after the first: Σ_{i=2}^{n+1} σ_i² / Σ_{i≥2} σ_i², the lower sum being `total` − σ_1².
///
/// `total` is the variance in all directions, kept as components or not
/// ([`TrajectoryPca::total_variance`](crate::TrajectoryPca::total_variance)).
///
/// # Errors
/// If there are fewer than `n` + 1 variances, or all but the first are zero.
pub fn share<'a>(
    variance: impl Into<ArrayView1<'a, f64>>,
    total: f64,
    n: usize,
) -> Result<f64, AnalysisError> {
    let variance = variance.into();
    checked(&variance, 1, 2)?;
    if n >= variance.len() {
        return Err(AnalysisError::TooManyComponents { requested: n, available: variance.len() - 1 });
    }
    Ok(variance.iter().skip(1).take(n).sum::<f64>() / after(&variance, total, 1))
}

/// How many of the components after the first `skip` hold this `share` of the variance after these: the least n with
/// Σ_{i=skip+1}^{skip+n} σ_i² ≥ share · Σ_{i>skip} σ_i². `None` where it is more than were kept.
///
/// # Errors
/// If there is no variance after the first `skip`, or the first of them is not positive.
pub fn holding<'a>(
    variance: impl Into<ArrayView1<'a, f64>>,
    total: f64,
    skip: usize,
    share: f64,
) -> Result<Option<usize>, AnalysisError> {
    let variance = variance.into();
    checked(&variance, skip + 1, skip + 1)?;
    let rest = after(&variance, total, skip);
    let mut sum = 0.0;
    let reached = variance.iter().skip(skip).position(|variance| {
        sum += variance;
        // Sums in another order may differ in their last bits.
        sum >= share * rest * (1.0 - 1e-12)
    });
    Ok(reached.map(|place| place + 1))
}

/// Participation ratio of the components after the first `skip`: (Σ σ_i²)²/Σ σ_i⁴, which is n where n variances are equal and
/// the others zero. Directions that were not kept are in the first sum, not in the second, to which they add least.
///
/// # Errors
/// If there is no variance after the first `skip`, or the first of them is not positive.
pub fn participation<'a>(
    variance: impl Into<ArrayView1<'a, f64>>,
    total: f64,
    skip: usize,
) -> Result<f64, AnalysisError> {
    let variance = variance.into();
    checked(&variance, skip + 1, skip + 1)?;
    let squares = variance.iter().skip(skip).map(|variance| variance * variance).sum::<f64>();
    Ok(after(&variance, total, skip).powi(2) / squares)
}

/// The variance after the first `skip` components; rounding does not take it under that of those kept.
fn after(variance: &ArrayView1<'_, f64>, total: f64, skip: usize) -> f64 {
    let kept: f64 = variance.iter().skip(skip).sum();
    kept.max(total - variance.iter().take(skip).sum::<f64>())
}

/// Cumulative shares: element i − 1 is Σ_{j≤i} σ_j² / `total`, so that the last one is 1 where all components were kept.
pub fn cumulative<'a>(variance: impl Into<ArrayView1<'a, f64>>, total: f64) -> Vec<f64> {
    let variance = variance.into();
    variance
        .iter()
        .scan(0.0, |sum, variance| {
            *sum += variance;
            Some(*sum / total)
        })
        .collect()
}

/// Share of component `k` (from 1) in the PCA of a long random walk in many dimensions, 6/(π²k²):
/// 0.608, 0.152, 0.068, … (Antognini & Sohl-Dickstein, arXiv 1806.08805).
pub fn random_walk_share(k: usize) -> f64 {
    6.0 / (PI * k as f64).powi(2)
}

/// Checks that components `first..=last` (from 1) exist and are positive.
fn checked(variance: &ArrayView1<'_, f64>, first: usize, last: usize) -> Result<(), AnalysisError> {
    if first == 0 || last < first || last > variance.len() {
        return Err(AnalysisError::Range { first, last, available: variance.len() });
    }
    match (first..=last).find(|&i| !(variance[i - 1] > 0.0 && variance[i - 1].is_finite())) {
        None => Ok(()),
        Some(index) => {
            Err(AnalysisError::NonPositive { what: "the variance", index, value: variance[index - 1] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;

    #[test]
    fn so_many_components_hold_a_share() {
        let variance = ndarray::array![8.0, 4.0, 3.0, 2.0, 1.0];
        // Sums of the rest: 4, 7, 9, 10.
        assert_eq!(holding(&variance, 18.0, 1, 0.9).unwrap(), Some(3));
        assert_eq!(holding(&variance, 18.0, 1, 0.91).unwrap(), Some(4));
        assert_eq!(holding(&variance, 18.0, 1, 1.0).unwrap(), Some(4));
        assert_eq!(holding(&variance, 18.0, 0, 0.4).unwrap(), Some(1));
        assert!(holding(&variance, 18.0, 5, 0.9).is_err());
    }

    #[test]
    fn equal_variances_all_participate() {
        let equal = ndarray::array![100.0, 2.0, 2.0, 2.0, 0.0];
        assert!((participation(&equal, 106.0, 1).unwrap() - 3.0).abs() < 1e-12);
        assert!((participation(&equal, 106.0, 0).unwrap() - 106.0f64.powi(2) / 10012.0).abs() < 1e-9);
    }

    #[test]
    fn shares_are_of_all_variance_and_not_of_what_was_kept() {
        let all = Array1::from_shape_fn(40, |i| ((i + 1) as f64).powf(-1.5));
        let total = all.sum();
        for kept in [6, 12, 40] {
            let some = all.slice_axis(ndarray::Axis(0), (..kept).into());
            let (found, right) = (share(some, total, 5).unwrap(), share(&all, total, 5).unwrap());
            assert!((found - right).abs() < 1e-14, "{kept}");
            assert_eq!(cumulative(some, total), cumulative(&all, total)[..kept]);
            let right = participation(&all, total, 1).unwrap();
            assert!((participation(some, total, 1).unwrap() / right - 1.0).abs() < 0.07, "{kept}");
        }
        let right = holding(&all, total, 1, 0.7).unwrap();
        assert_eq!(right, Some(7));
        assert_eq!(holding(all.slice_axis(ndarray::Axis(0), (..12).into()), total, 1, 0.7).unwrap(), right);
        assert_eq!(holding(all.slice_axis(ndarray::Axis(0), (..6).into()), total, 1, 0.7).unwrap(), None);
    }

    #[test]
    fn the_decay_leaves_out_what_lies_under_the_floor() {
        // Dead units: 57 variances that fall as i^(−3), and seven that are rounding.
        let variance = Array1::from_shape_fn(64, |i| match i {
            0..57 => ((i + 1) as f64).powi(-3),
            _ => 1e-27,
        });
        let found = decay(&variance, (20, 64), 1e-16).unwrap();
        assert!((found.gamma - 3.0).abs() < 1e-9, "{found:?}");
        assert_eq!((found.last, found.under_floor), (57, 7));
        assert!(decay(&variance, (20, 64), 0.0).unwrap().gamma > 20.0);
        assert!(matches!(
            decay(&variance, (57, 64), 1e-16),
            Err(AnalysisError::TooFewPoints { points: 1, under_floor: 7, .. })
        ));
    }

    #[test]
    fn an_exact_power_of_the_index_is_recovered() {
        let variance = Array1::from_shape_fn(250, |i| 3.0 * ((i + 1) as f64).powf(-2.4));
        let decay = decay(&variance, (20, 200), 0.0).unwrap();
        assert!((decay.gamma - 2.4).abs() < 1e-12);
        assert!(decay.standard_error < 1e-12);
        assert!((gap(&variance).unwrap() - 2f64.powf(2.4)).abs() < 1e-12);
    }

    #[test]
    fn shares_by_hand() {
        let variance = [10.0, 4.0, 3.0, 2.0, 1.0];
        assert_eq!(share(&variance, 20.0, 2).unwrap(), 0.7);
        assert_eq!(share(&variance, 20.0, 4).unwrap(), 1.0);
        assert_eq!(cumulative(&variance, 20.0), [0.5, 0.7, 0.85, 0.95, 1.0]);
    }

    #[test]
    fn random_walk_shares_sum_to_one() {
        let sum: f64 = (1..1_000_000).map(random_walk_share).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert!((random_walk_share(1) - 0.608).abs() < 1e-3);
    }

    #[test]
    fn ranges_that_do_not_exist_are_named() {
        let variance = [3.0, 2.0, 0.0];
        assert!(matches!(decay(&variance, (0, 2), 0.0), Err(AnalysisError::Range { .. })));
        assert!(matches!(
            decay(&variance, (1, 4), 0.0),
            Err(AnalysisError::Range { last: 4, available: 3, .. })
        ));
        assert!(matches!(
            decay(&variance, (1, 3), 0.0),
            Err(AnalysisError::TooFewPoints { points: 2, under_floor: 1, .. })
        ));
        assert!(matches!(decay(&variance, (1, 2), 0.0), Err(AnalysisError::TooFewPoints { points: 2, .. })));
        assert!(matches!(
            share(&variance, 5.0, 3),
            Err(AnalysisError::TooManyComponents { available: 2, .. })
        ));
        assert!(gap(&[1.0]).is_err());
    }
}
