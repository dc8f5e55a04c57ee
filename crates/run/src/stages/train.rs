//! Stage 1: experiment + data → trajectory, weights, metrics.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::{ModuleOptimizer, Optimizer};
use burn::tensor::Bytes;
use varflat_files::{FileError, write_csv};
use varflat_model::data::Data;
use varflat_model::device::{self, OpenDevice};
use varflat_model::{
    Classifier, Convolutional, Metrics, Mlp, OptimizerKind, ResidentSet, StopReason, Trainer, written,
};
use varflat_recorder::{
    Keep, ParamPath, Recorder, RecorderError, Schedule, SharedSink, Sink, Step, TrajectorySink, WindowMean,
    WindowMeanSettings, WindowMeanState, parameter, paths,
};

use crate::checkpoint::{Checkpoint, CheckpointState};
use crate::context::Context;
use crate::error::{Error, Remedy, Result};
use crate::experiment::{Experiment, Window};
use crate::memory::Images;
use crate::run_folder::{RunFolder, Stage, names};
use crate::weights::{self, NamedWeights, Precision};

/// Wall time between checkpoints, taken at the next epoch's end: about what a kill can cost.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// Steps after which the next epoch's end is a checkpoint in any case, because the disk holds every row since the
/// last one. Counts in windows where these are longer.
const CHECKPOINT_STEPS: u64 = 12_000;

/// A measurement of all images that takes longer is made with a checkpoint behind it: a scheduler does not wait for its end.
const LONG: Duration = Duration::from_secs(1);

/// Train and record; returns the wall time of earlier, interrupted attempts.
pub(super) fn train(run: &RunFolder, context: &Context<'_>) -> Result<f64> {
    let experiment = run.experiment();
    let start = Instant::now();
    let data = super::load_data(run)?;
    experiment.check_possible(Images::of(&data))?;
    let open = device::open(context.device)?;
    let checkpoint = if run.is_begun() { Checkpoint::load(run.path())? } else { None };
    if let Some(checkpoint) = &checkpoint {
        let (started, now) = (&checkpoint.state.backend, open.backend.name());
        if started != now {
            return Err(Error::malformed(
                run.path(),
                format!("the training was begun on {started}, not {now}"),
                Remedy::KeepBackend(started.clone()),
            ));
        }
        context.say(format_args!("    train: continuing after step {}\n", checkpoint.state.step));
    }
    match experiment.convolutional(&data.train, data.classes) {
        Some(config) => {
            let network = Convolutional::new(&config, experiment.seed, &open.device)?;
            train_network(run, network, data, &open, checkpoint, start, context)
        }
        None => {
            let initial = experiment.network(data.train.pixels(), data.classes).initial(experiment.seed)?;
            train_network(run, Mlp::new(&initial, &open.device)?, data, &open, checkpoint, start, context)
        }
    }
}

/// Train a network from its initial weights, or from the checkpoint.
fn train_network<C: Classifier>(
    run: &RunFolder,
    initial: C,
    data: Data,
    open: &OpenDevice,
    checkpoint: Option<Checkpoint>,
    start: Instant,
    context: &Context<'_>,
) -> Result<f64> {
    let experiment = run.experiment();
    let network = match &checkpoint {
        Some(checkpoint) => weights::into_module(initial, &checkpoint.network, run.path())?,
        None => initial,
    };
    let network = network.train();
    let recorded = parameter(&network, &experiment.recorder.parameter())?;
    // Everything that can refuse the experiment has been asked: from here on the folder is its own.
    if checkpoint.is_none() {
        run.begin(Stage::Train)?;
    }
    super::note_beginning(run, open.backend.name(), &open.description, &data, context)?;
    let (train, test) = (
        ResidentSet::new(&data.train, data.classes, open)?,
        ResidentSet::new(&data.test, data.classes, open)?,
    );
    let steps_per_epoch = experiment.training.steps_per_epoch(train.samples());
    let recording = Recording::start(run, &network, recorded, steps_per_epoch, checkpoint.as_ref())?;
    let optimizer = recording.optimizer(&network, experiment)?;
    let optimizer = match &checkpoint {
        Some(checkpoint) => {
            optimizer.from_bytes(Bytes::from_bytes_vec(checkpoint.optimizer.clone())).map_err(|error| {
                Error::malformed(
                    run.path(),
                    format!("the checkpoint's optimizer state: {error}"),
                    Remedy::BeginAgain,
                )
            })?
        }
        None => optimizer,
    };
    let (first_step, earlier, mut metrics) = match checkpoint {
        Some(Checkpoint { state, .. }) => (state.step, state.seconds, state.metrics),
        None => (0, 0.0, Vec::new()),
    };
    let trainer = Trainer::new(network, optimizer, &experiment.training, experiment.seed, &train, &test)?;
    let mut trainer = trainer.resume_at(first_step);
    // The device has its own copy of the images.
    drop(data);

    let save = |trainer: &Trainer<'_, C>, metrics: &[Metrics]| -> Result<()> {
        recording.flush()?;
        let optimizer = trainer.optimizer().into_bytes().map_err(|error| {
            FileError::malformed(run.path(), format!("the optimizer's state cannot be saved: {error}"))
        })?;
        let state = CheckpointState {
            step: trainer.steps(),
            metrics: metrics.to_vec(),
            seconds: earlier + start.elapsed().as_secs_f64(),
            backend: open.backend.name().to_owned(),
            files: BTreeMap::new(),
        };
        let network = weights::of_module(trainer.network())?;
        let means = recording.states();
        Checkpoint { network, optimizer: optimizer.to_vec(), means, state }.save(run.path())
    };
    let reason = follow(run, &recording, &mut trainer, &mut metrics, save, context)?;
    // The recorder knows only that its window is not full, not which key ended the training.
    check_full(experiment, trainer.steps(), reason)?;
    recording.finish(trainer.steps() - first_step)?;

    let last = weights::of_module(trainer.network())?;
    let mean = recording.mean(&last, trainer.steps())?;
    weights::write(&run.file(names::WEIGHTS_FINAL), &last, Precision::Single)?;
    weights::write(&run.file(names::WEIGHTS_MEAN), &mean, Precision::Double)?;
    write_csv(&run.file(names::METRICS), &metrics)?;
    run.update(|record| {
        record.steps = trainer.steps();
        record.epochs = trainer.epochs();
        record.stop_reason = Some(reason);
    })?;
    Ok(earlier)
}

/// The training loop: step, listen, measure at epoch ends, save from time to time and at the end.
fn follow<C: Classifier>(
    run: &RunFolder,
    recording: &Recording,
    trainer: &mut Trainer<'_, C>,
    metrics: &mut Vec<Metrics>,
    save: impl Fn(&Trainer<'_, C>, &[Metrics]) -> Result<()>,
    context: &Context<'_>,
) -> Result<StopReason> {
    let training = &run.experiment().training;
    let most = training.max_epochs * trainer.steps_per_epoch();
    let bar = context.bar("train", most);
    let furthest = match run.experiment().recorder.window {
        Window::Last(window) => CHECKPOINT_STEPS.max(window.saturating_mul(run.experiment().recorder.every)),
        Window::All(_) => u64::MAX,
    };
    let (mut saved, mut saved_step) = (Instant::now(), trainer.steps());
    let mut at_stake = None;
    let mut measuring = Duration::ZERO;
    loop {
        if trainer.at_epoch_end() {
            if metrics.last().is_none_or(|row| row.step < trainer.steps()) {
                if measuring > LONG {
                    // So that the process may end in the middle of it.
                    save(trainer, metrics)?;
                    at_stake = None;
                }
                let begun = Instant::now();
                let measured = trainer.measure();
                measuring = begun.elapsed();
                if measured.is_err() {
                    // The measurement's error is the one to tell.
                    let _ = recording.flush();
                }
                metrics.push(measured?);
                write_csv(&run.file(names::METRICS), &*metrics)?;
            }
            if let [.., before, now] = metrics.as_slice() {
                trainer.check_alive(before, now)?;
            }
            if let Some(latest) = metrics.last() {
                if let Some(reason) = trainer.stop_reason(latest).filter(|_| latest.epoch > 0) {
                    drop(bar);
                    save(trainer, metrics)?;
                    return Ok(reason);
                }
                // Late in training L falls like 1/t, which tells when it will pass the threshold.
                let expected = trainer.steps() as f64 * latest.train_loss / training.loss_below;
                if latest.epoch > 0 && expected.is_finite() {
                    bar.set_length((expected as u64).clamp(trainer.steps(), most));
                }
                bar.set_message(format!("epoch {}, loss {:.2e}", latest.epoch, latest.train_loss));
            }
            if saved.elapsed() > CHECKPOINT_EVERY || trainer.steps() - saved_step >= furthest {
                save(trainer, metrics)?;
                (saved, saved_step) = (Instant::now(), trainer.steps());
            }
        }
        if context.asked() {
            bar.abandon();
            save(trainer, metrics)?;
            return Err(Error::Interrupted { stage: "train" });
        }
        at_stake.get_or_insert_with(|| context.at_stake());
        trainer.step();
        bar.set_position(trainer.steps());
        recording.check()?;
    }
}

/// The complaint about a training that ended before its window was full, which only the training can know.
fn check_full(experiment: &Experiment, steps: u64, reason: StopReason) -> Result<()> {
    let rows = steps.div_ceil(experiment.recorder.every);
    match (experiment.recorder.window, reason) {
        (Window::Last(window), StopReason::LossBelow) if window > rows => Err(Error::Experiment {
            origin: experiment.name.clone(),
            problem: format!(
                "recorder.window = {window} is longer than the training: its loss fell below training.loss_below = {} after {rows} \
                 recorded steps, which are kept; lower training.loss_below, recorder.window or recorder.every",
                written(experiment.training.loss_below)
            ),
        }),
        _ => Ok(()),
    }
}

/// What listens to the optimizer: the trajectory of one layer, and the running mean of every parameter.
pub(super) struct Recording {
    parameter: String,
    layer: SharedSink<(Finite, (Option<TrajectorySink>, WindowMean))>,
    others: Vec<(String, SharedSink<WindowMean>)>,
}

impl Recording {
    /// Begin at step 0, or where the checkpoint stands; the trajectory is that of `recorded`.
    pub(super) fn start(
        run: &RunFolder,
        network: &impl Module,
        recorded: ParamPath,
        epoch: u64,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Self> {
        let experiment = run.experiment();
        let section = &experiment.recorder;
        let schedule = Schedule { every: section.every, keep: section.keep() };
        let ParamPath { path: parameter, shape } = recorded;
        let step = checkpoint.map_or(0, |checkpoint| checkpoint.state.step);
        let mean = |path: &str, shape: &[usize]| -> Result<WindowMean> {
            let rows = (experiment.training.max_epochs * epoch).div_ceil(section.every);
            let settings = WindowMeanSettings {
                weights: shape.iter().product(),
                window: match section.window {
                    Window::Last(window) => window,
                    Window::All(_) => rows,
                },
                every: section.every,
                // With every row kept there is one sum, from the first row on.
                epoch: match section.window {
                    Window::Last(_) => epoch,
                    Window::All(_) => experiment.training.max_epochs * epoch,
                },
                end: None,
            };
            let saved = checkpoint.map(|checkpoint| {
                let found = checkpoint.means.iter().find(|(saved, _)| saved == path);
                found.map(|(_, state)| state.clone()).ok_or_else(|| {
                    Error::malformed(
                        run.path(),
                        format!("the checkpoint has no mean of {path}"),
                        Remedy::BeginAgain,
                    )
                })
            });
            Ok(WindowMean::from_state(settings, saved.transpose()?.unwrap_or_default())?)
        };
        // A finished trajectory without its parts: the process ended after assembling it.
        let assembled = checkpoint.is_some()
            && matches!(schedule.keep, Keep::Last(_))
            && run.file(names::TRAJECTORY).exists();
        let trajectory = if assembled {
            None
        } else if checkpoint.is_some() {
            Some(TrajectorySink::resume(run.path(), &parameter, shape.clone(), schedule, step)?)
        } else {
            Some(TrajectorySink::create(run.path(), &parameter, shape.clone(), schedule)?)
        };
        let finite = Finite {
            parameter: parameter.clone(),
            every: section.every,
            remedy: experiment.training.calmer(),
            diverged: false,
        };
        let sink = (finite, (trajectory, mean(&parameter, &shape)?));
        let others = paths(network)
            .into_iter()
            .filter(|other| other.path != parameter)
            .map(|other| {
                let sink = SharedSink::starting_at(mean(&other.path, &other.shape)?, step);
                Ok((other.path, sink))
            })
            .collect::<Result<_>>()?;
        Ok(Self { parameter, layer: SharedSink::starting_at(sink, step), others })
    }

    /// The experiment's optimizer with these sinks attached.
    pub(super) fn optimizer(
        &self,
        network: &impl Module,
        experiment: &Experiment,
    ) -> Result<ModuleOptimizer> {
        match experiment.training.optimizer {
            OptimizerKind::Sgd => self.attach(network, experiment.training.sgd()),
            OptimizerKind::Adam => self.attach(network, experiment.training.adam()),
        }
    }

    fn attach<O: Optimizer>(&self, network: &impl Module, optimizer: O) -> Result<ModuleOptimizer> {
        let mut recorder = Recorder::new(network, optimizer).record(&self.parameter, &self.layer)?;
        for (path, sink) in &self.others {
            recorder = recorder.record(path, sink)?;
        }
        Ok(recorder.into_optimizer())
    }

    /// The first error of any sink. What was recorded before it is written first.
    fn check(&self) -> Result<()> {
        if let Err(first) = self.layer.check() {
            // The first error is the one to tell; a disk that refuses refuses the last rows too.
            let _ = self.flush();
            let diverged = self.layer.with(|(finite, _)| finite.diverged);
            return Err(if diverged { Error::Diverged(first.to_string()) } else { first.into() });
        }
        Ok(self.others.iter().try_for_each(|(_, sink)| sink.check())?)
    }

    /// Write the rows that wait in memory.
    fn flush(&self) -> Result<()> {
        Ok(self
            .layer
            .with(|(_, (trajectory, _))| trajectory.as_mut().map_or(Ok(()), TrajectorySink::flush))?)
    }

    /// Running sums of every parameter.
    fn states(&self) -> Vec<(String, WindowMeanState)> {
        let layer = self.layer.with(|(_, (_, mean))| mean.state().clone());
        let mut states = vec![(self.parameter.clone(), layer)];
        for (path, sink) in &self.others {
            states.push((path.clone(), sink.with(|mean| mean.state().clone())));
        }
        states
    }

    /// End the recording after `steps` steps of this process.
    fn finish(&self, steps: u64) -> Result<()> {
        self.layer.check_steps(steps)?;
        self.layer.with(|(_, (trajectory, _))| match trajectory {
            Some(trajectory) => trajectory.finish().map(drop),
            None => Ok(()),
        })?;
        Ok(())
    }

    /// Every parameter at its mean over the window, in the shapes of `last`.
    fn mean(&self, last: &[NamedWeights], end: u64) -> Result<Vec<NamedWeights>> {
        let of = |path: &str| -> Result<Vec<f64>> {
            if path == self.parameter {
                return self.layer.with(|(_, (_, mean))| window_mean(mean, end));
            }
            let found = self.others.iter().find(|(other, _)| other == path);
            match found {
                Some((_, sink)) => sink.with(|mean| window_mean(mean, end)),
                None => Err(RecorderError::sink(format!("nothing was recorded of {path}")).into()),
            }
        };
        last.iter().map(|last| Ok(NamedWeights { values: of(&last.path)?, ..last.clone() })).collect()
    }
}

/// The mean over the window, or over everything when the window is the whole, unfinished plan.
fn window_mean(mean: &WindowMean, end: u64) -> Result<Vec<f64>> {
    let state = mean.state();
    let whole = state.segments.len() == 1 && state.segments[0].first_row == 0;
    if whole && state.rows < mean.settings().window {
        let rows = state.rows as f64;
        return Ok(state.segments[0].sum.iter().map(|sum| sum / rows).collect());
    }
    Ok(mean.mean(end)?)
}

/// Stops the recording at the first row that is not finite, before it reaches the file.
struct Finite {
    parameter: String,
    every: u64,
    /// What to lower.
    remedy: String,
    /// Whether it has.
    diverged: bool,
}

impl Sink for Finite {
    fn wants(&self, step: u64) -> bool {
        step.is_multiple_of(self.every)
    }

    fn record(&mut self, step: Step<'_>) -> std::result::Result<(), RecorderError> {
        if step.is_finite() {
            return Ok(());
        }
        self.diverged = true;
        Err(RecorderError::sink(format!(
            "training diverged: {} is not finite after step {}; the rows before it are kept; {}",
            self.parameter,
            step.step + 1,
            self.remedy
        )))
    }
}
