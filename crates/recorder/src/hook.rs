//! The hook: an optimizer that records the parameter it updates.

use burn::{
    optim::{LearningRate, Optimizer},
    tensor::{Device, Tensor, TensorData},
};

use crate::{
    RecorderError, SharedSink, Sink, Step,
    parameters::{as_slice, values},
    shared::Request,
};

/// An optimizer that feeds each step of one parameter to a sink, and otherwise is the optimizer inside it: same update, same
/// state, same record.
///
/// burn does not tell an optimizer which parameter it updates, so one instance belongs to one parameter.
/// [`Recorder`](crate::Recorder) sees to that; by hand it is a group of its own in a `ModuleOptimizer`:
///
/// ```
/// use burn::{module::ParamGroup, optim::{ModuleOptimizer, SgdConfig}};
/// use varflat_recorder::{Recorded, SharedSink, from_fn};
///
/// let sink = SharedSink::new(from_fn(|step| Ok(println!("{:?}", step.weights))));
/// let optimizer = ModuleOptimizer::from(SgdConfig::new().build())
///     .with_group(ParamGroup::from_path("hidden.weight"), Recorded::new(SgdConfig::new().build(), &sink), None);
/// ```
///
/// A path that matches nothing then records nothing, silently: check it with [`paths`](crate::paths), and the steps with
/// [`SharedSink::check_steps`]. Gradient clipping that is set on the fallback group does not reach this one.
#[derive(Clone)]
pub struct Recorded<O> {
    optimizer: O,
    sink: SharedSink,
}

impl<O: Optimizer> Recorded<O> {
    /// Records what `optimizer` does.
    pub fn new<S: Sink + 'static>(optimizer: O, sink: &SharedSink<S>) -> Self {
        Self { optimizer, sink: sink.erased() }
    }
}

impl<O: Optimizer> Optimizer for Recorded<O> {
    type State<const D: usize> = O::State<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let Some(request) = self.sink.begin() else {
            return self.optimizer.step(learning_rate, weights, gradient, state);
        };
        let inputs = Inputs::copy(&request, &weights, &gradient);
        let (weights, state) = self.optimizer.step(learning_rate, weights, gradient, state);
        let recorded = inputs.and_then(|inputs| inputs.record(&self.sink, &request, &weights, learning_rate));
        if let Err(error) = recorded {
            self.sink.fail(error);
        }
        (weights, state)
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        O::to_device(state, device)
    }
}

/// What the update consumes, where the sink asked for it.
struct Inputs {
    before: Option<TensorData>,
    gradient: Option<TensorData>,
}

impl Inputs {
    fn copy<const D: usize>(
        request: &Request,
        weights: &Tensor<D>,
        gradient: &Tensor<D>,
    ) -> Result<Self, RecorderError> {
        let before = request.before.then(|| values(weights)).transpose()?;
        let gradient = request.gradient.then(|| values(gradient)).transpose()?;
        Ok(Self { before, gradient })
    }

    fn record<const D: usize>(
        &self,
        sink: &SharedSink,
        request: &Request,
        weights: &Tensor<D>,
        learning_rate: f64,
    ) -> Result<(), RecorderError> {
        let after = values(weights)?;
        sink.record(Step {
            step: request.step,
            weights: as_slice(&after)?,
            before: self.before.as_ref().map(as_slice).transpose()?,
            gradient: self.gradient.as_ref().map(as_slice).transpose()?,
            learning_rate,
        });
        Ok(())
    }
}
