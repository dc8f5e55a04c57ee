//! Stage 4: variances and flatness → ψ with its uncertainty, and the spectrum's numbers.

mod uncertainty;

use serde::{Deserialize, Serialize};
use varflat_analysis::{
    AnalysisError, Component, Estimate, Interval, PowerLaw, PowerLawParams, Scaling, TrajectoryPca, median,
    scaling, spectrum,
};
use varflat_files::{FileError, write_json};
use varflat_model::random::{Purpose, stream};

use super::{FlatnessRow, flatness, pca};
use crate::error::Result;
use crate::experiment::{Centre, FitSection};
use crate::run_folder::{RunFolder, Stage, names};
pub use uncertainty::Uncertainty;

/// Why a file has no interval that was written before there was one.
const OLDER: &str = "it was fitted by an older version: do `varflat fit` again";

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

/// Fit everything; takes seconds, so there is nothing to continue.
pub(super) fn fit(run: &RunFolder) -> Result<f64> {
    let (report, uncertainty) = fitted(run)?;
    run.begin(Stage::Fit)?;
    uncertainty.write(run)?;
    write_json(&run.file(names::FIT), &report)?;
    Ok(0.0)
}

/// The numbers, from the components and the flatness, and what their intervals rest on.
pub fn fitted(run: &RunFolder) -> Result<(FitReport, Uncertainty)> {
    let experiment = run.experiment();
    let section = &experiment.fit;
    let pca = pca::read(run)?;
    let components = components(run, &pca)?;
    let params = PowerLaw::params().skip_first(section.skip_first).last(section.last);
    let law = params.fit(&components)?;
    let uncertainty = Uncertainty::measure(run, &pca, &law, law.last.max(section.decay[1]).max(2))?;
    let mut random = stream(experiment.seed, Purpose::Bootstrap, 0);
    let resampled =
        params.bootstrap(&components, pca.segments(), section.block, section.resamples, &mut random);
    let psi_estimate = psi(&params, &law, &components, &uncertainty);
    let curvature = curvature(&params, &law, &components, &uncertainty);
    let decay = decay(section, &pca);
    let gap = spectrum::gap(pca.variance())?;
    let report = FitReport {
        l0: flatness::read_l0(run)?,
        around: experiment.landscape.around,
        factor: experiment.landscape.factor,
        psi: law.psi,
        psi_estimate: Some(psi_estimate),
        bent: Some(is_bent(&law, curvature.as_ref())),
        local_psi: law.local_psi,
        curvature,
        psi_least_squares_standard_error: law.psi_standard_error,
        psi_time_resampling_interval: resampled.as_ref().ok().map(|interval| [interval.low, interval.high]),
        psi_time_resampling_missing: resampled.as_ref().err().map(ToString::to_string),
        psi_theil_sen: law.theil_sen,
        ln_prefactor: law.ln_prefactor,
        r: law.r,
        range: [law.first, law.last],
        n: law.n,
        left_out: law.censored,
        under_floor: law.under_floor,
        floor: pca.floor(),
        flatness_growth: flatness_growth(&components),
        median_flatness: median(components.iter().filter_map(|component| component.flatness).collect()),
        total_variance: Some(pca.total_variance()),
        bootstrap: resampled.ok(),
        gap,
        gap_estimate: Some(
            uncertainty
                .estimate(gap, [1, 2], |replicates| spectrum::gap_estimate(pca.variance(), replicates)),
        ),
        alignment: pca.alignment(&recorded_mean(run)?)?,
        gamma: decay.as_ref().ok().map(|decay| decay.gamma),
        gamma_estimate: decay.as_ref().ok().map(|decay| gamma(decay, &uncertainty)),
        decay_missing: decay.as_ref().err().map(ToString::to_string),
        decay: decay.ok(),
        share_35: spectrum::share(pca.variance(), pca.total_variance(), 35).ok(),
    };
    Ok((report, uncertainty))
}

/// F_i ∝ i^x over all components but the first.
fn flatness_growth(components: &[Component]) -> Option<Scaling> {
    let later = components.iter().filter(|component| component.index > 1);
    scaling(later.filter_map(|component| Some((component.index as f64, component.flatness?)))).ok()
}

/// ψ with its interval.
pub fn psi(
    params: &PowerLawParams,
    law: &PowerLaw,
    components: &[Component],
    uncertainty: &Uncertainty,
) -> Estimate {
    let range = [law.first, law.last];
    uncertainty.estimate(law.psi, range, |replicates| params.estimate(components, replicates))
}

fn curvature(
    params: &PowerLawParams,
    law: &PowerLaw,
    components: &[Component],
    uncertainty: &Uncertainty,
) -> Option<Estimate> {
    let (value, range) = (law.curvature?, [law.first, law.last]);
    Some(uncertainty.estimate(value, range, |replicates| {
        let found = params.estimate_curvature(components, replicates)?;
        Ok(found.unwrap_or_else(|| Estimate::without(value, "too few components")))
    }))
}

/// Beyond the scatter of the points, and beyond that of other windows where it is known.
fn is_bent(law: &PowerLaw, curvature: Option<&Estimate>) -> bool {
    let beyond_windows =
        curvature.and_then(|curvature| curvature.interval).is_none_or(|[low, high]| low > 0.0 || high < 0.0);
    law.is_bent() && beyond_windows
}

fn gamma(decay: &spectrum::Decay, uncertainty: &Uncertainty) -> Estimate {
    let (first, last) = (decay.first, decay.last);
    uncertainty.estimate(decay.gamma, [first, last], |replicates| {
        let last = last.min(replicates.variance().ncols());
        replicates.estimate(decay.gamma, |variance| Ok(spectrum::decay(variance, (first, last), 0.0)?.gamma))
    })
}

/// ⟨w⟩_T of the recorded layer.
fn recorded_mean(run: &RunFolder) -> Result<Vec<f64>> {
    let (mean, parameter) = (run.centre_weights(Centre::Mean)?, run.experiment().recorder.parameter());
    let recorded = mean.into_iter().find(|weights| weights.path == parameter);
    let recorded = recorded.ok_or_else(|| {
        FileError::malformed(&run.file(names::WEIGHTS_MEAN), format!("there is no {parameter}"))
    })?;
    Ok(recorded.values)
}

/// The points of the fit.
fn components(run: &RunFolder, pca: &TrajectoryPca) -> Result<Vec<Component>> {
    let rows = flatness::read_rows_along(run, pca)?.into_iter();
    Ok(rows
        .map(|row| Component {
            index: row.index,
            variance: row.variance,
            flatness: row.flatness.filter(|_| row.is_found()),
            trusted: pca.trusted(row.index - 1),
        })
        .collect())
}

/// The points of a finished run's fit.
pub fn read_components(run: &RunFolder) -> Result<Vec<Component>> {
    components(run, &pca::read(run)?)
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

/// γ over the stated range, cut at the components there are; those under the floor are left out and counted.
fn decay(section: &FitSection, pca: &TrajectoryPca) -> std::result::Result<spectrum::Decay, AnalysisError> {
    let [first, last] = section.decay;
    spectrum::decay(pca.variance(), (first, last.min(pca.variance().len())), pca.floor())
}
