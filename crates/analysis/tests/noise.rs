//! Noise, correlation and displacement against closed forms and brute force.

#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Array2};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use varflat_analysis::{
    AnalysisError, CorrelationTimes, Correlator, displacement_exponent, logarithmic_lags,
    mean_square_displacement, reshuffled_correlation, temperature,
};

/// A standard normal number, by Box and Muller.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let (u, v) = (uniform(), uniform());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// x_{t+1} = φ x_t + noise.
fn autoregressive(phi: f64, steps: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut x = normal(&mut random) / (1.0 - phi * phi).sqrt();
    (0..steps)
        .map(|_| {
            x = phi * x + normal(&mut random);
            x
        })
        .collect()
}

#[test]
fn the_transform_gives_the_sums_of_the_definition() {
    let series = autoregressive(0.7, 137, 1);
    let mean = series.iter().sum::<f64>() / 137.0;
    let covariance = Correlator::new(137).unwrap().autocovariance(&series, 136).unwrap();
    for (lag, value) in covariance.iter().enumerate() {
        let sum: f64 = (0..137 - lag).map(|t| (series[t] - mean) * (series[t + lag] - mean)).sum();
        assert!((value - sum / 137.0).abs() < 1e-13, "lag {lag}");
    }
}

#[test]
fn an_autoregressive_series_has_its_two_times() {
    // ρ(h) = φ^h: τ_int = ½(1 + φ)/(1 − φ), τ_e = −1/ln φ.
    let phi: f64 = 0.95;
    let steps = 400_000;
    let times = Correlator::new(steps).unwrap().times(&autoregressive(phi, steps, 2), 1000).unwrap();
    let integral = 0.5 * (1.0 + phi) / (1.0 - phi);
    assert!((times.integral.unwrap() / integral - 1.0).abs() < 0.05, "{times:?} {integral}");
    assert!((times.one_over_e.unwrap() * -phi.ln() - 1.0).abs() < 0.05, "{times:?}");
    assert!(times.trusted);
    // The same from the known autocorrelation: the sum is cut at 5 τ, where e^−5 of it is missing.
    let known: Vec<f64> = (0..1000).map(|h| phi.powi(h)).collect();
    let exact = CorrelationTimes::of(&known, steps);
    assert!((exact.integral.unwrap() / integral - 1.0).abs() < 0.01);
}

#[test]
fn what_is_not_forgotten_within_the_series_is_not_trusted() {
    let drift: Vec<f64> = (0..1000).map(f64::from).collect();
    let times = Correlator::new(1000).unwrap().times(&drift, 300).unwrap();
    assert!(!times.trusted, "{times:?}");
    let slow = Correlator::new(500).unwrap().times(&autoregressive(0.97, 500, 3), 250).unwrap();
    assert!(!slow.trusted, "{slow:?}");
}

#[test]
fn a_reshuffled_epoch_is_anticorrelated_as_the_formula_says() {
    // M numbers in a new order every epoch.
    let (m, epochs) = (8, 60_000);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let values: Vec<f64> = (0..m).map(|_| normal(&mut random)).collect();
    let mut series = Vec::new();
    for _ in 0..epochs {
        let mut order: Vec<usize> = (0..m).collect();
        for last in (1..m).rev() {
            order.swap(last, (random.next_u64() % (last as u64 + 1)) as usize);
        }
        series.extend(order.into_iter().map(|index| values[index]));
    }
    let covariance = Correlator::new(series.len()).unwrap().autocovariance(&series, m + 2).unwrap();
    for (lag, value) in covariance.iter().enumerate() {
        let expected = reshuffled_correlation(m, lag);
        assert!((value / covariance[0] - expected).abs() < 0.01, "lag {lag}: {value} against {expected}");
    }
    let sum: f64 = (1..m).map(|lag| reshuffled_correlation(m, lag)).sum();
    assert!((sum + 0.5).abs() < 1e-12, "an epoch's noise adds up to nothing");
}

#[test]
fn the_temperature_of_a_known_noise() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let deviation = [0.1, 1.0, 30.0];
    let slopes = Array2::from_shape_fn((40_000, 3), |(_, i)| 7.0 + deviation[i] * normal(&mut random));
    let mean = Array1::from_elem(3, 7.0);
    let measured = temperature(slopes.view(), mean.view(), 0.2).unwrap();
    for (measured, deviation) in measured.iter().zip(deviation) {
        assert!((measured / (0.1 * deviation * deviation) - 1.0).abs() < 0.03, "{measured}");
    }
    assert!(matches!(
        temperature(slopes.view(), Array1::zeros(2).view(), 0.2),
        Err(AnalysisError::Shape { expected: 3, found: 2, .. })
    ));
}

#[test]
fn displacements_by_hand() {
    let series = [0.0, 1.0, 3.0, 2.0];
    assert_eq!(mean_square_displacement(&series, &[1, 2, 3]).unwrap(), [2.0, 5.0, 4.0]);
    assert!(mean_square_displacement(&series, &[4]).is_err());
    assert_eq!(logarithmic_lags(10, 3), [1, 2, 5, 10]);
    assert_eq!(logarithmic_lags(1, 3), [1]);
}

#[test]
fn brownian_and_ballistic_motion_have_their_exponents() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mut x = 0.0;
    let walk: Vec<f64> = (0..200_000)
        .map(|_| {
            x += normal(&mut random);
            x
        })
        .collect();
    let lags = logarithmic_lags(1000, 10);
    let of = |series: &[f64], range| {
        let displacement = mean_square_displacement(series, &lags).unwrap();
        displacement_exponent(&lags, &displacement, range).unwrap().exponent
    };
    assert!((of(&walk, (1, 300)) - 1.0).abs() < 0.05);
    let flight: Vec<f64> = (0..2000).map(|t| 0.3 * f64::from(t)).collect();
    assert!((of(&flight, (1, 1000)) - 2.0).abs() < 1e-9);
    // Held back: an Ornstein–Uhlenbeck process far beyond its time.
    assert!(of(&autoregressive(0.5, 200_000, 7), (30, 1000)).abs() < 0.05);
    assert!(matches!(
        displacement_exponent(&lags, &vec![1.0; lags.len()], (900, 1000)),
        Err(AnalysisError::TooFewLags { shortest: 900, longest: 1000, .. })
    ));
}
