//! The order in which training samples are drawn into mini-batches.

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
