//! Stage 4: variances and flatness → ψ with its uncertainty, and the spectrum's numbers.

use serde::{Deserialize, Serialize};
use varflat_analysis::{Component, Interval, PowerLaw, TrajectoryPca, spectrum};
use varflat_model::random::{Purpose, stream};

use super::{FlatnessRow, flatness, pca};
use crate::error::{Error, Result};
use crate::experiment::{Centre, Components, FitSection};
use crate::files::write_json;
use crate::run_folder::{RunFolder, Stage, names};

/// `fit.json`: every number of the headline figure.
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
    /// Standard error of ψ by least squares: it takes the components as independent.
    pub psi_standard_error: f64,
    /// 95 % interval of ψ by block bootstrap over time, directions and flatness held fixed.
    pub psi_interval: Option<[f64; 2]>,
    /// Why there is no interval, if there is none.
    pub psi_interval_missing: Option<String>,
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
    /// Blocks of the bootstrap: their length in recorded steps, and how many.
    pub bootstrap: Option<Interval>,
    /// σ_1²/σ_2².
    pub gap: f64,
    /// |cos(p_1, w_0)| with w_0 = ⟨w⟩_T. With a weight decay partly that of the decay, which moves w along itself.
    pub alignment: f64,
    /// γ in σ_i² ∝ i^−γ, if there are enough components.
    pub gamma: Option<f64>,
    /// The whole fit of γ: standard error, prefactor, range.
    pub decay: Option<spectrum::Decay>,
    /// Share of the 35 components after the first in the variance of all but the first, if all were found.
    pub share_35: Option<f64>,
}

/// Fit everything; takes seconds, so there is nothing to continue.
pub(super) fn fit(run: &RunFolder) -> Result<f64> {
    let report = fitted(run)?;
    run.begin(Stage::Fit)?;
    write_json(&run.file(names::FIT), &report)?;
    Ok(0.0)
}

/// The numbers, from the components and the flatness.
pub(crate) fn fitted(run: &RunFolder) -> Result<FitReport> {
    let experiment = run.experiment();
    let section = &experiment.fit;
    let pca = pca::read(run)?;
    let components = components(run, &pca)?;
    let params = PowerLaw::params().skip_first(section.skip_first).last(section.last);
    let law = params.fit(&components)?;
    let mut random = stream(experiment.seed, Purpose::Bootstrap, 0);
    let interval =
        params.bootstrap(&components, pca.segments(), section.block, section.resamples, &mut random);
    let decay = decay(section, &pca);
    let (mean, parameter) = (run.centre_weights(Centre::Mean)?, experiment.recorder.parameter());
    let recorded = mean.iter().find(|weights| weights.path == parameter);
    let recorded = recorded.ok_or_else(|| {
        Error::malformed(&run.file(names::WEIGHTS_MEAN), format!("there is no {parameter}"))
    })?;
    let w0 = ndarray::ArrayView1::from(&recorded.values);
    Ok(FitReport {
        l0: flatness::read_l0(run)?,
        around: experiment.landscape.around,
        factor: experiment.landscape.factor,
        psi: law.psi,
        psi_standard_error: law.psi_standard_error,
        psi_interval: interval.as_ref().ok().map(|interval| [interval.low, interval.high]),
        psi_interval_missing: interval.as_ref().err().map(ToString::to_string),
        psi_theil_sen: law.theil_sen,
        ln_prefactor: law.ln_prefactor,
        r: law.r,
        range: [law.first, law.last],
        n: law.n,
        left_out: law.censored,
        under_floor: law.under_floor,
        floor: pca.floor(),
        bootstrap: interval.ok(),
        gap: spectrum::gap(pca.variance())?,
        alignment: pca.alignment(w0)?,
        gamma: decay.map(|decay| decay.gamma),
        decay,
        share_35: spectrum::share(pca.variance(), 35)
            .ok()
            .filter(|_| matches!(experiment.pca.components, Components::All(_))),
    })
}

/// The points of the fit.
fn components(run: &RunFolder, pca: &TrajectoryPca) -> Result<Vec<Component>> {
    let rows = flatness::read_rows(run)?.into_iter();
    Ok(rows
        .map(|row| Component {
            index: row.index,
            variance: row.variance,
            flatness: row.flatness.filter(|_| row.is_found()),
            trusted: row.index.checked_sub(1).is_some_and(|index0| pca.trusted(index0)),
        })
        .collect())
}

/// The points of a finished run's fit.
pub(crate) fn read_components(run: &RunFolder) -> Result<Vec<Component>> {
    components(run, &pca::read(run)?)
}

impl FitReport {
    /// Whether a component was in the fit.
    pub(crate) fn uses(&self, row: &FlatnessRow) -> bool {
        row.is_found() && row.variance > self.floor && (self.range[0]..=self.range[1]).contains(&row.index)
    }
}

/// γ over the stated range, cut at the components there are; none if fewer than three remain.
fn decay(section: &FitSection, pca: &TrajectoryPca) -> Option<spectrum::Decay> {
    let [first, last] = section.decay;
    spectrum::decay(pca.variance(), first, last.min(pca.variance().len())).ok()
}
