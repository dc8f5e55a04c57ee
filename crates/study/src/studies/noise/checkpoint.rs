//! The last state of a run: where every window of the study begins, and curvature and noise there.

use ndarray::{Array1, Array2, Axis, Slice};
use varflat_analysis::{PrincipalCurvatures, TrajectoryPca, along_directions, form_rounding};
use varflat_model::data::Data;
use varflat_model::{DenseNetwork, MovingLayer, Shuffle, TrainingConfig};
use varflat_run::artifacts::PCA;
use varflat_run::error::Result;
use varflat_run::experiment::{Centre, Experiment};
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

use crate::studies::controls::frozen::square;

/// Beyond the range of the fits, neighbouring ranks lie this much apart.
const RANK_GROWTH: f64 = 1.03;

/// The first number of an order of mini-batches: neither the run nor the replays of its noise come that far.
const FIRST_ORDER: u64 = 4096;

/// Everything about the last state of a run.
pub(super) struct Checkpoint {
    pub(super) network: DenseNetwork,
    /// The recorded layer's path, such as `hidden`.
    pub(super) path: String,
    /// It alone moving, on the images of the training and those of the test.
    pub(super) layer: MovingLayer,
    pub(super) tested: MovingLayer,
    pub(super) seed: u64,
    pub(super) training: TrainingConfig,
    /// H, `[weights, weights]`.
    pub(super) hessian: Array2<f64>,
    /// The covariance S of the samples' gradients.
    pub(super) covariance: Array2<f64>,
    /// Its eigenvalues and eigenvectors.
    pub(super) eigen_noise: PrincipalCurvatures,
    /// Ranks of the eigenvectors of H that are looked along, counted from 1, and these, one a row.
    pub(super) ranks: Vec<usize>,
    pub(super) directions: Array2<f64>,
    /// κ and S along each.
    pub(super) curvature: Vec<f64>,
    pub(super) noise: Vec<f64>,
    /// Whether both are more than rounding.
    pub(super) trusted: Vec<bool>,
    /// The first component of the run's window, and those of most variance after it.
    pub(super) first: Array1<f64>,
    pub(super) leading: Array2<f64>,
}

impl Checkpoint {
    /// Of a finished run with its images; all ranks as far as `last`, and `projected` components after the first.
    pub(super) fn of(run: &RunFolder, data: &Data, last: usize, projected: usize) -> Result<Self> {
        let experiment = run.experiment();
        let path = experiment.recorder.layer.clone();
        let network = stages::centre(run, Centre::Final)?;
        let layer = MovingLayer::new(&network, &path, &data.train)?;
        let tested = MovingLayer::new(&network, &path, &data.test)?;
        let pca = run.read(&PCA)?;
        stages::check_weights(run, &pca, layer.weights().len())?;
        let [first, leading] = components(&pca, projected);
        let (hessian, covariance) = exact(&layer, experiment)?;
        let eigen_noise = PrincipalCurvatures::of(covariance.view())?;
        let principal = PrincipalCurvatures::of(hessian.view())?;
        let ranks = ranks(layer.weights().len(), last);
        let places: Vec<usize> = ranks.iter().map(|rank| rank - 1).collect();
        let directions = principal.directions.select(Axis(0), &places);
        drop(principal);
        let curvature = along_directions(hessian.view(), directions.view())?.to_vec();
        let noise = along_directions(covariance.view(), directions.view())?.to_vec();
        let (least, fewest) = (form_rounding(hessian.view()), form_rounding(covariance.view()));
        let trusted = curvature.iter().zip(&noise).map(|(kappa, noise)| *kappa > least && *noise > fewest);
        let trusted = trusted.collect();
        let (seed, training) = (experiment.seed, experiment.training.clone());
        let first = first.row(0).to_owned();
        Ok(Self {
            network,
            path,
            layer,
            tested,
            seed,
            training,
            hessian,
            covariance,
            eigen_noise,
            ranks,
            directions,
            curvature,
            noise,
            trusted,
            first,
            leading,
        })
    }

    /// M.
    pub(super) fn steps_per_epoch(&self) -> usize {
        self.training.steps_per_epoch(self.layer.samples()) as usize
    }

    /// C/S: the variance of a mini-batch's gradient for that of a sample's.
    pub(super) fn batch_share(&self, shuffle: Shuffle) -> f64 {
        let (samples, batch) = (self.layer.samples() as f64, self.training.batch_size as f64);
        match shuffle {
            Shuffle::Epoch => (samples - batch) / (samples - 1.0) / batch,
            Shuffle::Independent => 1.0 / batch,
        }
    }
}

/// H and S of the layer at its own weights, `[weights, weights]`.
fn exact(layer: &MovingLayer, experiment: &Experiment) -> Result<(Array2<f64>, Array2<f64>)> {
    let here = layer.linearized();
    let square = |matrix| square(experiment, layer.weights().len(), matrix);
    Ok((square(here.hessian())?, square(here.gradient_covariance())?))
}

/// The number of an epoch of a window with mini-batches in an order of its own.
pub(super) fn epoch_number(order: usize, epoch: usize) -> u64 {
    ((FIRST_ORDER + order as u64) << 32) + epoch as u64
}

/// The first component, and as many after it.
fn components(pca: &TrajectoryPca, after: usize) -> [Array2<f64>; 2] {
    let rows =
        |rows: std::ops::Range<usize>| pca.components().slice_axis(Axis(0), Slice::from(rows)).to_owned();
    [rows(0..1), rows(1..(after + 1).min(pca.variance().len()))]
}

/// All as far as `last`, then some as far as there are.
fn ranks(weights: usize, last: usize) -> Vec<usize> {
    let mut ranks: Vec<usize> = (1..=last.min(weights)).collect();
    let mut next = last as f64;
    loop {
        next = (next * RANK_GROWTH).max(next + 1.0);
        let rank = next as usize;
        if rank > weights {
            return ranks;
        }
        ranks.push(rank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_all_and_then_some() {
        assert_eq!(ranks(5, 9), [1, 2, 3, 4, 5]);
        let some = ranks(2500, 100);
        assert_eq!(some[..100], (1..=100).collect::<Vec<_>>());
        assert!(some.windows(2).all(|pair| pair[0] < pair[1]) && some.len() < 250);
        assert!(some.last().is_some_and(|last| (2420..=2500).contains(last)));
    }
}
