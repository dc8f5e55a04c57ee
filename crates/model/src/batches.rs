//! The order in which training samples are drawn into mini-batches.

use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use serde::{Deserialize, Serialize};

use crate::random::{Purpose, below, shuffle, stream};

/// How mini-batches are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shuffle {
    /// Without replacement: a new permutation every epoch. The samples left over when the batch size
    /// does not divide the training set are skipped in that epoch.
    #[default]
    Epoch,
    /// With replacement: every sample of every batch is drawn independently.
    Independent,
}

/// The samples of one epoch, batch after batch: `[steps × batch_size]` indices into the training set; none for batches of none.
///
/// Depends only on (seed, epoch, shuffle, sizes): any epoch can be drawn without the ones before it,
/// which is what lets a run resume in the middle.
pub fn epoch_order(
    seed: u64,
    epoch: u64,
    shuffle_by: Shuffle,
    samples: usize,
    batch_size: usize,
) -> Vec<u32> {
    let mut random = stream(seed, Purpose::BatchOrder, epoch);
    let drawn = samples.checked_div(batch_size).unwrap_or(0) * batch_size;
    match shuffle_by {
        Shuffle::Epoch => {
            let mut order: Vec<u32> = (0..samples as u32).collect();
            shuffle(&mut random, &mut order);
            order.truncate(drawn);
            order
        }
        Shuffle::Independent => (0..drawn).map(|_| below(&mut random, samples as u32)).collect(),
    }
}

/// The mini-batches of some recorded steps, drawn again in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBatches {
    /// Indices into the training set, `[steps × size]`.
    order: Vec<u32>,
    size: usize,
}

impl RecordedBatches {
    /// Those of these steps, in ascending order, of a training with this seed, shuffle and batch size on so many samples.
    pub fn of(
        seed: u64,
        shuffle_by: Shuffle,
        samples: usize,
        batch_size: usize,
        steps: impl Iterator<Item = u64>,
    ) -> Self {
        let size = batch_size.max(1);
        let per_epoch = (samples / size).max(1) as u64;
        let mut order = Vec::new();
        let mut drawn: Option<(u64, Vec<u32>)> = None;
        for step in steps {
            let epoch = step / per_epoch;
            let known = drawn.take().filter(|(of, _)| *of == epoch);
            let (_, epoch_samples) = drawn.insert(
                known.unwrap_or_else(|| (epoch, epoch_order(seed, epoch, shuffle_by, samples, size))),
            );
            let first = (step % per_epoch) as usize * size;
            order.extend_from_slice(epoch_samples.get(first..first + size).unwrap_or_default());
        }
        Self { order, size }
    }

    /// The samples of each.
    pub fn each(&self) -> Vec<&[u32]> {
        self.order.chunks_exact(self.size).collect()
    }

    /// The mean over every mini-batch of something that each sample has, `[samples]`.
    pub fn means(&self, of_samples: &[f64]) -> Vec<f64> {
        let mean = |batch: &[u32]| -> f64 {
            batch.iter().map(|&sample| of_samples[sample as usize]).sum::<f64>() / batch.len() as f64
        };
        self.order.par_chunks_exact(self.size).map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_visits_every_sample_once() {
        let mut order = epoch_order(1, 4, Shuffle::Epoch, 600, 50);
        assert_ne!(order, epoch_order(1, 5, Shuffle::Epoch, 600, 50));
        assert_eq!(order, epoch_order(1, 4, Shuffle::Epoch, 600, 50));
        order.sort_unstable();
        assert_eq!(order, (0..600).collect::<Vec<u32>>());
    }

    #[test]
    fn recorded_steps_get_the_batches_they_were_made_with() {
        let epoch = |epoch| epoch_order(7, epoch, Shuffle::Epoch, 105, 50);
        let batches = RecordedBatches::of(7, Shuffle::Epoch, 105, 50, [1, 2, 4].into_iter());
        assert_eq!(batches.each(), [&epoch(0)[50..], &epoch(1)[..50], &epoch(2)[..50]]);
        let value: Vec<f64> = (0..105).map(f64::from).collect();
        let mean = epoch(0)[50..].iter().map(|&sample| f64::from(sample)).sum::<f64>() / 50.0;
        assert_eq!(batches.means(&value)[0], mean);
    }

    #[test]
    fn left_over_samples_are_skipped() {
        assert_eq!(epoch_order(1, 0, Shuffle::Epoch, 105, 50).len(), 100);
    }

    #[test]
    fn independent_draws_repeat_as_often_as_chance_says() {
        let order = epoch_order(1, 0, Shuffle::Independent, 60_000, 50);
        let distinct: std::collections::BTreeSet<_> = order.iter().collect();
        let share = distinct.len() as f64 / 60_000.0;
        assert!((share - (1.0 - (-1.0f64).exp())).abs() < 0.01, "share of distinct samples {share}");
    }
}
