//! Two trainings from one state with the same mini-batches, in f32 and in f64: what rounding makes of a spectrum.
//!
//! Every update is rounded. Where nothing pulls the weights back the errors add up to a walk, so that the two trainings part; along flat
//! directions their difference is soon as large as the motion itself. The spectra may agree all the same: then the tail in f32 is another
//! sample of what the one in f64 is a sample of.

use crate::estimate::median;

/// Ranks over which a share has to hold in the median.
const TOGETHER: usize = 20;
/// Share of σ² that rounding has to be able to make up, for what it adds to be more than the scatter of two windows.
const VISIBLE: f64 = 0.01;

/// Variance, over a window of T steps, of a walk of T independent errors of variance `rounding`, (T² − 1)/6T times as much: what the
/// roundings of every update add up to along a direction in which nothing returns.
///
/// `rounding` is that of one row, [`TrajectoryPca::rounding`](crate::TrajectoryPca::rounding).
pub fn accumulated_rounding(rounding: f64, steps: usize) -> f64 {
    let steps = steps as f64;
    rounding * (steps * steps - 1.0) / (6.0 * steps)
}

/// The rank up to which σ² of one spectrum is that of the other within `tolerance` of it: 0 if the first already differs.
pub fn agree_up_to(one: &[f64], other: &[f64], tolerance: f64) -> usize {
    one.iter().zip(other).take_while(|(one, other)| (*one / *other - 1.0).abs() <= tolerance).count()
}

/// The rank, from 1, from which on a share reaches `level`: the first one that does where the median of it and of those after it, twenty in
/// all, does too. `None` if it never does.
pub fn holds_from(shares: &[f64], level: f64) -> Option<usize> {
    let found = (0..shares.len()).find(|&first| {
        let near = &shares[first..shares.len().min(first + TOGETHER)];
        shares[first] >= level && median(near.to_vec()).is_some_and(|median| median >= level)
    });
    found.map(|first| first + 1)
}

/// What is in a rounded spectrum beyond the one that is not, as a multiple of `rounding`: the median over the components of which it could
/// make up a hundredth or more. `None` if there are none.
///
/// 1 where each row was rounded by itself.
pub fn added_by_rounding(rounded: &[f64], exact: &[f64], rounding: &[f64]) -> Option<f64> {
    let each = rounded.iter().zip(exact).zip(rounding);
    let visible = each.filter(|((_, exact), rounding)| **rounding > VISIBLE * **exact);
    median(visible.map(|((rounded, exact), rounding)| (rounded - exact) / rounding).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectra_agree_until_they_do_not() {
        let exact = [8.0, 4.0, 2.0, 1.0];
        let rounded = [8.004, 4.0, 2.03, 1.0];
        assert_eq!(
            [1e-4, 1e-3, 1e-2, 1e-1].map(|tolerance| agree_up_to(&rounded, &exact, tolerance)),
            [0, 2, 2, 4]
        );
    }

    #[test]
    fn a_single_rank_is_no_share_that_holds() {
        let mut shares: Vec<f64> = (0..200).map(|rank| f64::from(rank) / 100.0).collect();
        shares[7] = 5.0;
        assert_eq!(holds_from(&shares, 0.5), Some(51));
        assert_eq!(holds_from(&shares, 3.0), None);
        assert_eq!(holds_from(&[], 0.1), None);
    }

    #[test]
    fn only_what_rounding_can_be_seen_in_counts() {
        let (exact, rounding) = ([1e3, 10.0, 4.0], [1.0, 1.0, 1.0]);
        assert_eq!(added_by_rounding(&[900.0, 11.5, 5.5], &exact, &rounding), Some(1.5));
        assert_eq!(added_by_rounding(&[900.0], &exact[..1], &rounding[..1]), None);
    }
}
