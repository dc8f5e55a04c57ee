//! The one source of randomness: ChaCha streams keyed by (seed, purpose, index), drawn on the host.
//!
//! A key names what the numbers are for, so the draws of one purpose never shift those of another:
//! the same seed gives the same run on every backend and for any number of threads.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What random numbers are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Initial weights; the index counts the layers.
    InitialWeights,
    /// Order of the training samples; the index counts the epochs.
    BatchOrder,
    /// Resampling of time blocks for an interval; the index counts the statistics.
    Bootstrap,
    /// The noise of a Langevin walk; the index counts the steps.
    Langevin,
    /// Which results are derived once more; the index counts the samples.
    Verification,
    /// Phases, orders and noise of surrogates; the index counts kinds, realisations and coordinates.
    Surrogates,
}

impl Purpose {
    /// The number that stands for the purpose in the key. Never renumber: old seeds would change meaning.
    const fn key(self) -> u64 {
        match self {
            Self::InitialWeights => 1,
            Self::BatchOrder => 2,
            Self::Bootstrap => 3,
            Self::Langevin => 4,
            Self::Verification => 5,
            Self::Surrogates => 6,
        }
    }
}

/// The stream of random numbers for one (seed, purpose, index).
///
/// ```
/// use varflat_model::random::{Purpose, stream, uniform};
/// let mut first = stream(1, Purpose::BatchOrder, 0);
/// let mut again = stream(1, Purpose::BatchOrder, 0);
/// assert_eq!(uniform(&mut first), uniform(&mut again));
/// ```
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&purpose.key().to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// A uniform number in [0, 1) with 24 random bits: every value is exact in f32.
pub fn uniform(random: &mut impl Rng) -> f32 {
    (random.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
}

/// A standard normal number (Box and Muller, one of the pair).
pub fn normal(random: &mut impl Rng) -> f64 {
    // 53 random bits in (0, 1] and [0, 1).
    let mut bits = || (random.next_u64() >> 11) as f64;
    let scale = 1.0 / (1u64 << 53) as f64;
    let (radius, angle) = ((bits() + 1.0) * scale, bits() * scale);
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A uniform integer in `0..bound`, without bias (Lemire's rejection); 0 for a bound of 0.
pub fn below(random: &mut impl Rng, bound: u32) -> u32 {
    let Some(threshold) = bound.wrapping_neg().checked_rem(bound) else { return 0 };
    loop {
        let product = u64::from(random.next_u32()) * u64::from(bound);
        if product as u32 >= threshold {
            return (product >> 32) as u32;
        }
    }
}

/// Shuffle in place: every permutation is equally likely (Fisher–Yates).
pub fn shuffle(random: &mut impl Rng, items: &mut [u32]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(random, last as u32 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_keys_differ() {
        let draw = |seed, purpose, index| stream(seed, purpose, index).next_u64();
        let reference = draw(1, Purpose::InitialWeights, 0);
        assert_eq!(reference, draw(1, Purpose::InitialWeights, 0));
        assert_ne!(reference, draw(2, Purpose::InitialWeights, 0));
        assert_ne!(reference, draw(1, Purpose::BatchOrder, 0));
        assert_ne!(reference, draw(1, Purpose::InitialWeights, 1));
    }

    #[test]
    fn uniform_numbers_have_the_moments_of_the_uniform_distribution() {
        let mut random = stream(3, Purpose::InitialWeights, 0);
        let draws: Vec<f64> = (0..200_000).map(|_| f64::from(uniform(&mut random))).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.5).abs() < 4.0 * (1.0 / 12.0f64 / 200_000.0).sqrt(), "mean {mean}");
        assert!((variance - 1.0 / 12.0).abs() < 1e-3, "variance {variance}");
    }

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal_distribution() {
        let mut random = stream(4, Purpose::Langevin, 0);
        let draws: Vec<f64> = (0..200_000).map(|_| normal(&mut random)).collect();
        let moment = |power| draws.iter().map(|x: &f64| x.powi(power)).sum::<f64>() / 200_000.0;
        for (power, expected, deviation) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let error: f64 = moment(power) - expected;
            assert!(error.abs() < 4.0 * f64::sqrt(deviation / 200_000.0), "moment {power}: off by {error}");
        }
    }

    #[test]
    fn every_permutation_of_four_is_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        let mut random = stream(5, Purpose::BatchOrder, 0);
        let trials = 48_000;
        for _ in 0..trials {
            let mut items = [0, 1, 2, 3];
            shuffle(&mut random, &mut items);
            *counts.entry(items).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        let expected = f64::from(trials) / 24.0;
        let chi_squared: f64 = counts.values().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        assert!(chi_squared < 49.7, "χ² = {chi_squared}: beyond the 0.1 % point of 23 degrees");
    }
}
