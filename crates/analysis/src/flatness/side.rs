//! The search on one side of w_0: scan for the nearest crossing, then refine it.

use serde::{Deserialize, Serialize};

use super::crossing::{self, Next, Point};
use super::{FlatnessSearch, FlatnessStatus};
use crate::AnalysisError;

/// Change of ln L under which a rise or fall is not counted: 1 % of the loss.
const ROUGHNESS: f64 = 0.01;
/// Smallest offset tried, as a share of the radius …
const SMALLEST: f64 = 1e-18;
/// … and of this many units of weight where the radius is larger: how far is searched says nothing about where to begin.
const LARGE: f64 = 100.0;

/// What was found on one side of w_0. Offsets carry the side's sign; losses are as measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The nearest crossing of factor·L_0. A dip before it (the minimum lies off w_0) is allowed.
    Found {
        /// Offset of the crossing, in units of weight.
        offset: f64,
        /// Losses evaluated on this side.
        evaluations: usize,
    },
    /// The loss stays under the level up to `searched`: the radius, or the last finite loss.
    Censored {
        /// How far was searched.
        searched: f64,
        /// Loss there.
        loss: f64,
    },
    /// The loss rose by more than 1 % and then fell by more than 1 % before it crossed the level.
    NotMonotone {
        /// The nearest crossing seen, if any.
        offset: Option<f64>,
        /// Loss at the top of the rise.
        risen_to: f64,
        /// Lowest loss after it.
        fell_to: f64,
        /// Offset of the top.
        at: f64,
    },
}

impl Side {
    /// Offset of the nearest crossing seen, doubtful or not.
    pub fn crossing(&self) -> Option<f64> {
        match self {
            Self::Found { offset, .. } => Some(*offset),
            Self::Censored { .. } => None,
            Self::NotMonotone { offset, .. } => *offset,
        }
    }

    pub(super) fn status(&self) -> FlatnessStatus {
        match self {
            Self::Found { .. } => FlatnessStatus::Found,
            Self::Censored { .. } => FlatnessStatus::Censored,
            Self::NotMonotone { .. } => FlatnessStatus::NotMonotone,
        }
    }
}

/// The search on one side; distances from w_0 are positive here, f = ln L − ln(factor·L_0).
pub(super) struct SideSearch<'a> {
    search: &'a FlatnessSearch,
    sign: f64,
    ln_level: f64,
    /// All that is known, in order of distance, w_0 first.
    samples: Vec<Point>,
    /// Once the nearest crossing is bracketed: the width of the bracket a round ago.
    width_before: Option<f64>,
    /// Distance of the crossing, at the end.
    crossing: Option<f64>,
    /// Signed offsets to evaluate next; empty at the end.
    asked: Vec<f64>,
}

impl<'a> SideSearch<'a> {
    pub(super) fn new(search: &'a FlatnessSearch, sign: f64, reference_loss: f64, first_step: f64) -> Self {
        let guess = first_step.clamp(4.0 * smallest(search.radius), search.radius);
        Self {
            search,
            sign,
            ln_level: reference_loss.ln() + search.factor.ln(),
            samples: vec![(0.0, -search.factor.ln())],
            width_before: None,
            crossing: None,
            asked: [0.25, 0.5, 1.0].map(|share| sign * share * guess).to_vec(),
        }
    }

    pub(super) fn offsets(&self) -> &[f64] {
        &self.asked
    }

    /// Takes the losses at [`offsets`](Self::offsets) and decides what to ask next.
    pub(super) fn advance(&mut self, losses: &[f64]) -> Result<(), AnalysisError> {
        for (offset, &loss) in std::mem::take(&mut self.asked).iter().zip(losses) {
            let point = (offset.abs(), self.f(loss));
            let place = self.samples.partition_point(|sample| sample.0 < point.0);
            self.samples.insert(place, point);
        }
        if losses.is_empty() {
            return Ok(());
        }
        if self.width_before.is_none() {
            self.scan()?;
        }
        if self.width_before.is_some() {
            self.refine();
        }
        Ok(())
    }

    /// Brackets the nearest crossing, or asks for offsets further out or further in.
    fn scan(&mut self) -> Result<(), AnalysisError> {
        let Some(above) = self.above() else {
            let (outermost, _) = self.samples[self.samples.len() - 1];
            if outermost < self.search.radius {
                self.asked = vec![self.sign * (2.0 * outermost).min(self.search.radius)];
            }
            return Ok(());
        };
        if above > 1 {
            self.width_before = Some(f64::INFINITY);
            return Ok(());
        }
        let (innermost, f) = self.samples[above];
        if innermost <= smallest(self.search.radius) {
            return Err(AnalysisError::ReferenceMismatch {
                offset: self.sign * innermost,
                loss: self.loss(f),
                level: self.ln_level.exp(),
            });
        }
        self.asked = [0.25, 0.5].map(|share| self.sign * share * innermost).to_vec();
        Ok(())
    }

    /// Asks for offsets inside the bracket, or settles where the crossing is.
    fn refine(&mut self) {
        let (Some(above), Some(before)) = (self.above(), self.width_before) else { return };
        let (a, b) = (self.samples[above - 1], self.samples[above]);
        let width = b.0 - a.0;
        let around = &self.samples[above.saturating_sub(3)..self.samples.len().min(above + 3)];
        match crossing::next(a, b, around, self.search.tolerance, width > 0.5 * before) {
            Next::Ask(offsets) => self.asked = offsets.into_iter().map(|s| self.sign * s).collect(),
            Next::Root(root) => self.crossing = Some(root),
        }
        self.width_before = Some(width);
    }

    /// Position of the first sample above the level.
    fn above(&self) -> Option<usize> {
        self.samples.iter().position(|sample| sample.1 >= 0.0)
    }

    /// What the samples amount to.
    pub(super) fn finish(&self) -> Side {
        let (inner, outer) = match self.above() {
            Some(above) => (self.samples[above - 1], self.samples[above]),
            None => (self.samples[self.samples.len() - 1], (self.search.radius, f64::NEG_INFINITY)),
        };
        // A crossing whose far side is only an overflow or not a number has not been seen.
        let crossing = self.crossing.filter(|_| outer.1.is_finite()).map(|root| self.sign * root);
        if let Some((top, bottom)) = self.rise_and_fall(outer.0) {
            return Side::NotMonotone {
                offset: crossing,
                risen_to: self.loss(top.1),
                fell_to: self.loss(bottom.1),
                at: self.sign * top.0,
            };
        }
        match crossing {
            Some(offset) => Side::Found { offset, evaluations: self.samples.len() - 1 },
            None => Side::Censored { searched: self.sign * inner.0, loss: self.loss(inner.1) },
        }
    }

    /// The first top and the lowest point after it, among the samples up to `limit`.
    fn rise_and_fall(&self, limit: f64) -> Option<(Point, Point)> {
        let mut lowest = f64::INFINITY;
        let mut top: Option<Point> = None;
        let mut bottom: Option<(Point, Point)> = None;
        for &(s, f) in self.samples.iter().take_while(|sample| sample.0 <= limit) {
            lowest = lowest.min(f);
            match (top, bottom) {
                (_, Some((top, low))) if f < low.1 => bottom = Some((top, (s, f))),
                (Some(top), None) if f < top.1 - ROUGHNESS => bottom = Some((top, (s, f))),
                (None, None) if f > lowest + ROUGHNESS => top = Some((s, f)),
                (Some(high), None) if f > high.1 => top = Some((s, f)),
                _ => {}
            }
        }
        bottom
    }

    /// ln L − ln(factor·L_0); not a number counts as above, a loss of zero or less as far below.
    fn f(&self, loss: f64) -> f64 {
        if loss.is_nan() { f64::INFINITY } else { loss.max(0.0).ln() - self.ln_level }
    }

    fn loss(&self, f: f64) -> f64 {
        (f + self.ln_level).exp()
    }
}

/// Smallest offset tried within a radius.
fn smallest(radius: f64) -> f64 {
    SMALLEST * radius.min(LARGE)
}
