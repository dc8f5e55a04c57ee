//! Stage 2: trajectory → principal components, variances, projections.

mod passes;

use passes::Watched;
use varflat_analysis::{AnalysisError, ParamGuard, Solver, TrajectoryPca, WindowSource};
use varflat_files::{FileError, write_npy};

use super::trained::recorded;
use crate::artifacts::{PCA, PROJECTIONS};
use crate::contents::pca;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::experiment::{Components, Experiment, PROJECTED, PcaSolver};
use crate::run_folder::{RunFolder, RunWriter, Stage, names};

/// Analyse the recorded window; there is nothing to continue. Returns the seconds it took.
pub(super) fn pca(run: &RunWriter<'_>, context: &Context<'_>) -> Result<f64> {
    let (window, experiment) = (recorded(run)?, run.experiment());
    let watched = Watched::new(&window, solver(experiment), PROJECTED, context);
    let pca = decomposed(experiment, &watched)?;
    warn_of_repeats(&pca, context);
    let stage = run.begin(Stage::Pca)?;
    let shape = (window.steps(), PROJECTED.min(pca.variance().len()));
    write_npy(&stage.stream(&PROJECTIONS), shape, |write| {
        pca.project_blocks(&watched, shape.1, |theta| Ok::<_, Error>(write(theta)?))
    })?;
    drop(watched);
    stage.write(&PCA, &pca)?;
    stage.finish()
}

fn warn_of_repeats(pca: &TrajectoryPca, context: &Context<'_>) {
    if let times @ 2.. = pca.repeats() {
        context.warn(format_args!(
            "pca: every row of {} is there {times} times: the weights were recorded more often than they changed; variances are \
             right, but a step of the optimizer is {times} rows",
            names::TRAJECTORY
        ));
    }
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
///
/// # Errors
/// [`Error::Experiment`] if the window is too large for all components, or too small for those asked for; [`Error::File`] if it
/// cannot be read.
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

/// Refuse components of other weights than those of the recorded layer: of two runs without checksums nothing else tells.
///
/// # Errors
/// [`Error::File`] says how many weights there are of each.
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

/// The variances of a run's components and their total, without the components.
///
/// # Errors
/// [`Error::File`] if `pca.npz` is missing or damaged; [`Error::Malformed`] if it is too old to say the total.
pub fn read_variance(run: &RunFolder) -> Result<(ndarray::Array1<f64>, f64)> {
    pca::read_variance(&run.checked(names::PCA)?, run.experiment())
}
