//! The section of the study file, and what can be asked of which run.

use serde::{Deserialize, Serialize};
use varflat_analysis::WindowSource;
use varflat_model::Shuffle;
use varflat_run::artifacts::{METRICS, TRAJECTORY};
use varflat_run::error::Result;
use varflat_run::experiment::{Checked, Experiment, MOST_COMPONENTS, range, within};
use varflat_run::memory;
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

use crate::studies::controls::settings::MOST_WEIGHTS;

/// More windows, and longer ones, than anyone waits for.
const MOST_WINDOWS: u64 = 100;
const MOST_EPOCHS: u64 = 1000;

/// `[study.noise]`: how many windows, how long, and where ψ is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseStudy {
    /// Windows of mini-batches of each kind, every one in another order.
    pub orders: usize,
    /// Epochs of a window in which all layers move.
    pub epochs: usize,
    /// Epochs of a window in which the layer moves alone.
    pub window: usize,
    /// First and last direction of the fits of ψ and γ, counted from 1.
    pub range: [usize; 2],
    /// Windows of each kind of noise that is replaced or projected.
    #[serde(default = "one")]
    pub repeats: usize,
    /// Components after the first that the noise is projected on.
    #[serde(default = "paper")]
    pub projected: usize,
}

const fn one() -> usize {
    1
}

/// As many as hold nine tenths of the motion (Feng & Tu 2021).
const fn paper() -> usize {
    35
}

impl NoiseStudy {
    pub(super) fn check_keys(&self) -> Checked {
        within("orders", self.orders, 2, MOST_WINDOWS)?;
        within("repeats", self.repeats, 1, MOST_WINDOWS)?;
        within("epochs", self.epochs, 1, MOST_EPOCHS)?;
        within("window", self.window, 1, MOST_EPOCHS)?;
        within("projected", self.projected, 1, MOST_COMPONENTS)?;
        range("range", self.range, 3)
    }

    /// Whether a run can be gone on with so.
    pub(super) fn check_of(&self, run: &RunFolder) -> Result<Checked> {
        if let Err(problem) = goes_on(run.experiment()) {
            return Ok(Err(problem));
        }
        let components = stages::read_variance(run)?.0.len();
        if self.projected >= components {
            return Ok(Err(format!(
                "projected = {}, but the run has {components} components, the first included",
                self.projected
            )));
        }
        let weights = run.read(&TRAJECTORY)?.weights();
        if self.range[1] > weights {
            let [first, last] = self.range;
            return Ok(Err(format!("range = [{first}, {last}], but the layer has {weights} weights")));
        }
        if weights > MOST_WEIGHTS {
            return Ok(Err(format!(
                "the layer has {weights} weights: its whole Hessian is made, of at most {MOST_WEIGHTS} weights"
            )));
        }
        let Some(length) = steps_per_epoch(run)? else {
            return Ok(Err("an epoch of the run has one mini-batch, which has no noise".to_owned()));
        };
        let steps = length.saturating_mul(self.epochs.max(self.window));
        Ok(memory::lacking(bytes(steps, weights)).map_or(Ok(()), |lacking| {
            Err(format!(
                "windows of {steps} steps of {weights} weights need {lacking}: lower epochs or window"
            ))
        }))
    }
}

/// M, if it is more than 1.
fn steps_per_epoch(run: &RunFolder) -> Result<Option<usize>> {
    let metrics = run.read(&METRICS)?;
    let last = metrics.last().filter(|last| last.epoch > 0);
    Ok(last.map(|last| (last.step / last.epoch) as usize).filter(|length| *length > 1))
}

/// A window in f32, twice while it is handed over, and once in f64 for its components; H, S and what is made of them in f64.
fn bytes(steps: usize, weights: usize) -> u64 {
    let (steps, weights) = (steps as u64, weights as u64);
    12u64.saturating_mul(steps).saturating_mul(weights).saturating_add(16 * 8 * weights * weights)
}

/// Whether the windows go on as the run has, from a state whose law is known.
fn goes_on(experiment: &Experiment) -> Checked {
    let training = &experiment.training;
    let problem = if experiment.langevin.is_some() {
        "the run is a Langevin walk, whose noise is not that of mini-batches"
    } else if !training.is_plain_sgd() {
        "the windows are those of plain SGD: without momentum, and not Adam"
    } else if !experiment.model.is_dense() {
        "the exact curvature is that of a network of dense layers"
    } else if training.shuffle != Shuffle::Epoch {
        "the windows begin where mini-batches without replacement have left the weights (training.shuffle = \"epoch\")"
    } else {
        return Ok(());
    };
    Err(problem.to_owned())
}
