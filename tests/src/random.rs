//! Seeded random numbers for inputs and for moments to strike at.

use ndarray::{Array1, Array2};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// Uniform in (0, 1].
pub fn uniform(random: &mut ChaCha8Rng) -> f64 {
    ((random.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
}

/// A whole number in 0..n.
pub fn below(n: usize, random: &mut ChaCha8Rng) -> usize {
    (random.next_u64() % n as u64) as usize
}

/// Standard normal (Box–Muller).
pub fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * uniform(random).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(random)).cos()
}

/// A random orthogonal matrix `[n, n]`: the product of as many reflections as mix all columns.
pub fn turn(n: usize, random: &mut ChaCha8Rng) -> Array2<f64> {
    let mut matrix = Array2::eye(n);
    for _ in 0..4 {
        let mut axis = Array1::from_shape_fn(n, |_| normal(random));
        axis /= axis.dot(&axis).sqrt();
        for mut row in matrix.rows_mut() {
            let along = row.dot(&axis);
            row.scaled_add(-2.0 * along, &axis);
        }
    }
    matrix
}
