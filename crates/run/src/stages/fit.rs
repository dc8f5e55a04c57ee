//! Stage 4: variances and flatness → ψ with its uncertainty, and the spectrum's numbers.

mod uncertainty;

use varflat_analysis::{
    AnalysisError, Component, Estimate, PowerLaw, PowerLawParams, Scaling, TrajectoryPca, median, scaling,
    spectrum,
};
use varflat_files::FileError;
use varflat_model::random::{Purpose, stream};

use super::flatness;
use crate::artifacts::{FIT, JACKKNIFE, PCA, WEIGHTS_MEAN};
use crate::contents::FitReport;
use crate::error::Result;
use crate::experiment::FitSection;
use crate::run_folder::{RunFolder, RunWriter, Stage, names};
pub use uncertainty::Uncertainty;

/// Fit everything; takes seconds, so there is nothing to continue. Returns the seconds it took.
pub(super) fn fit(run: &RunWriter<'_>) -> Result<f64> {
    let (report, uncertainty) = fitted(run)?;
    let stage = run.begin(Stage::Fit)?;
    stage.write(&JACKKNIFE, &uncertainty.replicates())?;
    stage.write(&FIT, &report)?;
    stage.finish()
}

/// The numbers, from the components and the flatness, and what their intervals rest on.
///
/// # Errors
/// [`Error::File`](crate::Error::File) if an input is missing or damaged; [`Error::Analysis`](crate::Error::Analysis) if too few
/// components have a flatness.
pub fn fitted(run: &RunFolder) -> Result<(FitReport, Uncertainty)> {
    let experiment = run.experiment();
    let section = &experiment.fit;
    let pca = run.read(&PCA)?;
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
    let (mean, parameter) = (run.read(&WEIGHTS_MEAN)?, run.experiment().recorder.parameter());
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
///
/// # Errors
/// [`Error::File`](crate::Error::File) if the components or the flatness are missing or damaged.
pub fn read_components(run: &RunFolder) -> Result<Vec<Component>> {
    components(run, &run.read(&PCA)?)
}

/// γ over the stated range, cut at the components there are; those under the floor are left out and counted.
fn decay(section: &FitSection, pca: &TrajectoryPca) -> std::result::Result<spectrum::Decay, AnalysisError> {
    let [first, last] = section.decay;
    spectrum::decay(pca.variance(), (first, last.min(pca.variance().len())), pca.floor())
}
