//! Twins of known motion, one of them with the digits of f32 about three values: what the formula of the floor says of their difference.

#![allow(clippy::unwrap_used)]

mod common;

use common::{generator, normal, turn};
use ndarray::{Array1, Array2, Axis};
use varflat_analysis::{
    ParamGuard, TrajectoryPca, WindowDifference, WindowSource, accumulated_rounding, added_by_rounding,
    variances_along,
};

/// Weights of up to ½ in size about each of these have the ulp of the next power of two below: ½, 4 and 64.
const ABOUT: [f64; 3] = [0.75, 6.0, 96.0];

/// w(t) `[steps, weights]`: where each step comes from, and whether f32 keeps the sum or only stores it.
fn twins(
    (steps, weights): (usize, usize),
    about: f64,
    next: impl Fn(f64, f64) -> f64,
    size: f64,
) -> (Array2<f32>, Array2<f64>) {
    let mut rng = generator(11);
    let start = Array1::from_shape_fn(weights, |n| 0.2 * (n as f64 / weights as f64 - 0.5));
    let (mut exact, mut rounded) = (start.clone(), start.mapv(|w| (w + about) as f32));
    let (mut of_exact, mut of_rounded) = (Array2::zeros((steps, weights)), Array2::zeros((steps, weights)));
    for t in 0..steps {
        for n in 0..weights {
            let noise = size * normal(&mut rng);
            exact[n] = next(exact[n], noise);
            rounded[n] = (next(f64::from(rounded[n]) - about, noise) + about) as f32;
        }
        of_exact.row_mut(t).assign(&exact);
        of_rounded.row_mut(t).assign(&rounded);
    }
    (of_rounded, of_exact)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    sum / count
}

/// The difference of two walks with the same steps is a walk of roundings, at every scale of the weights.
#[test]
fn roundings_of_a_walk_add_up_to_what_the_formula_says() {
    let (steps, weights) = (1500, 600);
    for about in ABOUT {
        let (rounded, exact) = twins((steps, weights), about, |w, noise| w + noise, 3e-5);
        let axes = Array2::eye(weights);
        let rounding = mean(variances_along(&rounded, axes.view()).unwrap().iter().map(|one| one.rounding));
        let difference = WindowDifference::new(&rounded, &exact).unwrap();
        let found = mean(variances_along(&difference, axes.view()).unwrap().iter().map(|one| one.variance));
        let expected = accumulated_rounding(rounding, steps);
        // One walk's variance scatters by 0.9 of its mean; 600 of them by 0.04.
        assert!((found / expected - 1.0).abs() < 0.15, "about {about}: {found:e} for {expected:e}");
    }
}

/// Where every row is rounded by itself, the spectrum in f32 is that in f64 and the rounding that the formula says. Where the
/// formula says less than a tenth of σ², it is less than a tenth.
#[test]
fn a_spectrum_has_as_much_rounding_as_the_floor_says_at_three_scales() {
    let (steps, weights) = (4000, 20);
    let decompose =
        |window: &dyn WindowSource| TrajectoryPca::params().check().unwrap().fit_source(window).unwrap();
    for about in ABOUT {
        let ulp = f64::from(f32::EPSILON) * 2f64.powf(about.log2().floor());
        // σ² of direction n falls from 10⁵ ulp² to a tenth of what rounding adds: ulp²/12 = 0.083 ulp².
        let deviation = |n: usize| ulp * 0.09 * 3000f64.powf(1.0 - n as f64 / 19.0);
        let mut rng = generator(5);
        let mut exact = Array2::from_shape_fn((steps, weights), |(_, n)| deviation(n) * normal(&mut rng));
        // Turned, every weight moves by many ulp: one that does not even move by one is not rounded at random.
        turn(&mut exact, &mut rng);
        let rounded = exact.mapv(|w| (w + about) as f32);
        let (exact, rounded) = (decompose(&exact), decompose(&rounded));
        let added = added_by_rounding(
            rounded.variance().as_slice().unwrap(),
            exact.variance().as_slice().unwrap(),
            rounded.rounding().as_slice().unwrap(),
        );
        assert!((added.unwrap() - 1.0).abs() < 0.15, "about {about}: {added:?} times the formula");
        let pairs = rounded.variance().iter().zip(exact.variance()).enumerate();
        let mut counts = [0, 0];
        for (index, (rounded_variance, exact)) in pairs {
            let trusted = rounded.trusted(index);
            counts[usize::from(trusted)] += 1;
            let off = (rounded_variance / exact - 1.0).abs();
            assert!(!trusted || off < 0.15, "about {about}: {off} at {index}, above the floor");
        }
        assert!(counts.iter().all(|count| *count > 2), "about {about}: {counts:?} below and above the floor");
        let last = rounded.variance().len() - 1;
        assert!(
            rounded.variance()[last] > 5.0 * exact.variance()[last],
            "the tail is rounding, and not trusted"
        );
    }
}

/// Windows of other shapes have no difference.
#[test]
fn a_difference_is_of_windows_of_one_shape() {
    let (a, b) = (Array2::<f32>::zeros((4, 3)), Array2::<f64>::ones((4, 3)));
    assert!(WindowDifference::new(&a, b.view()).is_ok());
    assert!(WindowDifference::new(&a, b.slice_axis(Axis(0), (1..).into())).is_err());
    assert!(WindowDifference::new(&a, b.slice_axis(Axis(1), (1..).into())).is_err());
}
