//! The hook: an optimizer that records the parameter it updates.

use std::sync::OnceLock;

use burn::{
    optim::{LearningRate, Optimizer},
    tensor::{DType, Device, Tensor, TensorData},
};

use crate::{
    RecorderError, SharedSink, Sink, Step,
    parameters::{as_slice, not_f32, values},
    queue::Row,
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
/// On a device with a memory of its own (a GPU) nothing waits for it at a step: rows stay there and come over in blocks
/// ([`SharedSink`] has the details).
///
/// A path that matches nothing then records nothing, silently: check it with [`paths`](crate::paths), and the steps with
/// [`SharedSink::check_steps`]. Gradient clipping that is set on the fallback group does not reach this one.
#[derive(Clone)]
pub struct Recorded<O> {
    optimizer: O,
    sink: SharedSink,
    /// Whether weights in f64 are recorded, too: rounded.
    rounds: bool,
    /// Whether tensors lie in the host's memory, known from the first step on.
    on_host: OnceLock<bool>,
}

impl<O: Optimizer> Recorded<O> {
    /// Records what `optimizer` does.
    pub fn new<S: Sink + 'static>(optimizer: O, sink: &SharedSink<S>) -> Self {
        Self { optimizer, sink: sink.erased(), rounds: false, on_host: OnceLock::new() }
    }

    /// Records a parameter in f64, too, which otherwise is an error: what sinks see of it is rounded to f32, and the training keeps its
    /// digits.
    pub fn rounding(self) -> Self {
        Self { rounds: true, ..self }
    }
}

impl<O: Optimizer> Recorded<O> {
    fn is_on_host(&self, device: &Device) -> bool {
        *self.on_host.get_or_init(|| device.memory_pool_usage().is_none())
    }

    /// The step, and the recording of it, of tensors in the host's memory.
    fn step_on_host<const D: usize>(
        &self,
        request: &Request,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<O::State<D>>,
    ) -> (Tensor<D>, Option<O::State<D>>) {
        let rounds = self.rounds && weights.dtype() == DType::F64;
        let inputs = Inputs::copy(request, &weights, &gradient, rounds);
        let (weights, state) = self.optimizer.step(learning_rate, weights, gradient, state);
        if rounds {
            let after = values(&weights.clone().cast(DType::F32));
            let recorded = inputs.and_then(|inputs| {
                self.sink.record(inputs.step(request, &after?, learning_rate)?);
                Ok(())
            });
            recorded.unwrap_or_else(|error| self.sink.fail(error));
            return (weights, state);
        }
        let inputs = match inputs {
            Ok(inputs) if weights.dtype() == DType::F32 => inputs,
            Ok(_) => {
                self.sink.fail(not_f32(&weights));
                return (weights, state);
            }
            Err(error) => {
                self.sink.fail(error);
                return (weights, state);
            }
        };
        // Nobody else holds what an update has just made: it is read where it lies, and no weight is copied.
        let device = weights.device();
        let data = weights.into_data();
        match inputs.step(request, &data, learning_rate) {
            Ok(step) => self.sink.record(step),
            Err(error) => self.sink.fail(error),
        }
        (Tensor::from_data(data, &device), state)
    }

    /// The step on another device; its row waits there.
    fn step_elsewhere<const D: usize>(
        &self,
        request: Request,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<O::State<D>>,
    ) -> (Tensor<D>, Option<O::State<D>>) {
        let before = request.before.then(|| weights.clone());
        let copied = request.gradient.then(|| gradient.clone());
        let (weights, state) = self.optimizer.step(learning_rate, weights, gradient, state);
        self.sink.wait_for(Row::new(request.step, learning_rate, weights.clone(), before, copied));
        (weights, state)
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
        if self.is_on_host(&weights.device()) {
            self.step_on_host(&request, learning_rate, weights, gradient, state)
        } else {
            self.step_elsewhere(request, learning_rate, weights, gradient, state)
        }
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
        rounds: bool,
    ) -> Result<Self, RecorderError> {
        let read = |tensor: &Tensor<D>| match rounds {
            true => values(&tensor.clone().cast(DType::F32)),
            false => values(tensor),
        };
        let before = request.before.then(|| read(weights)).transpose()?;
        let gradient = request.gradient.then(|| read(gradient)).transpose()?;
        Ok(Self { before, gradient })
    }

    /// The step as a sink sees it, `after` being the weights after it.
    fn step<'a>(
        &'a self,
        request: &Request,
        after: &'a TensorData,
        learning_rate: f64,
    ) -> Result<Step<'a>, RecorderError> {
        Ok(Step {
            step: request.step,
            weights: as_slice(after)?,
            before: self.before.as_ref().map(as_slice).transpose()?,
            gradient: self.gradient.as_ref().map(as_slice).transpose()?,
            learning_rate,
        })
    }
}
