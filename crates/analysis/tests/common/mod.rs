//! Random numbers, rotations and spectra shared by the tests and the timing example.

// Each test binary uses its own part of this file.
#![allow(dead_code)]

use faer::Mat;
use ndarray::{Array1, Array2, Axis};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(crate) fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Uniform in (0, 1].
pub(crate) fn uniform(rng: &mut impl Rng) -> f64 {
    ((rng.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
}

/// Standard normal (Box–Muller).
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * uniform(rng).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(rng)).cos()
}

/// Turns the rows of `x` by three random reflections: an orthogonal map that mixes all columns.
pub(crate) fn turn(x: &mut Array2<f64>, rng: &mut impl Rng) {
    for _ in 0..3 {
        let mut v = Array1::from_shape_fn(x.ncols(), |_| normal(rng));
        v /= v.dot(&v).sqrt();
        for mut row in x.rows_mut() {
            let along = row.dot(&v);
            row.scaled_add(-2.0 * along, &v);
        }
    }
}

/// A window `[steps, weights]` whose variances fall from `largest` by `decades` decades.
pub(crate) fn window(
    steps: usize,
    weights: usize,
    largest: f64,
    decades: f64,
    rng: &mut impl Rng,
) -> Array2<f32> {
    let scale = Array1::from_shape_fn(weights, |i| {
        let fallen = decades * i as f64 / (weights - 1) as f64;
        (largest * 10f64.powf(-fallen)).sqrt()
    });
    let mut x = Array2::from_shape_fn((steps, weights), |(_, i)| scale[i] * normal(rng));
    turn(&mut x, rng);
    x.mapv(|w| w as f32)
}

/// A large window of that kind, made row by row: no copy of it in f64.
pub(crate) fn fast_window(steps: usize, weights: usize, largest: f64, decades: f64) -> Array2<f32> {
    let mut rng = generator(2);
    let mut window = Array2::zeros((steps, weights));
    let mut mirror = Array1::from_shape_fn(weights, |_| normal(&mut rng));
    mirror /= mirror.dot(&mirror).sqrt();
    for mut row in window.rows_mut() {
        let x = Array1::from_shape_fn(weights, |i| {
            let fallen = decades * i as f64 / (weights - 1) as f64;
            (largest * 10f64.powf(-fallen)).sqrt() * normal(&mut rng)
        });
        let along = x.dot(&mirror);
        row.assign(&(x - 2.0 * along * &mirror).mapv(|w| w as f32));
    }
    window
}

/// Variances with divisor T by a dense SVD of the centred window: the oracle.
pub(crate) fn variances_by_svd(window: &Array2<f32>) -> Vec<f64> {
    let x = window.mapv(f64::from);
    let mean = x.sum_axis(Axis(0)) / x.nrows() as f64;
    let x = Mat::from_fn(x.nrows(), x.ncols(), |t, n| x[[t, n]] - mean[n]);
    let singular = x.singular_values().expect("the SVD converges");
    singular.iter().map(|s| s * s / x.nrows() as f64).collect()
}
