//! What is recorded of a training: the trajectory of one layer, and the mean of every parameter.

use burn::module::Module;
use burn::optim::Optimizer;
use varflat_recorder::{
    Keep, ParamPath, Recorder, RecorderError, Schedule, SharedSink, Sink, Step, TrajectorySink, WindowMean,
    WindowMeanSettings, WindowMeanState, paths,
};

use crate::artifacts::TRAJECTORY;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Remedy, Result};
use crate::experiment::Window;
use crate::optimizer::Listeners;
use crate::run_folder::StageWriter;
use crate::weights::NamedWeights;

/// What listens to the optimizer: the trajectory of one layer, and the running mean of every parameter.
pub(super) struct Recording {
    parameter: String,
    layer: SharedSink<(Finite, (Option<TrajectorySink>, WindowMean))>,
    others: Vec<(String, SharedSink<WindowMean>)>,
}

impl Recording {
    /// Begin at step 0, or where the checkpoint stands; the trajectory is that of `recorded`.
    pub(super) fn start(
        stage: &StageWriter<'_>,
        network: &impl Module,
        recorded: ParamPath,
        epoch: u64,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Self> {
        let experiment = stage.experiment();
        let step = checkpoint.map_or(0, |checkpoint| checkpoint.state.step);
        let trajectory = trajectory(stage, &recorded, checkpoint)?;
        let finite = Finite {
            parameter: recorded.path.clone(),
            every: experiment.recorder.every,
            remedy: experiment.training.calmer(),
            diverged: false,
        };
        let mean = |there: &ParamPath| mean(stage, there, epoch, checkpoint);
        let sink = (finite, (trajectory, mean(&recorded)?));
        let others = paths(network)
            .into_iter()
            .filter(|other| other.path != recorded.path)
            .map(|other| Ok((other.path.clone(), SharedSink::starting_at(mean(&other)?, step))))
            .collect::<Result<_>>()?;
        Ok(Self { parameter: recorded.path, layer: SharedSink::starting_at(sink, step), others })
    }

    /// The first error of any sink. What was recorded before it is written first.
    pub(super) fn check(&self) -> Result<()> {
        if let Err(first) = self.layer.check() {
            // The first error is the one to tell; a disk that refuses refuses the last rows too.
            let _ = self.flush();
            let diverged = self.layer.with(|(finite, _)| finite.diverged);
            return Err(if diverged { Error::Diverged(first.to_string()) } else { first.into() });
        }
        Ok(self.others.iter().try_for_each(|(_, sink)| sink.check())?)
    }

    /// Write the rows that wait in memory.
    pub(super) fn flush(&self) -> Result<()> {
        Ok(self
            .layer
            .with(|(_, (trajectory, _))| trajectory.as_mut().map_or(Ok(()), TrajectorySink::flush))?)
    }

    /// Running sums of every parameter.
    pub(super) fn states(&self) -> Vec<(String, WindowMeanState)> {
        let layer = self.layer.with(|(_, (_, mean))| mean.state().clone());
        let mut states = vec![(self.parameter.clone(), layer)];
        for (path, sink) in &self.others {
            states.push((path.clone(), sink.with(|mean| mean.state().clone())));
        }
        states
    }

    /// End the recording after `steps` steps of this process.
    pub(super) fn finish(&self, steps: u64) -> Result<()> {
        self.layer.check_steps(steps)?;
        self.layer.with(|(_, (trajectory, _))| match trajectory {
            Some(trajectory) => trajectory.finish().map(drop),
            None => Ok(()),
        })?;
        Ok(())
    }

    /// Every parameter at its mean over the window, in the shapes of `last`.
    pub(super) fn mean(&self, last: &[NamedWeights], end: u64) -> Result<Vec<NamedWeights>> {
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

/// Each parameter has its sink.
impl Listeners for Recording {
    fn attach<'a, M: Module, O: Optimizer>(
        &self,
        recorder: Recorder<'a, M, O>,
    ) -> std::result::Result<Recorder<'a, M, O>, RecorderError> {
        self.others.attach(recorder.record(&self.parameter, &self.layer)?)
    }
}

/// Where the rows go; nowhere any more if the process ended after assembling the trajectory from its parts.
fn trajectory(
    stage: &StageWriter<'_>,
    ParamPath { path, shape }: &ParamPath,
    checkpoint: Option<&Checkpoint>,
) -> Result<Option<TrajectorySink>> {
    let section = &stage.experiment().recorder;
    let (folder, shape) = (stage.path(), shape.clone());
    let schedule = Schedule { every: section.every, keep: section.keep() };
    let Some(checkpoint) = checkpoint else {
        return Ok(Some(TrajectorySink::create(folder, path, shape, schedule)?));
    };
    if matches!(schedule.keep, Keep::Last(_)) && stage.stream(&TRAJECTORY).exists() {
        return Ok(None);
    }
    Ok(Some(TrajectorySink::resume(folder, path, shape, schedule, checkpoint.state.step)?))
}

/// The running mean of a parameter, from the checkpoint on if there is one.
fn mean(
    stage: &StageWriter<'_>,
    ParamPath { path, shape }: &ParamPath,
    epoch: u64,
    checkpoint: Option<&Checkpoint>,
) -> Result<WindowMean> {
    let section = &stage.experiment().recorder;
    let longest = stage.experiment().training.max_epochs * epoch;
    let (window, epoch) = match section.window {
        Window::Last(window) => (window, epoch),
        // With every row kept there is one sum, from the first row on.
        Window::All(_) => (longest.div_ceil(section.every), longest),
    };
    let weights = shape.iter().product();
    let settings = WindowMeanSettings { weights, window, every: section.every, epoch, end: None };
    let Some(checkpoint) = checkpoint else {
        return Ok(WindowMean::from_state(settings, WindowMeanState::default())?);
    };
    let saved = checkpoint.means.iter().find(|(saved, _)| saved == path);
    let Some((_, state)) = saved else {
        let problem = format!("the checkpoint has no mean of {path}");
        return Err(Error::malformed(stage.path(), problem, Remedy::BeginAgain));
    };
    Ok(WindowMean::from_state(settings, state.clone())?)
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
