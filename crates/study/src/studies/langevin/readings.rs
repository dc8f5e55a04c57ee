//! One walk, read along several sets of directions.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;
use varflat_analysis::{
    DatasetBase, Fit, FlatnessSearch, ParamGuard, PrincipalCurvatures, TrajectoryPca, WindowSource, project,
};
use varflat_files::FileError;
use varflat_model::{DenseLandscape, MovingLayer, QuadraticLandscape};
use varflat_run::artifacts::{FIT, FLATNESS, PCA, TRAJECTORY};
use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Centre, Experiment, LangevinSection};
use varflat_run::run_folder::{RunFolder, names};
use varflat_run::stages::{self, FitReport, FlatnessRow, Subspace, Uncertainty};

/// Directions along which a walk is read where there are more: the flattest relax too slowly to be judged.
const MOST_DIRECTIONS: usize = 300;

/// Half the distance of the gradients whose difference gives the curvature, in units of weight: far below the flatness of the sharpest
/// direction (0.28 in the headline), far above the rounding of weights to f32.
const CURVATURE_STEP: f64 = 0.02;

/// Variances of a walk along some directions, with their flatness.
pub(super) struct Measured {
    pub(super) l0: f64,
    pub(super) factor: f64,
    pub(super) rows: Vec<FlatnessRow>,
    /// Variance under which a value is not trusted.
    pub(super) floor: f64,
    /// Of the variances, over other windows.
    pub(super) uncertainty: Uncertainty,
}

/// A walk along the eigenvectors of the Hessian, and all eigenvalues.
pub(super) struct AlongHessian {
    pub(super) measured: Measured,
    pub(super) curvature: Vec<f64>,
}

/// What the stages found, along the walk's own principal components.
pub(super) fn own(run: &RunFolder) -> Result<Measured> {
    let fit: FitReport = run.read(&FIT)?;
    let (rows, pca) = (run.read(&FLATNESS)?, run.read(&PCA)?);
    Ok(Measured {
        l0: fit.l0,
        factor: fit.factor,
        rows,
        floor: pca.floor(),
        uncertainty: Uncertainty::read(run, fit.psi_estimate().missing.as_deref())?,
    })
}

/// Along the principal components of the run of SGD, whose flatness is known.
pub(super) fn along_sgd(run: &RunFolder, section: &LangevinSection, source: &RunFolder) -> Result<Measured> {
    let fit: FitReport = source.read(&FIT)?;
    let pca = source.read(&PCA)?;
    let within =
        |index: usize| section.components.is_none_or(|[first, last]| (first..=last).contains(&index));
    let rows: Vec<FlatnessRow> = stages::read_rows_along(source, &pca)?
        .into_iter()
        .filter(|row| within(row.index))
        .take(MOST_DIRECTIONS)
        .collect();
    let directions: Vec<ArrayView1<'_, f64>> =
        rows.iter().map(|row| pca.components().row(row.index - 1)).collect();
    stages::check_weights(source, &pca, recorded_weights(run)?.len())?;
    let theta = projections(run, &stack(&directions)?)?;
    let variance = theta.var_axis(Axis(0), 0.0);
    // Numbered anew, as the columns of θ are.
    let rows = rows.into_iter().zip(variance).zip(1..);
    let rows = rows.map(|((row, variance), index)| FlatnessRow { index, variance, ..row }).collect();
    let uncertainty = Uncertainty::of_coordinates(&theta, run.experiment().fit.block)?;
    Ok(Measured { l0: fit.l0, factor: fit.factor, rows, floor: 0.0, uncertainty })
}

/// Along the eigenvectors of the Hessian at the mean of the walk.
pub(super) fn along_hessian(
    run: &RunFolder,
    section: &LangevinSection,
    context: &Context<'_>,
) -> Result<AlongHessian> {
    let experiment = run.experiment();
    let network = stages::centre(run, Centre::Mean)?;
    let name = &experiment.recorder.layer;
    let layer = &network.layers()[network.position(name)?];
    let start = RunFolder::view(run.path().join(&section.start))?;
    let subspace = Subspace::of(&start, section, layer)?;
    let images = stages::load_data(run)?.train;
    let curvatures = {
        let _spinner = context.reporter.spinner("curvature", "gradients to both sides in every dimension");
        let moving = MovingLayer::new(&network, name, &images)?;
        let rows = subspace
            .directions()
            .map(|directions| directions.rows().into_iter().map(|p| p.to_vec()).collect::<Vec<Vec<f64>>>());
        let hessian = moving.hessian(&layer.weight, rows.as_deref(), CURVATURE_STEP)?;
        let shape = (subspace.dimensions(), subspace.dimensions());
        let hessian = Array2::from_shape_vec(shape, hessian).map_err(|error| shapes(run, &error))?;
        PrincipalCurvatures::of(hessian.view())?
    };
    let kept = curvatures.directions.rows().into_iter().take(MOST_DIRECTIONS);
    let directions: Vec<Vec<f64>> = kept.map(|direction| subspace.lifted(direction)).collect();
    let views: Vec<ArrayView1<'_, f64>> = directions.iter().map(|p| ArrayView1::from(p.as_slice())).collect();
    let theta = projections(run, &stack(&views)?)?;
    let variance = theta.var_axis(Axis(0), 0.0);

    let landscape = DenseLandscape::new(&network, name, &images)?;
    let (l0, section) = (landscape.reference_loss(), &experiment.landscape);
    let search = FlatnessSearch::params().factor(section.factor).radius(section.radius).check()?;
    let rows: Vec<FlatnessRow> = directions
        .par_iter()
        .zip(variance.to_vec())
        .enumerate()
        .map_init(
            || landscape.line(),
            |line, (place, (direction, variance))| {
                line.set_direction(direction)?;
                let found = search.measure(l0, 1.0, |offsets| line.search_losses(offsets))?;
                Ok(FlatnessRow::of(place + 1, variance, &found))
            },
        )
        .collect::<Result<_>>()?;
    let uncertainty = Uncertainty::of_coordinates(&theta, experiment.fit.block)?;
    Ok(AlongHessian {
        measured: Measured { l0, factor: section.factor, rows, floor: 0.0, uncertainty },
        curvature: curvatures.curvature.to_vec(),
    })
}

/// The same walk in a quadratic landscape L_0 + Σ κ_j x_j²/2, along its own principal components. There are few and small negative curvatures, which
/// are taken as 0.
pub(super) fn simulate_quadratic(
    experiment: &Experiment,
    section: &LangevinSection,
    curvature: &[f64],
    l0: f64,
) -> Result<Measured> {
    let landscape = QuadraticLandscape::new(l0, curvature);
    // Recorded as the network's walk is.
    let every = experiment.recorder.every.max(1);
    let rows = (steps(experiment) / every) as usize;
    let walk = landscape.walk(section.walk(), experiment.seed, section.burn_in, every, rows);
    let window = Array2::from_shape_vec((rows, curvature.len()), walk)?;
    let pca = TrajectoryPca::params().fit(&DatasetBase::from(window.view()))?;
    let centre = pca.mean().to_vec();
    let l0 = landscape.loss(&centre);
    let factor = experiment.landscape.factor;
    let search = FlatnessSearch::params().factor(factor).radius(experiment.landscape.radius).check()?;
    let selected = experiment.landscape.components.selected(pca.variance().len());
    let rows = selected.into_par_iter().map(|index| {
        let p: ArrayView1<'_, f64> = pca.components().row(index - 1);
        let found = search.measure(l0, 1.0, |offsets| {
            let at = |s: f64| centre.iter().zip(&p).map(|(x, p)| x + s * p).collect::<Vec<f64>>();
            offsets.iter().map(|&offset| landscape.loss(&at(offset))).collect()
        })?;
        Ok(FlatnessRow::of(index, pca.variance()[index - 1], &found))
    });
    let rows = rows.collect::<Result<_>>()?;
    let uncertainty =
        Uncertainty::of_components(&pca, window.view(), experiment.fit.block, 1..=pca.variance().len())?;
    Ok(Measured { l0, factor, rows, floor: pca.floor(), uncertainty })
}

/// θ `[rows, k]` of the recorded walk about its mean along directions `[k, weights]`.
fn projections(run: &RunFolder, directions: &Array2<f64>) -> Result<Array2<f64>> {
    let window = run.read(&TRAJECTORY)?;
    let mean = recorded_weights(run)?;
    if window.weights() != mean.len() {
        let problem = format!(
            "has rows of {} weights, but {} has {}",
            window.weights(),
            names::WEIGHTS_MEAN,
            mean.len()
        );
        return Err(FileError::malformed(&run.file(names::TRAJECTORY), problem).into());
    }
    Ok(project(&window, ArrayView1::from(&mean), directions.view())?)
}

/// ⟨w⟩ of the recorded layer.
fn recorded_weights(run: &RunFolder) -> Result<Vec<f64>> {
    let network = stages::centre(run, Centre::Mean)?;
    let place = network.position(&run.experiment().recorder.layer)?;
    Ok(network.layers()[place].weight.clone())
}

fn stack(directions: &[ArrayView1<'_, f64>]) -> Result<Array2<f64>> {
    ndarray::stack(Axis(0), directions)
        .map_err(|error| FileError::malformed(names::PCA.as_ref(), error.to_string()).into())
}

fn shapes(run: &RunFolder, error: &ndarray::ShapeError) -> Error {
    FileError::malformed(&run.file(names::TRAJECTORY), error.to_string()).into()
}

/// Steps over which a walk is recorded.
pub(super) fn steps(experiment: &Experiment) -> u64 {
    experiment.recorder.window_steps().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_landscape_has_the_variances_and_the_slope_of_equilibrium() {
        let text = "name = 'quadratic'\nrecorder.window = 40000\nlandscape.components = 'all'\n[langevin]\nstart = '.'\n\
                    temperature = 1e-8\nlearning_rate = 20\nburn_in = 2000";
        let experiment = Experiment::parse(text, "test", &[]).unwrap();
        let section = experiment.langevin.as_ref().unwrap();
        let curvature = [1e-2, 3e-3, 1e-3, 3e-4];
        let found = simulate_quadratic(&experiment, section, &curvature, 5e-5).unwrap();
        // Principal components come with the flattest first.
        for (row, curvature) in found.rows.iter().zip(curvature.iter().rev()) {
            let exact = section.walk().variance(*curvature);
            let samples = 40_000.0 / (2.0 * section.walk().relaxation_steps(*curvature));
            let error = (row.variance / exact - 1.0).abs();
            assert!(error < 4.0 * (2.0 / samples).sqrt(), "{} against {exact}", row.variance);
        }
        let points = found.rows.iter().map(|row| (row.flatness.unwrap(), row.variance));
        let law = varflat_analysis::scaling(points).unwrap();
        assert!((law.exponent - 2.0).abs() < 0.15, "{law:?}");
    }
}
