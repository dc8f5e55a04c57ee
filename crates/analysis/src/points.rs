//! The points (ln F_i, ln σ_i²) of the variance–flatness relation.

use serde::{Deserialize, Serialize};

use crate::{AnalysisError, Estimate, Replicates};

/// One principal component: its variance and the flatness of the landscape along it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Number of the component, from 1.
    pub index: usize,
    /// σ_i², in squared units of weight.
    pub variance: f64,
    /// F_i, in units of weight; `None` where no crossing was found or the landscape is not monotone.
    pub flatness: Option<f64>,
    /// Whether σ_i² lies above the floor of the decomposition.
    pub trusted: bool,
}

/// The points a law is fitted to, and how many components were left out.
#[derive(Debug, Default)]
pub(crate) struct Points {
    pub(crate) index: Vec<usize>,
    pub(crate) ln_flatness: Vec<f64>,
    pub(crate) ln_variance: Vec<f64>,
    pub(crate) censored: usize,
    pub(crate) under_floor: usize,
}

impl Points {
    /// Those of the components after the first `skip_first`, up to `last`.
    pub(crate) fn of(
        components: &[Component],
        skip_first: usize,
        last: usize,
    ) -> Result<Self, AnalysisError> {
        let mut points = Self::default();
        let in_range = |c: &&Component| c.index > skip_first && c.index <= last;
        for component in components.iter().filter(in_range) {
            match component.flatness {
                None => points.censored += 1,
                Some(_) if !component.trusted => points.under_floor += 1,
                Some(flatness) => {
                    points.index.push(component.index);
                    points.ln_flatness.push(ln("the flatness", component.index, flatness)?);
                    points.ln_variance.push(ln("the variance", component.index, component.variance)?);
                }
            }
        }
        if points.index.len() < 3 {
            return Err(AnalysisError::TooFewPoints {
                points: points.index.len(),
                censored: points.censored,
                under_floor: points.under_floor,
            });
        }
        Ok(points)
    }

    /// A statistic of the points with its interval over time.
    pub(crate) fn estimate(
        &self,
        value: f64,
        replicates: &Replicates,
        of: impl Fn(&[f64], &[f64]) -> Option<f64>,
    ) -> Estimate {
        let known = replicates.variance().ncols();
        let there: Vec<usize> = (0..self.index.len()).filter(|&place| self.index[place] <= known).collect();
        let x: Vec<f64> = there.iter().map(|&place| self.ln_flatness[place]).collect();
        let found = replicates.estimate(value, |variance| {
            let y: Vec<f64> = there.iter().map(|&place| variance[self.index[place] - 1].ln()).collect();
            of(&x, &y).ok_or(())
        });
        found.unwrap_or_else(|()| {
            Estimate::without(
                value,
                format!("a window without one block has only {} of these components", there.len()),
            )
        })
    }

    /// The error for points whose flatnesses are all equal.
    pub(crate) fn no_spread(&self) -> AnalysisError {
        AnalysisError::NoSpread { what: "the flatness", points: self.index.len() }
    }
}

/// Logarithm of a value that has to be positive and finite.
pub(crate) fn ln(what: &'static str, index: usize, value: f64) -> Result<f64, AnalysisError> {
    if value > 0.0 && value.is_finite() {
        Ok(value.ln())
    } else {
        Err(AnalysisError::NonPositive { what, index, value })
    }
}
