//! The training loop, one step at a time.

use burn::optim::ModuleOptimizer;

use super::classifier::Classifier;
use super::config::TrainingConfig;
use super::metrics::Metrics;
use super::outcome::{StopReason, TrainingError};
use super::resident::ResidentSet;
use crate::batches::epoch_order;
use crate::constraint::Constraint;
use crate::dense::NetworkError;

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
    /// [`TrainingError::Config`] for impossible settings.
    pub fn new(
        network: C,
        optimizer: ModuleOptimizer,
        config: &TrainingConfig,
        seed: u64,
        train: &'data ResidentSet,
        test: &'data ResidentSet,
    ) -> Result<Self, TrainingError> {
        config.check(train.samples()).map_err(TrainingError::Config)?;
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
        let batch = self.train.batch(&self.order[first..first + self.config.batch_size]);
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
        let train = self.train.measure(self.network())?;
        let test = self.test.measure(self.network())?;
        if !train.loss.is_finite() {
            return Err(TrainingError::Diverged {
                step: self.step,
                epoch: self.epochs(),
                learning_rate: self.config.learning_rate,
                loss: train.loss,
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
    /// [`TrainingError::Dead`].
    pub fn check_alive(&self, before: &Metrics, now: &Metrics) -> Result<(), TrainingError> {
        let same = before.train_loss == now.train_loss && before.test_loss == now.test_loss;
        if same && before.step < now.step {
            return Err(TrainingError::Dead {
                from: before.step,
                to: now.step,
                loss: now.train_loss,
                learning_rate: self.config.learning_rate,
            });
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
