//! The optimizer of a training, with what listens to it.

use burn::module::Module;
use burn::optim::{ModuleOptimizer, Optimizer};
use varflat_model::{OptimizerKind, Precision, TrainingConfig};
use varflat_recorder::{Recorder, RecorderError, SharedSink, Sink};

use crate::error::Result;

/// What listens to parameters, each to one.
pub trait Listeners {
    /// Makes them listen.
    ///
    /// # Errors
    /// If there is no such parameter.
    fn attach<'a, M: Module, O: Optimizer>(
        &self,
        recorder: Recorder<'a, M, O>,
    ) -> std::result::Result<Recorder<'a, M, O>, RecorderError>;
}

/// A sink for each of these paths.
impl<S: Sink + 'static> Listeners for [(String, SharedSink<S>)] {
    fn attach<'a, M: Module, O: Optimizer>(
        &self,
        recorder: Recorder<'a, M, O>,
    ) -> std::result::Result<Recorder<'a, M, O>, RecorderError> {
        self.iter().try_fold(recorder, |recorder, (path, sink)| recorder.record(path, sink))
    }
}

/// The optimizer of a training, which these listen to. Of a training in f64 they hear the weights rounded to f32.
///
/// # Errors
/// [`Error::Recorder`](crate::Error::Recorder) if they listen to what is no parameter of the network.
pub fn optimizer(
    network: &impl Module,
    training: &TrainingConfig,
    listeners: &(impl Listeners + ?Sized),
) -> Result<ModuleOptimizer> {
    Ok(match training.optimizer {
        OptimizerKind::Sgd => listened(network, training.sgd(), training.precision, listeners)?,
        OptimizerKind::Adam => listened(network, training.adam(), training.precision, listeners)?,
    })
}

fn listened(
    network: &impl Module,
    optimizer: impl Optimizer,
    precision: Precision,
    listeners: &(impl Listeners + ?Sized),
) -> Result<ModuleOptimizer> {
    let recorder = Recorder::new(network, optimizer);
    let recorder = if precision == Precision::F64 { recorder.rounding() } else { recorder };
    Ok(listeners.attach(recorder)?.into_optimizer())
}
