//! From weights that move in a known landscape to ψ: the whole chain against closed forms.
//!
//! dθ_i = −κ_i θ_i dt + √(2D_i) dW_i in the landscape L = L_0 + Σ κ_i θ_i²/2 has σ_i² = D_i/κ_i and
//! F_i ∝ κ_i^(−1/2). With D ∝ κ^k therefore σ² ∝ F^(−2(k−1)), that is ψ = 2(k − 1): −2 at equal
//! temperature (k = 0), 0 for k = 1, 4 for k = 3.

mod common;

use common::{generator, normal, turn};
use ndarray::{Array1, Array2};
use varflat_analysis::{Component, DatasetBase, Fit, FlatnessSearch, ParamGuard, PowerLaw, TrajectoryPca};

const DIRECTIONS: usize = 16;
const STEPS: usize = 40_000;
const L0: f64 = 1e-3;

/// Curvatures from 0.05 to 5 per step, log-spaced: relaxation times of 20 steps and less.
fn curvature() -> Array1<f64> {
    Array1::from_shape_fn(DIRECTIONS, |i| 0.05 * 100f64.powf(i as f64 / (DIRECTIONS - 1) as f64))
}

/// The trajectory, exactly discretised, and the Hessian, both turned by the same rotation.
fn simulate(power: f64, seed: u64) -> (Array2<f32>, Array2<f64>) {
    let mut rng = generator(seed);
    let curvature = curvature();
    let sigma = curvature.mapv(|k: f64| (1e-4 * k.powf(power - 1.0)).sqrt());
    let decay = curvature.mapv(|k: f64| (-k).exp());
    let mut theta = Array2::zeros((STEPS, DIRECTIONS));
    for i in 0..DIRECTIONS {
        let mut at = sigma[i] * normal(&mut rng);
        for t in 0..STEPS {
            theta[[t, i]] = at;
            at = decay[i] * at + sigma[i] * (1.0 - decay[i] * decay[i]).sqrt() * normal(&mut rng);
        }
    }
    let mut axes = Array2::eye(DIRECTIONS);
    turn(&mut axes, &mut rng);
    let hessian = axes.t().dot(&Array2::from_diag(&curvature)).dot(&axes);
    (theta.dot(&axes).mapv(|w| w as f32), hessian)
}

#[test]
fn noise_of_every_temperature_law_gives_its_exponent() {
    let search = FlatnessSearch::params().check().unwrap();
    for (seed, power) in [(1, 0.0), (2, 2.0), (3, 3.0)] {
        let (window, hessian) = simulate(power, seed);
        let pca = TrajectoryPca::params().fit(&DatasetBase::from(window.view())).unwrap();
        let mut guess = 0.1;
        let mut components = Vec::new();
        for (i, direction) in pca.components().rows().into_iter().enumerate() {
            let loss = |s: &f64| L0 + 0.5 * s * s * direction.dot(&hessian.dot(&direction));
            let measured = search.measure(L0, guess, |offsets| offsets.iter().map(loss).collect());
            let flatness = measured.unwrap().flatness();
            guess = flatness.map_or(guess, |flatness| 0.5 * flatness);
            components.push(Component {
                index: i + 1,
                variance: pca.variance()[i],
                flatness,
                trusted: pca.trusted(i),
            });
        }
        let params = PowerLaw::params().skip_first(0);
        let law = params.fit(&components).unwrap();
        let expected = 2.0 * (power - 1.0);
        let interval =
            params.bootstrap(&components, pca.segments(), 400, 1000, &mut generator(seed)).unwrap();
        println!("k = {power}: ψ = {:.3}, {:.3}…{:.3}", law.psi, interval.low, interval.high);
        assert_eq!(law.n, DIRECTIONS);
        assert!(interval.low < expected && expected < interval.high, "{expected}: {interval:?}");
        assert!((law.psi - expected).abs() < 0.1, "{expected}: {law:?}");
        assert!((law.theil_sen - expected).abs() < 0.15, "{expected}: {law:?}");
        assert!(law.r * expected < -0.99 * expected.abs(), "{expected}: {law:?}");
    }
}
