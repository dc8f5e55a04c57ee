//! Surrogates of windows whose law is known.

// clippy.toml allows these in test functions; the helpers here are test code too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{generator, normal};
use ndarray::{Array1, Array2, Axis};
use rand_chacha::rand_core::Rng;
use varflat_analysis::surrogates::*;
use varflat_analysis::{Basis, Replay, variances_along};

/// Draws standard normal numbers, another stream for every coordinate.
fn normals(seed: u64) -> impl Fn(usize, &mut [f64]) + Sync {
    move |coordinate, numbers| {
        let mut rng = generator(1000 * seed + coordinate as u64);
        numbers.iter_mut().for_each(|number| *number = normal(&mut rng));
    }
}

fn shares(seed: u64) -> impl Fn(usize, &mut [f64]) + Sync {
    move |coordinate, numbers| {
        let mut rng = generator(1000 * seed + coordinate as u64);
        numbers.iter_mut().for_each(|number| *number = f64::from(rng.next_u32()) / 2f64.powi(32));
    }
}

fn shuffle(seed: u64) -> impl FnMut(&mut [u32]) {
    let mut rng = generator(seed);
    move |items| {
        for last in (1..items.len()).rev() {
            items.swap(last, (rng.next_u64() % (last as u64 + 1)) as usize);
        }
    }
}

/// A window of E epochs of M steps in a parabola of curvatures λ, with noise of variance λ^γ that sums to zero over every epoch, after one
/// epoch that is forgotten.
fn reshuffled(seed: u64, (epochs, length): (usize, usize), lambda: &[f64], gamma: f64) -> Array2<f32> {
    let mut rng = generator(seed);
    let mut rows = Array2::zeros((length * (epochs + 1), lambda.len()));
    for mut epoch in rows.axis_chunks_iter_mut(Axis(0), length) {
        for ((_, i), xi) in epoch.indexed_iter_mut() {
            *xi = normal(&mut rng) * lambda[i].powf(0.5 * gamma);
        }
        let mean = epoch.mean_axis(Axis(0)).unwrap();
        epoch -= &mean;
    }
    Replay::new(0.1, Array1::from(lambda.to_vec())).unwrap().steps(rows.view_mut()).unwrap();
    rows.slice_axis(Axis(0), (length..).into()).mapv(|x: f64| x as f32)
}

/// A free walk with independent steps.
fn walk(seed: u64, steps: usize, weights: usize) -> Array2<f32> {
    let mut rng = generator(seed);
    let mut window = Array2::<f64>::from_shape_fn((steps, weights), |_| normal(&mut rng));
    window.accumulate_axis_inplace(Axis(0), |before, after| *after += before);
    window.mapv(|x| x as f32)
}

fn numbers<'a>(ranges: &'a [[usize; 2]], times: &'a [usize]) -> NumbersOf<'a> {
    NumbersOf {
        decay: [5, 50],
        ranges,
        times,
        floor: 0.0,
        step_floor: 0.0,
        step_directions: None,
        hessian: None,
    }
}

/// Σ σ² over all weights about their means.
fn motion(window: &Array2<f32>) -> f64 {
    let along = variances_along(window, Array2::eye(window.ncols()).view()).unwrap();
    along.iter().map(|found| found.variance).sum()
}

#[test]
fn independent_phases_keep_the_variance_of_every_coordinate_and_its_line() {
    let lambda: Vec<f64> = (1..=20).map(|i| 0.3 / f64::from(i)).collect();
    for steps in [600, 601] {
        let mut window = reshuffled(1, (4, 200), &lambda, 1.0);
        window.slice_axis_inplace(Axis(0), (..steps).into());
        for (i, mut series) in window.columns_mut().into_iter().enumerate() {
            series.iter_mut().enumerate().for_each(|(t, x)| *x += 1e-3 * (t * i) as f32);
        }
        let surrogate = independent_phases(&window, shares(1)).unwrap();
        let beyond = |window: &Array2<f32>| {
            let mut series: Vec<Vec<f64>> =
                window.columns().into_iter().map(|x| x.iter().map(|x| f64::from(*x)).collect()).collect();
            // The line of the recorded window, which the surrogate has been given back.
            for (series, line) in series.iter_mut().zip(window_lines(&window_of(steps, &lambda))) {
                series.iter_mut().enumerate().for_each(|(t, x)| *x -= line.0 + line.1 * t as f64);
            }
            series
        };
        for (i, (own, other)) in beyond(&window).into_iter().zip(beyond(&surrogate)).enumerate() {
            let square = |series: &[f64]| series.iter().map(|x| x * x).sum::<f64>();
            assert!((square(&own) / square(&other) - 1.0).abs() < 1e-4, "{i}");
            let product: f64 = own.iter().zip(&other).map(|(a, b)| a * b).sum();
            assert!((product / square(&own)).abs() < 0.9, "{i}: it is another series");
        }
    }
}

fn window_of(steps: usize, lambda: &[f64]) -> Array2<f32> {
    let mut window = reshuffled(1, (4, 200), lambda, 1.0);
    window.slice_axis_inplace(Axis(0), (..steps).into());
    for (i, mut series) in window.columns_mut().into_iter().enumerate() {
        series.iter_mut().enumerate().for_each(|(t, x)| *x += 1e-3 * (t * i) as f32);
    }
    window
}

/// a and b of the least-squares line a + bt of each weight.
fn window_lines(window: &Array2<f32>) -> Vec<(f64, f64)> {
    let n = window.nrows() as f64;
    let middle = 0.5 * (n - 1.0);
    let of = |series: ndarray::ArrayView1<'_, f32>| {
        let mean = series.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
        let products: f64 = series.iter().enumerate().map(|(t, x)| (t as f64 - middle) * f64::from(*x)).sum();
        let slope = products / (n * (n * n - 1.0) / 12.0);
        (mean - slope * middle, slope)
    };
    window.columns().into_iter().map(of).collect()
}

/// What principal components make of ψ = 2γ, which is more, they make of coordinates that do not know of each other.
#[test]
fn independent_phases_reproduce_what_principal_components_add() {
    let lambda: Vec<f64> = (1..=120).map(|i| 1e-3 * f64::from(i).powf(-1.5)).collect();
    let hessian = Array2::from_diag(&Array1::from(lambda.clone()));
    let ranges = [[2, 90]];
    let of = NumbersOf { hessian: Some(hessian.view()), ..numbers(&ranges, &[]) };
    for gamma in [1.0, 1.5] {
        let window = Drift::Line.taken_from(reshuffled(7, (10, 300), &lambda, gamma)).unwrap();
        let surrogate = independent_phases(&window, shares(3)).unwrap();
        let (own, other) = (of.read(&window).unwrap(), of.read(&surrogate).unwrap());
        let psi = |numbers: &WindowNumbers, basis| numbers.exponent(basis, [2, 90]).unwrap().psi.unwrap();
        let (data, null) = (psi(&own, Basis::Components), psi(&other, Basis::Components));
        assert!(data > 2.0 * gamma + 0.7, "{gamma}: {data}");
        assert!((data - null).abs() < 0.25, "{gamma}: {data} {null}");
        // Coordinates are those of the Hessian and of the steps here: their own variances are kept, and give 2γ.
        let (data, null) = (psi(&own, Basis::Steps), psi(&other, Basis::Steps));
        assert!((data - 2.0 * gamma).abs() < 0.35 && (data - null).abs() < 0.1, "{gamma}: {data} {null}");
        let steps = own.exponent(Basis::Steps, [2, 90]).unwrap().of_steps.unwrap();
        assert!((steps - 1.0).abs() < 0.15, "σ² ∝ s² where nothing relaxes: {steps}");
    }
}

/// Reshuffled noise without a force: ⟨θ²⟩ is M/6 − M/12E steps' variances, T/12 when its steps are shuffled over the window.
#[test]
fn shuffling_over_the_window_measures_the_memory_of_an_epoch() {
    let (epochs, length, weights) = (10, 120, 400);
    let window = reshuffled(3, (epochs, length), &vec![0.0; weights], 0.0);
    let steps = epochs * length;
    let ratio = |order: Vec<u32>| motion(&reordered_steps(&window, &order).unwrap()) / motion(&window);

    let within = ratio(order_within_epochs(steps - 1, (length, 0), shuffle(1)).unwrap());
    assert!((1.0..=1.05).contains(&within), "{within}");
    let over = ratio(order_over_the_window(steps - 1, shuffle(2)));
    let (t, m, e) = (steps as f64, length as f64, epochs as f64);
    let expected = (t / 12.0) / (m / 6.0 - m / (12.0 * e));
    assert!((over / expected - 1.0).abs() < 0.05, "{over} {expected}");
    // Blocks of whole epochs leave every epoch a loop.
    let blocks = ratio(order_of_blocks(steps - 1, length, shuffle(3)).unwrap());
    assert!(blocks < 1.3, "{blocks}");
}

#[test]
fn independent_steps_know_no_order() {
    let window = walk(5, 1500, 1200);
    let own = motion(&window);
    for (name, order) in [
        ("over the window", order_over_the_window(1499, shuffle(1))),
        ("within epochs", order_within_epochs(1499, (150, 0), shuffle(2)).unwrap()),
        ("in blocks", order_of_blocks(1499, 100, shuffle(3)).unwrap()),
    ] {
        let ratio = motion(&reordered_steps(&window, &order).unwrap()) / own;
        assert!((ratio - 1.0).abs() < 0.08, "{name}: {ratio}");
    }
    let drawn = gaussian_walk(&window, normals(1)).unwrap();
    assert!((motion(&drawn) / own - 1.0).abs() < 0.08, "{}", motion(&drawn) / own);
}

/// Components of a walk in many dimensions are cosines: σ_k² ∝ 1/k², and θ_k forgets within about 0.38 T/k.
#[test]
fn a_random_walk_has_its_gap_its_share_and_its_times() {
    let (steps, weights) = (3000, 1000);
    let window = walk(9, steps, weights);
    let drawn = gaussian_walk(&window, normals(4)).unwrap();
    let times = [4, 6, 8];
    let found = numbers(&[], &times).read(&drawn).unwrap();
    assert!((found.gap.unwrap() / 4.0 - 1.0).abs() < 0.15, "{found:?}");
    let share = found.variance[0] / found.total;
    assert!((share / (6.0 / std::f64::consts::PI.powi(2)) - 1.0).abs() < 0.06, "{share}");
    assert!((found.decay.unwrap() - 2.0).abs() < 0.1, "{:?}", found.decay);
    for k in times {
        let time = found.time(k).unwrap() / (0.38 * steps as f64 / k as f64);
        assert!((time - 1.0).abs() < 0.25, "{k}: {time}");
    }
}

#[test]
fn white_noise_has_the_steps_and_remembers_nothing() {
    let window = walk(2, 2000, 40);
    let noise = white_noise(&window, normals(8)).unwrap();
    let found = numbers(&[[1, 30]], &[1, 5]).read(Drift::Line.taken_from(&noise).unwrap()).unwrap();
    assert!(found.times.iter().all(|(_, time)| *time < 2.0), "{:?}", found.times);
    let deviation = |window: &Array2<f32>, i: usize| {
        let steps: Vec<f64> =
            window.column(i).windows(2).into_iter().map(|w| f64::from(w[1] - w[0])).collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        steps.iter().map(|step| (step - mean).powi(2)).sum::<f64>() / steps.len() as f64
    };
    for i in [0, 17, 39] {
        assert!((deviation(&noise, i) / deviation(&window, i) - 1.0).abs() < 0.15, "{i}");
    }
}

/// Half of a window says of the other half what it says of itself only where directions last: those of a walk do not.
#[test]
fn what_components_hold_out_of_sample_is_less() {
    let ranges = [[2, 40]];
    let found = numbers(&ranges, &[]).read(walk(4, 2000, 300)).unwrap();
    let (own, other) = (found.share.unwrap(), found.share_out_of_sample.unwrap());
    assert!(own > 0.9 && other < 0.5, "{own} {other}");
}

#[test]
fn a_window_that_is_too_short_or_does_not_move_is_named() {
    let of = numbers(&[], &[]);
    assert!(of.read(walk(1, 15, 4)).unwrap_err().to_string().contains("15 step"));
    assert!(of.read(Array2::<f32>::ones((100, 4))).is_err());
    assert!(of.read(walk(1, 16, 4)).unwrap().share.is_none());
}
