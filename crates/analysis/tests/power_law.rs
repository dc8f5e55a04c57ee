//! `PowerLaw` and its bootstrap against closed forms, numpy and known coverage.

mod common;

use common::{generator, normal};
use ndarray::Array2;
use serde_json::Value;
use varflat_analysis::{AnalysisError, Component, PowerLaw, SegmentMoments};

fn component(index: usize, flatness: f64, variance: f64) -> Component {
    Component { index, variance, flatness: Some(flatness), trusted: true }
}

/// Components with F_i = 1.3^i and σ_i² = A·F_i^(−ψ).
fn law(psi: f64, n: usize) -> Vec<Component> {
    let flatness = |i: usize| 1.3f64.powi(i as i32);
    (1..=n).map(|i| component(i, flatness(i), 0.7 * flatness(i).powf(-psi))).collect()
}

#[test]
fn an_exact_law_is_recovered_and_the_left_out_are_counted() {
    let mut components = law(4.0, 30);
    components[0].variance *= 1e5; // the drift direction, skipped by default
    components[7].flatness = None;
    components[8].flatness = None;
    components[20].trusted = false;
    components[20].variance = -1.0; // noise under the floor need not be positive
    let fitted = PowerLaw::params().fit(&components).unwrap();
    assert!((fitted.psi - 4.0).abs() < 1e-12 && (fitted.theil_sen - 4.0).abs() < 1e-12);
    assert!((fitted.ln_prefactor - 0.7f64.ln()).abs() < 1e-11);
    assert!(fitted.psi_standard_error < 1e-12 && (fitted.r + 1.0).abs() < 1e-12);
    assert_eq!((fitted.n, fitted.first, fitted.last), (26, 2, 30));
    assert_eq!((fitted.censored, fitted.under_floor), (2, 1));

    let fitted = PowerLaw::params().skip_first(10).last(Some(15)).fit(&components).unwrap();
    assert_eq!((fitted.n, fitted.first, fitted.last), (5, 11, 15));
    let json = serde_json::to_string(&fitted).unwrap();
    let read: PowerLaw = serde_json::from_str(&json).unwrap();
    assert_eq!((read.n, read.first, read.last), (fitted.n, fitted.first, fitted.last));
    assert!((read.psi - fitted.psi).abs() < 1e-14);

    let with_drift = PowerLaw::params().skip_first(0).fit(&components).unwrap();
    assert!(with_drift.psi > 4.1 && (with_drift.theil_sen - 4.0).abs() < 1e-9);
}

#[test]
fn numpy_agrees_on_a_noisy_law_with_an_outlier() {
    let numpy: Value = serde_json::from_str(include_str!("fixtures/numpy.json")).unwrap();
    let values = |name: &str| -> Vec<f64> { serde_json::from_value(numpy[name].clone()).unwrap() };
    let pairs = values("flatness").into_iter().zip(values("flatness_variance"));
    let components: Vec<_> = pairs.enumerate().map(|(i, (f, v))| component(i + 1, f, v)).collect();
    let fitted = PowerLaw::params().skip_first(0).fit(&components).unwrap();
    for (found, name) in [
        (fitted.psi, "psi"),
        (fitted.psi_standard_error, "psi_standard_error"),
        (fitted.ln_prefactor, "ln_prefactor"),
        (fitted.r, "r"),
        (fitted.theil_sen, "theil_sen"),
    ] {
        let expected = numpy[name].as_f64().unwrap();
        assert!((found / expected - 1.0).abs() < 1e-10, "{name}: {found} {expected}");
    }
}

#[test]
fn what_cannot_be_fitted_is_explained() {
    let fit = |components: &[Component]| PowerLaw::params().skip_first(0).fit(components).unwrap_err();
    assert!(matches!(fit(&law(4.0, 2)), AnalysisError::TooFewPoints { points: 2, .. }));
    let mut censored = law(4.0, 5);
    censored.iter_mut().take(3).for_each(|c| c.flatness = None);
    assert!(matches!(fit(&censored), AnalysisError::TooFewPoints { points: 2, censored: 3, .. }));
    let equal: Vec<_> = (1..9).map(|i| component(i, 0.3, i as f64)).collect();
    assert!(matches!(fit(&equal), AnalysisError::NoSpread { .. }));
    let mut negative = law(4.0, 5);
    negative[3].variance = 0.0;
    assert!(matches!(fit(&negative), AnalysisError::NonPositive { index: 4, .. }));
    negative[3] = component(4, f64::NAN, 1.0);
    assert!(matches!(fit(&negative), AnalysisError::NonPositive { index: 4, what: "the flatness", .. }));
    let range = PowerLaw::params().skip_first(5).last(Some(7));
    assert!(matches!(range.fit(&law(4.0, 9)), Err(AnalysisError::Parameter { name: "last", .. })));
}

const FLATNESS_STEP: f64 = 1.5;

/// AR(1) noise of unit variance and lag-one correlation `memory` times σ_i, σ_i² = F_i^(−4), and its
/// moments over segments of `length` steps.
fn noise(seed: u64, steps: usize, k: usize, memory: f64, length: usize) -> (Vec<Component>, SegmentMoments) {
    let mut rng = generator(seed);
    let sigma: Vec<f64> = (0..k).map(|i| FLATNESS_STEP.powi(i as i32).powi(-2)).collect();
    let segments = steps / length;
    let mut moments = SegmentMoments {
        length,
        steps: vec![length; segments],
        sum: Array2::zeros((segments, k)),
        square: Array2::zeros((segments, k)),
    };
    for (i, sigma) in sigma.iter().enumerate() {
        let mut x = normal(&mut rng);
        for t in 0..segments * length {
            moments.sum[[t / length, i]] += sigma * x;
            moments.square[[t / length, i]] += (sigma * x).powi(2);
            x = memory * x + (1.0 - memory * memory).sqrt() * normal(&mut rng);
        }
    }
    let steps = (segments * length) as f64;
    let components = (0..k).map(|i| {
        let mean = moments.sum.column(i).sum() / steps;
        let variance = moments.square.column(i).sum() / steps - mean * mean;
        component(i + 1, FLATNESS_STEP.powi(i as i32), variance)
    });
    (components.collect(), moments)
}

/// Standard error of ψ when each ln σ_i² has variance (2/T)(1 + a²)/(1 − a²), from AR(1) theory.
fn standard_error(steps: usize, k: usize, memory: f64) -> f64 {
    let middle = 0.5 * (k - 1) as f64;
    let spread: f64 = (0..k).map(|i| ((i as f64 - middle) * FLATNESS_STEP.ln()).powi(2)).sum();
    let inflation = (1.0 + memory * memory) / (1.0 - memory * memory);
    (2.0 / steps as f64 * inflation / spread).sqrt()
}

#[test]
fn the_interval_is_as_wide_as_theory_says() {
    let params = PowerLaw::params().skip_first(0);
    for (seed, memory, block) in [(1, 0.0, 100), (2, 0.9, 400)] {
        let (steps, k) = (60_000, 12);
        let (components, moments) = noise(seed, steps, k, memory, 50);
        let interval = params.bootstrap(&components, &moments, block, 2000, &mut generator(9)).unwrap();
        let expected = 2.0 * 1.96 * standard_error(steps, k, memory);
        let ratio = (interval.high - interval.low) / expected;
        assert!((0.88..1.12).contains(&ratio), "{memory}: {ratio}");
        assert!(interval.low < 4.0 && 4.0 < interval.high, "{interval:?}");
        assert_eq!((interval.blocks, interval.block), (steps / block, block));
        assert_eq!((interval.level, interval.resamples), (0.95, 2000));
    }
}

#[test]
fn nineteen_intervals_in_twenty_hold_the_truth() {
    let params = PowerLaw::params().skip_first(0);
    let holds = (0..400).filter(|&seed| {
        let (components, moments) = noise(100 + seed, 3000, 6, 0.5, 50);
        let interval = params.bootstrap(&components, &moments, 50, 400, &mut generator(seed)).unwrap();
        interval.low < 4.0 && 4.0 < interval.high
    });
    let share = holds.count() as f64 / 400.0;
    // Binomial error 1.1 %; percentile intervals of 60 blocks are known to fall a little short.
    assert!((0.91..=0.98).contains(&share), "{share}");
}

#[test]
fn the_bootstrap_is_reproducible_and_names_what_it_lacks() {
    let (components, moments) = noise(3, 3000, 5, 0.0, 50);
    let params = PowerLaw::params();
    let draw =
        |block, resamples| params.bootstrap(&components, &moments, block, resamples, &mut generator(4));
    assert_eq!(draw(100, 50).unwrap(), draw(100, 50).unwrap());
    assert!(matches!(draw(1000, 50), Err(AnalysisError::TooFewBlocks { blocks: 3, block: 1000, .. })));
    assert!(matches!(draw(100, 10), Err(AnalysisError::Parameter { name: "resamples", .. })));
    assert!(draw(usize::MAX, 50).is_err());
    // A block shorter than a segment is a segment.
    assert_eq!(draw(1, 50).unwrap().block, 50);
    let mut beyond = components.clone();
    beyond[4].index = 6;
    let error = params.bootstrap(&beyond, &moments, 100, 50, &mut generator(4)).unwrap_err();
    assert!(matches!(error, AnalysisError::TooManyComponents { requested: 6, available: 5 }));
}

#[test]
fn a_constant_added_to_the_projections_changes_no_interval() {
    let (components, moments) = noise(5, 3000, 5, 0.0, 50);
    let mut shifted = moments.clone();
    shifted.sum += 50.0 * 3.0;
    shifted.square += &(6.0 * &moments.sum);
    shifted.square += 50.0 * 9.0;
    let params = PowerLaw::params();
    let draw = |moments| params.bootstrap(&components, moments, 100, 100, &mut generator(6)).unwrap();
    let (at_rest, moved) = (draw(&moments), draw(&shifted));
    assert!((at_rest.low - moved.low).abs() < 1e-9 && (at_rest.high - moved.high).abs() < 1e-9);
}
