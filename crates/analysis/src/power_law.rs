//! The variance–flatness relation σ_i² ∝ F_i^(−ψ) (Feng & Tu, PNAS 2021).

use linfa::ParamGuard;
use rand_core::Rng;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{self, Interval};
use crate::line::{bends, curvature, least_squares, theil_sen};
use crate::pca::SegmentMoments;
use crate::points::{Component, Points};
use crate::scaling::LogLine;
use crate::{AnalysisError, Estimate, Replicates};

/// The fitted law ln σ_i² = ln A − ψ ln F_i: a [`Scaling`](crate::Scaling) of σ² with F of exponent −ψ, and what a fit over components
/// says besides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PowerLaw {
    /// ψ by ordinary least squares in logarithms; 4 in the paper, −2 in thermal equilibrium.
    pub psi: f64,
    /// Standard error of ψ by least squares alone: it takes the components as independent, and says nothing of another window
    /// (that is [`PowerLawParams::estimate`]).
    pub psi_standard_error: f64,
    /// ln A.
    pub ln_prefactor: f64,
    /// Pearson correlation of ln σ² and ln F; negative where the relation is inverse.
    pub r: f64,
    /// ψ by the Theil–Sen median slope over all pairs: a second opinion that outliers do not move.
    pub theil_sen: f64,
    /// c in ln σ² = a − ψ ln F + c (ln F)²: zero where the relation is straight.
    pub curvature: Option<f64>,
    /// Its standard error from the scatter about that parabola.
    pub curvature_standard_error: Option<f64>,
    /// Least and largest ψ among three equal parts of the range of ln F.
    pub local_psi: Option<[f64; 2]>,
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

    /// Whether the relation bends by more than the scatter of its points explains: no one ψ describes it.
    pub fn is_bent(&self) -> bool {
        self.curvature.zip(self.curvature_standard_error).is_some_and(|found| bends(found, self.n))
    }

    /// Where no one ψ describes the relation: its local values, from the least to the largest.
    pub fn bend(&self) -> Option<[f64; 2]> {
        self.local_psi.filter(|_| self.is_bent())
    }

    /// Whether most of the components asked for have no flatness: ψ is that of the few whose F was within reach.
    pub fn is_mostly_censored(&self) -> bool {
        self.censored > self.n
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

    /// Checks the parameters and takes the interval of ψ; see [`PowerLawValidParams::estimate`].
    ///
    /// # Errors
    /// As there, or if the range holds fewer than 3 components.
    pub fn estimate(
        &self,
        components: &[Component],
        replicates: &Replicates,
    ) -> Result<Estimate, AnalysisError> {
        self.check_ref()?.estimate(components, replicates)
    }

    /// Checks the parameters and takes the interval of the curvature; see [`PowerLawValidParams::estimate_curvature`].
    ///
    /// # Errors
    /// As there, or if the range holds fewer than 3 components.
    pub fn estimate_curvature(
        &self,
        components: &[Component],
        replicates: &Replicates,
    ) -> Result<Option<Estimate>, AnalysisError> {
        self.check_ref()?.estimate_curvature(components, replicates)
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
        let line = LogLine::through(&points.ln_flatness, &points.ln_variance);
        let (Some(LogLine { scaling, curvature, slopes }), Some(slope)) = (line, slope) else {
            return Err(points.no_spread());
        };
        Ok(PowerLaw {
            psi: -scaling.exponent,
            psi_standard_error: scaling.standard_error,
            ln_prefactor: scaling.ln_prefactor,
            r: scaling.r,
            theil_sen: -slope,
            curvature: curvature.map(|(curvature, _)| curvature),
            curvature_standard_error: curvature.map(|(_, error)| error),
            local_psi: slopes.map(|[least, largest]| [-largest, -least]),
            n: scaling.n,
            first: points.index.iter().copied().min().unwrap_or(0),
            last: points.index.iter().copied().max().unwrap_or(0),
            censored: points.censored,
            under_floor: points.under_floor,
        })
    }

    /// ψ with its interval over time: a jackknife over blocks of the window, the components found again in each replicate.
    ///
    /// F of rank i is held: what its scatter among windows adds is measured in `docs/src/uncertainty.md`. Components that a
    /// replicate does not have are left out of its fit.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn estimate(
        &self,
        components: &[Component],
        replicates: &Replicates,
    ) -> Result<Estimate, AnalysisError> {
        let points = self.points(components)?;
        let slope = |x: &[f64], y: &[f64]| least_squares(x, y).map(|line| -line.slope);
        let psi = slope(&points.ln_flatness, &points.ln_variance).ok_or_else(|| points.no_spread())?;
        Ok(points.estimate(psi, replicates, slope))
    }

    /// The curvature with its interval over time; `None` where there are too few points for one.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn estimate_curvature(
        &self,
        components: &[Component],
        replicates: &Replicates,
    ) -> Result<Option<Estimate>, AnalysisError> {
        let points = self.points(components)?;
        let of = |x: &[f64], y: &[f64]| curvature(x, y).map(|(curvature, _)| curvature);
        let whole = of(&points.ln_flatness, &points.ln_variance);
        Ok(whole.map(|curvature| points.estimate(curvature, replicates, of)))
    }

    /// 95 % percentile interval of ψ from a block bootstrap over time with everything else held: time resampling alone.
    ///
    /// Consecutive blocks of about `block_steps` steps (whole segments) are drawn with replacement, σ_i² is the mean of
    /// (θ_i − ⟨θ_i⟩_T)² over the drawn blocks, ⟨θ_i⟩_T being the mean over the whole window, and ψ is refitted; directions
    /// and flatness stay as they are. It need not contain ψ, and it is too narrow for what another window gives, whose components
    /// are others: that is [`Replicates`](crate::Replicates)' interval. Column i − 1 of `segments` belongs to component i.
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
        Points::of(components, self.skip_first, self.last.unwrap_or(usize::MAX))
    }
}
