//! The intervals of ψ, γ, the gap, T's exponent and correlation times against brute force, and against repetition.
//!
//! `cargo run --release -p varflat-analysis --example calibration` prints the full table of `doc/uncertainty.md`.

mod common;
#[path = "common/processes.rs"]
mod processes;

use common::{generator, normal, window};
use ndarray::{Array1, Array2, Axis};
use processes::{Reading, coverage, processes as all};
use varflat_analysis::{
    AnalysisError, Correlator, DatasetBase, Estimate, Fit, Replicates, TrajectoryPca, remembers_longer,
    scaling, spectrum,
};

fn pca(window: &Array2<f32>) -> Result<TrajectoryPca, AnalysisError> {
    TrajectoryPca::params().fit(&DatasetBase::from(window.view()))
}

/// The window without some rows.
fn without(window: &Array2<f32>, left_out: std::ops::Range<usize>) -> Array2<f32> {
    let kept: Vec<usize> = (0..window.nrows()).filter(|row| !left_out.contains(row)).collect();
    window.select(Axis(0), &kept)
}

/// Least-squares slope of ln σ_i² on ln i.
fn slope<'a>(variance: impl IntoIterator<Item = &'a f64>) -> Result<f64, AnalysisError> {
    Ok(scaling((1..).map(f64::from).zip(variance.into_iter().copied()))?.exponent)
}

#[test]
fn coordinates_without_a_block_have_the_variances_of_the_other_rows() {
    let mut rng = generator(5);
    let theta = Array2::from_shape_fn((103, 4), |(_, i)| 3.0 + (i + 1) as f64 * normal(&mut rng));
    let replicates = Replicates::of_coordinates(theta.view(), 20).unwrap();
    assert_eq!((replicates.variance().dim(), replicates.rows()), ((5, 4), 20));
    let mut start = 0;
    for found in replicates.variance().rows() {
        // 103 rows in five blocks: 21, 21, 21, 20, 20.
        let end = start + if start < 63 { 21 } else { 20 };
        let kept: Vec<usize> = (0..103).filter(|row| !(start..end).contains(row)).collect();
        let right: Array1<f64> = theta.select(Axis(0), &kept).var_axis(Axis(0), 0.0);
        assert!((&found - &right).iter().all(|error| error.abs() < 1e-12), "{found} {right}");
        start = end;
    }
    assert_eq!(start, 103);
}

#[test]
fn pivots_stand_for_the_eigenvalues_of_every_replicate() {
    // Four decades in 300 directions, with a memory of twenty steps: a hundred independent samples.
    let mut window = window(4000, 300, 1.0, 4.0, &mut generator(3));
    for step in 1..window.nrows() {
        let before = window.row(step - 1).to_owned();
        window.row_mut(step).scaled_add(0.95, &before);
    }
    let whole = pca(&window).unwrap();
    let replicates = Replicates::of_components(&whole, window.view(), 400, 300).unwrap();
    let (mut product, mut exact) = (Vec::new(), Vec::new());
    for (block, pivots) in replicates.variance().rows().into_iter().enumerate() {
        let right = pca(&without(&window, 400 * block..400 * (block + 1))).unwrap();
        let ln_product = |variance: &[f64]| variance.iter().map(|v| v.ln()).sum::<f64>();
        // All of them: the determinant, which rotations leave as it is.
        let (found, right_product) = (ln_product(&pivots.to_vec()), ln_product(&right.variance().to_vec()));
        assert!((found - right_product).abs() < 3.0, "{found} {right_product}");
        for i in 0..100 {
            assert!((pivots[i] / right.variance()[i] - 1.0).abs() < 0.02, "{i}");
        }
        product.push(slope(pivots).unwrap());
        exact.push(slope(right.variance()).unwrap());
    }
    let error = |slopes: &[f64]| Estimate::jackknife(0.0, slopes, None, 400).standard_error.unwrap();
    let (found, right) = (error(&product), error(&exact));
    assert!((found / right - 1.0).abs() < 0.2, "{found} {right}");
    // With the directions held it is less, the more so the fewer independent samples there are.
    let theta = whole.project(window.view(), 300).unwrap();
    let held = Replicates::of_coordinates(theta.view(), 400).unwrap();
    let held: Vec<f64> = held.variance().rows().into_iter().map(|row| slope(row).unwrap()).collect();
    assert!(error(&held) < 0.95 * right, "{} {right}", error(&held));
}

#[test]
fn replicates_of_few_rows_have_fewer_components() {
    let window = window(60, 100, 1.0, 2.0, &mut generator(8));
    let whole = pca(&window).unwrap();
    let replicates = Replicates::of_components(&whole, window.view(), 10, 100).unwrap();
    // 0.8 of the 49 that 50 rows have.
    assert_eq!(replicates.variance().dim(), (6, 39));
    let error = Replicates::of_components(&whole, window.view(), 13, 100).unwrap_err();
    assert!(matches!(error, AnalysisError::TooFewBlocks { blocks: 4, needed: 5, .. }), "{error}");
}

#[test]
fn replicates_are_the_same_on_any_number_of_threads() {
    let window = window(900, 60, 1.0, 6.0, &mut generator(4));
    let whole = pca(&window).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Replicates::of_components(&whole, window.view(), 150, 60).unwrap())
    };
    assert!(on(1) == on(2) && on(1) == on(5));
}

#[test]
fn a_walk_has_no_interval_because_its_blocks_are_not_independent() {
    let walk = all()[5];
    let reading = walk.read(1).unwrap();
    assert!(reading.dependent);
    let mut rng = generator(2);
    let noise = Array2::from_shape_fn((1000, 3), |_| normal(&mut rng));
    assert_eq!(remembers_longer(noise.view(), 1, 100).unwrap(), None);
    let drift = Array2::from_shape_fn((1000, 1), |(t, _)| t as f64);
    assert!(matches!(remembers_longer(drift.view(), 7, 100).unwrap(), Some((7, Some(_)))));
}

/// A small version of the table in `doc/uncertainty.md`: 40 repetitions each, so that the share is known to ± 0.035.
#[test]
fn intervals_hold_the_value_over_repetitions() {
    for process in [all()[1], all()[3]] {
        let readings: Vec<Reading> = (0..40).map(|seed| process.read(seed).unwrap()).collect();
        assert!(readings.iter().filter(|reading| reading.dependent).count() < 8, "{}", process.name);
        for found in coverage(&readings) {
            let what = format!(
                "{}, {}: {:.2} hold {:.3}; scatter {:.4}, standard error {:.4}",
                process.name, found.what, found.holds, found.mean, found.scatter, found.standard_error
            );
            println!("{what}");
            // Components are others in every window, and so are their times: shown in the full table.
            assert!(found.holds >= 0.85 || found.what.ends_with("component"), "{what}");
            // Not by being as wide as one likes.
            assert!(found.standard_error < 3.0 * found.scatter, "{what}");
        }
    }
}

#[test]
fn an_exponent_over_repetitions_is_held_by_students_interval() {
    // Five of many values at a time.
    let mut rng = generator(6);
    let groups = 2000;
    let held = (0..groups).filter(|_| {
        let values: Vec<f64> = (0..5).map(|_| 4.0 + 0.7 * normal(&mut rng)).collect();
        let [low, high] = Estimate::mean(&values).unwrap().interval.unwrap();
        (low..=high).contains(&4.0)
    });
    let share = held.count() as f64 / f64::from(groups);
    assert!((0.93..0.97).contains(&share), "{share}");
}

#[test]
fn the_time_of_a_known_memory_is_held() {
    // AR(1): 1/e time −1/ln a.
    let a: f64 = 0.9;
    let right = -1.0 / a.ln();
    let mut held = 0;
    for seed in 0..100 {
        let mut rng = generator(seed);
        let mut x = normal(&mut rng);
        let series: Vec<f64> = (0..6000)
            .map(|_| {
                x = a * x + (1.0 - a * a).sqrt() * normal(&mut rng);
                x
            })
            .collect();
        let found = Correlator::new(6000).unwrap().estimate(&series, 300).unwrap().unwrap();
        let [low, high] = found.interval.unwrap();
        assert!(0.0 < low && low <= found.value && found.value <= high);
        held += usize::from((low..=high).contains(&right));
    }
    assert!((88..=99).contains(&held), "{held}");
}

#[test]
fn a_gap_is_positive_and_its_ends_hold_it() {
    let window = window(3000, 12, 1.0, 3.0, &mut generator(12));
    let whole = pca(&window).unwrap();
    let replicates = Replicates::of_components(&whole, window.view(), 300, 12).unwrap();
    let gap = spectrum::gap(whole.variance()).unwrap();
    let found = replicates.estimate_positive(gap, |v| spectrum::gap(v)).unwrap();
    let [low, high] = found.interval.unwrap();
    assert!(0.0 < low && low < gap && gap < high);
}
