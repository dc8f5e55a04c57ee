//! Curvature and noise of any parameter of any burn module, along chosen directions, by its gradients.

use burn::module::Param;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::batches::{Shuffle, epoch_order};
use crate::evaluated::differentiable;
use crate::landscape::{LandscapeError, check_direction, with_exact_weights};
use crate::moving_layer::CurvatureAndNoise;
use crate::parameters::{Visit, Weights, visit_at};
use crate::training::{Classifier, ResidentSet, TrainingError};

/// How gradients are taken and compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientsAlong {
    /// Samples of a mini-batch, fewer than there are.
    pub batch_size: usize,
    /// Which samples come together.
    pub seed: u64,
    /// ε: gradients are compared at w_0 ± εp. In f32 a weight of 0.1 is known to 10⁻⁸, and ε has to be far more than that. Samples for which
    /// a ReLU switches on the way count with the jump of their slope: a short ε meets few of them, a long one takes their average.
    pub step: f64,
}

impl GradientsAlong {
    /// κ = p·(∇L(w_0 + εp) − ∇L(w_0 − εp))/2ε, the variance S of p·∇ℓ_n over samples, and the slope p·∇L, along each of some directions p,
    /// `[k, weights]` row by row, flattened row-major as the parameter at `path` is.
    ///
    /// The network is taken as it is evaluated. S is measured from mini-batches of B of the N samples, each sample in one of them:
    /// their gradients g^μ scatter by S(N − B)/(B(N − 1)), so that S is known to about √(2B/N) of itself. In all two passes over the samples a
    /// direction, and one. For the exact numbers of a network of dense layers see [`MovingLayer::linearized`](crate::MovingLayer::linearized); a network
    /// in f64 ([`in_f64`](crate::in_f64)) has no rounding to fear.
    ///
    /// ```
    /// use varflat_model::data::ImageSet;
    /// use varflat_model::{GradientsAlong, Mlp, MlpConfig, ResidentSet, device};
    /// let device = device::open(None)?;
    /// let network = Mlp::new(&MlpConfig::new(4, vec![3, 3], 2).initial(1)?, &device.device)?;
    /// let images = ImageSet { images: vec![0.5; 12], labels: vec![0, 1, 1], rows: 2, columns: 2 };
    /// let set = ResidentSet::new(&images, 2, &device)?;
    /// let how = GradientsAlong { batch_size: 1, seed: 1, step: 1e-2 };
    /// let found = how.measure(&network, "hidden.weight", &set, &[&[1.0 / 3.0; 9]])?;
    /// assert!(found[0].noise >= 0.0 && found[0].curvature.is_finite());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NetworkError`](crate::NetworkError) for an unknown path or a direction of another length; [`TrainingError::Config`] for a batch size or a step
    /// that cannot be; otherwise as [`fisher_diagonal`](crate::fisher_diagonal).
    pub fn measure<C: Classifier>(
        &self,
        network: &C,
        path: &str,
        set: &ResidentSet,
        directions: &[&[f64]],
    ) -> Result<Vec<CurvatureAndNoise>, LandscapeError> {
        self.check(set.samples())?;
        let network = differentiable(network, set)?;
        let mut centre = Weights::<f64>(Ok(Vec::new()));
        visit_at(&network, path, &mut centre)?;
        let centre = centre.0.map_err(TrainingError::Device)?;
        directions.iter().try_for_each(|direction| check_direction(direction, centre.len()))?;
        // Every sample once.
        let order = epoch_order(self.seed, 0, Shuffle::Epoch, set.samples(), 1);
        let pass = Pass { path, set, batches: order.chunks(self.batch_size).collect() };
        let here = pass.slopes(&network, directions)?;
        let moved = |direction: &[f64], offset: f64| -> Result<f64, LandscapeError> {
            let weights = centre.iter().zip(direction).map(|(w, p)| w + offset * p).collect();
            let there = with_exact_weights(network.clone(), path, weights)?;
            Ok(pass.mean(&pass.slopes(&there, &[direction])?, 0))
        };
        let along = |(place, &direction): (usize, &&[f64])| {
            let slope = pass.mean(&here, place);
            let [above, below] = [moved(direction, self.step)?, moved(direction, -self.step)?];
            let curvature = (above - below) / (2.0 * self.step);
            Ok(CurvatureAndNoise { curvature, noise: pass.noise(&here, place, slope), slope })
        };
        directions.iter().enumerate().map(along).collect()
    }

    fn check(&self, samples: usize) -> Result<(), TrainingError> {
        let Self { batch_size, step, .. } = *self;
        if batch_size == 0 || batch_size >= samples {
            let problem = format!(
                "mini-batches of {batch_size} of {samples} samples have no noise to measure: take 1 to {}",
                samples.saturating_sub(1)
            );
            return Err(TrainingError::Config(problem));
        }
        if !(step > 0.0 && step.is_finite()) {
            let problem = format!("gradients are compared a step apart, which {step} is not: take 0.01, say");
            return Err(TrainingError::Config(problem));
        }
        Ok(())
    }
}

/// One pass over all samples.
struct Pass<'a> {
    path: &'a str,
    set: &'a ResidentSet,
    batches: Vec<&'a [u32]>,
}

impl Pass<'_> {
    /// p·g^μ of every mini-batch, direction by direction.
    fn slopes(
        &self,
        network: &impl Classifier,
        directions: &[&[f64]],
    ) -> Result<Vec<Vec<f64>>, LandscapeError> {
        let each = self.batches.iter().map(|batch| {
            let gradients = network.gradients(&self.set.chosen(batch));
            let mut gradient = Gradient { gradients, found: Ok(Vec::new()) };
            visit_at(network, self.path, &mut gradient)?;
            let gradient = gradient.found.map_err(TrainingError::Device)?;
            // What the loss does not depend on has no gradient, and no slope.
            let slope = |p: &&[f64]| gradient.iter().zip(*p).map(|(slope, entry)| slope * entry).sum();
            Ok(directions.iter().map(slope).collect())
        });
        each.collect()
    }

    /// The mean over all samples along one direction.
    fn mean(&self, slopes: &[Vec<f64>], place: usize) -> f64 {
        let sum: f64 =
            self.batches.iter().zip(slopes).map(|(batch, of)| batch.len() as f64 * of[place]).sum();
        sum / self.set.samples() as f64
    }

    /// S of the mini-batches that are whole.
    fn noise(&self, slopes: &[Vec<f64>], place: usize, mean: f64) -> f64 {
        let samples = self.set.samples() as f64;
        let size = self.batches.first().map_or(0, |batch| batch.len());
        let whole = self.batches.iter().zip(slopes).filter(|(batch, _)| batch.len() == size);
        let squares: Vec<f64> = whole.map(|(_, of)| (of[place] - mean).powi(2)).collect();
        let variance = squares.iter().sum::<f64>() / squares.len() as f64;
        variance * size as f64 * (samples - 1.0) / (samples - size as f64)
    }
}

/// The gradient of a parameter, flattened row-major; empty where the loss does not depend on it.
struct Gradient {
    gradients: GradientsParams,
    found: Result<Vec<f64>, String>,
}

impl Visit for Gradient {
    fn parameter<const D: usize>(&mut self, _: &str, parameter: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(parameter.id) {
            self.found = gradient.try_into_vec_as::<f64>().map_err(|error| error.to_string());
        }
    }
}
