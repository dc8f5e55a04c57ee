//! The intervals of ψ, γ, the gap, T's exponent and correlation times against brute force, and against repetition.
//!
//! `cargo run --release -p varflat-analysis --example calibration` prints the full table of `docs/src/uncertainty.md`.

mod common;
#[path = "common/processes.rs"]
mod processes;

use common::{generator, normal, window};
use ndarray::{Array1, Array2, Axis};
use processes::{Reading, coverage, processes as all};
use varflat_analysis::{
    AnalysisError, Correlator, DatasetBase, Estimate, Fit, Memory, Replicates, TrajectoryPca,
    among_neighbours, scaling, spectrum,
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
fn what_drifts_has_no_interval_because_its_blocks_are_not_independent() {
    let walk = all()[6];
    let reading = walk.read(1).unwrap();
    assert!(reading.gap.interval.is_none() && reading.time.interval.is_none(), "{:?}", reading.gap);
    let mut rng = generator(2);
    let noise = Array2::from_shape_fn((1000, 3), |_| normal(&mut rng));
    assert_eq!(Memory::of(noise.view()).unwrap().longer_than_half(100, 1..=9), None);
    // The second is constant, the third drifts.
    let drift = Array2::from_shape_fn((1000, 3), |(t, i)| [noise[[t, 0]], 2.0, t as f64][i]);
    let memory = Memory::of(drift.view()).unwrap();
    assert_eq!(memory.longer_than_half(100, 1..=usize::MAX).unwrap().component, 3);
    assert_eq!(memory.longer_than_half(100, 0..=2), None);
    assert_eq!(memory.longer_than_half(1, 4..=9), None);
    // One in twenty may drift: two of forty, and no third.
    let some = |drifting: usize| {
        let mut rng = generator(7);
        let theta = Array2::from_shape_fn(
            (1000, 40),
            |(t, i)| if i < drifting { t as f64 } else { normal(&mut rng) },
        );
        Memory::of(theta.view()).unwrap().longer_than_half(100, 1..=40)
    };
    assert_eq!(some(2), None);
    assert!(some(3).unwrap().component <= 3);
}

/// A small version of the table in `docs/src/uncertainty.md`: 40 repetitions each, so that the share is known to ± 0.035.
#[test]
fn intervals_hold_the_value_over_repetitions() {
    for process in [all()[1], all()[3], all()[5]] {
        let readings: Vec<Reading> = (0..40).map(|seed| process.read(seed).unwrap()).collect();
        for found in coverage(&readings) {
            let what = format!(
                "{}, {}: {:.2} hold {:.3}; scatter {:.4}, standard error {:.4}",
                process.name, found.what, found.holds, found.mean, found.scatter, found.standard_error
            );
            println!("{what}");
            // Near neighbours have no gap.
            let none = found.what == "gap" && process.apart == 1.0;
            // A time that may be a fiftieth of the window is not given in every one.
            let most = if found.what.starts_with("1/e time") { 24 } else { 8 };
            let given = if none { found.without > 32 } else { found.without < most };
            assert!(given, "{what}, {} without", found.without);
            assert!(none || found.holds >= 0.85, "{what}");
            // Not by being as wide as one likes.
            assert!(none || found.standard_error < 3.0 * found.scatter, "{what}");
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

/// Neighbours that scatter by more than the jackknife sees: the scatter counts; where they do not, nothing changes.
#[test]
fn a_component_scatters_as_its_neighbours_do() {
    let time = |tau: f64| {
        let replicates: Vec<f64> = (0..10).map(|block| tau * (1.0 + 0.003 * f64::from(block % 3))).collect();
        Some(Estimate::jackknife_time(tau, &replicates, 100))
    };
    let even: Vec<Option<Estimate>> = (0..20).map(|i| time(1.0 / (0.01 + 1e-4 * f64::from(i)))).collect();
    let uneven: Vec<Option<Estimate>> = (0..20).map(|i| time(100.0 + 10.0 * f64::from(i % 2))).collect();
    let error = |times: &[Option<Estimate>], i: usize| times[i].as_ref().unwrap().standard_error.unwrap();
    assert!((error(&among_neighbours(&even), 10) / error(&even, 10) - 1.0).abs() < 1e-9);
    // Rates of 1/100 and 1/110 in turns, about a line through eleven: a standard deviation of about half their distance.
    let found = error(&among_neighbours(&uneven), 10);
    assert!((4.5..6.0).contains(&found) && error(&uneven, 10) < 2.0, "{found} {}", error(&uneven, 10));
    let mut some = uneven.clone();
    some[10] = Some(Estimate::without(100.0, "too short"));
    some[11] = None;
    let found = among_neighbours(&some);
    assert_eq!((found[10].clone(), found[11].clone()), (some[10].clone(), None));
}

#[test]
fn a_gap_is_positive_and_its_ends_hold_it() {
    let window = window(3000, 12, 1.0, 3.0, &mut generator(12));
    let whole = pca(&window).unwrap();
    let replicates = Replicates::of_components(&whole, window.view(), 300, 12).unwrap();
    let found = spectrum::gap_estimate(whole.variance(), &replicates).unwrap();
    let [low, high] = found.interval.unwrap();
    assert!(1.0 < low && low < found.value && found.value < high);
    // Two variances that are the same differ by their order alone.
    let mut rng = generator(13);
    let same = Array2::from_shape_fn((3000, 2), |_| normal(&mut rng) as f32);
    let whole = pca(&same).unwrap();
    let replicates = Replicates::of_components(&whole, same.view(), 300, 2).unwrap();
    let found = spectrum::gap_estimate(whole.variance(), &replicates).unwrap();
    assert!(found.interval.is_none() && found.about().contains("change places"), "{found:?}");
}
