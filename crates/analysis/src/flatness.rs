//! Flatness of the loss landscape along one direction (Feng & Tu, PNAS 2021).

mod crossing;
mod side;
mod status;

pub use side::Side;
pub use status::FlatnessStatus;

use std::f64::consts::E;

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use side::SideSearch;

/// Search for the flatness F_i = θ_r − θ_l, where L_i(θ_l) = L_i(θ_r) = factor·L_0 with the factor
/// e in the paper, and θ_l < 0 < θ_r are the crossings nearest to w_0 on each side.
///
/// Made by [`params`](Self::params) and `check`.
#[derive(Debug, Clone, PartialEq)]
pub struct FlatnessSearch {
    factor: f64,
    tolerance: f64,
    radius: f64,
}

/// Unchecked parameters of a [`FlatnessSearch`].
#[derive(Debug, Clone, PartialEq)]
pub struct FlatnessSearchParams(FlatnessSearch);

/// What was found on the two sides of one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectionFlatness {
    /// The side of negative offsets.
    pub left: Side,
    /// The side of positive offsets.
    pub right: Side,
}

impl DirectionFlatness {
    /// F = θ_r − θ_l in units of weight, where both crossings were found on a monotone landscape.
    pub fn flatness(&self) -> Option<f64> {
        match (&self.left, &self.right) {
            (Side::Found { offset: left, .. }, Side::Found { offset: right, .. }) => Some(right - left),
            _ => None,
        }
    }

    /// A first step for the search along a neighbouring direction: 1.1 times the half distance of the crossings, because that one is
    /// mostly a little flatter and a search that begins outside needs fewer losses. `None` unless both crossings were seen.
    pub fn first_step_of_neighbour(&self) -> Option<f64> {
        Some(1.1 * 0.5 * (self.right.crossing()? - self.left.crossing()?))
    }

    /// The worse of the two sides: censored, then not monotone, then found.
    pub fn status(&self) -> FlatnessStatus {
        self.left.status().max(self.right.status())
    }
}

/// The curvature κ of the parabola L_0 + gδθ + κδθ²/2 that crosses the level `factor`·L_0 at θ_l < 0 < θ_r:
/// κ = 2 (factor − 1) L_0/(|θ_l| θ_r), as the product of the two roots is −2 (factor − 1) L_0/κ.
///
/// Exact whatever the slope g = −κ(θ_l + θ_r)/2 is; with g = 0 it is 8 (factor − 1) L_0/F², F = θ_r − θ_l. (From F alone a slope
/// cannot be seen: it widens F.)
pub fn curvature_of_crossings(left: f64, right: f64, reference_loss: f64, factor: f64) -> f64 {
    2.0 * (factor - 1.0) * reference_loss / (left * right).abs()
}

/// The flatness F = √(8 (factor − 1) L_0/κ) of the parabola L_0 + κδθ²/2 at the level `factor`·L_0: what F would be were the curvature κ at
/// w_0 all there is. `None` where κ is not positive.
///
/// ```
/// use varflat_analysis::{curvature_of_crossings, flatness_of_curvature};
/// let flatness = flatness_of_curvature(0.02, 1e-4, 3.0).unwrap();
/// let back = curvature_of_crossings(-flatness / 2.0, flatness / 2.0, 1e-4, 3.0);
/// assert!((back / 0.02 - 1.0).abs() < 1e-12);
/// ```
pub fn flatness_of_curvature(curvature: f64, reference_loss: f64, factor: f64) -> Option<f64> {
    (curvature > 0.0).then(|| (8.0 * (factor - 1.0) * reference_loss / curvature).sqrt())
}

impl FlatnessSearch {
    /// Parameters at their defaults: factor e, tolerance 1e-4, radius 100.
    pub fn params() -> FlatnessSearchParams {
        FlatnessSearchParams(Self { factor: E, tolerance: 1e-4, radius: 100.0 })
    }

    /// Measures the flatness along one direction.
    ///
    /// `reference_loss` is L_0 = L(w_0). `first_step` guesses how far the crossings are, in units of
    /// weight (that of the direction before will do; a bad guess costs evaluations, not accuracy).
    /// `losses(offsets)` returns L(w_0 + s·p) for each offset s, in the same order; both sides are
    /// asked for together, a few offsets a call.
    ///
    /// Each side is first scanned on a geometric grid of offsets, so that the nearest crossing is
    /// bracketed (features narrower than the grid's factor 2 can be missed), then the crossing of
    /// ln L is refined. A loss that overflows counts as above the level, as does one that is not a
    /// number; where the level is passed only by such a value the side is censored there.
    ///
    /// # Errors
    /// If L_0 is not positive and finite, `first_step` is not positive and finite, `losses` returns
    /// another number of values than it was asked for, or the loss exceeds the level however close
    /// to w_0 it is taken (L_0 belongs to another point).
    pub fn measure(
        &self,
        reference_loss: f64,
        first_step: f64,
        mut losses: impl FnMut(&[f64]) -> Vec<f64>,
    ) -> Result<DirectionFlatness, AnalysisError> {
        let found = self.measure_together(reference_loss, first_step, 1, |offsets| {
            Ok::<_, AnalysisError>(vec![losses(&offsets[0])])
        })?;
        found.into_iter().next().ok_or(AnalysisError::LossCount { asked: 1, returned: 0 })
    }

    /// Measures the flatness along several directions at once, for losses that are cheaper together: on a GPU, say.
    ///
    /// `losses(offsets)` gets the offsets wanted along each of the `directions`, an empty list where the search is over, and
    /// returns the losses there. Everything else is as in [`measure`](Self::measure), which is this for one direction.
    ///
    /// # Errors
    /// As [`measure`](Self::measure), and those of `losses`.
    pub fn measure_together<E: From<AnalysisError>>(
        &self,
        reference_loss: f64,
        first_step: f64,
        directions: usize,
        mut losses: impl FnMut(&[Vec<f64>]) -> Result<Vec<Vec<f64>>, E>,
    ) -> Result<Vec<DirectionFlatness>, E> {
        if !(reference_loss > 0.0 && reference_loss.is_finite()) {
            return Err(AnalysisError::ReferenceLoss { loss: reference_loss }.into());
        }
        positive("first_step", first_step)?;
        let side = |sign| SideSearch::new(self, sign, reference_loss, first_step);
        let mut searches: Vec<_> = (0..directions).map(|_| (side(-1.0), side(1.0))).collect();
        loop {
            let offsets: Vec<Vec<f64>> =
                searches.iter().map(|(left, right)| [left.offsets(), right.offsets()].concat()).collect();
            if offsets.iter().all(Vec::is_empty) {
                break;
            }
            let answers = losses(&offsets)?;
            let count = |lists: &[Vec<f64>]| lists.iter().map(Vec::len).sum();
            if !answers.iter().map(Vec::len).eq(offsets.iter().map(Vec::len)) {
                let (asked, returned) = (count(&offsets), count(&answers));
                return Err(AnalysisError::LossCount { asked, returned }.into());
            }
            for ((left, right), answers) in searches.iter_mut().zip(&answers) {
                let (to_the_left, to_the_right) = answers.split_at(left.offsets().len());
                left.advance(to_the_left)?;
                right.advance(to_the_right)?;
            }
        }
        let finished = searches.into_iter();
        Ok(finished
            .map(|(left, right)| DirectionFlatness { left: left.finish(), right: right.finish() })
            .collect())
    }
}

/// Neighbouring directions that are measured as one group, each search beginning where the one before ended. A fixed number, so that
/// a result depends neither on the threads nor on where an interrupted run went on.
pub const NEIGHBOURS: usize = 20;

/// The flatness along neighbouring directions, one after the other: `measure(direction, first_step)` is given the
/// [first step](DirectionFlatness::first_step_of_neighbour) that follows from the direction before, 1 for the first.
///
/// # Errors
/// The first of `measure`.
pub fn flatness_of_neighbours<D, E>(
    directions: impl IntoIterator<Item = D>,
    mut measure: impl FnMut(D, f64) -> Result<DirectionFlatness, E>,
) -> Result<Vec<DirectionFlatness>, E> {
    let mut first_step = 1.0;
    let found = directions.into_iter().map(|direction| {
        let found = measure(direction, first_step)?;
        first_step = found.first_step_of_neighbour().unwrap_or(first_step);
        Ok(found)
    });
    found.collect()
}

impl FlatnessSearchParams {
    /// Sets the factor of L_0 that bounds a flat region (default e; more than 1).
    pub fn factor(mut self, factor: f64) -> Self {
        self.0.factor = factor;
        self
    }

    /// Sets the relative tolerance of a crossing's offset (default 1e-4; between 0 and 1).
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Sets how far to search on each side, in units of weight (default 100).
    pub fn radius(mut self, radius: f64) -> Self {
        self.0.radius = radius;
        self
    }
}

impl ParamGuard for FlatnessSearchParams {
    type Checked = FlatnessSearch;
    type Error = AnalysisError;

    fn check_ref(&self) -> Result<&FlatnessSearch, AnalysisError> {
        let FlatnessSearch { factor, tolerance, radius } = self.0;
        if !(factor > 1.0 && factor.is_finite()) {
            return Err(AnalysisError::Parameter {
                name: "factor",
                value: factor,
                expected: "finite and more than 1",
            });
        }
        // Under this, neighbouring offsets are the same number.
        if !(1e-14..1.0).contains(&tolerance) {
            return Err(AnalysisError::Parameter {
                name: "tolerance",
                value: tolerance,
                expected: "at least 1e-14 and less than 1",
            });
        }
        positive("radius", radius)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<FlatnessSearch, AnalysisError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Checks a length.
fn positive(name: &'static str, value: f64) -> Result<(), AnalysisError> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(AnalysisError::Parameter { name, value, expected: "positive and finite" })
    }
}
