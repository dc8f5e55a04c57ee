//! The trained weights against what was measured of them, the trajectory against the weights, and its components.

use varflat_analysis::TrajectoryPca;
use varflat_files::{FileError, read_csv, read_npy};
use varflat_model::data::{Data, ImageSet};
use varflat_model::{Metrics, MovingLayer, Performance};
use varflat_recorder::Trajectory;

use super::checks::{Checks, Outcome, apart, relative};
use crate::artifacts::PCA;
use crate::error::Result;
use crate::experiment::Centre;
#[cfg(feature = "train")]
use crate::networks;
use crate::recorded::RecordedWindow;
use crate::run_folder::{RunFolder, names};
use crate::stages;

/// A loss that training measured in f32, on whatever device, against one in f64.
const LOSS: f64 = 1e-4;

/// A mean of f32 weights that was summed in f64; a walk's is of positions that were not rounded to f32.
const MEAN: f64 = 1.2e-7;

/// A variance that is trusted, computed by another processor's instructions.
const VARIANCE: f64 = 1e-6;

/// The last row of the metrics from the final weights; the trajectory's last row and its mean.
pub(super) fn weights(run: &RunFolder, data: Option<&Data>, checks: &mut Checks<'_>) -> Result<()> {
    let measured = [names::WEIGHTS_FINAL, names::CONFIG];
    checks.row(names::METRICS, "last row from weights_final.npz", &measured, || match data {
        None => Ok(Outcome::Skipped("the data are not here".to_owned())),
        Some(data) => last_row(run, data),
    })?;
    let weights = [names::WEIGHTS_FINAL, names::WEIGHTS_MEAN, names::TRAJECTORY_INFO, names::CONFIG];
    checks.row(names::TRAJECTORY, "last row and mean against the weights", &weights, || recorded(run))
}

fn last_row(run: &RunFolder, data: &Data) -> Result<Outcome> {
    let metrics: Vec<Metrics> = read_csv(&run.file(names::METRICS))?;
    let Some(last) = metrics.last() else { return Ok(Outcome::Differs("has no row".to_owned())) };
    let (Some(train), Some(test)) =
        (performance(run, data, &data.train)?, performance(run, data, &data.test)?)
    else {
        return Ok(Outcome::Skipped("a convolutional network needs a backend".to_owned()));
    };
    let wrong = |found: f64, kept: f64, set: &ImageSet| (found - kept).abs() * set.samples() as f64;
    let (off_train, off_test) =
        (wrong(train.error, last.train_error, &data.train), wrong(test.error, last.test_error, &data.test));
    // Two classes whose logits differ in the last bit.
    if off_train.max(off_test) > 2.5 {
        return Ok(Outcome::Differs(format!(
            "error {} and {} instead of {} and {} (allowed: 2 images)",
            train.error, test.error, last.train_error, last.test_error
        )));
    }
    let deviation = apart(train.loss, last.train_loss).max(apart(test.loss, last.test_loss));
    Ok(Outcome::within(deviation, LOSS, "loss"))
}

/// Loss and error over a set at the final weights; `None` for a network that only a backend can ask.
fn performance(run: &RunFolder, data: &Data, set: &ImageSet) -> Result<Option<Performance>> {
    let experiment = run.experiment();
    if experiment.model.is_dense() {
        let network = stages::centre(run, Centre::Final)?;
        let layer = MovingLayer::new(&network, &experiment.recorder.layer, set)?;
        return Ok(Some(layer.performance(layer.weights())?));
    }
    #[cfg(feature = "train")]
    {
        let open = varflat_model::device::open(None)?;
        let weights = stages::centre_weights(run, Centre::Final)?;
        let measuring = Measuring(varflat_model::ResidentSet::new(set, data.classes, &open)?);
        let images = (set.size(), data.classes);
        let found = networks::with_weights(experiment, images, &open, (&weights, run.path()), measuring)?;
        Ok(Some(found))
    }
    #[cfg(not(feature = "train"))]
    {
        let _ = data;
        Ok(None)
    }
}

/// Measures a network, of whatever kind it is, on a set.
#[cfg(feature = "train")]
struct Measuring(varflat_model::ResidentSet);

#[cfg(feature = "train")]
impl networks::WithNetwork for Measuring {
    type Made = Performance;

    fn with(self, network: impl varflat_model::Classifier) -> Result<Performance> {
        Ok(self.0.measure(&network)?)
    }
}

fn recorded(run: &RunFolder) -> Result<Outcome> {
    let trajectory = Trajectory::open(run.file(names::TRAJECTORY))?;
    if trajectory.is_truncated() {
        return Ok(Outcome::Differs(format!("{} rows are missing", trajectory.missing_rows())));
    }
    let parameter = run.experiment().recorder.parameter();
    let of = |centre: Centre, file: &str| -> Result<Vec<f64>> {
        let weights =
            stages::centre_weights(run, centre)?.into_iter().find(|weights| weights.path == parameter);
        let there = weights.map(|weights| weights.values);
        there.ok_or_else(|| FileError::malformed(&run.file(file), format!("there is no {parameter}")).into())
    };
    let (last, mean) = (of(Centre::Final, names::WEIGHTS_FINAL)?, of(Centre::Mean, names::WEIGHTS_MEAN)?);
    let steps = trajectory.steps();
    let mut sum = vec![0.0; trajectory.weights()];
    for first in (0..steps).step_by(ROWS) {
        let block = trajectory.rows(first..(first + ROWS).min(steps))?;
        for row in block.chunks_exact(sum.len()) {
            sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += f64::from(*w));
        }
    }
    sum.iter_mut().for_each(|sum| *sum /= steps as f64);
    // With a stride the last step need not be on it.
    if trajectory.step(steps - 1) + 1 == run.record()?.steps {
        let row = trajectory.rows(steps - 1..steps)?;
        if row.len() != last.len() || row.iter().zip(&last).any(|(row, last)| *row != *last as f32) {
            return Ok(Outcome::Differs("the last row is not the final weights".to_owned()));
        }
    }
    if sum.len() != mean.len() {
        return Ok(Outcome::Differs(format!("{} weights instead of {}", sum.len(), mean.len())));
    }
    let largest = mean.iter().fold(0.0_f64, |largest, w| largest.max(w.abs()));
    let deviation = sum.iter().zip(&mean).fold(0.0_f64, |largest, (sum, w)| largest.max((sum - w).abs()));
    Ok(Outcome::within(if deviation == 0.0 { 0.0 } else { deviation / largest }, MEAN, "mean"))
}

/// Rows that are summed at a time.
const ROWS: usize = 256;

/// The components and the projections from the trajectory.
pub(super) fn components(run: &RunFolder, checks: &mut Checks<'_>) -> Result<()> {
    let inputs = [names::TRAJECTORY, names::TRAJECTORY_INFO];
    let mut found = None;
    let context = checks.context;
    checks.row(names::PCA, "components of trajectory.npy once more", &inputs, || {
        let window = RecordedWindow::open(run.file(names::TRAJECTORY))?;
        let spinner = context.reporter.spinner("verify", "covariance and principal components");
        let again = stages::decomposed(run.experiment(), &window)?;
        let kept = run.read(&PCA)?;
        let projections = kept.project(&window, read_npy(&run.file(names::PROJECTIONS))?.ncols())?;
        drop(spinner);
        found = Some((projections, kept.variance().first().copied().unwrap_or(0.0)));
        if again.variance() == kept.variance() && again.components() == kept.components() {
            return Ok(Outcome::Same("identical".to_owned()));
        }
        let trusted = |pca: &TrajectoryPca| -> Vec<f64> {
            let all = pca.variance().iter().enumerate();
            all.filter(|(index, _)| kept.trusted(*index)).map(|(_, variance)| *variance).collect()
        };
        let deviation = relative(&trusted(&again), &trusted(&kept));
        // Variances can agree to the last bit where components do not.
        Ok(Outcome::within(deviation.max(f64::MIN_POSITIVE), VARIANCE, "trusted variances"))
    })?;
    checks.row(names::PROJECTIONS, "trajectory.npy along pca.npz", &[names::PCA], || {
        let Some((again, variance)) = found else {
            return Ok(Outcome::Skipped("pca.npz could not be read".to_owned()));
        };
        let kept = read_npy(&run.file(names::PROJECTIONS))?;
        if again.dim() != kept.dim() {
            return Ok(Outcome::Differs(format!("{:?} instead of {:?}", kept.dim(), again.dim())));
        }
        let apart = again.iter().zip(&kept).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
        let deviation = if apart == 0.0 { 0.0 } else { apart / variance.sqrt() };
        Ok(Outcome::within(if deviation.is_nan() { f64::INFINITY } else { deviation }, 1e-9, "θ/σ₁"))
    })
}
