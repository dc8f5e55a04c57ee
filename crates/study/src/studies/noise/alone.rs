//! Windows in which the recorded layer alone moves, from the checkpoint, under the noise of mini-batches or another.

use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};
use varflat_analysis::{NoiseShape, anticorrelate};
use varflat_model::random::{Purpose, normal, stream};
use varflat_model::{FullGradient, Shuffle, epoch_order};
use varflat_run::context::Context;
use varflat_run::error::Result;

use super::checkpoint::{Checkpoint, epoch_number};
use super::tables::Kind;

/// Steps after which it is asked whether to stop.
const ASK_EVERY: usize = 100;

/// Where a window stands at the end of an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    pub(super) step: usize,
    pub(super) train_loss: f64,
    pub(super) train_error: f64,
    pub(super) test_loss: f64,
    pub(super) test_error: f64,
    /// ‖w − w(0)‖.
    pub(super) distance: f64,
    /// (w − w(0))·p_1.
    pub(super) along_first: f64,
}

/// A window `[steps, weights]`, and where it stood at the ends of epochs, the begin included.
pub(super) struct Window {
    pub(super) rows: Array2<f32>,
    pub(super) course: Vec<Point>,
}

/// The layer on its way.
struct Walk<'a> {
    checkpoint: &'a Checkpoint,
    kind: Kind,
    /// w, in f64: without noise a step may be less than half a digit of f32, and would be lost.
    weights: Array1<f64>,
    full: FullGradient<'a>,
    shape: Option<NoiseShape>,
}

/// What is drawn for an epoch.
struct Epoch {
    /// Of the window, and of the epoch in it.
    numbers: (usize, usize),
    /// Samples of the mini-batches.
    order: Vec<u32>,
    /// Noise that is none of mini-batches, `[steps, weights]`.
    replaced: Option<Array2<f64>>,
}

/// A window of so many epochs under one kind of noise; each order draws other numbers.
pub(super) fn window(
    checkpoint: &Checkpoint,
    (kind, order, epochs): (Kind, usize, usize),
    context: &Context<'_>,
) -> Result<Window> {
    let start: Array1<f64> = checkpoint.layer.weights().iter().map(|&weight| f64::from(weight)).collect();
    let mut walk = Walk {
        checkpoint,
        kind,
        weights: start.clone(),
        full: FullGradient::new(&checkpoint.layer),
        shape: shape(checkpoint, kind)?,
    };
    let length = checkpoint.steps_per_epoch();
    let mut rows = Array2::zeros((epochs * length, start.len()));
    let mut course = vec![walk.point(0, &start)?];
    for epoch in 0..epochs {
        let drawn = walk.draw(order, epoch)?;
        for step in 0..length {
            if step % ASK_EVERY == 0 {
                context.go_on("noise")?;
            }
            let single = walk.step(&drawn, step)?;
            rows.row_mut(epoch * length + step).assign(&ArrayView1::from(&single));
        }
        course.push(walk.point((epoch + 1) * length, &start)?);
    }
    Ok(Window { rows, course })
}

/// How white noise becomes that of this kind; none where it is that of mini-batches.
fn shape(checkpoint: &Checkpoint, kind: Kind) -> Result<Option<NoiseShape>> {
    let covariance = checkpoint.covariance.view();
    Ok(match kind {
        Kind::Isotropic => Some(NoiseShape::isotropic(covariance)?),
        Kind::Diagonal => Some(NoiseShape::diagonal(covariance)?),
        Kind::Full | Kind::FullAnticorrelated => Some(NoiseShape::full(&checkpoint.eigen_noise)),
        _ => None,
    })
}

impl Walk<'_> {
    fn draw(&self, order: usize, epoch: usize) -> Result<Epoch> {
        let Checkpoint { seed, training, layer, .. } = self.checkpoint;
        let number = epoch_number(order, epoch);
        let replaced = match &self.shape {
            Some(shape) => {
                let mut random = stream(*seed, Purpose::ReplacedNoise, number);
                let size = (self.checkpoint.steps_per_epoch(), self.weights.len());
                let mut white = Array2::from_shape_simple_fn(size, || normal(&mut random));
                if self.kind == Kind::FullAnticorrelated {
                    anticorrelate(&mut white);
                }
                Some(shape.shaped(white)? * self.checkpoint.batch_share(Shuffle::Epoch).sqrt())
            }
            None => None,
        };
        let samples = layer.samples();
        Ok(Epoch {
            order: epoch_order(*seed, number, self.kind.shuffle(), samples, training.batch_size),
            replaced,
            numbers: (order, epoch),
        })
    }

    /// w ← w − α(g + λw); w rounded to f32.
    fn step(&mut self, drawn: &Epoch, step: usize) -> Result<Vec<f32>> {
        let gradient = self.gradient(drawn, step)?;
        let training = &self.checkpoint.training;
        let (alpha, decay) = (training.learning_rate, training.weight_decay);
        self.weights.zip_mut_with(&gradient, |weight, slope| *weight -= alpha * (slope + decay * *weight));
        Ok(self.single())
    }

    fn single(&self) -> Vec<f32> {
        self.weights.iter().map(|&weight| weight as f32).collect()
    }

    /// ∇L + ξ.
    fn gradient(&mut self, drawn: &Epoch, step: usize) -> Result<Array1<f64>> {
        let weights = self.single();
        let layer = &self.checkpoint.layer;
        let size = self.checkpoint.training.batch_size;
        let batch = &drawn.order[step * size..(step + 1) * size];
        let double = |gradient: Vec<f32>| gradient.into_iter().map(f64::from).collect::<Array1<f64>>();
        let mini_batch = || Ok::<_, varflat_run::Error>(double(layer.batch_gradients(&weights, &[batch])?));
        if matches!(self.kind, Kind::LayerWithout | Kind::LayerWith) {
            return mini_batch();
        }
        let full = Array1::from(self.full.at(&weights)?);
        Ok(match self.kind {
            Kind::DrawnLabels => {
                let (order, epoch) = drawn.numbers;
                let number = epoch_number(order, epoch * self.checkpoint.steps_per_epoch() + step);
                let mut random = stream(self.checkpoint.seed, Purpose::DrawnLabels, number);
                full + double(layer.gradient_of_drawn_labels(&weights, batch, &mut random)?)
            }
            Kind::WithoutLeading => {
                let noise = mini_batch()? - &full;
                full + &noise - self.leading_part(&noise)
            }
            Kind::LeadingAlone => {
                let noise = mini_batch()? - &full;
                full + self.leading_part(&noise)
            }
            _ => match &drawn.replaced {
                Some(noise) => full + noise.row(step),
                None => full,
            },
        })
    }

    /// Pξ, on the leading components.
    fn leading_part(&self, noise: &Array1<f64>) -> Array1<f64> {
        let leading = &self.checkpoint.leading;
        leading.t().dot(&leading.dot(noise))
    }

    fn point(&self, step: usize, start: &Array1<f64>) -> Result<Point> {
        let single = self.single();
        let (train, test) =
            (self.checkpoint.layer.performance(&single)?, self.checkpoint.tested.performance(&single)?);
        let moved = &self.weights - start;
        Ok(Point {
            step,
            train_loss: train.loss,
            train_error: train.error,
            test_loss: test.loss,
            test_error: test.error,
            distance: moved.dot(&moved).sqrt(),
            along_first: moved.dot(&self.checkpoint.first),
        })
    }
}
