//! Stage 1: experiment + data → trajectory, weights, metrics.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use burn::optim::ModuleOptimizer;
use burn::tensor::Bytes;
use varflat_files::FileError;
use varflat_model::data::Data;
use varflat_model::device::{self, OpenDevice};
use varflat_model::{Classifier, Metrics, Precision, StopReason, Trainer, written};
use varflat_recorder::parameter;

use super::recording::Recording;
use crate::artifacts::{METRICS, WEIGHTS_FINAL, WEIGHTS_FINAL_IN_F64, WEIGHTS_MEAN};
use crate::checkpoint::{Checkpoint, CheckpointState};
use crate::context::{Context, ExitHold, Progress};
use crate::error::{Error, Remedy, Result};
use crate::experiment::{Experiment, Window};
use crate::memory::Images;
use crate::networks::{self, WithNetwork};
use crate::optimizer::optimizer;
use crate::run_folder::{RunWriter, Stage, StageWriter};
use crate::weights;

/// Wall time between checkpoints, taken at the next epoch's end: about what a kill can cost.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// Steps after which the next epoch's end is a checkpoint in any case, because the disk holds every row since the
/// last one. Counts in windows where these are longer.
const CHECKPOINT_STEPS: u64 = 12_000;

/// A measurement of all images that takes longer is made with a checkpoint behind it: a scheduler does not wait for its end.
const LONG: Duration = Duration::from_secs(1);

/// Train and record, on from the checkpoint if there is one. Returns the seconds it took, those of earlier attempts included.
pub(super) fn train(run: &RunWriter<'_>, context: &Context<'_>) -> Result<f64> {
    let experiment = run.experiment();
    let data = super::load_data(run)?;
    experiment.check_possible(Images::of(&data))?;
    let open = device::open(context.device)?;
    let precision = experiment.training.precision;
    open.check_precision(precision)?;
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
        context.message(format_args!("    train: continuing after step {}\n", checkpoint.state.step));
    }
    let images = (data.train.size(), data.classes);
    networks::initial(experiment, images, &open, Training { run, data, open: &open, checkpoint, context })
}

/// What a network is trained with.
struct Training<'a> {
    run: &'a RunWriter<'a>,
    data: Data,
    open: &'a OpenDevice,
    checkpoint: Option<Checkpoint>,
    context: &'a Context<'a>,
}

impl WithNetwork for Training<'_> {
    type Made = f64;

    /// Train a network from its initial weights, or from the checkpoint.
    fn with(self, initial: impl Classifier) -> Result<f64> {
        let Self { run, data, open, checkpoint, context } = self;
        let experiment = run.experiment();
        let precision = experiment.training.precision;
        let initial = networks::in_precision(initial, precision);
        let network = match &checkpoint {
            Some(checkpoint) => weights::into_module(initial, &checkpoint.network, run.path())?,
            None => initial,
        };
        let network = network.train();
        let recorded = parameter(&network, &experiment.recorder.parameter())?;
        // Everything that can refuse the experiment has been asked: from here on the folder is its own.
        let stage = match &checkpoint {
            Some(checkpoint) => run.go_on(Stage::Train).after(checkpoint.state.seconds),
            None => run.begin(Stage::Train)?,
        };
        super::note_beginning(&stage, open.backend.name(), &open.description, &data, context)?;
        let [train, test] = networks::resident(&data, open, precision)?;
        let steps_per_epoch = experiment.training.steps_per_epoch(train.samples());
        let recording = Recording::start(&stage, &network, recorded, steps_per_epoch, checkpoint.as_ref())?;
        let optimizer =
            resumed(&stage, optimizer(&network, &experiment.training, &recording)?, checkpoint.as_ref())?;
        let trainer = Trainer::new(network, optimizer, &experiment.training, experiment.seed, &train, &test)?;
        let (first_step, metrics) = match checkpoint {
            Some(Checkpoint { state, .. }) => (state.step, state.metrics),
            None => (0, Vec::new()),
        };
        let mut trainer = trainer.resume_at(first_step);
        // The device has its own copy of the images.
        drop(data);

        let mut course = Course::new(&stage, &recording, open.backend.name(), metrics, first_step);
        let reason = course.follow(&mut trainer, context)?;
        // The recorder knows only that its window is not full, not which key ended the training.
        check_full(experiment, trainer.steps(), reason)?;
        recording.finish(trainer.steps() - first_step)?;
        let last = weights::of_module(trainer.network())?;
        let mean = recording.mean(&last, trainer.steps())?;
        match precision {
            Precision::F32 => stage.write(&WEIGHTS_FINAL, &last)?,
            Precision::F64 => stage.write(&WEIGHTS_FINAL_IN_F64, &last)?,
        }
        stage.write(&WEIGHTS_MEAN, &mean)?;
        stage.write(&METRICS, &course.metrics)?;
        drop(course);
        stage.note(|record| {
            record.steps = trainer.steps();
            record.epochs = trainer.epochs();
            record.stop_reason = Some(reason);
        })?;
        stage.finish()
    }
}

/// The optimizer in the state that the checkpoint has of it.
fn resumed(
    stage: &StageWriter<'_>,
    optimizer: ModuleOptimizer,
    checkpoint: Option<&Checkpoint>,
) -> Result<ModuleOptimizer> {
    let Some(checkpoint) = checkpoint else { return Ok(optimizer) };
    optimizer.from_bytes(Bytes::from_bytes_vec(checkpoint.optimizer.clone())).map_err(|error| {
        let problem = format!("the checkpoint's optimizer state: {error}");
        Error::malformed(stage.path(), problem, Remedy::BeginAgain)
    })
}

/// A training on its way: what it has measured, and what it has written down to go on from.
struct Course<'a> {
    stage: &'a StageWriter<'a>,
    recording: &'a Recording,
    backend: &'a str,
    metrics: Vec<Metrics>,
    /// When the last checkpoint was made, and after how many steps.
    saved: (Instant, u64),
    /// Steps that a checkpoint may be behind.
    furthest: u64,
    /// How long the last measurement of all images took.
    measuring: Duration,
    /// Steps that no checkpoint has.
    exit_hold: Option<ExitHold<'a>>,
}

impl<'a> Course<'a> {
    fn new(
        stage: &'a StageWriter<'a>,
        recording: &'a Recording,
        backend: &'a str,
        metrics: Vec<Metrics>,
        first_step: u64,
    ) -> Self {
        let section = &stage.experiment().recorder;
        let furthest = match section.window {
            Window::Last(window) => CHECKPOINT_STEPS.max(window.saturating_mul(section.every)),
            Window::All(_) => u64::MAX,
        };
        let (saved, measuring) = ((Instant::now(), first_step), Duration::ZERO);
        Self { stage, recording, backend, metrics, saved, furthest, measuring, exit_hold: None }
    }

    /// The training loop: step, listen, measure at epoch ends, save from time to time and at the end.
    fn follow<C: Classifier>(
        &mut self,
        trainer: &mut Trainer<'_, C>,
        context: &Context<'a>,
    ) -> Result<StopReason> {
        let most = self.stage.experiment().training.max_epochs * trainer.steps_per_epoch();
        let bar = context.bar("train", most);
        loop {
            if trainer.at_epoch_end() {
                self.measure(trainer)?;
                if let [.., before, now] = self.metrics.as_slice() {
                    trainer.check_alive(before, now)?;
                }
                if let Some(latest) = self.metrics.last() {
                    if let Some(reason) = trainer.stop_reason(latest).filter(|_| latest.epoch > 0) {
                        drop(bar);
                        self.save(trainer)?;
                        self.exit_hold = None;
                        return Ok(reason);
                    }
                    self.show(trainer, latest, bar.as_ref(), most);
                }
                let (saved, saved_step) = self.saved;
                if saved.elapsed() > CHECKPOINT_EVERY || trainer.steps() - saved_step >= self.furthest {
                    self.save(trainer)?;
                    self.saved = (Instant::now(), trainer.steps());
                }
            }
            if context.is_interrupted() {
                bar.abandon();
                self.save(trainer)?;
                return Err(Error::Interrupted { stage: "train" });
            }
            self.exit_hold.get_or_insert_with(|| context.hold_exit());
            trainer.step();
            bar.set_position(trainer.steps());
            self.recording.check()?;
        }
    }

    /// Measure loss and error after this epoch, unless that was done before an interruption.
    fn measure<C: Classifier>(&mut self, trainer: &mut Trainer<'_, C>) -> Result<()> {
        if self.metrics.last().is_some_and(|row| row.step >= trainer.steps()) {
            return Ok(());
        }
        if self.measuring > LONG {
            // So that the process may end in the middle of it.
            self.save(trainer)?;
            self.exit_hold = None;
        }
        let begun = Instant::now();
        let measured = trainer.measure();
        self.measuring = begun.elapsed();
        if measured.is_err() {
            // The measurement's error is the one to tell.
            let _ = self.recording.flush();
        }
        self.metrics.push(measured?);
        self.stage.write(&METRICS, &self.metrics)
    }

    /// How far it is.
    fn show<C: Classifier>(&self, trainer: &Trainer<'_, C>, latest: &Metrics, bar: &dyn Progress, most: u64) {
        // Late in training L falls like 1/t, which tells when it will pass the threshold.
        let threshold = self.stage.experiment().training.loss_below;
        let expected = trainer.steps() as f64 * latest.train_loss / threshold;
        if latest.epoch > 0 && expected.is_finite() {
            bar.set_length((expected as u64).clamp(trainer.steps(), most));
        }
        bar.set_message(format!("epoch {}, loss {:.2e}", latest.epoch, latest.train_loss));
    }

    /// Write down everything that it needs to go on.
    fn save<C: Classifier>(&self, trainer: &Trainer<'_, C>) -> Result<()> {
        self.recording.flush()?;
        let folder = self.stage.path();
        let optimizer = trainer.optimizer().into_bytes().map_err(|error| {
            FileError::malformed(folder, format!("the optimizer's state cannot be saved: {error}"))
        })?;
        let state = CheckpointState {
            step: trainer.steps(),
            metrics: self.metrics.clone(),
            seconds: self.stage.seconds(),
            backend: self.backend.to_owned(),
            files: BTreeMap::new(),
        };
        let network = weights::of_module(trainer.network())?;
        let means = self.recording.states();
        let precision = self.stage.experiment().training.precision;
        Checkpoint { network, optimizer: optimizer.to_vec(), means, state }.save(folder, precision)
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
