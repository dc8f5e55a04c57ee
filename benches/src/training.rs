//! Trainings to be timed: the paper's network, and as much recording as asked for.

use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;
use varflat_model::data::{ImageSet, Verify};
use varflat_model::device::{self, OpenDevice};
use varflat_model::{Mlp, MlpConfig, ResidentSet, Trainer, TrainingConfig};
use varflat_recorder::{
    Keep, Recorder, RecorderError, Schedule, SharedSink, Step, TrajectorySink, WindowMean,
    WindowMeanSettings, from_fn, paths,
};

/// Recorded steps that are kept, T in the paper.
const WINDOW: u64 = 12_000;
/// The recorded parameter.
const LAYER: &str = "hidden.weight";

/// A training set where networks are trained.
pub struct Ground {
    device: OpenDevice,
    set: ResidentSet,
    pixels: usize,
}

impl Ground {
    /// The training images of a folder of four IDX files.
    ///
    /// # Errors
    /// If they cannot be read, or there is no device.
    pub fn load(data: &Path) -> Result<Self> {
        Self::new(&varflat_model::data::load(data, Verify::Listed)?.train)
    }

    /// Ten classes of images, on the preferred device.
    ///
    /// # Errors
    /// If there is no device.
    pub fn new(images: &ImageSet) -> Result<Self> {
        let device = device::open(None)?;
        Ok(Self { set: ResidentSet::new(images, 10, &device)?, pixels: images.pixels(), device })
    }

    /// Optimizer steps in one epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        TrainingConfig::default().steps_per_epoch(self.set.samples())
    }
}

/// What is recorded of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// Nothing: a plain optimizer.
    Nothing,
    /// The hook alone, into a sink that forgets.
    Hook,
    /// The centre layer, every step, the last 12,000 in `trajectory.npy`.
    Trajectory,
    /// That and ⟨w⟩_T of every layer, with a check that weights are finite: what `varflat train` does.
    Everything,
}

/// A training of 784–width–width–10 by plain SGD with B = 50 and α = 0.1, on one thread.
pub struct Training<'ground> {
    trainer: Trainer<'ground, Mlp>,
    sinks: Vec<SharedSink>,
    _folder: TempDir,
}

impl<'ground> Training<'ground> {
    /// A training at its start; the trajectory goes to a temporary folder in `scratch`.
    ///
    /// # Errors
    /// If the scratch folder cannot be written.
    pub fn start(
        ground: &'ground Ground,
        width: usize,
        seed: u64,
        recording: Recording,
        scratch: &Path,
    ) -> Result<Self> {
        let folder = TempDir::new_in(scratch)
            .with_context(|| format!("cannot make a folder in {}", scratch.display()))?;
        let network = MlpConfig::new(ground.pixels, vec![width, width], 10).initial(seed)?;
        let network = Mlp::new(&network, &ground.device.autodiff())?;
        let config = TrainingConfig::default();
        let mut recorder = Recorder::new(&network, config.sgd());
        let mut sinks = Vec::new();
        let trajectory = || {
            let schedule = Schedule { every: 1, keep: Keep::Last(WINDOW) };
            TrajectorySink::create(folder.path(), LAYER, [width, width], schedule)
        };
        match recording {
            Recording::Nothing => {}
            Recording::Hook => {
                let sink = SharedSink::new(from_fn(|_| Ok(())));
                recorder = recorder.record(LAYER, &sink)?;
                sinks.push(sink.erased());
            }
            Recording::Trajectory => {
                let sink = SharedSink::new(trajectory()?);
                recorder = recorder.record(LAYER, &sink)?;
                sinks.push(sink.erased());
            }
            Recording::Everything => {
                for parameter in paths(&network) {
                    let weights = parameter.shape.iter().product();
                    let epoch = ground.steps_per_epoch();
                    let settings = WindowMeanSettings { weights, window: WINDOW, every: 1, epoch, end: None };
                    let mean = WindowMean::new(settings)?;
                    let sink = if parameter.path == LAYER {
                        let sink = SharedSink::new((from_fn(finite), (trajectory()?, mean)));
                        recorder = recorder.record(LAYER, &sink)?;
                        sink.erased()
                    } else {
                        let sink = SharedSink::new(mean);
                        recorder = recorder.record(&parameter.path, &sink)?;
                        sink.erased()
                    };
                    sinks.push(sink);
                }
            }
        }
        let optimizer = match recording {
            Recording::Nothing => config.sgd().into(),
            _ => recorder.into_optimizer(),
        };
        let trainer = Trainer::new(network, optimizer, &config, seed, &ground.set, &ground.set)?;
        Ok(Self { trainer, sinks, _folder: folder })
    }

    /// Takes so many steps.
    ///
    /// # Errors
    /// The first error of the recording.
    pub fn steps(&mut self, count: u64) -> Result<()> {
        for _ in 0..count {
            self.trainer.step();
            self.sinks.iter().try_for_each(SharedSink::check)?;
        }
        Ok(())
    }

    /// The loss of the whole training set.
    ///
    /// # Errors
    /// If the training has diverged.
    pub fn loss(&self) -> Result<f64> {
        Ok(self.trainer.measure()?.train_loss)
    }
}

/// Refuses weights that are not finite, as `varflat train` does at every step.
fn finite(step: Step<'_>) -> Result<(), RecorderError> {
    if step.is_finite() {
        return Ok(());
    }
    Err(RecorderError::sink(format!("a weight is not finite after step {}", step.step)))
}
