//! Attaching sinks to the parameters of a module.

use burn::{
    grad_clipping::GradientClippingConfig,
    module::{Module, ParamGroup},
    optim::{ModuleOptimizer, Optimizer},
};

use crate::{Recorded, RecorderError, SharedSink, Sink, parameters::parameter};

/// Builds a `ModuleOptimizer` that records some of a module's parameters, each into a sink of its own.
///
/// All parameters are updated by the same optimizer, with the same gradient clipping; recording changes no bit of the training.
///
/// ```
/// # use burn::{nn::LinearConfig, optim::SgdConfig, tensor::Device};
/// # use varflat_recorder::{Recorder, SharedSink, from_fn};
/// # let module = LinearConfig::new(3, 2).init(&Device::flex().autodiff());
/// let weight_norms = SharedSink::new(from_fn(|step| Ok(println!("{:?}", step.weights))));
/// let optimizer = Recorder::new(&module, SgdConfig::new().build()).record("weight", &weight_norms)?.into_optimizer();
///
/// let error = Recorder::new(&module, SgdConfig::new().build()).record("wieght", &weight_norms).err();
/// assert_eq!(error.map(|e| e.to_string()).as_deref(), Some("the module has no parameter \"wieght\"; it has: weight, bias"));
/// # Ok::<(), varflat_recorder::RecorderError>(())
/// ```
pub struct Recorder<'a, M, O> {
    module: &'a M,
    optimizer: O,
    clipping: Option<GradientClippingConfig>,
    rounds: bool,
    recorded: Vec<(String, Recorded<O>)>,
}

impl<'a, M: Module, O: Optimizer> Recorder<'a, M, O> {
    /// Starts from a module and the optimizer of all its parameters, e.g. `SgdConfig::new().build()`.
    pub fn new(module: &'a M, optimizer: O) -> Self {
        Self { module, optimizer, clipping: None, rounds: false, recorded: Vec::new() }
    }

    /// Clips the gradients of all parameters, the recorded ones too.
    ///
    /// (`SgdConfig::build` leaves the config's own clipping behind, and clipping set on a finished `ModuleOptimizer` would not
    /// reach the recorded parameters.)
    pub fn with_gradient_clipping(mut self, clipping: GradientClippingConfig) -> Self {
        self.clipping = Some(clipping);
        self
    }

    /// Records parameters in f64, too, as [`Recorded::rounding`] does.
    pub fn rounding(self) -> Self {
        Self { rounds: true, ..self }
    }

    /// Records the parameter of this path. Call it once per parameter, each time with another sink.
    ///
    /// # Errors
    /// [`RecorderError::UnknownPath`], which lists the paths there are; [`RecorderError::RecordedTwice`].
    pub fn record<S: Sink + 'static>(
        mut self,
        path: &str,
        sink: &SharedSink<S>,
    ) -> Result<Self, RecorderError> {
        let parameter = parameter(self.module, path)?;
        if self.recorded.iter().any(|(recorded, _)| *recorded == parameter.path) {
            return Err(RecorderError::RecordedTwice { path: parameter.path });
        }
        self.recorded.push((parameter.path, Recorded::new(self.optimizer.clone(), sink)));
        Ok(self)
    }

    /// The optimizer to train with.
    pub fn into_optimizer(self) -> ModuleOptimizer {
        let clipping = || self.clipping.as_ref().map(GradientClippingConfig::init);
        let mut optimizer = ModuleOptimizer::from(self.optimizer);
        if let Some(clipping) = clipping() {
            optimizer = optimizer.with_grad_clipping(clipping);
        }
        let rounds = self.rounds;
        self.recorded.into_iter().fold(optimizer, |optimizer, (path, recorded)| {
            let recorded = if rounds { recorded.rounding() } else { recorded };
            optimizer.with_group(ParamGroup::from_path(path), recorded, clipping())
        })
    }
}
