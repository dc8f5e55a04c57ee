//! The optimizer of a training, with what listens to it.

use burn::module::Module;
use burn::optim::{ModuleOptimizer, Optimizer};
use varflat_model::{OptimizerKind, TrainingConfig};
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

/// The optimizer of a training, which these listen to.
///
/// # Errors
/// [`Error::Recorder`](crate::Error::Recorder) if they listen to what is no parameter of the network.
pub fn optimizer(
    network: &impl Module,
    training: &TrainingConfig,
    listeners: &(impl Listeners + ?Sized),
) -> Result<ModuleOptimizer> {
    Ok(match training.optimizer {
        OptimizerKind::Sgd => listeners.attach(Recorder::new(network, training.sgd()))?.into_optimizer(),
        OptimizerKind::Adam => listeners.attach(Recorder::new(network, training.adam()))?.into_optimizer(),
    })
}
