//! The variance–flatness relation σ_i² ∝ F_i^(−ψ) (Feng & Tu, PNAS 2021).

use linfa::ParamGuard;
use rand_core::Rng;
use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::bootstrap::{self, Interval};
use crate::line::{least_squares, theil_sen};
use crate::pca::SegmentMoments;

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

/// The fitted law ln σ_i² = ln A − ψ ln F_i.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PowerLaw {
    /// ψ by ordinary least squares in logarithms; 4 in the paper, −2 in thermal equilibrium.
    pub psi: f64,
    /// Standard error of ψ from the scatter about the line (components taken as independent).
    pub psi_standard_error: f64,
    /// ln A.
    pub ln_prefactor: f64,
    /// Pearson correlation of ln σ² and ln F; negative where the relation is inverse.
    pub r: f64,
    /// ψ by the Theil–Sen median slope over all pairs: a second opinion that outliers do not move.
    pub theil_sen: f64,
    /// Points the law is fitted to.
    pub n: usize,
    /// First component fitted, from 1.
    pub first: usize,
    /// Last component fitted.
    pub last: usize,
    /// Components of the range left out because they have no flatness.
    pub censored: usize,
    /// Components of the range left out because their variance is not trusted.
    pub under_floor: usize,
}

impl PowerLaw {
    /// Parameters at their defaults: all components but the first.
    pub fn params() -> PowerLawParams {
        PowerLawParams::default()
    }
}

/// Unchecked parameters of a [`PowerLaw`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerLawParams(PowerLawValidParams);

/// Checked parameters of a [`PowerLaw`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerLawValidParams {
    skip_first: usize,
    last: Option<usize>,
}

impl Default for PowerLawParams {
    fn default() -> Self {
        Self(PowerLawValidParams { skip_first: 1, last: None })
    }
}

impl PowerLawParams {
    /// Sets how many components to leave out at the start (default 1: the drift direction).
    pub fn skip_first(mut self, components: usize) -> Self {
        self.0.skip_first = components;
        self
    }

    /// Sets the last component of the fit, from 1 (default `None`: as many as there are).
    pub fn last(mut self, last: Option<usize>) -> Self {
        self.0.last = last;
        self
    }

    /// Checks the parameters and fits; see [`PowerLawValidParams::fit`].
    ///
    /// # Errors
    /// As there, or if the range holds fewer than 3 components.
    pub fn fit(&self, components: &[Component]) -> Result<PowerLaw, AnalysisError> {
        self.check_ref()?.fit(components)
    }

    /// Checks the parameters and resamples; see [`PowerLawValidParams::bootstrap`].
    ///
    /// # Errors
    /// As there, or if the range holds fewer than 3 components.
    pub fn bootstrap(
        &self,
        components: &[Component],
        segments: &SegmentMoments,
        block_steps: usize,
        resamples: usize,
        rng: &mut impl Rng,
    ) -> Result<Interval, AnalysisError> {
        self.check_ref()?.bootstrap(components, segments, block_steps, resamples, rng)
    }
}

impl ParamGuard for PowerLawParams {
    type Checked = PowerLawValidParams;
    type Error = AnalysisError;

    fn check_ref(&self) -> Result<&Self::Checked, AnalysisError> {
        match self.0.last {
            Some(last) if last < self.0.skip_first + 3 => Err(AnalysisError::Parameter {
                name: "last",
                value: last as f64,
                expected: "at least `skip_first` + 3, so that 3 components are left",
            }),
            _ => Ok(&self.0),
        }
    }

    fn check(self) -> Result<Self::Checked, AnalysisError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl PowerLawValidParams {
    /// Fits σ_i² ∝ F_i^(−ψ) to the components in range that have a flatness and are trusted, by
    /// least squares of ln σ_i² on ln F_i. Memory grows as 4·n² bytes (the pairs of Theil–Sen).
    ///
    /// # Errors
    /// If fewer than 3 points are left, all flatnesses are equal, or a value is not positive.
    pub fn fit(&self, components: &[Component]) -> Result<PowerLaw, AnalysisError> {
        let points = self.points(components)?;
        let slope = theil_sen(&points.ln_flatness, &points.ln_variance);
        let line = least_squares(&points.ln_flatness, &points.ln_variance);
        let (Some(line), Some(slope)) = (line, slope) else {
            return Err(points.no_spread());
        };
        let n = points.index.len();
        Ok(PowerLaw {
            psi: -line.slope,
            psi_standard_error: line.slope_standard_error,
            ln_prefactor: line.intercept,
            r: line.r,
            theil_sen: -slope,
            n,
            first: points.index.iter().copied().min().unwrap_or(0),
            last: points.index.iter().copied().max().unwrap_or(0),
            censored: points.censored,
            under_floor: points.under_floor,
        })
    }

    /// 95 % percentile interval of ψ from a block bootstrap over time.
    ///
    /// Consecutive blocks of about `block_steps` steps (whole segments) are drawn with replacement,
    /// σ_i² = ⟨θ_i²⟩ − ⟨θ_i⟩² is taken from the drawn blocks, and ψ refitted; directions and
    /// flatness stay as they are. `block_steps` should exceed the correlation time of θ_i. Column
    /// i − 1 of `segments` belongs to component i.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); also if the window makes fewer than 5 blocks, `resamples` is less
    /// than 40 (no 2.5 % percentile), or a component has no column in `segments`.
    pub fn bootstrap(
        &self,
        components: &[Component],
        segments: &SegmentMoments,
        block_steps: usize,
        resamples: usize,
        rng: &mut impl Rng,
    ) -> Result<Interval, AnalysisError> {
        bootstrap::interval(&self.points(components)?, segments, block_steps, resamples, rng)
    }

    /// The points (ln F_i, ln σ_i²) of the law.
    fn points(&self, components: &[Component]) -> Result<Points, AnalysisError> {
        let mut points = Points::default();
        let last = self.last.unwrap_or(usize::MAX);
        let in_range = |c: &&Component| c.index > self.skip_first && c.index <= last;
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
}

/// The points a law is fitted to, and how many components were left out.
#[derive(Debug, Default)]
pub(crate) struct Points {
    pub(crate) index: Vec<usize>,
    pub(crate) ln_flatness: Vec<f64>,
    pub(crate) ln_variance: Vec<f64>,
    censored: usize,
    under_floor: usize,
}

impl Points {
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
