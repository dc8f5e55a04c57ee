//! Stage 1 of an equilibrium control: a Langevin walk in place of training, from another run's centre.

use std::path::Path;
use std::time::{Duration, Instant};

use ndarray::Array1;
use varflat_files::{Array, Npz, write_npz};
use varflat_model::data::Data;
use varflat_model::{DenseNetwork, Langevin, Metrics, MovingLayer, StopReason, written};
use varflat_recorder::{Schedule, Sink, Step, TrajectorySink};

use super::centre;
use super::subspace::Subspace;
use crate::artifacts::{METRICS, TRAJECTORY, WEIGHTS_FINAL, WEIGHTS_MEAN};
use crate::context::{Context, Progress};
use crate::error::{Error, Remedy, Result};
use crate::experiment::{Experiment, LangevinSection};
use crate::memory::Images;
use crate::run_folder::{RunFolder, RunWriter, Stage, StageWriter, names};
use crate::weights::{self, NamedWeights};

/// Wall time between checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// Steps between two rows of `metrics.csv`.
const MEASURE_EVERY: u64 = 250;

/// Walk and record, on from the last checkpoint if there is one. Returns the seconds it took, those of earlier attempts included.
pub(super) fn walk(run: &RunWriter<'_>, section: &LangevinSection, context: &Context<'_>) -> Result<f64> {
    let (ground, data) = Ground::of(run, section)?;
    let steps = section.burn_in.saturating_add(window(run.experiment())?);
    // Of a walk that was interrupted before its first step nothing is continued.
    let saved = if run.is_begun() { State::load(run)?.filter(|state| state.step > 0) } else { None };
    let stage = match &saved {
        Some(state) => run.go_on(Stage::Train).after(state.seconds),
        None => run.begin(Stage::Train)?,
    };
    let device = format!("{} threads of the host", rayon::current_num_threads());
    super::note_beginning(&stage, "host", &device, &data, context)?;
    drop(data);
    if let Some(state) = &saved {
        context.message(format_args!("    train: continuing after step {}\n", state.step));
    }
    let state = saved.unwrap_or_else(|| State::at_rest(&ground.subspace));
    let walk = Langevin::new(&vec![0.0; ground.subspace.dimensions()], section.walk(), run.experiment().seed);
    let walk = walk.resume_at(&state.position, state.step)?;
    let mut course = Course::go_on(&stage, (section, &ground), walk, steps, state)?;
    course.follow(context)?;
    course.finish()?;
    stage.note(|record| {
        record.steps = steps;
        record.epochs = steps;
        record.stop_reason = Some(StopReason::MaxEpochs);
    })?;
    stage.finish()
}

/// Steps that are recorded.
fn window(experiment: &Experiment) -> Result<u64> {
    experiment.recorder.window_steps().ok_or_else(|| {
        let problem = "recorder.window must be a number: the length of a Langevin walk".to_owned();
        Error::Experiment { origin: experiment.name.clone(), problem }
    })
}

/// What the walk goes on: the layer that moves in a network whose other layers rest, and where it may go.
struct Ground {
    network: DenseNetwork,
    /// Which layer moves.
    place: usize,
    subspace: Subspace,
    train: MovingLayer,
    test: MovingLayer,
}

impl Ground {
    /// Around the centre of the run that the walk starts from; with the images that its loss is of.
    fn of(run: &RunFolder, section: &LangevinSection) -> Result<(Self, Data)> {
        let experiment = run.experiment();
        let layer = &experiment.recorder.layer;
        let start = RunFolder::view(run.path().join(&section.start))?;
        start.require(Stage::Pca)?;
        let network = centre(&start, experiment.landscape.around)?;
        let place = network.position(layer)?;
        let subspace = Subspace::of(&start, section, &network.layers()[place])?;
        check_noise(run, section, &network.layers()[place].weight)?;
        let data = super::load_data(run)?;
        experiment.check_possible(Images::of(&data))?;
        let train = MovingLayer::new(&network, layer, &data.train)?;
        let test = MovingLayer::new(&network, layer, &data.test)?;
        Ok((Self { network, place, subspace, train, test }, data))
    }

    /// The network with other weights of the layer that moves.
    fn with_weights(&self, weight: Vec<f64>) -> Result<Vec<NamedWeights>> {
        let mut layers = self.network.layers().to_vec();
        layers[self.place].weight = weight;
        Ok(weights::of_dense(&DenseNetwork::new(layers)?))
    }
}

/// A walk on its way: what it has recorded, and what it has written down to go on from.
struct Course<'a> {
    stage: &'a StageWriter<'a>,
    section: &'a LangevinSection,
    ground: &'a Ground,
    walk: Langevin,
    /// The length of the walk.
    steps: u64,
    state: State,
    /// None for a walk that is over: the process ended after assembling the trajectory.
    sink: Option<TrajectorySink>,
    metrics: Vec<Metrics>,
    saved: Instant,
}

impl<'a> Course<'a> {
    fn go_on(
        stage: &'a StageWriter<'a>,
        (section, ground): (&'a LangevinSection, &'a Ground),
        walk: Langevin,
        steps: u64,
        state: State,
    ) -> Result<Self> {
        let (folder, recorder) = (stage.path(), &stage.experiment().recorder);
        let layer = &ground.network.layers()[ground.place];
        let shape = [layer.inputs, layer.outputs];
        let schedule = Schedule { every: recorder.every, keep: recorder.keep() };
        // A finished trajectory beside a checkpoint.
        let assembled = state.step == steps && stage.stream(&TRAJECTORY).exists();
        let sink = match state.step {
            _ if assembled => None,
            0 => Some(TrajectorySink::create(folder, recorder.parameter(), shape, schedule)?),
            step => Some(TrajectorySink::resume(folder, recorder.parameter(), shape, schedule, step)?),
        };
        let mut metrics = if state.step == 0 { Vec::new() } else { stage.read(&METRICS)? };
        metrics.retain(|row| row.step <= state.step);
        Ok(Self { stage, section, ground, walk, steps, state, sink, metrics, saved: Instant::now() })
    }

    /// Step, record, measure and save from time to time, to the end.
    fn follow(&mut self, context: &Context<'_>) -> Result<()> {
        let bar = context.bar("walk", self.steps);
        let _exit_hold = context.hold_exit();
        loop {
            let step = self.walk.steps();
            if step.is_multiple_of(MEASURE_EVERY) || step == self.steps {
                self.measure(bar.as_ref())?;
            }
            let asked = context.is_interrupted();
            if asked || step == self.steps || self.saved.elapsed() > CHECKPOINT_EVERY {
                self.save()?;
            }
            if asked && step < self.steps {
                bar.abandon();
                return Err(Error::Interrupted { stage: "train" });
            }
            if step == self.steps {
                return Ok(());
            }
            self.step()?;
            bar.set_position(self.walk.steps());
        }
    }

    /// One step, recorded.
    fn step(&mut self) -> Result<()> {
        let (subspace, step) = (&self.ground.subspace, self.walk.steps());
        let gradient = self.ground.train.full_gradient(&subspace.weights(self.walk.weights()))?;
        self.walk.step(|_| subspace.project(&gradient));
        let weights = subspace.weights(self.walk.weights());
        let learning_rate = self.section.learning_rate;
        let row = Step { step, weights: &weights, before: None, gradient: None, learning_rate };
        if !row.is_finite() {
            return Err(self.diverged());
        }
        if let Some(sink) = self.sink.as_mut().filter(|sink| sink.wants(step)) {
            sink.record(row)?;
        }
        if step >= self.section.burn_in && step.is_multiple_of(self.stage.experiment().recorder.every) {
            self.state.sum.iter_mut().zip(self.walk.weights()).for_each(|(sum, x)| *sum += x);
            self.state.rows += 1;
        }
        Ok(())
    }

    /// A row of `metrics.csv`, unless it is there from before an interruption; a step of full-batch descent is an epoch.
    fn measure(&mut self, bar: &dyn Progress) -> Result<()> {
        let step = self.walk.steps();
        if self.metrics.last().is_some_and(|row| row.step >= step) {
            return Ok(());
        }
        let weights = self.ground.subspace.weights(self.walk.weights());
        let (train, test) =
            (self.ground.train.performance(&weights)?, self.ground.test.performance(&weights)?);
        if !train.loss.is_finite() {
            return Err(self.diverged());
        }
        bar.set_message(format!("loss {:.2e}", train.loss));
        self.metrics.push(Metrics {
            epoch: step,
            step,
            train_loss: train.loss,
            train_error: train.error,
            test_loss: test.loss,
            test_error: test.error,
        });
        self.stage.write(&METRICS, &self.metrics)
    }

    /// Write down everything that it needs to go on.
    fn save(&mut self) -> Result<()> {
        if let Some(sink) = &mut self.sink {
            sink.flush()?;
        }
        self.state.position = self.walk.weights().to_vec();
        self.state.step = self.walk.steps();
        self.state.seconds = self.stage.seconds();
        self.state.save(&self.stage.partial(names::WALK))?;
        self.saved = Instant::now();
        Ok(())
    }

    /// End the recording, and write the weights after the last step and their mean.
    fn finish(mut self) -> Result<()> {
        if let Some(sink) = &mut self.sink {
            sink.finish()?;
        }
        let (ground, rows) = (self.ground, self.state.rows as f64);
        let mean: Vec<f64> = self.state.sum.iter().map(|sum| sum / rows).collect();
        let last = ground.subspace.weights(self.walk.weights()).into_iter().map(f64::from).collect();
        let (last, mean) = (ground.with_weights(last)?, ground.with_weights(ground.subspace.exact(&mean))?);
        self.stage.write(&WEIGHTS_FINAL, &last)?;
        self.stage.write(&WEIGHTS_MEAN, &mean)
    }

    fn diverged(&self) -> Error {
        Error::Experiment {
            origin: self.stage.experiment().name.clone(),
            problem: format!(
                "the walk diverged by step {}: langevin.learning_rate = {} is above 2/(κ_max + k); lower it",
                self.walk.steps(),
                written(self.section.learning_rate)
            ),
        }
    }
}

/// Refuse a temperature whose noise the recorded weights, which are f32, cannot show: over the whole window it would move a weight by
/// less than half of the last bit of a weight, and what is left is a descent.
fn check_noise(run: &RunFolder, section: &LangevinSection, start: &[f64]) -> Result<()> {
    let experiment = run.experiment();
    let steps = experiment.recorder.window_steps().unwrap_or(1);
    let moved = section.walk().kick() * (steps as f64).sqrt();
    let square = start.iter().map(|w| w * w).sum::<f64>() / start.len().max(1) as f64;
    let grain = f64::from(f32::EPSILON) / 2.0 * square.sqrt();
    if moved > grain {
        return Ok(());
    }
    Err(Error::Experiment {
        origin: experiment.name.clone(),
        problem: format!(
            "langevin.temperature = {} is no noise: over the {steps} steps of the window it moves a weight by {moved:.0e}, less than \
             the rounding of weights to f32, {grain:.0e}; raise it",
            written(section.temperature)
        ),
    })
}

/// The step that an unfinished walk has come to, if there is one.
///
/// # Errors
/// [`Error::Malformed`] if its state is damaged.
pub fn unfinished(run: &RunFolder) -> Result<Option<u64>> {
    Ok(State::load(run)?.map(|state| state.step))
}

/// Everything the walk needs to go on as if it had never stopped.
struct State {
    position: Vec<f64>,
    sum: Vec<f64>,
    rows: u64,
    step: u64,
    seconds: f64,
}

impl State {
    fn at_rest(subspace: &Subspace) -> Self {
        let zeros = vec![0.0; subspace.dimensions()];
        Self { position: zeros.clone(), sum: zeros, rows: 0, step: 0, seconds: 0.0 }
    }

    fn save(&self, file: &Path) -> Result<()> {
        let shape = vec![self.position.len()];
        Ok(write_npz(
            file,
            &[
                ("position", Array::Double(shape.clone(), &self.position)),
                ("sum", Array::Double(shape, &self.sum)),
                ("rows", Array::Integer(vec![self.rows as i64])),
                ("step", Array::Integer(vec![self.step as i64])),
                ("seconds", Array::scalar(&self.seconds)),
            ],
        )?)
    }

    fn load(run: &RunFolder) -> Result<Option<Self>> {
        let file = run.file(names::WALK);
        if !file.exists() {
            return Ok(None);
        }
        Self::read(&file)
            .map(Some)
            .map_err(|error| Error::malformed(&file, error.to_string(), Remedy::BeginAgain))
    }

    fn read(file: &Path) -> Result<Self> {
        let mut npz = Npz::open(file)?;
        let (position, sum): (Array1<f64>, Array1<f64>) = (npz.shaped("position")?, npz.shaped("sum")?);
        let mut count =
            |name: &str| -> Result<u64> { Ok(npz.counts(name)?.first().copied().unwrap_or(0) as u64) };
        let (rows, step) = (count("rows")?, count("step")?);
        Ok(Self {
            position: position.to_vec(),
            sum: sum.to_vec(),
            rows,
            step,
            seconds: npz.scalar("seconds")?,
        })
    }
}
