//! The noise of every component: its temperature, and the times over which it is correlated.

use std::ops::Range;

use ndarray::{Array1, Array2, Axis};
use varflat_analysis::{ComponentTimes, GeneratedRows, PathNoise, TrajectoryPca, correlation_times};
use varflat_model::{MovingLayer, RecordedBatches, TrainingConfig};
use varflat_recorder::Trajectory;
use varflat_run::error::{Error, Result};
use varflat_run::recorded::RecordedWindow;
use varflat_run::run_folder::RunFolder;
use varflat_run::stages::FlatnessRow;

use super::tables::TemperatureRow;

/// ∂_i L^μ of every mini-batch at w_0 along every component, `[batches, components]`.
pub(super) fn slopes_of(
    batches: &RecordedBatches,
    layer: &MovingLayer,
    pca: &TrajectoryPca,
) -> Result<Array2<f64>> {
    let each = batches.each();
    let made = |rows: Range<usize>| layer.batch_gradients(layer.weights(), &each[rows]).map_err(Error::from);
    let gradients = GeneratedRows::new(each.len(), layer.weights().len(), made);
    Ok(pca.slopes(gradients, pca.variance().len())?)
}

/// What was measured of every component, the first of which is that of most variance.
pub(super) struct Noise {
    pub(super) temperature: Array1<f64>,
    pub(super) theta: Vec<Option<ComponentTimes>>,
    pub(super) fixed: Vec<Option<ComponentTimes>>,
    pub(super) path: Option<Vec<Option<ComponentTimes>>>,
}

impl Noise {
    /// The row of a component.
    pub(super) fn row(&self, row: &FlatnessRow, above_floor: bool) -> TemperatureRow {
        let of = |times: &[Option<ComponentTimes>]| times[row.index - 1];
        let (theta, fixed) = (of(&self.theta), of(&self.fixed));
        let path = self.path.as_deref().and_then(of);
        let trusted =
            |times: Option<ComponentTimes>| above_floor && times.is_some_and(|times| times.times.trusted);
        let one_over_e = |times: Option<ComponentTimes>| times.and_then(|times| times.times.one_over_e);
        let integral = |times: Option<ComponentTimes>| times.and_then(|times| times.times.integral);
        let end =
            |times: Option<ComponentTimes>, end: usize| times.and_then(|times| Some(times.interval?[end]));
        TemperatureRow {
            index: row.index,
            variance: row.variance,
            flatness: row.flatness,
            left: row.left,
            right: row.right,
            status: row.status,
            above_floor,
            temperature: self.temperature[row.index - 1],
            theta_one_over_e: one_over_e(theta),
            theta_low: end(theta, 0),
            theta_high: end(theta, 1),
            theta_integral: integral(theta),
            theta_trusted: trusted(theta),
            fixed_one_over_e: one_over_e(fixed),
            fixed_low: end(fixed, 0),
            fixed_high: end(fixed, 1),
            fixed_integral: integral(fixed),
            fixed_trusted: trusted(fixed),
            path_one_over_e: one_over_e(path),
            path_low: end(path, 0),
            path_high: end(path, 1),
            path_integral: integral(path),
            path_trusted: trusted(path),
        }
    }
}

/// The mini-batches of the recorded steps.
pub(super) fn batches(run: &RunFolder, trajectory: &Trajectory, samples: usize) -> RecordedBatches {
    let training = &run.experiment().training;
    let steps = (0..trajectory.steps()).map(|row| trajectory.step(row));
    RecordedBatches::of(run.experiment().seed, training.shuffle, samples, training.batch_size, steps)
}

/// Correlation times of ∇L^μ − ∇L along the path. `None` where this is no more than the rounding of w.
pub(super) fn path_times(
    window: &RecordedWindow,
    layer: &MovingLayer,
    pca: &TrajectoryPca,
    training: &TrainingConfig,
    every: usize,
    block: usize,
) -> Result<Vec<Option<ComponentTimes>>> {
    let full = |w: &[f32]| Ok::<_, Error>(layer.full_gradient(w)?);
    let noise = PathNoise::new(window, every, full, training.learning_rate, training.weight_decay)?;
    let slopes = pca.slopes(&noise, pca.variance().len())?;
    let found = correlation_times(slopes.view(), block)?;
    let variance = slopes.var_axis(Axis(0), 0.0);
    Ok(found
        .into_iter()
        .zip(variance)
        .map(|(times, variance)| times.filter(|_| noise.is_above_rounding(variance)))
        .collect())
}
