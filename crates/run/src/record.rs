//! Training any network with the recorder attached, everything in memory.

mod learns;
mod recorded_rows;

use learns::check_learns;
use ndarray::Array2;
use varflat_model::{
    Classifier, Metrics, ResidentSet, Trainer, TrainingConfig, TrainingError, with_statistics, with_weights,
};
use varflat_recorder::{SharedSink, parameter, paths};

use crate::error::{Error, Result};
use crate::optimizer::optimizer;

pub use recorded_rows::RecordedRows;

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
    let sinks: Vec<(String, SharedSink<RecordedRows>)> = paths(&network)
        .into_iter()
        .map(|there| {
            let kept = RecordedRows::new(there.shape.iter().product(), there.path == path, 1);
            (there.path, SharedSink::new(kept))
        })
        .collect();
    let optimizer = optimizer(&network, training, sinks.as_slice())?;
    let mut trainer = Trainer::new(network, optimizer, training, seed, train, test)?;
    reserve(&sinks, &path, window, weights, training.max_epochs.saturating_mul(trainer.steps_per_epoch()))?;
    let metrics = follow(&mut trainer, &sinks, window)?;
    let last = trainer.network().valid();
    let mut centre = last.clone();
    for (there, sink) in &sinks {
        // A parameter without gradient has not moved.
        if let Some(mean) = sink.with(|kept| kept.mean()) {
            centre = with_weights(centre, there, mean)?;
        }
    }
    let centre = with_statistics(&centre, train)?;
    let rows =
        sinks.iter().filter(|(there, _)| *there == path).map(|(_, sink)| sink.with(RecordedRows::take_rows));
    let rows: Vec<f32> = rows.flatten().collect();
    let window = Array2::from_shape_vec((window as usize, weights), rows).map_err(|_| {
        impossible(format!("`{path}` got no gradient in some steps: the loss does not depend on it"))
    })?;
    Ok(Recording { path, window, centre, last, metrics })
}

/// Trains until `trainer` says stop and for `window` steps more, which the sinks take; loss and error after each epoch.
fn follow<C: Classifier>(
    trainer: &mut Trainer<'_, C>,
    sinks: &[(String, SharedSink<RecordedRows>)],
    window: u64,
) -> Result<Vec<Metrics>> {
    let mut metrics = vec![trainer.measure()?];
    let mut end = None;
    while end != Some(trainer.steps()) {
        trainer.step();
        sinks.iter().try_for_each(|(_, sink)| sink.check())?;
        if trainer.at_epoch_end() {
            let now = trainer.measure()?;
            if end.is_none() && trainer.stop_reason(&now).is_some() {
                sinks.iter().for_each(|(_, sink)| sink.with(|kept| kept.begin(trainer.steps())));
                end = Some(trainer.steps() + window);
            }
            metrics.push(now);
        }
    }
    Ok(metrics)
}

fn impossible(problem: String) -> Error {
    Error::Training(TrainingError::Config(problem))
}

/// Room for the window, before the training it comes after.
fn reserve(
    sinks: &[(String, SharedSink<RecordedRows>)],
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
        own.into_iter().all(|(_, sink)| sink.with(|kept| kept.reserve(numbers)))
    };
    match numbers.is_some_and(room) {
        true => Ok(()),
        false => Err(impossible(format!(
            "a window of {window} steps of {weights} weights does not fit into memory: record fewer steps, or into a file \
             (TrajectorySink)"
        ))),
    }
}
