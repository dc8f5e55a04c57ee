//! `TrajectoryPca` against a dense SVD, numpy, linfa's PCA and the theory of random walks.

mod common;

use common::{generator, normal};
use linfa::traits::Transformer;
use ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;
use serde_json::Value;
use varflat_analysis::{
    AnalysisError, DatasetBase, Fit, SegmentMoments, Solver, TrajectoryPca, TrajectoryPcaParams, spectrum,
};

fn fit(params: TrajectoryPcaParams, window: &Array2<f32>) -> TrajectoryPca {
    params.fit(&DatasetBase::from(window.view())).expect("the window has a decomposition")
}

fn array(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).expect("rows of numbers");
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn furthest(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn numpy_agrees_on_everything_that_is_kept() {
    let numpy: Value = serde_json::from_str(include_str!("fixtures/numpy.json")).unwrap();
    let window = array(&numpy["window"]).mapv(|w| w as f32);
    for solver in [Solver::Auto, Solver::Gram] {
        let segment = numpy["segment"].as_u64().unwrap() as usize;
        let pca = fit(TrajectoryPca::params().solver(solver).segment(segment), &window);
        let variance: Vec<f64> = serde_json::from_value(numpy["variance"].clone()).unwrap();
        for (found, expected) in pca.variance().iter().zip(&variance) {
            assert!((found / expected - 1.0).abs() < 1e-11, "{found} {expected}");
        }
        let mean: Vec<f64> = serde_json::from_value(numpy["mean"].clone()).unwrap();
        assert!(pca.mean().iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-14));
        assert!(furthest(pca.components(), &array(&numpy["components"])) < 1e-9);
        assert!(furthest(&pca.project(window.view(), 6).unwrap(), &array(&numpy["theta"])) < 1e-9);
        assert_eq!(pca.segments().length, 7);
        assert_eq!(pca.segments().steps, [7, 7, 7, 7, 7, 5]);
        assert!(furthest(&pca.segments().sum, &array(&numpy["segment_sum"])) < 1e-8);
        assert!(furthest(&pca.segments().square, &array(&numpy["segment_square"])) < 1e-8);
    }
}

#[test]
fn a_spectrum_over_thirteen_decades_matches_the_svd() {
    // One decade takes 300/15 = 20 components; both solvers, then more weights than steps.
    let tall = common::window(700, 300, 1e-4, 15.0, &mut generator(3));
    let wide = common::window(200, 330, 1e-4, 26.0, &mut generator(4));
    for (window, solver) in [
        (&tall, Solver::Covariance),
        (&tall, Solver::Gram),
        (&wide, Solver::Covariance),
        (&wide, Solver::Gram),
    ] {
        let pca = fit(TrajectoryPca::params().solver(solver), window);
        let oracle = common::variances_by_svd(window);
        assert_eq!(pca.variance().len(), window.ncols().min(window.nrows() - 1));
        let mut lowest = 1.0;
        for (i, (found, expected)) in pca.variance().iter().zip(&oracle).enumerate() {
            let relative = expected / oracle[0];
            let tolerance = if relative > 1e-10 {
                1e-11
            } else if relative > 1e-12 {
                1e-7
            } else {
                1e-2
            };
            if pca.trusted(i) {
                assert!((found / expected - 1.0).abs() < tolerance, "{solver:?} {i} {relative:e}");
                lowest = relative;
            }
        }
        assert!(lowest < 1e-13, "the floor leaves 13 decades, not {lowest:e}");
        let total: f64 = oracle.iter().sum();
        assert!((pca.variance().sum() / total - 1.0).abs() < 1e-13);
        let gram = pca.components().dot(&pca.components().t());
        assert!(furthest(&gram, &Array2::eye(gram.nrows())) < 1e-12);
    }
}

#[test]
fn the_solvers_find_the_same_directions() {
    let window = common::window(150, 160, 1e-6, 8.0, &mut generator(5));
    let covariance = fit(TrajectoryPca::params().solver(Solver::Covariance), &window);
    let gram = fit(TrajectoryPca::params().solver(Solver::Gram), &window);
    let auto = fit(TrajectoryPca::params(), &window);
    assert_eq!(auto, gram, "fewer steps than weights go to the Gram matrix");
    let cosine = (covariance.components() * gram.components()).sum_axis(Axis(1));
    assert!(cosine.iter().take(100).all(|cosine| (cosine - 1.0).abs() < 1e-9), "{cosine}");
}

#[test]
fn linfa_agrees_on_the_first_components() {
    let window = common::window(600, 60, 2e-5, 6.0, &mut generator(6));
    let all = fit(TrajectoryPca::params(), &window);

    let scale = 1e3; // linfa's tolerance is absolute
    let peer = linfa_reduction::Pca::params(5);
    let peer = peer.fit(&DatasetBase::from(window.mapv(|w| scale * f64::from(w)))).unwrap();
    for i in 0..5 {
        let variance = (peer.singular_values()[i] / scale).powi(2) / 600.0;
        assert!((all.variance()[i] / variance - 1.0).abs() < 1e-9);
        let cosine = all.components().row(i).dot(&peer.components().row(i));
        assert!((cosine.abs() - 1.0).abs() < 1e-9);
    }

    let top = fit(TrajectoryPca::params().solver(Solver::TopK(5)), &window);
    assert_eq!(top.components().dim(), (5, 60));
    for i in 0..5 {
        assert!((all.variance()[i] / top.variance()[i] - 1.0).abs() < 1e-9);
        assert!((all.components().row(i).dot(&top.components().row(i)) - 1.0).abs() < 1e-9);
    }
}

/// Weights that all walk at random, or that are pulled back (Ornstein–Uhlenbeck) by curvatures over a decade and a half.
fn process(steps: usize, weights: usize, pulled: bool, seed: u64) -> Array2<f32> {
    let mut rng = generator(seed);
    let held = |n: usize| 1.0 - 0.1 * 10f64.powf(-1.5 * n as f64 / weights as f64);
    let mut at = vec![0.0; weights];
    Array2::from_shape_fn((steps, weights), |(_, n)| {
        at[n] = if pulled { held(n) } else { 1.0 } * at[n] + 1e-3 * normal(&mut rng);
        at[n] as f32
    })
}

#[test]
fn linfa_as_the_solver_finds_the_same() {
    // More steps than weights and the reverse; the walk's spectrum falls as i^−2, that of the other process hardly at first.
    for (window, k) in [
        (process(2000, 120, false, 21), 12),
        (process(150, 700, false, 22), 12),
        (process(6000, 100, true, 23), 8),
    ] {
        let ours = fit(TrajectoryPca::params(), &window);
        let linfa = fit(TrajectoryPca::params().solver(Solver::Linfa(k)), &window);
        let own = fit(TrajectoryPca::params().solver(Solver::Linfa(k)).measured(false), &window);
        assert_eq!(linfa.components().dim(), (k, window.ncols()));
        assert!((linfa.total_variance() / ours.total_variance() - 1.0).abs() < 1e-12);
        for i in 0..k {
            assert!((linfa.variance()[i] / ours.variance()[i] - 1.0).abs() < 1e-11, "{i}");
            assert!((own.variance()[i] / ours.variance()[i] - 1.0).abs() < 1e-9, "{i}");
            // The sign is that of the drift, whoever found the direction.
            let cosine = linfa.components().row(i).dot(&ours.components().row(i));
            assert!((cosine - 1.0).abs() < 1e-9, "{i} {cosine}");
        }
        let gram = linfa.components().dot(&linfa.components().t());
        assert!(furthest(&gram, &Array2::eye(k)) < 1e-12);
    }
}

#[test]
fn what_linfa_leaves_out_is_an_error() {
    // Over 13 decades: components under 2e-10 of the first are not among those it returns.
    let window = common::window(120, 24, 1e-4, 13.0, &mut generator(24));
    let params = TrajectoryPca::params().solver(Solver::Linfa(20));
    let error = params.fit(&DatasetBase::from(window.view())).unwrap_err();
    assert!(
        matches!(error, AnalysisError::LinfaIncomplete { requested: 20, found } if found < 20),
        "{error}"
    );
    let more = TrajectoryPca::params().solver(Solver::Linfa(25)).fit(&DatasetBase::from(window.view()));
    assert!(matches!(more, Err(AnalysisError::TooManyComponents { requested: 25, available: 24 })));
    assert!(TrajectoryPca::params().solver(Solver::Linfa(0)).fit(&DatasetBase::from(window.view())).is_err());
}

#[test]
fn the_first_components_alone_are_those_of_all() {
    // More steps, more weights, and a spectrum so flat that neighbours differ by 0.6 %; k small enough
    // that the dense solver does not take over.
    let tall = common::window(1200, 500, 2e-5, 6.0, &mut generator(10));
    let wide = common::window(500, 1300, 2e-5, 6.0, &mut generator(11));
    let flat = common::window(6000, 400, 1.0, 1.0, &mut generator(12));
    for (window, k) in [(&tall, 5), (&tall, 15), (&wide, 15), (&flat, 12)] {
        let all = fit(TrajectoryPca::params(), window);
        let top = fit(TrajectoryPca::params().solver(Solver::TopK(k)), window);
        assert_eq!(top.components().dim(), (k, window.ncols()));
        for i in 0..k {
            assert!((all.variance()[i] / top.variance()[i] - 1.0).abs() < 1e-11, "{k} {i}");
            assert!((all.components().row(i).dot(&top.components().row(i)) - 1.0).abs() < 1e-11, "{k} {i}");
        }
        let gram = top.components().dot(&top.components().t());
        assert!(furthest(&gram, &Array2::eye(k)) < 1e-12);
    }
}

#[test]
fn variances_that_are_not_measured_come_from_the_solver() {
    let tall = common::window(900, 450, 1e-4, 13.0, &mut generator(13));
    let wide = common::window(451, 900, 1e-4, 13.0, &mut generator(14));
    for window in [&tall, &wide] {
        let measured = fit(TrajectoryPca::params(), window);
        let estimated = fit(TrajectoryPca::params().measured(false), window);
        let oracle = common::variances_by_svd(window);
        for (i, (found, expected)) in estimated.variance().iter().zip(&oracle).enumerate() {
            let relative = expected / oracle[0];
            let tolerance = if relative > 1e-11 { 1e-6 } else { 1e-2 };
            assert!(!estimated.trusted(i) || (found / expected - 1.0).abs() < tolerance, "{i} {relative:e}");
        }
        let cosine = (measured.components() * estimated.components()).sum_axis(Axis(1));
        assert!(cosine.iter().take(200).all(|cosine| (cosine - 1.0).abs() < 1e-9), "{cosine}");
        assert!(estimated.segments().steps.is_empty());
        assert_eq!(estimated.segments().sum.dim(), (0, 450));
    }
}

#[test]
fn a_window_too_large_for_all_components_says_so() {
    // Constant but for one weight; nothing of its size is computed.
    let mut window = Array2::<f32>::zeros((16_385, 16_385));
    window.column_mut(1).iter_mut().zip(1_u16..).for_each(|(weight, step)| *weight = f32::from(step));
    let error = TrajectoryPca::params().fit(&DatasetBase::from(window.view())).unwrap_err();
    assert!(matches!(error, AnalysisError::TooLarge { steps: 16_385, weights: 16_385 }));
}

#[test]
fn a_random_walk_has_the_shares_of_theory() {
    // Antognini & Sohl-Dickstein, arXiv 1806.08805: many dimensions, T steps.
    let (steps, weights) = (400, 4000);
    let mut rng = generator(7);
    let mut at = Array1::<f64>::zeros(weights);
    let mut window = Array2::zeros((steps, weights));
    for mut row in window.rows_mut() {
        at.mapv_inplace(|w| w + normal(&mut rng));
        row.assign(&at.mapv(|w| w as f32));
    }
    let pca = fit(TrajectoryPca::params(), &window);
    let share = pca.explained();
    let finite = |k: usize| 1.0 / (2.0 - 2.0 * (k as f64 * std::f64::consts::PI / steps as f64).cos());
    let total: f64 = (1..steps).map(finite).sum();
    for k in 1..=6 {
        assert!((share[k - 1] / spectrum::random_walk_share(k) - 1.0).abs() < 0.06, "{k}");
    }
    for k in 1..=100 {
        assert!((share[k - 1] * total / finite(k) - 1.0).abs() < 0.15, "{k}");
    }
    assert!((share.sum() - 1.0).abs() < 1e-12);
}

#[test]
fn drift_points_forward_in_time_and_aligns_with_the_weights() {
    let direction = [0.6_f32, -0.8, 0.0];
    let window =
        Array2::from_shape_fn((50, 3), |(t, n)| -(t as f32) * direction[n] + ((t * (n + 3)) as f32).sin());
    let pca = fit(TrajectoryPca::params(), &window);
    let theta = pca.project(window.view(), 1).unwrap();
    assert!(theta[[49, 0]] > 20.0 && theta[[0, 0]] < -20.0);
    let alignment = pca.alignment(&[0.6, -0.8, 0.0]).unwrap();
    assert!(alignment > 0.999 && alignment <= 1.0 + 1e-12);
    assert!(pca.alignment(pca.components().row(1)).unwrap() < 1e-12);
    assert!(matches!(pca.alignment(&[1.0, 0.0]), Err(AnalysisError::Shape { expected: 3, .. })));
    assert!(pca.alignment(&[0.0; 3]).is_err());
}

#[test]
fn the_floor_is_the_quantisation_of_f32_when_little_moves() {
    // Weights about 1.5, where neighbouring f32 are 2⁻²³ apart, moving by multiples of 8 of those.
    let ulp = 2f64.powi(-23);
    let window = |by: f32| {
        Array2::from_shape_fn((30, 2), |(t, n)| 1.5 + by * ((t * (n + 1)) % 4) as f32 * 2f32.powi(-23))
    };
    let pca = fit(TrajectoryPca::params(), &window(8.0));
    assert!((pca.floor() / (ulp * ulp / 12.0) - 1.0).abs() < 1e-9);
    assert!(pca.rounding().iter().all(|noise| (noise / (ulp * ulp / 12.0) - 1.0).abs() < 1e-9));
    assert!(pca.trusted(0) && pca.trusted(1) && !pca.trusted(2));
    // By single ones: rounding can make up more than a tenth of the second variance, of about 0.6 ulp², but not of the first.
    let pca = fit(TrajectoryPca::params(), &window(1.0));
    assert_eq!(pca.floor(), pca.variance()[1]);
    assert!(pca.trusted(0) && !pca.trusted(1));
    assert!(pca.rounding()[1] > 0.1 * pca.variance()[1] && pca.rounding()[0] < 0.1 * pca.variance()[0]);
}

#[test]
fn stored_parts_rebuild_the_decomposition_and_wrong_ones_do_not() {
    let window = common::window(60, 9, 1e-3, 4.0, &mut generator(8));
    let pca = fit(TrajectoryPca::params().segment(25), &window);
    type Parts = (Array1<f64>, Array2<f64>, SegmentMoments);
    let rebuild = |change: &dyn Fn(&mut Parts)| {
        let mut parts = (pca.variance().clone(), pca.components().clone(), pca.segments().clone());
        change(&mut parts);
        let (variance, components, segments) = parts;
        TrajectoryPca::from_parts(
            pca.mean().clone(),
            variance,
            components,
            pca.total_variance(),
            pca.floor(),
            segments,
        )
    };
    let same = rebuild(&|_| {}).unwrap();
    assert_eq!(same, pca);
    assert_eq!(pca.project(window.view(), 9).unwrap(), same.transform(window.view()).unwrap());

    let unsorted = rebuild(&|parts| parts.0.swap(0, 1));
    assert!(matches!(unsorted, Err(AnalysisError::Invalid { index: 0, .. })));
    let not_a_number = rebuild(&|parts| parts.0[4] = f64::NAN);
    assert!(matches!(not_a_number, Err(AnalysisError::Invalid { index: 4, .. })));
    let stretched = rebuild(&|parts| parts.1[[2, 0]] += 0.3);
    assert!(matches!(stretched, Err(AnalysisError::Invalid { index: 2, .. })));
    let cut = rebuild(&|parts| parts.2.steps.truncate(2));
    assert!(matches!(cut, Err(AnalysisError::Shape { .. })));
    let endless = rebuild(&|parts| parts.2.length = 0);
    assert!(matches!(endless, Err(AnalysisError::Parameter { .. })));
    assert!(rebuild(&|parts| parts.0 = Array1::zeros(3)).is_err());
    let empty = SegmentMoments {
        length: 1,
        steps: vec![],
        sum: Array2::zeros((0, 0)),
        square: Array2::zeros((0, 0)),
    };
    let none = TrajectoryPca::from_parts(
        pca.mean().clone(),
        Array1::zeros(0),
        Array2::zeros((0, 9)),
        0.0,
        0.0,
        empty,
    );
    assert!(none.is_err());
}

#[test]
fn windows_that_cannot_be_decomposed_say_why() {
    let fails = |window: Array2<f32>, params: TrajectoryPcaParams| {
        params.fit(&DatasetBase::from(window.view())).unwrap_err()
    };
    let window = || common::window(10, 4, 1.0, 2.0, &mut generator(9));
    let params = TrajectoryPca::params;
    assert!(matches!(fails(Array2::zeros((1, 4)), params()), AnalysisError::WindowTooShort { steps: 1 }));
    assert!(matches!(fails(Array2::zeros((5, 0)), params()), AnalysisError::NoWeights));
    assert!(matches!(
        fails(Array2::from_elem((7, 3), 0.1), params()),
        AnalysisError::NoVariance { steps: 7 }
    ));
    let mut broken = window();
    broken[[6, 2]] = f32::NAN;
    broken[[8, 1]] = f32::INFINITY;
    assert!(matches!(fails(broken, params()), AnalysisError::NonFiniteWeight { row: 6, column: 2, .. }));
    assert!(matches!(fails(window(), params().segment(0)), AnalysisError::Parameter { name: "segment", .. }));
    assert!(matches!(fails(window(), params().solver(Solver::TopK(0))), AnalysisError::Parameter { .. }));
    assert!(matches!(
        fails(window(), params().solver(Solver::TopK(5))),
        AnalysisError::TooManyComponents { requested: 5, available: 4 }
    ));
    let pca = fit(params(), &window());
    assert!(matches!(pca.project(window().view(), 5), Err(AnalysisError::TooManyComponents { .. })));
    assert!(matches!(pca.project(Array2::<f32>::zeros((3, 5)).view(), 1), Err(AnalysisError::Shape { .. })));
    assert_eq!(pca.project(window().view(), 0).unwrap().dim(), (10, 0));
}

#[test]
fn repeated_rows_leave_the_missing_directions_under_the_floor() {
    let two = [[1.0_f32, 2.0, 3.0, 5.0], [1.0, 2.5, 2.0, 7.0]];
    let window = Array2::from_shape_fn((4, 4), |(t, n)| two[t % 2][n]);
    for solver in [Solver::Covariance, Solver::Gram] {
        let pca = fit(TrajectoryPca::params().solver(solver), &window);
        // (0.5² + 1² + 2²)/4, all along one direction.
        assert!((pca.variance()[0] - 5.25 / 4.0).abs() < 1e-14);
        assert!(pca.trusted(0) && !pca.trusted(1) && !pca.trusted(2));
        let gram = pca.components().dot(&pca.components().t());
        assert!(furthest(&gram, &Array2::eye(3)) < 1e-13);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projections_carry_the_variance_and_rebuild_the_window(
        seed in 0u64..1000, steps in 2usize..40, weights in 1usize..30, segment in 1usize..50,
    ) {
        let mut rng = generator(seed);
        let window = Array2::from_shape_fn((steps, weights), |_| normal(&mut rng) as f32);
        let pca = fit(TrajectoryPca::params().segment(segment), &window);
        let k = pca.variance().len();
        prop_assert_eq!(k, weights.min(steps - 1));
        let theta = pca.project(window.view(), k).unwrap();
        let rebuilt = theta.dot(pca.components()) + pca.mean();
        prop_assert!(furthest(&rebuilt, &window.mapv(f64::from)) < 1e-12);
        let square = theta.mapv(|x| x * x).mean_axis(Axis(0)).unwrap();
        prop_assert!(square.iter().zip(pca.variance()).all(|(a, b)| (a - b).abs() < 1e-12));
        prop_assert!(pca.variance().windows(2).into_iter().all(|pair| pair[0] >= pair[1]));
        let moments = pca.segments();
        prop_assert_eq!(moments.steps.iter().sum::<usize>(), steps);
        let mean = moments.square.sum_axis(Axis(0)) / steps as f64;
        prop_assert!(mean.iter().zip(pca.variance()).all(|(a, b)| (a - b).abs() < 1e-12));
        for i in 0..k {
            let drift: f64 = (0..steps).map(|t| theta[[t, i]] * (t as f64 - 0.5 * (steps - 1) as f64)).sum();
            prop_assert!(drift > -1e-10);
        }
    }
}

/// A training that died but for a few weights, which drift: all others stay where they are, to the bit.
#[test]
fn few_weights_that_drift_are_decomposed() {
    for weights in [40, 300, 1000, 2500] {
        let moves = |i: usize| i % (weights / 19) == 7 % (weights / 19) && i < 19 * (weights / 19);
        let window = Array2::from_shape_fn((3000, weights), |(t, i)| {
            let rate = if moves(i) { 1e-6 * (1.0 + (i as f64).sin()) } else { 0.0 };
            (0.01 * (1 + i % 7) as f64 + rate * t as f64) as f32
        });
        let pca = fit(TrajectoryPca::params(), &window);
        let total: f64 = window.mapv(f64::from).var_axis(Axis(0), 0.0).sum();
        assert!((pca.variance().sum() / total - 1.0).abs() < 1e-9);
        assert!(pca.variance()[0] / total > 0.999 && pca.variance()[30] <= pca.floor());
    }
}
