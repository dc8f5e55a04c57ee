//! The section of the study file, and what can be asked of which run.

use serde::{Deserialize, Serialize};
use varflat_analysis::WindowSource;
use varflat_model::device::Backend;
use varflat_model::written;
use varflat_run::artifacts::TRAJECTORY;
use varflat_run::error::Result;
use varflat_run::experiment::{Checked, Experiment, MOST_COMPONENTS, not_too_many, within};
use varflat_run::memory;
use varflat_run::run_folder::RunFolder;

/// Weights about more than this have hardly a digit left.
const MOST: f64 = 1e6;

/// `[study.precision]`: about which values weights are rounded, and how many directions ψ is taken from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrecisionStudy {
    /// Constants c: a twin in f32 for each has its recorded weights rounded as w + c. 0 leaves them as they are.
    pub constants: Vec<f64>,
    /// Directions whose flatness is measured, the first 50 and the rest evenly spaced.
    pub directions: usize,
}

impl PrecisionStudy {
    pub(super) fn check_keys(&self) -> Checked {
        not_too_many("constants", self.constants.len())?;
        if let Some(constant) = self.constants.iter().find(|constant| !(0.0..=MOST).contains(*constant)) {
            let value = written(*constant);
            return Err(format!("constants: {value} must be a number from 0 to {MOST}"));
        }
        if self.constants.first() != Some(&0.0) {
            return Err("constants begins with 0, the weights as they are: write [0.0, …]".to_owned());
        }
        if self.constants.windows(2).any(|pair| pair[1] <= pair[0]) {
            return Err(format!("constants = {:?} should rise from one to the next", self.constants));
        }
        within("directions", self.directions, 5, MOST_COMPONENTS)
    }

    /// Whether a run can be gone on with so.
    pub(super) fn check_of(&self, run: &RunFolder) -> Result<Checked> {
        if let Err(problem) = continuable(run.experiment()) {
            return Ok(Err(problem));
        }
        let window = run.read(&TRAJECTORY)?;
        let (steps, weights) = (window.steps(), window.weights());
        Ok(memory::lacking(bytes(steps, weights)).map_or(Ok(()), |lacking| {
            Err(format!(
                "twins of {steps} steps of {weights} weights need {lacking}: record a shorter window"
            ))
        }))
    }
}

/// Both windows, f32 and f64; the matrices of the components; their directions, twice, in columns and rows; and images in both precisions, of
/// which there may be as many as MNIST has.
fn bytes(steps: usize, weights: usize) -> u64 {
    let (long, side) = (weights as u128, weights.min(steps) as u128);
    let windows = 12 * steps as u128 * long;
    u64::try_from(windows + 8 * (4 * side * side + 4 * side * long) + (1 << 30)).unwrap_or(u64::MAX)
}

/// Whether the state of the training is its weights alone, and it can go on in f64.
fn continuable(experiment: &Experiment) -> Checked {
    let training = &experiment.training;
    let problem = if experiment.langevin.is_some() {
        "the run is a Langevin walk, not a training"
    } else if !training.is_plain_sgd() {
        "a run keeps its last weights, not the state of momentum or of Adam: the twins are of plain SGD"
    } else if !experiment.model.is_dense() {
        "the twins are of networks of dense layers"
    } else if !Backend::compiled().iter().any(|backend| *backend != Backend::Wgpu) {
        "one twin is trained in f64, which needs a backend on the CPU"
    } else {
        return Ok(());
    };
    Err(problem.to_owned())
}
