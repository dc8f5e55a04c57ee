//! A run's layer frozen at w_0: curvature, noise and the gradients of mini-batches.

use ndarray::{Array1, Array2};
use varflat_analysis::{Along, Frame, PrincipalCurvatures, QuadraticDirection, Sampling};
use varflat_model::{DenseLandscape, MovingLayer, Shuffle, TrainingConfig, epoch_order};
use varflat_run::error::{Error, Result};
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

/// Everything that the nulls are made of.
pub(in crate::studies) struct Frozen {
    pub(in crate::studies) layer: MovingLayer,
    pub(in crate::studies) landscape: DenseLandscape,
    pub(in crate::studies) frame: Frame,
    /// λ of the Hessian, descending.
    pub(in crate::studies) curvature: Array1<f64>,
    /// ∇L.
    gradient: Array1<f64>,
    seed: u64,
    every: usize,
    training: TrainingConfig,
}

impl Frozen {
    /// Of a finished run, at the centre that its landscape has.
    pub(in crate::studies) fn of(run: &RunFolder) -> Result<Self> {
        let experiment = run.experiment();
        let network = stages::centre(run, experiment.landscape.around)?;
        let images = stages::load_data(run)?.train;
        let layer = MovingLayer::new(&network, &experiment.recorder.layer, &images)?;
        let landscape = DenseLandscape::new(&network, &experiment.recorder.layer, &images)?;
        drop(images);
        let here = layer.linearized();
        let weights = layer.weights().len();
        let square = |matrix: Vec<f64>| {
            Array2::from_shape_vec((weights, weights), matrix).map_err(|error| Error::Experiment {
                origin: experiment.name.clone(),
                problem: error.to_string(),
            })
        };
        let (hessian, covariance) = (square(here.hessian())?, square(here.gradient_covariance())?);
        let gradient = Array1::from(here.gradient());
        drop(here);
        let PrincipalCurvatures { curvature, directions } = PrincipalCurvatures::of(hessian.view())?;
        let gradient_directions = PrincipalCurvatures::of(covariance.view())?.directions;
        let frame = Frame {
            hessian,
            hessian_directions: directions,
            covariance,
            gradient_directions,
            weight_directions: None,
        };
        let (seed, every) = (experiment.seed, experiment.recorder.every as usize);
        let training = experiment.training.clone();
        Ok(Self { layer, landscape, frame, curvature, gradient, seed, every, training })
    }

    pub(in crate::studies) fn learning_rate(&self) -> f64 {
        self.training.learning_rate
    }

    /// λ and what the weight decay adds: the weights fall by α times this in a step.
    pub(in crate::studies) fn decay_of_weights(&self) -> Array1<f64> {
        &self.curvature + self.training.weight_decay
    }

    pub(in crate::studies) fn steps_per_epoch(&self) -> usize {
        self.training.steps_per_epoch(self.layer.samples()) as usize
    }

    /// Steps from one recorded step to the next.
    pub(in crate::studies) fn every(&self) -> usize {
        self.every
    }

    pub(in crate::studies) fn sampling(&self) -> Sampling {
        match self.training.shuffle {
            Shuffle::Epoch => Sampling::Reshuffled { steps_per_epoch: self.steps_per_epoch() },
            Shuffle::Independent => Sampling::Independent,
        }
    }

    /// C/S: the variance of a mini-batch's gradient for that of a sample's, 1/B, with (N − B)/(N − 1) where none is drawn twice.
    pub(in crate::studies) fn batch_share(&self) -> f64 {
        let (samples, batch) = (self.layer.samples() as f64, self.training.batch_size as f64);
        match self.training.shuffle {
            Shuffle::Epoch => (samples - batch) / (samples - 1.0) / batch,
            Shuffle::Independent => 1.0 / batch,
        }
    }

    /// A direction as the formula takes it.
    pub(in crate::studies) fn quadratic(&self, along: &Along) -> QuadraticDirection {
        QuadraticDirection {
            learning_rate: self.learning_rate(),
            curvature: along.curvature,
            noise: along.noise * self.batch_share(),
        }
    }

    /// ∇L^μ − ∇L of every step of an epoch that the training never came to, `[steps, weights]`, about w_0. Epochs of different
    /// replays are different.
    pub(in crate::studies) fn noise_of_epoch(&self, replay: usize, epoch: usize) -> Result<Array2<f64>> {
        let number = ((replay as u64 + 1) << 32) + epoch as u64;
        let (samples, batch) = (self.layer.samples(), self.training.batch_size);
        let order = epoch_order(self.seed, number, self.training.shuffle, samples, batch);
        let batches: Vec<&[u32]> = order.chunks_exact(batch).collect();
        let gradients = self.layer.batch_gradients(self.layer.weights(), &batches)?;
        let weights = self.gradient.len();
        let mut noise = Array2::from_shape_fn((batches.len(), weights), |(step, weight)| {
            f64::from(gradients[step * weights + weight])
        });
        noise -= &self.gradient;
        Ok(noise)
    }
}
