//! The tasks, and one training on one of them.

use ndarray::Array2;
use varflat_model::data::{Data, ImageSet};
use varflat_model::device::{self, OpenDevice};
use varflat_model::{
    Constraint, DenseNetwork, Mlp, MlpConfig, Precision, ResidentSet, Trainer, TrainingConfig,
};
use varflat_recorder::{SharedSink, paths};
use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::optimizer::optimizer;
use varflat_run::record::RecordedRows;

use super::method::Heads;
use super::settings::ForgettingStudy;
use crate::studies::context::StudyContext;

/// All that the trainings of the study share.
pub(super) struct Bench<'a> {
    pub(super) study: &'a ForgettingStudy,
    pub(super) tasks: Vec<Task>,
    data: Data,
    model: MlpConfig,
    training: TrainingConfig,
    device: OpenDevice,
    pub(super) context: &'a Context<'a>,
}

/// Two digits to be told apart, or several such pairs together.
pub(super) struct Task {
    pub(super) images: ImageSet,
    pub(super) train: ResidentSet,
    pub(super) test: ResidentSet,
}

/// A network after a task.
pub(super) struct Outcome {
    pub(super) network: Mlp,
    /// Path and recorded steps `[steps, weights]` of every weight matrix; nothing where nothing was recorded.
    pub(super) windows: Vec<(String, Array2<f32>)>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(study: &'a ForgettingStudy, work: &StudyContext<'a>) -> Result<Self> {
        let base = work.base;
        let device = device::open(work.context.device)?;
        if !base.model.is_dense() {
            return Err(
                work.invalid("it is made for perceptrons: the run should have no model.channels".to_owned())
            );
        }
        if base.training.precision == Precision::F64 {
            return Err(
                work.invalid("it trains in f32: the run should have training.precision = \"f32\"".to_owned())
            );
        }
        let data = base.load()?;
        work.note_data(&data);
        let batch = base.training.batch_size;
        for digit in study.pairs.concat() {
            let there = data.train.labels.iter().filter(|label| **label == digit).count();
            if there < batch || !data.test.labels.contains(&digit) {
                return Err(work.invalid(format!(
                    "pairs: the data have {there} training images of the digit {digit}; needed are a batch of {batch}, and some to test"
                )));
            }
        }
        let fewest = study
            .pairs
            .iter()
            .map(|pair| data.train.labels.iter().filter(|label| pair.contains(label)).count());
        let fewest = fewest.min().unwrap_or(0);
        if study.fisher_samples > fewest {
            return Err(work.invalid(format!(
                "fisher_samples = {}, but the smallest task has {fewest} training images: lower it",
                study.fisher_samples
            )));
        }
        let mut model = MlpConfig::new(data.train.pixels(), base.model.hidden.clone(), 2);
        model.bias = base.model.bias;
        let training = TrainingConfig { loss_below: 0.0, max_epochs: study.epochs, ..base.training.clone() };
        let tasks =
            study.pairs.iter().map(|pair| Task::new(&data, &[*pair], &device)).collect::<Result<_>>()?;
        let there: usize = model.shapes().iter().map(|(_, [from, to])| from * to).sum();
        if let Some(weights) = study.weights.iter().find(|weights| **weights > there) {
            return Err(work.invalid(format!("weights: {weights}, but the network has {there}: lower it")));
        }
        let context = work.context;
        let bench = Self { study, tasks, data, model, training, device, context };
        let (rows, wanted) = (bench.recorded_rows(), study.components.iter().max().copied().unwrap_or(1));
        // A centred window has one direction less than rows; a small layer may have fewer still.
        if rows <= wanted as u64 {
            return Err(work.invalid(format!(
                "components: {wanted} need a window of at least {} recorded steps, but there are {rows}; lengthen window or shorten every",
                wanted + 1
            )));
        }
        Ok(bench)
    }

    /// Steps recorded of the shortest task.
    fn recorded_rows(&self) -> u64 {
        let steps = self.tasks.iter().map(|task| self.training.steps_per_epoch(task.train.samples())).min();
        steps.unwrap_or(0) * self.study.window / self.study.every
    }

    /// The network before the first task.
    pub(super) fn initial(&self, seed: u64) -> Result<Mlp> {
        Ok(Mlp::new(&self.model.initial(seed)?, &self.device.device)?)
    }

    /// The network with which a task begins after another: with a new head if it has one of its own, always the same.
    pub(super) fn next(&self, heads: Heads, seed: u64, network: &Mlp) -> Result<Mlp> {
        match heads {
            Heads::Shared => Ok(network.clone()),
            Heads::Own => self.with_head_of(heads, network, &self.initial(seed)?),
        }
    }

    /// The network as it is tested on the task that `then` had just learnt: with its head of then, if that is the task's own.
    pub(super) fn with_head_of(&self, heads: Heads, network: &Mlp, then: &Mlp) -> Result<Mlp> {
        if heads == Heads::Shared {
            return Ok(network.clone());
        }
        let (now, then) = (network.to_dense()?, then.to_dense()?);
        let last = now.layers().len() - 1;
        let layers = [&now.layers()[..last], &then.layers()[last..]].concat();
        Ok(Mlp::new(&DenseNetwork::new(layers)?, &self.device.device)?)
    }

    /// The first `tasks` tasks as one.
    pub(super) fn together(&self, tasks: usize) -> Result<Task> {
        Task::new(&self.data, &self.study.pairs[..tasks], &self.device)
    }

    /// Learn a task, held by `constraints`. Batches come in the order that belongs to the task's `place` in a sequence, whatever the
    /// method: methods differ in nothing else.
    pub(super) fn learn(
        &self,
        network: Mlp,
        task: &Task,
        place: u64,
        seed: u64,
        constraints: Vec<Constraint>,
        recorded: bool,
    ) -> Result<Outcome> {
        use burn::module::Module;

        let network = network.train();
        let study = self.study;
        let matrices =
            paths(&network).into_iter().filter(|there| recorded && there.path.ends_with(".weight"));
        let per_epoch = self.training.steps_per_epoch(task.train.samples());
        let sinks: Vec<(String, SharedSink<RecordedRows>)> = matrices
            .map(|there| {
                let mut kept = RecordedRows::new(there.shape.iter().product(), true, study.every);
                kept.begin((study.epochs - study.window) * per_epoch);
                (there.path, SharedSink::new(kept))
            })
            .collect();
        let optimizer = optimizer(&network, &self.training, sinks.as_slice())?;
        let trainer = Trainer::new(network, optimizer, &self.training, seed, &task.train, &task.test)?;
        let mut trainer =
            trainer.resume_at(place * study.epochs * per_epoch).with_constraints(constraints)?;
        for _ in 0..study.epochs {
            self.context.go_on("the forgetting study")?;
            for _ in 0..per_epoch {
                trainer.step();
            }
            sinks.iter().try_for_each(|(_, sink)| sink.check())?;
        }
        // A training that diverged is an error here, not a wrong answer later.
        let loss = task.test.measure(trainer.network())?.loss;
        if !loss.is_finite() {
            let problem = format!("the test loss of task {} is {loss} with seed {seed}", place + 1);
            return Err(Error::Diverged(format!("{problem}: {}", self.training.calmer())));
        }
        let mut windows = Vec::new();
        for (path, sink) in sinks {
            let (values, steps) = sink.with(|kept| (kept.take_rows(), kept.steps()));
            let weights = values.len() / steps.max(1) as usize;
            windows.push((path, Array2::from_shape_vec((steps as usize, weights), values)?));
        }
        Ok(Outcome { network: trainer.network().valid(), windows })
    }
}

impl Task {
    fn new(data: &Data, pairs: &[[u8; 2]], device: &OpenDevice) -> Result<Self> {
        let place = |digit: u8| {
            let places = pairs.iter().filter_map(|pair| pair.iter().position(|other| *other == digit));
            places.map(|place| place as u8).next()
        };
        let images = data.train.relabelled(place);
        Ok(Self {
            train: ResidentSet::new(&images, 2, device)?,
            test: ResidentSet::new(&data.test.relabelled(place), 2, device)?,
            images,
        })
    }
}
