//! The tables of the study.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{DisplacementEstimate, median};

pub(crate) const TABLES: &[&str] = &[EXPONENTS, DISPLACEMENTS, GROWTH];
/// One row a component and range of lags.
pub(crate) const EXPONENTS: &str = "drift.csv";
/// One row a component and lag.
pub(crate) const DISPLACEMENTS: &str = "drift_displacements.csv";
/// One row a point in time.
pub(crate) const GROWTH: &str = "drift_growth.csv";

/// A row of `drift.csv`: the exponent of one component in one range of lags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DriftRow {
    pub(crate) index: usize,
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
    /// x in ⟨Δθ²⟩ ∝ h^x over the whole window.
    pub(crate) exponent: f64,
    /// Standard error of the mean of the exponents of the quarters of the window, and the 95 % interval of Student with it.
    pub(crate) standard_error: Option<f64>,
    #[serde(default)]
    pub(crate) low: Option<f64>,
    #[serde(default)]
    pub(crate) high: Option<f64>,
    /// Whether a quarter of the window is at least five times as long as the longest lag.
    pub(crate) trusted: bool,
}

/// A row of `drift_displacements.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DisplacementRow {
    pub(crate) index: usize,
    /// In recorded steps.
    pub(crate) lag: usize,
    /// ⟨(θ(t + lag) − θ(t))²⟩_t.
    pub(crate) displacement: f64,
}

/// A row of `drift_growth.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GrowthRow {
    pub(crate) step: u64,
    pub(crate) epoch: f64,
    /// ‖w(t)‖ of the recorded layer.
    pub(crate) norm: f64,
    /// w(t)·p_1.
    pub(crate) along: f64,
    /// Mean margin z_y − max_{j≠y} z_j at w(t), the other layers at their means.
    pub(crate) margin: f64,
    /// The same at w_0 + θ_1(t) p_1.
    pub(crate) margin_along: f64,
}

/// Exponents of the displacement in one range of lags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeOfLags {
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
    /// Of θ_1.
    pub(crate) first: f64,
    pub(crate) first_standard_error: Option<f64>,
    /// Median over the other components.
    pub(crate) median_of_others: f64,
}

impl RangeOfLags {
    pub(super) fn of(rows: &[DriftRow], &[shortest, longest]: &[usize; 2]) -> Option<Self> {
        let here = || rows.iter().filter(|row| (row.shortest, row.longest) == (shortest, longest));
        let first = here().find(|row| row.index == 1)?;
        let others = here().filter(|row| row.index > 1).map(|row| row.exponent).collect();
        Some(Self {
            shortest,
            longest,
            first: first.exponent,
            first_standard_error: first.standard_error,
            median_of_others: median(others)?,
        })
    }
}

/// The numbers of the drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DriftReport {
    /// σ_1²/σ_2².
    pub(crate) gap: f64,
    /// γ in σ_i² ∝ i^−γ with its standard error and range.
    pub(crate) decay: Option<varflat_analysis::spectrum::Decay>,
    /// Share of the 35 components after the first in the variance of all but the first.
    pub(crate) share_35: Option<f64>,
    /// |cos(p_1, w_0)|.
    pub(crate) alignment: f64,
    /// Exponents of the displacement, one for each range of lags.
    pub(crate) exponents: Vec<RangeOfLags>,
    /// Growth from the first to the last point of the window, as a ratio.
    pub(crate) norm_growth: f64,
    pub(crate) along_growth: f64,
    pub(crate) margin_growth: f64,
    pub(crate) margin_along_growth: f64,
    /// Share of the first component in all variance of the window.
    pub(crate) first_share: f64,
}

impl DriftRow {
    pub(super) fn of(index: usize, found: &DisplacementEstimate) -> Self {
        let DisplacementEstimate { law, lags: (shortest, longest), estimate, trusted } = found;
        let interval = estimate.as_ref().and_then(|estimate| estimate.interval);
        Self {
            index,
            shortest: *shortest,
            longest: *longest,
            exponent: law.exponent,
            standard_error: estimate.as_ref().and_then(|estimate| estimate.standard_error),
            low: interval.map(|[low, _]| low),
            high: interval.map(|[_, high]| high),
            trusted: *trusted,
        }
    }
}

/// In words, a number a line.
impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  gap {:.0}, |cos(p_1, w_0)| = {:.3}, share of p_1 in all variance {:.3}",
            self.gap, self.alignment, self.first_share
        )?;
        for range in &self.exponents {
            writeln!(
                f,
                "  exponent of ⟨Δθ²⟩ over lags {}–{}: θ_1 {:.2}, median of the others {:.2}",
                range.shortest, range.longest, range.first, range.median_of_others
            )?;
        }
        let percent = |ratio: f64| 100.0 * (ratio - 1.0);
        writeln!(
            f,
            "  over the window ‖w‖ grows by {:.2} %, w·p_1 by {:.2} %, the margin by {:.2} % ({:.2} % along p_1 alone)",
            percent(self.norm_growth),
            percent(self.along_growth),
            percent(self.margin_growth),
            percent(self.margin_along_growth)
        )
    }
}
