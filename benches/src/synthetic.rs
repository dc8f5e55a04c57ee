//! Made-up inputs whose cost is that of real ones: deterministic, and made without a training.

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use varflat_model::data::ImageSet;

/// σ_1² of a window, about that of the paper's.
const LARGEST_VARIANCE: f64 = 1e-4;
/// Decades from σ_1² to the smallest variance, as many as in a real window.
const DECADES: f64 = 13.0;
/// Random reflections that turn a window, so that every weight has a part in every direction.
const REFLECTIONS: usize = 3;

/// What random numbers are drawn for: the second word of the key.
#[derive(Clone, Copy)]
enum Purpose {
    Window = 1,
    Images = 2,
    Directions = 3,
}

fn stream(purpose: Purpose) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..7].copy_from_slice(b"varflat");
    key[8] = purpose as u8;
    ChaCha8Rng::from_seed(key)
}

/// Uniform in (0, 1].
fn uniform(random: &mut impl Rng) -> f64 {
    ((random.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
}

/// Standard normal, by Box and Muller.
fn normal(random: &mut impl Rng) -> f64 {
    let radius = (-2.0 * uniform(random).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(random)).cos()
}

/// A unit vector, uniform on the sphere.
fn unit_vector(length: usize, random: &mut impl Rng) -> Vec<f64> {
    let mut vector: Vec<f64> = (0..length).map(|_| normal(random)).collect();
    let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

/// A window `[steps, weights]` whose variances fall evenly by 13 decades from 1e-4, turned at random.
pub fn window(steps: usize, weights: usize) -> Array2<f32> {
    let mut random = stream(Purpose::Window);
    let scale: Vec<f64> = (0..weights)
        .map(|i| (LARGEST_VARIANCE * 10f64.powf(-DECADES * i as f64 / weights as f64)).sqrt())
        .collect();
    let mirrors: Vec<Vec<f64>> = (0..REFLECTIONS).map(|_| unit_vector(weights, &mut random)).collect();
    let mut window = Array2::zeros((steps, weights));
    let mut weights_now = vec![0.0; weights];
    for mut row in window.rows_mut() {
        for (weight, scale) in weights_now.iter_mut().zip(&scale) {
            *weight = scale * normal(&mut random);
        }
        for mirror in &mirrors {
            let along: f64 = weights_now.iter().zip(mirror).map(|(w, m)| w * m).sum();
            weights_now.iter_mut().zip(mirror).for_each(|(w, m)| *w -= 2.0 * along * m);
        }
        row.iter_mut().zip(&weights_now).for_each(|(to, from)| *to = *from as f32);
    }
    window
}

/// Images of MNIST's size and as empty: a border of 4 pixels without ink, and ink on 3/8 of the rest, 19 % of all; labels
/// 0–9 in turn.
pub fn images(samples: usize) -> ImageSet {
    let (rows, columns) = (28, 28);
    let mut random = stream(Purpose::Images);
    let inside = 4..24;
    let mut images = vec![0.0; samples * rows * columns];
    for image in images.chunks_exact_mut(rows * columns) {
        for row in inside.clone() {
            for pixel in &mut image[row * columns..][inside.clone()] {
                let [lot, ink, ..] = random.next_u32().to_le_bytes();
                if lot < 96 {
                    *pixel = f32::from(ink.max(1)) / 255.0;
                }
            }
        }
    }
    let labels = (0..samples).map(|sample| (sample % 10) as u8).collect();
    ImageSet { images, labels, rows, columns }
}

/// Random directions in a space of so many weights, one unit vector a row.
pub fn directions(count: usize, weights: usize) -> Array2<f64> {
    let mut random = stream(Purpose::Directions);
    let mut directions = Array2::zeros((count, weights));
    for mut row in directions.rows_mut() {
        row.iter_mut().zip(unit_vector(weights, &mut random)).for_each(|(to, from)| *to = from);
    }
    directions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_the_same_every_time_and_spans_its_decades() {
        let window = window(200, 40);
        assert_eq!(window, super::window(200, 40));
        let total: f64 = window.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>() / 200.0;
        // Σ 1e-4 · 10^(−13 i/40) = 1e-4 / (1 − 10^(−13/40))
        assert!((total / (1e-4 / (1.0 - 10f64.powf(-0.325))) - 1.0).abs() < 0.3, "{total}");
    }

    #[test]
    fn images_are_as_empty_as_those_of_mnist() {
        let images = images(200);
        let inked = images.images.iter().filter(|pixel| **pixel > 0.0).count();
        let share = inked as f64 / images.images.len() as f64;
        assert!((share - 0.191).abs() < 0.01, "{share}");
        assert!(images.images.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
    }

    #[test]
    fn directions_are_unit_vectors() {
        for row in directions(3, 50).rows() {
            assert!((row.dot(&row) - 1.0).abs() < 1e-12);
        }
    }
}
