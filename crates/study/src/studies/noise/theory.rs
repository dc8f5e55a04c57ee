//! What the exact formula gives for every kind of noise, without a free constant.

use ndarray::Array2;
use rayon::prelude::*;
use varflat_analysis::{QuadraticDirection, along_directions, crossing, scaling};
use varflat_model::Shuffle;
use varflat_run::error::Result;

use super::checkpoint::Checkpoint;
use super::tables::Kind;

/// Curvatures at which the crossover is looked for, from this share of 1/α to all of it.
const LEAST_CURVATURE: f64 = 1e-6;
const CURVATURES: usize = 240;
/// Between a ratio of less than this and 1 there is no crossover to look for.
const LEAST_RATIO: f64 = 1.2;

/// The noise of every kind along the eigenvectors that are looked along.
pub(super) struct Theory<'a> {
    checkpoint: &'a Checkpoint,
    /// Σ p_n² S_nn, and tr S over the number of weights.
    diagonal: Vec<f64>,
    mean: f64,
    /// σ² of each kind along each eigenvector.
    variances: Vec<(Kind, Vec<Option<f64>>)>,
}

impl<'a> Theory<'a> {
    /// Of windows of these kinds, each of so many steps.
    pub(super) fn of(checkpoint: &'a Checkpoint, kinds: &[(Kind, usize)]) -> Result<Self> {
        let diagonal = checkpoint.covariance.diag().to_owned();
        let mean = diagonal.sum() / diagonal.len() as f64;
        let matrix = Array2::from_diag(&diagonal);
        let along = along_directions(matrix.view(), checkpoint.directions.view())?;
        let theory = Self { checkpoint, diagonal: along.to_vec(), mean, variances: Vec::new() };
        let of = |&(kind, steps): &(Kind, usize)| {
            let places = (0..checkpoint.ranks.len()).into_par_iter();
            (kind, places.map(|place| theory.in_window(kind, place, steps)).collect())
        };
        let variances = kinds.iter().map(of).collect();
        Ok(Self { variances, ..theory })
    }

    /// C along an eigenvector; none where it is no given number.
    pub(super) fn noise(&self, kind: Kind, place: usize) -> Option<f64> {
        let here = self.checkpoint;
        let share = here.batch_share(kind.shuffle());
        match kind {
            Kind::Isotropic => Some(self.mean * share),
            Kind::Diagonal => Some(self.diagonal[place] * share),
            Kind::DrawnLabels => Some(here.curvature[place] / here.training.batch_size as f64),
            Kind::WithoutLeading | Kind::LeadingAlone | Kind::NoNoise => None,
            _ => Some(here.noise[place] * share),
        }
    }

    /// σ² beyond a line in time in a window that begins where the run has left the weight.
    pub(super) fn variance(&self, kind: Kind, place: usize) -> Option<f64> {
        let (_, variances) = self.variances.iter().find(|(other, _)| *other == kind)?;
        *variances.get(place)?
    }

    fn in_window(&self, kind: Kind, place: usize, steps: usize) -> Option<f64> {
        let here = self.checkpoint;
        let run = self.direction(here.curvature[place], here.noise[place] * here.batch_share(Shuffle::Epoch));
        let begin = run.variance_at_epoch_begin(here.steps_per_epoch())?;
        let given = QuadraticDirection { noise: self.noise(kind, place)?, ..run };
        given.detrended_variance(kind.sampling(here.steps_per_epoch()), steps, begin)
    }

    fn direction(&self, curvature: f64, noise: f64) -> QuadraticDirection {
        let training = &self.checkpoint.training;
        // The decay of weights pulls as a curvature does.
        let curvature = curvature + training.weight_decay;
        QuadraticDirection { learning_rate: training.learning_rate, curvature, noise }
    }

    /// The exponent of something on κ over the places of a range of ranks.
    pub(super) fn exponent(
        &self,
        [first, last]: [usize; 2],
        of: impl Fn(usize) -> Option<f64>,
    ) -> Option<f64> {
        let here = self.checkpoint;
        let places = (0..here.ranks.len())
            .filter(|&place| here.trusted[place] && (first..=last).contains(&here.ranks[place]));
        let points = places.filter_map(|place| Some((here.curvature[place], of(place)?)));
        Some(scaling(points).ok()?.exponent)
    }

    /// σ² with over without replacement at a curvature, the variance of the noise the same.
    fn ratio(&self, curvature: f64, steps: usize) -> Option<f64> {
        let length = self.checkpoint.steps_per_epoch();
        let direction = self.direction(curvature, 1.0);
        let begin = direction.variance_at_epoch_begin(length)?;
        let of = |kind: Kind| direction.detrended_variance(kind.sampling(length), steps, begin);
        Some(of(Kind::WithReplacement)? / of(Kind::WithoutReplacement)?)
    }

    /// That ratio where nothing curves, and κ at which it has come half of the way from there to 1.
    pub(super) fn crossover(&self, steps: usize) -> (Option<f64>, Option<f64>) {
        let most = 1.0 / self.checkpoint.training.learning_rate;
        let kappa = |n: usize| most * LEAST_CURVATURE.powf(1.0 - n as f64 / CURVATURES as f64);
        let curve: Vec<(f64, f64)> =
            (0..=CURVATURES).filter_map(|n| Some((kappa(n), self.ratio(kappa(n), steps)?))).collect();
        let flat = self.ratio(0.0, steps);
        // Over one epoch both kinds move the same, and there is nothing to cross.
        let apart = flat.filter(|flat| *flat > LEAST_RATIO);
        (flat, apart.and_then(|flat| crossing(curve, half_way(flat))))
    }
}

/// Half of the way from a ratio to 1.
pub(super) fn half_way(flat: f64) -> f64 {
    0.5 * (flat + 1.0)
}
