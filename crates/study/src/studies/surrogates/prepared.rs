//! A recorded window in coordinates of its own, with what is known of its network.

use ndarray::Array2;
use varflat_analysis::surrogates::{StepCoordinates, turned};
use varflat_analysis::{ParamGuard, PrincipalCurvatures, Solver, TrajectoryPca, WindowSource};
use varflat_model::MovingLayer;
use varflat_run::error::{Error, Result};
use varflat_run::run_folder::{RunFolder, Stage};
use varflat_run::{memory, stages};

/// The most weights of a layer whose whole Hessian is made.
const MOST_WEIGHTS: usize = 4000;
/// Rounding makes up at most a tenth of the variance of a step, which has that of two weights.
const STEPS_ROUNDED: f64 = 20.0;

/// A window and all that is read of it.
pub(super) struct Prepared {
    /// `[steps, coordinates]`, along the components of the steps.
    pub(super) window: Array2<f32>,
    /// Variances at or under them are rounding.
    pub(super) floor: f64,
    pub(super) step_floor: f64,
    pub(super) hessian: Option<Hessian>,
}

/// The Hessian of the recorded layer.
pub(super) struct Hessian {
    /// In the coordinates of the window.
    pub(super) inside: Array2<f64>,
    /// Its eigenvectors there, one a row.
    pub(super) directions: Array2<f64>,
    /// In the coordinates along these: diag(κ).
    pub(super) diagonal: Array2<f64>,
}

/// Why κ along the components of this run is not known; `None` if it is.
pub(super) fn without_curvature(run: &RunFolder, weights: usize) -> Result<Option<String>> {
    if !run.is_done(Stage::Fit)? {
        return Ok(Some("No ψ: the run has no landscape yet.".to_owned()));
    }
    if !run.experiment().model.is_dense() {
        return Ok(Some("No ψ: the exact curvature is that of a network of dense layers.".to_owned()));
    }
    Ok((weights > MOST_WEIGHTS).then(|| {
        format!(
            "No ψ: the layer has {weights} weights, and its whole Hessian is made of at most {MOST_WEIGHTS}."
        )
    }))
}

impl Prepared {
    /// `components` are as many as are looked at; `curvature` is of the run whose window it is, where it has any.
    pub(super) fn of(
        window: &impl WindowSource,
        components: usize,
        curvature: Option<&RunFolder>,
    ) -> Result<Self> {
        // Before anything else: it names what is wrong with a window.
        let kept = components.clamp(1, window.weights().min(window.steps() - 1));
        let pca =
            TrajectoryPca::params().solver(Solver::TopK(kept)).measured(false).check()?.fit_source(window)?;
        let rounding = pca.rounding().iter().sum::<f64>() / pca.rounding().len() as f64;
        let coordinates = StepCoordinates::of(window)?;
        let hessian = curvature.map(|run| Hessian::of(run, &coordinates)).transpose()?;
        Ok(Self {
            window: coordinates.window(window)?,
            floor: pca.floor(),
            step_floor: STEPS_ROUNDED * rounding,
            hessian,
        })
    }
}

impl Hessian {
    fn of(run: &RunFolder, coordinates: &StepCoordinates) -> Result<Self> {
        let experiment = run.experiment();
        let network = stages::centre(run, experiment.landscape.around)?;
        let images = stages::load_data(run)?.train;
        let layer = MovingLayer::new(&network, &experiment.recorder.layer, &images)?;
        let weights = layer.weights().len();
        let hessian = Array2::from_shape_vec((weights, weights), layer.linearized().hessian());
        let hessian = hessian.map_err(|error| Error::Experiment {
            origin: experiment.name.clone(),
            problem: error.to_string(),
        })?;
        drop(layer);
        let inside = coordinates.matrix(hessian.view())?;
        let PrincipalCurvatures { curvature, directions } = PrincipalCurvatures::of(inside.view())?;
        Ok(Self { inside, directions, diagonal: Array2::from_diag(&curvature) })
    }

    /// A window in the coordinates along the eigenvectors.
    pub(super) fn turned(&self, window: &Array2<f32>) -> Result<Array2<f32>> {
        Ok(turned(window, self.directions.view())?)
    }
}

/// The complaint where there is too little memory: five windows in f32 in the coordinates of the steps, the directions of these, the matrices of a decomposition
/// and of the Hessian, and θ along the components that are looked at.
pub(super) fn lacking(steps: usize, weights: usize, components: usize) -> Option<String> {
    let (steps, weights, components) = (steps as u64, weights as u64, components as u64);
    let inside = weights.min(steps);
    let windows = 20u64.saturating_mul(steps).saturating_mul(inside);
    // Of more weights than steps the components are carried over to the weights.
    let directions = (if weights > steps { 24u64 } else { 8 }).saturating_mul(inside).saturating_mul(weights);
    let matrices = 64u64.saturating_mul(inside).saturating_mul(inside);
    let theta = 16u64.saturating_mul(steps).saturating_mul(components);
    let bytes = windows.saturating_add(directions).saturating_add(matrices).saturating_add(theta);
    memory::lacking(bytes)
}

/// How many components of a window of this shape are looked at, of those that are asked for: half of the window has them, too.
pub(super) fn looked_at((steps, weights): (usize, usize), asked: usize) -> usize {
    asked.min(weights).min((steps / 2).saturating_sub(1)).max(1)
}
