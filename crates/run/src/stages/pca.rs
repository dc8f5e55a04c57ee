//! Stage 2: trajectory → principal components, variances, projections.

mod passes;

use varflat_analysis::{AnalysisError, ParamGuard, Solver, TrajectoryPca, WindowSource};
use varflat_files::{Array, FileError, Npz, write_npy, write_npz};

use crate::context::Context;
use crate::error::{Error, Remedy, Result};
use crate::experiment::{Components, Experiment, PROJECTED, PcaSolver};
use crate::recorded::RecordedWindow;
use crate::run_folder::{RunFolder, Stage, names};
use passes::Watched;

/// Analyse the recorded window; there is nothing to continue, so no earlier time.
pub(super) fn pca(run: &RunFolder, context: &Context<'_>) -> Result<f64> {
    let window = RecordedWindow::open(run.file(names::TRAJECTORY))?;
    run.checked(names::TRAJECTORY_INFO).and_then(|_| run.checked(names::TRAJECTORY))?;
    let watched = Watched::new(&window, solver(run.experiment()), PROJECTED, context);
    let pca = decomposed(run.experiment(), &watched)?;
    if let times @ 2.. = pca.repeats() {
        context.warn(format_args!(
            "pca: every row of {} is there {times} times: the weights were recorded more often than they changed; variances are \
             right, but a step of the optimizer is {times} rows",
            names::TRAJECTORY
        ));
    }
    run.begin(Stage::Pca)?;
    let shape = (window.steps(), PROJECTED.min(pca.variance().len()));
    write_npy(&run.file(names::PROJECTIONS), shape, |write| {
        pca.project_blocks(&watched, shape.1, |theta| Ok::<_, Error>(write(theta)?))
    })?;
    drop(watched);
    save(run, &pca)?;
    Ok(0.0)
}

/// How an experiment wants its components found.
fn solver(experiment: &Experiment) -> Solver {
    match (experiment.pca.components, experiment.pca.solver) {
        (Components::All(_), _) => Solver::Auto,
        (Components::Some(count), PcaSolver::Auto) => Solver::TopK(count),
        (Components::Some(count), PcaSolver::Linfa) => Solver::Linfa(count),
    }
}

/// The components of a window, as the experiment wants them.
pub fn decomposed(experiment: &Experiment, window: &impl WindowSource) -> Result<TrajectoryPca> {
    let segment = experiment.fit.segment(window.steps());
    let params = TrajectoryPca::params().solver(solver(experiment)).segment(segment).check()?;
    params.fit_source(window).map_err(|error| refused(experiment, error))
}

/// What the experiment can do about a window that is too much, or too little.
fn refused(experiment: &Experiment, error: AnalysisError) -> Error {
    let advice = match &error {
        AnalysisError::TooLarge { .. } => "find the first components alone, with pca.components = 200, say",
        AnalysisError::TooManyComponents { .. } => "lower pca.components",
        _ => return error.into(),
    };
    let problem = match error {
        AnalysisError::TooLarge { steps, weights } => {
            format!(
                "all components of a window of {steps} steps × {weights} weights would take hours and many gigabytes"
            )
        }
        error => error.to_string(),
    };
    Error::Experiment { origin: experiment.name.clone(), problem: format!("{problem}: {advice}") }
}

fn save(run: &RunFolder, pca: &TrajectoryPca) -> Result<()> {
    let segments = pca.segments();
    let segment_steps = segments.steps.iter().map(|&steps| steps as i64).collect();
    // The npz writer wants C order, whatever the solver left behind.
    let components = pca.components().as_standard_layout();
    let (sum, square) = (segments.sum.as_standard_layout(), segments.square.as_standard_layout());
    Ok(write_npz(
        &run.file(names::PCA),
        &[
            ("mean", Array::double(pca.mean())),
            ("variance", Array::double(pca.variance())),
            ("components", Array::double(&components)),
            ("total_variance", Array::scalar(&pca.total_variance())),
            ("floor", Array::scalar(&pca.floor())),
            ("segment_length", Array::Integer(vec![segments.length as i64])),
            ("segment_steps", Array::Integer(segment_steps)),
            ("segment_sum", Array::double(&sum)),
            ("segment_square", Array::double(&square)),
        ],
    )?)
}

/// Read the decomposition back.
pub fn read(run: &RunFolder) -> Result<TrajectoryPca> {
    let path = run.checked(names::PCA)?;
    let mut npz = Npz::open(&path)?;
    let length = npz.counts("segment_length")?;
    let segments = varflat_analysis::SegmentMoments {
        length: length.first().copied().unwrap_or(0),
        steps: npz.counts("segment_steps")?,
        sum: npz.shaped("segment_sum")?,
        square: npz.shaped("segment_square")?,
    };
    let variance: ndarray::Array1<f64> = npz.shaped("variance")?;
    let (mean, components) = (npz.shaped("mean")?, npz.shaped("components")?);
    let (total, floor) = (total_variance(run, &mut npz, &variance)?, npz.scalar("floor")?);
    TrajectoryPca::from_parts(mean, variance, components, total, floor, segments)
        .map_err(|error| FileError::malformed(&path, error.to_string()).into())
}

/// Refuse components of other weights than those of the recorded layer: of two runs without checksums nothing else tells.
pub fn check_weights(run: &RunFolder, pca: &TrajectoryPca, weights: usize) -> Result<()> {
    let found = pca.mean().len();
    if found == weights {
        return Ok(());
    }
    let problem = format!(
        "has components of {found} weights, but the layer that they are of has {weights}: one of the two is another run's"
    );
    Err(FileError::malformed(&run.file(names::PCA), problem).into())
}

/// Read the variances and their total alone: of wide layers the components are hundreds of megabytes.
pub fn read_variance(run: &RunFolder) -> Result<(ndarray::Array1<f64>, f64)> {
    let mut npz = Npz::open(&run.checked(names::PCA)?)?;
    let variance = npz.shaped("variance")?;
    let total = total_variance(run, &mut npz, &variance)?;
    Ok((variance, total))
}

/// The variance in all directions. Files from before it was written have it where all components were kept.
fn total_variance(run: &RunFolder, npz: &mut Npz, variance: &ndarray::Array1<f64>) -> Result<f64> {
    if npz.names()?.iter().any(|name| name == "total_variance") {
        return Ok(npz.scalar("total_variance")?);
    }
    match run.experiment().pca.components {
        Components::All(_) => Ok(variance.sum()),
        Components::Some(_) => Err(Error::malformed(
            &run.file(names::PCA),
            "is from an older version, which did not note the variance of all components",
            Remedy::Redo(Stage::Pca),
        )),
    }
}
