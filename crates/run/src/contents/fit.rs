//! `fit.json`: ψ and the other fitted numbers.

use serde::{Deserialize, Serialize};
use varflat_analysis::{Estimate, Interval, Scaling, spectrum};

use super::FlatnessRow;
use crate::experiment::Centre;

/// Why a file has no interval that was written before there was one.
pub(crate) const OLDER: &str = "it was fitted by an older version: do `varflat fit` again";

/// `fit.json`: every number of the headline figure.
///
/// Each interval is an [`Estimate`], which says what it covers. Intervals of other kinds have names that say so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// L_0, the full training loss at the centre w_0.
    pub l0: f64,
    /// The centre: ⟨w⟩_T or the last iterate.
    pub around: Centre,
    /// The level that defines flatness, as a multiple of L_0.
    pub factor: f64,
    /// ψ in σ² ∝ F^−ψ, by ordinary least squares of ln σ² on ln F.
    pub psi: f64,
    /// ψ with its interval over other windows of this training, the components found again; none in files from before it was.
    #[serde(default)]
    pub psi_estimate: Option<Estimate>,
    /// Whether the relation bends by more than the scatter of the points and of other windows explains: one ψ does not describe it.
    #[serde(default)]
    pub bent: Option<bool>,
    /// Least and largest ψ among three equal parts of the range of ln F.
    #[serde(default)]
    pub local_psi: Option<[f64; 2]>,
    /// c in ln σ² = a − ψ ln F + c (ln F)².
    #[serde(default)]
    pub curvature: Option<Estimate>,
    /// Standard error of ψ by least squares alone: it takes the components as independent.
    #[serde(alias = "psi_standard_error")]
    pub psi_least_squares_standard_error: f64,
    /// 95 % percentile interval of ψ by resampling blocks of time alone, directions and flatness held: too narrow, and it need not
    /// contain ψ.
    #[serde(default, alias = "psi_interval")]
    pub psi_time_resampling_interval: Option<[f64; 2]>,
    /// Why there is none, if there is none.
    #[serde(default, alias = "psi_interval_missing")]
    pub psi_time_resampling_missing: Option<String>,
    /// ψ by the median of all pairwise slopes (Theil–Sen).
    pub psi_theil_sen: f64,
    /// ln σ² of the fitted line at F = 1.
    pub ln_prefactor: f64,
    /// Correlation of ln σ² and ln F.
    pub r: f64,
    /// First and last component in the fit.
    pub range: [usize; 2],
    /// Components in the fit.
    pub n: usize,
    /// Components in the range left out because they are censored or not monotone.
    pub left_out: usize,
    /// Components in the range left out because their variance is under the floor.
    pub under_floor: usize,
    /// Variance under which a value is not trusted.
    pub floor: f64,
    /// x in F_i ∝ i^x over all components but the first that have a flatness.
    #[serde(default)]
    pub flatness_growth: Option<Scaling>,
    /// The median of the flatness that was found.
    #[serde(default)]
    pub median_flatness: Option<f64>,
    /// Variance in all directions, those that were not kept as components included.
    #[serde(default)]
    pub total_variance: Option<f64>,
    /// Blocks of the time resampling: their length in recorded steps, and how many.
    pub bootstrap: Option<Interval>,
    /// σ_1²/σ_2².
    pub gap: f64,
    /// The gap with its interval.
    #[serde(default)]
    pub gap_estimate: Option<Estimate>,
    /// |cos(p_1, w_0)| with w_0 = ⟨w⟩_T. With a weight decay partly that of the decay, which moves w along itself.
    pub alignment: f64,
    /// γ in σ_i² ∝ i^−γ, if there are enough components.
    pub gamma: Option<f64>,
    /// γ with its interval.
    #[serde(default)]
    pub gamma_estimate: Option<Estimate>,
    /// The whole fit of γ: prefactor, range, standard error by least squares.
    pub decay: Option<spectrum::Decay>,
    /// Why there is no γ, if there is none.
    #[serde(default)]
    pub decay_missing: Option<String>,
    /// Share of the 35 components after the first in the variance of all but the first, if so many were found.
    pub share_35: Option<f64>,
}

impl FitReport {
    /// ψ with its interval over other windows, or why it has none.
    pub fn psi_estimate(&self) -> Estimate {
        self.psi_estimate.clone().unwrap_or_else(|| Estimate::without(self.psi, OLDER))
    }

    /// The gap with its interval.
    pub fn gap_estimate(&self) -> Estimate {
        self.gap_estimate.clone().unwrap_or_else(|| Estimate::without(self.gap, OLDER))
    }

    /// γ with its interval, if there is a γ.
    pub fn gamma_estimate(&self) -> Option<Estimate> {
        self.gamma.map(|gamma| self.gamma_estimate.clone().unwrap_or_else(|| Estimate::without(gamma, OLDER)))
    }

    /// Where one ψ does not describe the relation: its local values, from the least to the largest.
    pub fn bend(&self) -> Option<[f64; 2]> {
        self.local_psi.filter(|_| self.bent == Some(true))
    }

    /// Where most of the components asked for have no flatness, so that ψ is that of a few: how many, and what helps.
    pub fn mostly_censored(&self) -> Option<String> {
        let asked = self.left_out + self.n;
        (self.left_out > self.n).then(|| {
            format!(
                "{} of {asked} components have no flatness; raise landscape.radius or lower landscape.factor",
                self.left_out
            )
        })
    }

    /// Whether a component was in the fit.
    pub fn uses(&self, row: &FlatnessRow) -> bool {
        row.is_found() && row.variance > self.floor && (self.range[0]..=self.range[1]).contains(&row.index)
    }
}
