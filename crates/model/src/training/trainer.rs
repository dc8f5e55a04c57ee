//! The training loop, one step at a time.

use burn::module::Param;
use burn::optim::ModuleOptimizer;
use burn::tensor::{DType, Tensor};

use super::classifier::Classifier;
use super::config::TrainingConfig;
use super::metrics::Metrics;
use super::outcome::{StopReason, TrainingError};
use super::resident::ResidentSet;
use super::standstill::Standstill;
use crate::batches::epoch_order;
use crate::constraint::Constraint;
use crate::dense::NetworkError;
use crate::parameters::{Visit, visit};

/// A network in training.
///
/// The state after step t depends only on the initial weights, the optimizer's state, the seed and
/// the data: stopping after any step and going on with [`Trainer::resume_at`] changes nothing.
pub struct Trainer<'data, C: Classifier> {
    network: Option<C>,
    optimizer: ModuleOptimizer,
    config: TrainingConfig,
    seed: u64,
    train: &'data ResidentSet,
    test: &'data ResidentSet,
    step: u64,
    order: Vec<u32>,
    order_epoch: Option<u64>,
    constraints: Vec<Constraint>,
}

impl<'data, C: Classifier> Trainer<'data, C> {
    /// Start training a network whose parameters live on an autodiff device.
    ///
    /// # Errors
    /// [`TrainingError::Config`] for impossible settings; [`TrainingError::Misfit`] for a network without autodiff, one that does not
    /// take the images of a set, or one with other classes.
    pub fn new(
        network: C,
        optimizer: ModuleOptimizer,
        config: &TrainingConfig,
        seed: u64,
        train: &'data ResidentSet,
        test: &'data ResidentSet,
    ) -> Result<Self, TrainingError> {
        config.check(train.samples()).map_err(TrainingError::Config)?;
        check_precision(config, [train, test])?;
        check_parameters(&network, train.dtype())?;
        train.check_network(&network)?;
        test.check_network(&network)?;
        Ok(Self {
            network: Some(network),
            optimizer,
            config: config.clone(),
            seed,
            train,
            test,
            step: 0,
            order: Vec::new(),
            order_epoch: None,
            constraints: Vec::new(),
        })
    }

    /// Hold the network by these from the next step on: every step is followed by the implicit step of each
    /// ([`Constraint::relax`]), in order. The measured losses stay those of the data alone.
    ///
    /// # Errors
    /// [`NetworkError`] where one does not fit the network.
    pub fn with_constraints(mut self, constraints: Vec<Constraint>) -> Result<Self, NetworkError> {
        constraints.iter().try_for_each(|constraint| constraint.check(self.network()))?;
        self.constraints = constraints;
        Ok(self)
    }

    /// Continue as if `step` steps had been taken; weights and optimizer state are the caller's.
    pub fn resume_at(mut self, step: u64) -> Self {
        self.step = step;
        self
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Optimizer steps in one epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.config.steps_per_epoch(self.train.samples())
    }

    /// Epochs finished.
    pub fn epochs(&self) -> u64 {
        self.step / self.steps_per_epoch()
    }

    /// Whether an epoch has just ended (true before the first step).
    pub fn at_epoch_end(&self) -> bool {
        self.step.is_multiple_of(self.steps_per_epoch())
    }

    /// The network.
    pub fn network(&self) -> &C {
        self.network.as_ref().expect("the network is away only inside `step`")
    }

    /// The optimizer, whose state belongs into a checkpoint.
    pub fn optimizer(&self) -> &ModuleOptimizer {
        &self.optimizer
    }

    /// One optimizer step on the next mini-batch: w ← w − α∇L^μ for plain SGD.
    ///
    /// Nothing is read back from the device: whatever watches the step is attached to the optimizer.
    pub fn step(&mut self) {
        let epoch = self.epochs();
        if self.order_epoch != Some(epoch) {
            let (samples, batch_size) = (self.train.samples(), self.config.batch_size);
            self.order = epoch_order(self.seed, epoch, self.config.shuffle, samples, batch_size);
            self.order_epoch = Some(epoch);
        }
        let first = (self.step % self.steps_per_epoch()) as usize * self.config.batch_size;
        let batch = self.train.chosen(&self.order[first..first + self.config.batch_size]);
        let network = self.network.take().expect("the network is away only inside `step`");
        let gradients = network.gradients(&batch);
        let rate = self.config.learning_rate;
        let network = self.optimizer.step(rate, network, gradients);
        let held = |network, constraint: &Constraint| constraint.relax_checked(network, rate);
        self.network = Some(self.constraints.iter().fold(network, held));
        self.step += 1;
    }

    /// Loss and error on the whole training and test set.
    ///
    /// # Errors
    /// [`TrainingError::Diverged`] when the training loss is not a number.
    pub fn measure(&self) -> Result<Metrics, TrainingError> {
        let train = self.train.measure_fitting(self.network())?;
        let test = self.test.measure_fitting(self.network())?;
        if !train.loss.is_finite() {
            return Err(TrainingError::Diverged {
                step: self.step,
                epoch: self.epochs(),
                loss: train.loss,
                remedy: self.config.calmer(),
            });
        }
        Ok(Metrics {
            epoch: self.epochs(),
            step: self.step,
            train_loss: train.loss,
            train_error: train.error,
            test_loss: test.loss,
            test_error: test.error,
        })
    }

    /// Fail when a network that is measured twice has not changed in between.
    ///
    /// The sums run over 60,000 samples in f64, so that two measurements agree in every bit only when the logits do.
    ///
    /// # Errors
    /// [`TrainingError::Dead`], with the likeliest cause of all that a look at the network, its gradient and the images tells apart.
    pub fn check_alive(&self, before: &Metrics, now: &Metrics) -> Result<(), TrainingError> {
        let same = before.train_loss == now.train_loss && before.test_loss == now.test_loss;
        if same && before.step < now.step {
            let (from, to, loss) = (before.step, now.step, now.train_loss);
            let cause = Standstill::of(self.network(), self.train, loss)?.cause(&self.config);
            return Err(TrainingError::Dead { from, to, loss, cause });
        }
        Ok(())
    }

    /// Whether training is over, judged by the latest measurement.
    pub fn stop_reason(&self, latest: &Metrics) -> Option<StopReason> {
        if latest.train_loss < self.config.loss_below {
            Some(StopReason::LossBelow)
        } else if self.epochs() >= self.config.max_epochs {
            Some(StopReason::MaxEpochs)
        } else {
            None
        }
    }
}

/// Whether the images come in the numbers that the training is to compute with.
fn check_precision(config: &TrainingConfig, sets: [&ResidentSet; 2]) -> Result<(), TrainingError> {
    let asked = config.precision;
    match sets.into_iter().find(|set| set.precision != asked) {
        Some(set) => Err(TrainingError::Misfit(format!(
            "training.precision = \"{}\", but a set of images is for networks in {}: give it `in_precision(training.precision)`",
            asked.name(),
            set.precision.name()
        ))),
        None => Ok(()),
    }
}

/// Whether every parameter that learns is on a device with autodiff, and in the numbers of the training.
fn check_parameters(network: &impl Classifier, expected: DType) -> Result<(), TrainingError> {
    struct Misfits {
        expected: DType,
        untracked: Option<String>,
        other: Option<(String, DType)>,
    }
    impl Visit for Misfits {
        fn parameter<const D: usize>(&mut self, path: &str, parameter: &Param<Tensor<D>>) {
            if !parameter.lazy_device().is_autodiff() {
                self.untracked = Some(path.to_owned());
            }
            // One that is not made yet will be in the numbers of its device: f32.
            let there = if parameter.is_initialized() { parameter.val().dtype() } else { DType::F32 };
            if there != self.expected && self.expected == DType::F64 {
                self.other = Some((path.to_owned(), there));
            }
        }
    }
    let mut misfits = Misfits { expected, untracked: None, other: None };
    visit(network, &mut misfits);
    if let Some(path) = misfits.untracked {
        return Err(TrainingError::Misfit(format!(
            "`{path}` is on a device without autodiff, so that it cannot learn: give `network.train()`, or make the network on \
             `device.autodiff()`"
        )));
    }
    match misfits.other {
        Some((path, there)) => Err(TrainingError::Misfit(format!(
            "training.precision = \"f64\", but `{path}` is {there:?}: give `in_f64(network)`"
        ))),
        None => Ok(()),
    }
}
