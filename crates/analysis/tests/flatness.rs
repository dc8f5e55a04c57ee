//! `FlatnessSearch` on landscapes whose flatness is known in closed form.

use std::f64::consts::E;

use proptest::prelude::*;
use varflat_analysis::{
    AnalysisError, DirectionFlatness, FlatnessSearch, FlatnessStatus, ParamGuard, Side,
    curvature_of_crossings,
};

const L0: f64 = 5e-5;

fn measure(first_step: f64, loss: impl Fn(f64) -> f64) -> DirectionFlatness {
    let search = FlatnessSearch::params().check();
    let losses = |offsets: &[f64]| offsets.iter().map(|&s| loss(s)).collect();
    let measured = search.and_then(|search| search.measure(loss(0.0), first_step, losses));
    measured.expect("the landscape can be measured")
}

fn found(side: &Side) -> (f64, usize) {
    match side {
        Side::Found { offset, evaluations } => (*offset, *evaluations),
        other => unreachable!("not found: {other:?}"),
    }
}

/// Flatness of L_0 + κs²/2 in closed form: 2√(2(e − 1)L_0/κ).
fn quadratic_flatness(curvature: f64) -> f64 {
    2.0 * (2.0 * (E - 1.0) * L0 / curvature).sqrt()
}

#[test]
fn quadratics_of_every_curvature_and_from_any_guess() {
    for decade in -6..=4 {
        let curvature = 10f64.powi(decade);
        let exact = quadratic_flatness(curvature);
        for miss in [1e-4, 1e-2, 0.3, 0.7, 1.0, 1.5, 4.0, 1e2, 1e4] {
            let flat = measure(0.5 * exact * miss, |s| L0 + 0.5 * curvature * s * s);
            let flatness = flat.flatness().unwrap();
            assert!((flatness / exact - 1.0).abs() < 1e-4, "{curvature} {miss} {flatness} {exact}");
            assert_eq!(flat.status(), FlatnessStatus::Found);
        }
    }
}

#[test]
fn a_good_guess_costs_few_evaluations() {
    let mut counts = Vec::new();
    for step in 0..=40 {
        // Guesses from half to twice the crossing, as between neighbouring directions.
        let miss = 2f64.powf(f64::from(step) / 20.0 - 1.0);
        for power in [2, 4] {
            let crossing = ((E - 1.0) * L0).powf(1.0 / f64::from(power));
            let flat = measure(crossing * miss, |s| L0 + s.powi(power));
            for (offset, evaluations) in [found(&flat.left), found(&flat.right)] {
                assert!((offset.abs() / crossing - 1.0).abs() < 1e-4);
                counts.push(evaluations as f64);
            }
        }
    }
    let average = counts.iter().sum::<f64>() / counts.len() as f64;
    println!("{average:.2} evaluations a side");
    assert!(average <= 8.0, "{average}");
    assert!(counts.iter().all(|&count| count <= 10.0));
}

#[test]
fn both_sides_share_calls() {
    let search = FlatnessSearch::params().check().unwrap();
    let (mut calls, mut evaluations) = (0, 0);
    let flat = search.measure(L0, 0.01, |offsets| {
        calls += 1;
        evaluations += offsets.len();
        offsets.iter().map(|s| L0 + s * s).collect()
    });
    let flat = flat.unwrap();
    assert_eq!(evaluations, found(&flat.left).1 + found(&flat.right).1);
    assert!(2 * calls < evaluations);
}

#[test]
fn asymmetric_and_exponential_walls() {
    // Steeper to the right: crossings −√(2(e−1)L_0) and √(2(e−1)L_0/100).
    let half = quadratic_flatness(1.0) / 2.0;
    let flat = measure(1.0, |s| L0 + 0.5 * s * s * if s > 0.0 { 100.0 } else { 1.0 });
    assert!((found(&flat.left).0 / -half - 1.0).abs() < 1e-4);
    assert!((found(&flat.right).0 / (half / 10.0) - 1.0).abs() < 1e-4);
    assert!((flat.flatness().unwrap() / (1.1 * half) - 1.0).abs() < 1e-4);

    // ln L = ln L_0 + |s|/3: crossings at ±3 exactly; and one that overflows further out.
    let flat = measure(1e-3, |s| L0 * (s.abs() / 3.0).exp());
    assert!((flat.flatness().unwrap() / 6.0 - 1.0).abs() < 1e-4);
    let flat = measure(90.0, |s| L0 * (s * s * 10.0).exp());
    assert!((flat.flatness().unwrap() / (2.0 * 0.1_f64.sqrt()) - 1.0).abs() < 1e-4);
}

#[test]
fn a_dip_before_the_rise_is_found() {
    // The minimum lies at s = 1, as along the drift direction: L_0 at s = 0 is not the lowest loss.
    let loss = |s: f64| 1e-5 + 4e-5 * (s - 1.0) * (s - 1.0);
    let flat = measure(1.0, loss);
    let half = ((E * L0 - 1e-5) / 4e-5).sqrt();
    assert_eq!(flat.status(), FlatnessStatus::Found);
    assert!((found(&flat.right).0 / (1.0 + half) - 1.0).abs() < 1e-4);
    assert!((found(&flat.left).0 / (1.0 - half) - 1.0).abs() < 1e-4);
    assert!((flat.flatness().unwrap() / (2.0 * half) - 1.0).abs() < 1e-4);
}

#[test]
fn flat_directions_are_censored_and_not_given_a_number() {
    let flat = measure(1.0, |s| L0 * (1.0 + 1e-6 * s * s));
    let Side::Censored { searched, loss } = flat.left else { panic!("{:?}", flat.left) };
    assert_eq!(searched, -100.0);
    assert!((loss / (L0 * 1.01) - 1.0).abs() < 1e-12);
    assert_eq!((flat.status(), flat.flatness()), (FlatnessStatus::Censored, None));

    // One open side is enough; the other is still reported.
    let flat = measure(1.0, |s| L0 * s.exp());
    assert_eq!((flat.status(), flat.flatness()), (FlatnessStatus::Censored, None));
    assert!((found(&flat.right).0 - 1.0).abs() < 1e-4);

    // A crossing just inside the radius is found, one just outside is not.
    let search = FlatnessSearch::params().radius(3.0).check().unwrap();
    for (crossing, status) in [(2.999, FlatnessStatus::Found), (3.001, FlatnessStatus::Censored)] {
        let losses = |s: &[f64]| s.iter().map(|s| L0 * (s / crossing).powi(2).exp()).collect();
        assert_eq!(search.measure(L0, 0.4, losses).unwrap().status(), status);
    }
}

#[test]
fn of_several_crossings_the_nearest_is_taken() {
    // ln L/L_0 = 1.5 sin²(s): crosses 1 first at asin√(2/3) = 0.9553, then falls back, and again.
    let nearest = (2.0_f64 / 3.0).sqrt().asin();
    for guess in [0.01, 0.3, 1.0, 1.3, 2.0, 3.0] {
        let flat = measure(guess, |s| L0 * (1.5 * s.sin().powi(2)).exp());
        assert!((found(&flat.right).0 / nearest - 1.0).abs() < 1e-4, "{guess}");
        assert!((found(&flat.left).0 / -nearest - 1.0).abs() < 1e-4, "{guess}");
    }
}

#[test]
fn a_barrier_before_the_crossing_is_reported() {
    // A second well at s = ±2 behind a barrier that stays under the level: L/L_0 = 1 + s²(s² − 4)²/18.
    let loss = |s: f64| L0 * (1.0 + s * s * (s * s - 4.0).powi(2) / 18.0);
    let flat = measure(0.5, loss);
    for (side, sign) in [(&flat.left, -1.0), (&flat.right, 1.0)] {
        let Side::NotMonotone { offset: Some(offset), risen_to, fell_to, at } = *side else {
            panic!("{side:?}")
        };
        assert!((loss(offset) / (E * L0) - 1.0).abs() < 1e-3 && (2.0..3.0).contains(&(sign * offset)));
        assert!(risen_to > 1.2 * L0 && fell_to < 1.1 * L0 && (0.5..2.0).contains(&(sign * at)));
        assert!((loss(at) / risen_to - 1.0).abs() < 1e-12);
    }
    assert_eq!((flat.status(), flat.flatness()), (FlatnessStatus::NotMonotone, None));

    // Ripples that never reach the level.
    let flat = measure(1.0, |s| L0 * (1.0 + 0.5 * (2.3 * s).sin().powi(2)));
    assert!(matches!(flat.right, Side::NotMonotone { offset: None, .. }), "{:?}", flat.right);

    // Ripples under one per cent do not count.
    let flat = measure(1.0, |s| L0 * (1.0 + s * s + 0.004 * (40.0 * s).sin()));
    assert_eq!(flat.status(), FlatnessStatus::Found);
}

#[test]
fn losses_that_are_not_numbers() {
    // Not a number beyond the crossing: found all the same.
    let wall = |limit: f64| {
        move |s: f64| {
            if s.abs() > limit { f64::NAN } else { L0 * (1.0 + s * s) }
        }
    };
    let crossing = (E - 1.0).sqrt();
    for guess in [0.5, 1.4, 50.0] {
        let flat = measure(guess, wall(1.4));
        assert!((flat.flatness().unwrap() / (2.0 * crossing) - 1.0).abs() < 1e-4, "{guess}");
    }
    // Not a number before the crossing: censored at the last finite loss.
    for guess in [0.1, 1.0, 50.0] {
        let flat = measure(guess, wall(1.2));
        let Side::Censored { searched, loss } = flat.right else { panic!("{:?}", flat.right) };
        assert!((searched / 1.2 - 1.0).abs() < 2e-4 && searched <= 1.2, "{searched}");
        assert!(loss < L0 * 2.45 && loss > L0 * 2.43);
        assert_eq!(flat.flatness(), None);
    }
    // A loss of exactly zero has no logarithm; the crossing behind it is still found.
    let flat = measure(1.0, |s| if s == 0.0 { L0 } else { (s.abs() - 1.0).max(0.0) * L0 });
    assert!((flat.flatness().unwrap() / (2.0 * (1.0 + E)) - 1.0).abs() < 1e-4);
}

#[test]
fn another_factor_and_tolerance() {
    let search = FlatnessSearch::params().factor(2.0).tolerance(1e-9).check().unwrap();
    let losses = |s: &[f64]| s.iter().map(|s| L0 * (1.0 + s * s)).collect();
    let flat = search.measure(L0, 0.3, losses).unwrap();
    assert!((flat.flatness().unwrap() / 2.0 - 1.0).abs() < 1e-9);
}

#[test]
fn misuse_is_explained() {
    let params = FlatnessSearch::params;
    for wrong in
        [params().factor(1.0), params().tolerance(0.0), params().radius(-1.0), params().factor(f64::NAN)]
    {
        assert!(matches!(wrong.check(), Err(AnalysisError::Parameter { .. })));
    }
    let search = params().check().unwrap();
    let quadratic = |s: &[f64]| s.iter().map(|s| 1.0 + s * s).collect::<Vec<_>>();
    for l0 in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(search.measure(l0, 1.0, quadratic), Err(AnalysisError::ReferenceLoss { .. })));
    }
    assert!(matches!(search.measure(1.0, 0.0, quadratic), Err(AnalysisError::Parameter { .. })));
    assert!(matches!(search.measure(0.1, 1.0, quadratic), Err(AnalysisError::ReferenceMismatch { .. })));
    assert!(matches!(
        search.measure(1.0, 1.0, |_| vec![1.0]),
        Err(AnalysisError::LossCount { asked: 6, returned: 1 })
    ));
}

/// How far is searched says nothing about where the search begins, and only an L_0 of another point is called that.
#[test]
fn a_search_begins_near_however_far_it_may_go() {
    let parabola = |l0: f64| move |offsets: &[f64]| offsets.iter().map(|s| l0 + s * s).collect::<Vec<f64>>();
    for radius in [100.0, 1e18, 1e308] {
        let search = FlatnessSearch::params().radius(radius).check().unwrap();
        let flatness = search.measure(L0, 1.0, parabola(L0)).unwrap().flatness().unwrap();
        assert!((flatness / (2.0 * ((E - 1.0) * L0).sqrt()) - 1.0).abs() < 1e-4, "{radius}: {flatness}");
    }
    let search = FlatnessSearch::params().check().unwrap();
    for (l0, losses, part) in [
        (
            0.1,
            Box::new(parabola(1.0)) as Box<dyn Fn(&[f64]) -> Vec<f64>>,
            "L_0 was not measured at the point",
        ),
        (1e-320, Box::new(parabola(1e-320)), "L_0 is 0 but for rounding"),
        (0.1, Box::new(|offsets: &[f64]| vec![f64::NAN; offsets.len()]), "no finite number"),
    ] {
        let error = search.measure(l0, 1.0, losses).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(part.contains("not measured") || !error.contains("not measured"), "{error}");
    }
}

#[test]
fn the_curvature_of_a_parabola_comes_back_from_its_crossings() {
    for (curvature, factor) in [(1e-4, std::f64::consts::E), (7.0, 2.0), (0.3, 1.2)] {
        let search = FlatnessSearch::params().factor(factor).check().unwrap();
        let parabola =
            |offsets: &[f64]| offsets.iter().map(|s| L0 + 0.5 * curvature * s * s).collect::<Vec<f64>>();
        let found = search.measure(L0, 1.0, parabola).unwrap();
        let (left, right) = (found.left.crossing().unwrap(), found.right.crossing().unwrap());
        let found = curvature_of_crossings(left, right, L0, factor);
        assert!((found / curvature - 1.0).abs() < 1e-3, "{found} against {curvature}");
        // Without a slope it is what F alone gives.
        let flatness = right - left;
        assert!((8.0 * (factor - 1.0) * L0 / flatness.powi(2) / found - 1.0).abs() < 1e-6);
    }
}

/// Where w_0 is not at the minimum: L = 0.1 − 0.4 s + s²/2 has κ = 1, whatever its slope.
#[test]
fn a_slope_does_not_change_the_curvature() {
    let search = FlatnessSearch::params().tolerance(1e-10).check().unwrap();
    for slope in [-0.4, -0.2, 0.0, 0.3] {
        let tilted =
            |offsets: &[f64]| -> Vec<f64> { offsets.iter().map(|s| 0.1 + slope * s + 0.5 * s * s).collect() };
        let found = search.measure(0.1, 1.0, tilted).unwrap();
        let (left, right) = (found.left.crossing().unwrap(), found.right.crossing().unwrap());
        let curvature = curvature_of_crossings(left, right, 0.1, std::f64::consts::E);
        assert!((curvature - 1.0).abs() < 1e-8, "slope {slope}: {curvature}");
    }
}

#[test]
fn the_status_survives_a_table() {
    for (status, word) in [
        (FlatnessStatus::Found, "found"),
        (FlatnessStatus::Censored, "censored"),
        (FlatnessStatus::NotMonotone, "not_monotone"),
    ] {
        assert_eq!(status.to_string(), word);
        assert_eq!(word.parse::<FlatnessStatus>().unwrap(), status);
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{word}\""));
    }
    let error = "Found".parse::<FlatnessStatus>().unwrap_err().to_string();
    assert!(error.contains("not_monotone"), "{error}");
    let flat = measure(1.0, |s| L0 * s.exp());
    let json = serde_json::to_string(&flat).unwrap();
    assert_eq!(serde_json::from_str::<DirectionFlatness>(&json).unwrap(), flat);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn monotone_walls_cross_where_the_inverse_says(
        power in 0.5..6.0_f64, scale in -5.0..1.5_f64, miss in -3.0..3.0_f64,
    ) {
        // ln L/L_0 = |s/c|^power crosses 1 at c.
        let crossing = 10f64.powf(scale);
        let flat = measure(crossing * 10f64.powf(miss), |s| L0 * (s.abs() / crossing).powf(power).exp());
        prop_assert!((flat.flatness().unwrap() / (2.0 * crossing) - 1.0).abs() < 1e-4);
    }
}

/// Directions searched together give what each gives alone, offset by offset.
#[test]
fn together_is_as_alone() {
    let search = FlatnessSearch::params().check().unwrap();
    let curvatures = [1e-3, 1.0, 50.0];
    let loss = |curvature: f64, s: f64| L0 + 0.5 * curvature * s * s * (1.0 + 0.1 * s);
    let alone = curvatures.map(|curvature| measure(0.3, |s| loss(curvature, s)));
    let mut rounds = 0;
    let together = search.measure_together(L0, 0.3, 3, |offsets| {
        rounds += 1;
        let answers = offsets.iter().zip(curvatures);
        Ok::<_, AnalysisError>(
            answers
                .map(|(offsets, curvature)| offsets.iter().map(|&s| loss(curvature, s)).collect())
                .collect(),
        )
    });
    assert_eq!(together.unwrap(), alone);
    // One question to all at a time, not one to each.
    assert!(rounds < 20, "{rounds}");
}

#[test]
fn an_error_of_the_losses_comes_through_and_wrong_counts_are_seen() {
    let search = FlatnessSearch::params().check().unwrap();
    let own = search.measure_together(L0, 1.0, 2, |_| {
        Err::<Vec<Vec<f64>>, _>(AnalysisError::ReferenceLoss { loss: 7.0 })
    });
    assert!(matches!(own, Err(AnalysisError::ReferenceLoss { loss: 7.0 })));
    // Twelve values, but not where they were asked for.
    let shifted = search.measure_together(L0, 1.0, 2, |offsets| {
        assert_eq!((offsets[0].len(), offsets[1].len()), (6, 6));
        Ok::<_, AnalysisError>(vec![vec![1.0; 5], vec![1.0; 7]])
    });
    assert!(matches!(shifted, Err(AnalysisError::LossCount { .. })));
}
