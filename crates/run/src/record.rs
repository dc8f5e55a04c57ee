//! Training any network with the recorder attached, everything in memory.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{ModuleOptimizer, Optimizer};
use burn::tensor::Tensor;
use ndarray::Array2;
use varflat_model::{
    Classifier, Metrics, OptimizerKind, ResidentSet, Trainer, TrainingConfig, TrainingError, with_statistics,
    with_weights,
};
use varflat_recorder::{Recorder, RecorderError, SharedSink, Sink, Step, parameter, paths};

use crate::error::{Error, Result};

/// What [`record`] has seen.
#[derive(Debug)]
pub struct Recording<C> {
    /// The recorded parameter, `hidden.weight` for instance.
    pub path: String,
    /// Its weights after each step of the window, `[steps, weights]`.
    pub window: Array2<f32>,
    /// The network with every parameter at its mean over the window, ⟨w⟩_T: the centre of the landscape. Running statistics of batch
    /// norm are those of these weights, measured anew over the training set ([`with_statistics`]).
    pub centre: C,
    /// The network after the last step.
    pub last: C,
    /// Loss and error on both sets, after each epoch.
    pub metrics: Vec<Metrics>,
}

/// Trains a network until `training` says stop, then goes on for `window` steps that are recorded: those of one parameter
/// step by step, of all others the mean.
///
/// The network may live on the device with or without autodiff; what comes back is without. (Its parameters are registered with
/// burn's autodiff here, once more if need be: evcxr links every cell by itself, and parameters made in one cell would get the
/// numbers of others in the next.)
///
/// # Errors
/// Impossible settings, a window of no steps or one that does not fit into memory, a path that is no parameter's (the message lists
/// those there are) or that of one that did not move, a network that does not fit the images, a training that diverged.
pub fn record<C: Classifier>(
    network: C,
    path: &str,
    training: &TrainingConfig,
    seed: u64,
    (train, test): (&ResidentSet, &ResidentSet),
    window: u64,
) -> Result<Recording<C>> {
    let network = network.valid().train();
    let there = parameter(&network, path)?;
    let (path, weights) = (there.path, there.shape.iter().product());
    check_learns(&network, &path)?;
    let sinks: Vec<(String, SharedSink<Kept>)> = paths(&network)
        .into_iter()
        .map(|there| {
            let kept = Kept::new(there.shape.iter().product(), there.path == path, 1);
            (there.path, SharedSink::new(kept))
        })
        .collect();
    let optimizer = optimizer(&network, training, &sinks)?;
    let mut trainer = Trainer::new(network, optimizer, training, seed, train, test)?;
    reserve(&sinks, &path, window, weights, training.max_epochs.saturating_mul(trainer.steps_per_epoch()))?;
    let mut metrics = vec![trainer.measure()?];
    let mut end = None;
    while end != Some(trainer.steps()) {
        trainer.step();
        sinks.iter().try_for_each(|(_, sink)| sink.check())?;
        if trainer.at_epoch_end() {
            let now = trainer.measure()?;
            if end.is_none() && trainer.stop_reason(&now).is_some() {
                sinks.iter().for_each(|(_, sink)| sink.with(|kept| kept.from = trainer.steps()));
                end = Some(trainer.steps() + window);
            }
            metrics.push(now);
        }
    }
    let last = trainer.network().valid();
    let (mut centre, mut rows) = (last.clone(), Vec::new());
    for (there, sink) in &sinks {
        let mean = sink.with(|kept| {
            rows.append(&mut kept.rows);
            kept.mean()
        });
        // A parameter without gradient has not moved.
        if let Some(mean) = mean {
            centre = with_weights(centre, there, mean)?;
        }
    }
    let centre = with_statistics(&centre, train)?;
    let window = Array2::from_shape_vec((window as usize, weights), rows).map_err(|_| {
        impossible(format!("`{path}` got no gradient in some steps: the loss does not depend on it"))
    })?;
    Ok(Recording { path, window, centre, last, metrics })
}

/// Whether an optimizer moves the parameter at a path.
fn check_learns(network: &impl Module, path: &str) -> Result<()> {
    struct Learns {
        names: Vec<String>,
        paths: Vec<String>,
    }
    impl ModuleVisitor for Learns {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.names.push(name.to_owned());
        }

        fn exit_module(&mut self, _: &str, _: &str) {
            self.names.pop();
        }

        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            if parameter.val().is_require_grad() {
                self.paths.push(self.names.join("."));
            }
        }
    }
    let mut learns = Learns { names: Vec::new(), paths: Vec::new() };
    network.visit(&mut learns);
    match learns.paths.iter().any(|there| there == path) {
        true => Ok(()),
        false => Err(impossible(format!(
            "`{path}` is frozen, so that there is nothing to record; what learns is {}",
            learns.paths.join(", ")
        ))),
    }
}

fn impossible(problem: String) -> Error {
    Error::Training(TrainingError::Config(problem))
}

/// Room for the window, before the training it comes after.
fn reserve(
    sinks: &[(String, SharedSink<Kept>)],
    path: &str,
    window: u64,
    weights: usize,
    steps: u64,
) -> Result<()> {
    if window == 0 {
        return Err(impossible(
            "a window of 0 steps records nothing: at least 2 are needed for a variance".to_owned(),
        ));
    }
    let numbers = usize::try_from(window).ok().and_then(|window| window.checked_mul(weights));
    let numbers = numbers.filter(|_| steps.checked_add(window).is_some());
    let room = |numbers: usize| {
        let own = sinks.iter().filter(|(there, _)| there == path);
        own.into_iter().all(|(_, sink)| sink.with(|kept| kept.rows.try_reserve_exact(numbers).is_ok()))
    };
    match numbers.is_some_and(room) {
        true => Ok(()),
        false => Err(impossible(format!(
            "a window of {window} steps of {weights} weights does not fit into memory: record fewer steps, or into a file \
             (TrajectorySink)"
        ))),
    }
}

/// The optimizer of a training, which shows each of these parameters to its sink.
pub fn optimizer(
    network: &impl Module,
    training: &TrainingConfig,
    sinks: &[(String, SharedSink<Kept>)],
) -> Result<ModuleOptimizer> {
    match training.optimizer {
        OptimizerKind::Sgd => attached(network, training.sgd(), sinks),
        OptimizerKind::Adam => attached(network, training.adam(), sinks),
    }
}

fn attached<O: Optimizer>(
    network: &impl Module,
    optimizer: O,
    sinks: &[(String, SharedSink<Kept>)],
) -> Result<ModuleOptimizer> {
    let recorder = sinks
        .iter()
        .try_fold(Recorder::new(network, optimizer), |recorder, (path, sink)| recorder.record(path, sink))?;
    Ok(recorder.into_optimizer())
}

/// The steps of one parameter from some step on, or every so many of them: their sum and, if wanted, all of them.
pub struct Kept {
    pub from: u64,
    every: u64,
    keeps_rows: bool,
    pub rows: Vec<f32>,
    sum: Vec<f64>,
    steps: u64,
}

impl Kept {
    pub fn new(weights: usize, keeps_rows: bool, every: u64) -> Self {
        Self { from: u64::MAX, every, keeps_rows, rows: Vec::new(), sum: vec![0.0; weights], steps: 0 }
    }

    /// Steps it has taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    fn mean(&self) -> Option<Vec<f32>> {
        let steps = self.steps as f64;
        (self.steps > 0).then(|| self.sum.iter().map(|sum| (sum / steps) as f32).collect())
    }
}

impl Sink for Kept {
    fn wants(&self, step: u64) -> bool {
        step >= self.from && (step - self.from).is_multiple_of(self.every)
    }

    fn record(&mut self, step: Step<'_>) -> std::result::Result<(), RecorderError> {
        if self.keeps_rows {
            self.rows.extend_from_slice(step.weights);
        }
        self.sum.iter_mut().zip(step.weights).for_each(|(sum, &w)| *sum += f64::from(w));
        self.steps += 1;
        Ok(())
    }
}
