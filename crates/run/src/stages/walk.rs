//! Stage 1 of an equilibrium control: a Langevin walk in place of training, from another run's centre.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::Array1;
use varflat_files::{Array, Npz, read_csv, write_csv, write_npz};
use varflat_model::{DenseNetwork, Langevin, Metrics, MovingLayer, StopReason, written};
use varflat_recorder::{Schedule, Sink, Step, TrajectorySink};

use super::subspace::Subspace;
use crate::context::Context;
use crate::error::{Error, Remedy, Result};
use crate::experiment::LangevinSection;
use crate::memory::Images;
use crate::run_folder::{RunFolder, Stage, names};
use crate::weights::{self, Precision};

/// Wall time between checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// Steps between two rows of `metrics.csv`.
const MEASURE_EVERY: u64 = 250;

/// Walk and record; returns the wall time of earlier, interrupted attempts.
pub(super) fn walk(run: &RunFolder, section: &LangevinSection, context: &Context<'_>) -> Result<f64> {
    let experiment = run.experiment();
    let begun = Instant::now();
    let start = RunFolder::view(run.path().join(&section.start))?;
    start.require(Stage::Pca)?;
    let network = start.centre(experiment.landscape.around)?;
    let place = network.position(&experiment.recorder.layer)?;
    let subspace = Subspace::of(&start, section, &network.layers()[place])?;
    check_noise(run, section, &network.layers()[place].weight)?;
    let data = super::load_data(run)?;
    experiment.check_possible(Images::of(&data))?;
    let train = MovingLayer::new(&network, &experiment.recorder.layer, &data.train)?;
    let test = MovingLayer::new(&network, &experiment.recorder.layer, &data.test)?;

    // Of a walk that was interrupted before its first step nothing is continued.
    let saved = if run.is_begun() { State::load(run)?.filter(|state| state.step > 0) } else { None };
    if saved.is_none() {
        run.begin(Stage::Train)?;
    }
    let device = format!("{} threads of the host", rayon::current_num_threads());
    super::note_beginning(run, "host", &device, &data, context)?;
    drop(data);

    let every = experiment.recorder.every;
    let Some(recorded) = experiment.recorder.window_steps() else {
        let problem = "recorder.window must be a number: the length of a Langevin walk".to_owned();
        return Err(Error::Experiment { origin: experiment.name.clone(), problem });
    };
    let steps = section.burn_in.saturating_add(recorded);
    let shape = [network.layers()[place].inputs, network.layers()[place].outputs];
    let schedule = Schedule { every, keep: experiment.recorder.keep() };
    let parameter = experiment.recorder.parameter();
    let mut state = saved.unwrap_or_else(|| State::at_rest(&subspace));
    if state.step > 0 {
        context.say(format_args!("    train: continuing after step {}\n", state.step));
    }
    // A finished trajectory beside a checkpoint: the process ended after assembling it.
    let assembled = state.step == steps && run.file(names::TRAJECTORY).exists();
    let mut sink = match state.step {
        _ if assembled => None,
        0 => Some(TrajectorySink::create(run.path(), parameter, shape, schedule)?),
        step => Some(TrajectorySink::resume(run.path(), parameter, shape, schedule, step)?),
    };
    let mut metrics: Vec<Metrics> =
        if state.step == 0 { Vec::new() } else { read_csv(&run.file(names::METRICS))? };
    metrics.retain(|row| row.step <= state.step);

    let origin = vec![0.0; subspace.dimensions()];
    let mut walk =
        Langevin::new(&origin, section.walk(), experiment.seed).resume_at(&state.position, state.step)?;
    let bar = context.bar("walk", steps);
    let mut saved_at = Instant::now();
    let earlier = state.seconds;
    let at_stake = context.at_stake();
    loop {
        let step = walk.steps();
        if (step.is_multiple_of(MEASURE_EVERY) || step == steps)
            && metrics.last().is_none_or(|row| row.step < step)
        {
            let measured = measure(step, &subspace.weights(walk.weights()), &train, &test)?;
            if !measured.train_loss.is_finite() {
                return Err(diverged(run, section, step));
            }
            bar.set_message(format!("loss {:.2e}", measured.train_loss));
            metrics.push(measured);
            write_csv(&run.file(names::METRICS), &metrics)?;
        }
        let asked = context.asked();
        if asked || step == steps || saved_at.elapsed() > CHECKPOINT_EVERY {
            if let Some(sink) = &mut sink {
                sink.flush()?;
            }
            state.position = walk.weights().to_vec();
            state.step = step;
            state.seconds = earlier + begun.elapsed().as_secs_f64();
            state.save(run)?;
            saved_at = Instant::now();
        }
        if asked && step < steps {
            bar.abandon();
            return Err(Error::Interrupted { stage: "train" });
        }
        if step == steps {
            break;
        }
        let gradient = train.full_gradient(&subspace.weights(walk.weights()))?;
        walk.step(|_| subspace.project(&gradient));
        bar.set_position(walk.steps());
        let weights = subspace.weights(walk.weights());
        let learning_rate = section.learning_rate;
        let row = Step { step, weights: &weights, before: None, gradient: None, learning_rate };
        if !row.is_finite() {
            return Err(diverged(run, section, walk.steps()));
        }
        if let Some(sink) = sink.as_mut().filter(|sink| sink.wants(step)) {
            sink.record(row)?;
        }
        if step >= section.burn_in && step.is_multiple_of(every) {
            state.sum.iter_mut().zip(walk.weights()).for_each(|(sum, x)| *sum += x);
            state.rows += 1;
        }
    }
    drop(at_stake);
    drop(bar);
    if let Some(sink) = &mut sink {
        sink.finish()?;
    }
    let mean: Vec<f64> = state.sum.iter().map(|sum| sum / state.rows as f64).collect();
    let last: Vec<f64> = subspace.weights(walk.weights()).into_iter().map(f64::from).collect();
    let last = with_weights(&network, place, last)?;
    let mean = with_weights(&network, place, subspace.exact(&mean))?;
    weights::write(&run.file(names::WEIGHTS_FINAL), &weights::of_dense(&last), Precision::Single)?;
    weights::write(&run.file(names::WEIGHTS_MEAN), &weights::of_dense(&mean), Precision::Double)?;
    run.update(|record| {
        record.steps = steps;
        record.epochs = steps;
        record.stop_reason = Some(StopReason::MaxEpochs);
    })?;
    Ok(earlier)
}

/// A row of `metrics.csv`; a step of full-batch descent is an epoch.
fn measure(step: u64, weights: &[f32], train: &MovingLayer, test: &MovingLayer) -> Result<Metrics> {
    let (train, test) = (train.performance(weights)?, test.performance(weights)?);
    Ok(Metrics {
        epoch: step,
        step,
        train_loss: train.loss,
        train_error: train.error,
        test_loss: test.loss,
        test_error: test.error,
    })
}

/// The network with the weights of one layer replaced.
fn with_weights(network: &DenseNetwork, place: usize, weight: Vec<f64>) -> Result<DenseNetwork> {
    let mut layers = network.layers().to_vec();
    layers[place].weight = weight;
    Ok(DenseNetwork::new(layers)?)
}

fn diverged(run: &RunFolder, section: &LangevinSection, step: u64) -> Error {
    Error::Experiment {
        origin: run.experiment().name.clone(),
        problem: format!(
            "the walk diverged by step {step}: langevin.learning_rate = {} is above 2/(κ_max + k); lower it",
            written(section.learning_rate)
        ),
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

    fn file(run: &RunFolder) -> PathBuf {
        run.file(names::WALK)
    }

    fn save(&self, run: &RunFolder) -> Result<()> {
        let shape = vec![self.position.len()];
        Ok(write_npz(
            &Self::file(run),
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
        let file = Self::file(run);
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
