//! Processes with a known answer, from the recorder's file to ψ.

use std::f64::consts::PI;

use ndarray::{Array1, Array2, ArrayView2};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use varflat_analysis::{
    Component, DatasetBase, Estimate, Fit, FlatnessSearch, ParamGuard, PowerLaw, Replicates, TrajectoryPca,
    spectrum,
};
use varflat_recorder::{Keep, Trajectory, TrajectoryInfo, TrajectoryWriter};
use varflat_tests::{normal, turn};

const DIMENSIONS: usize = 12;
/// Recorded steps, and steps before them that the window leaves out.
const STEPS: u64 = 150_000;
const BURN_IN: u64 = 5_000;
/// L at the bottom of the bowl.
const L0: f64 = 0.05;

/// Curvatures κ_i, log-spaced over two decades, in units of 1/(step of time): correlation times 1 … 100 steps.
fn curvatures() -> Vec<f64> {
    let last = (DIMENSIONS - 1) as f64;
    (0..DIMENSIONS).map(|i| 10f64.powf(-2.0 * i as f64 / last)).collect()
}

/// What came of one process.
struct Found {
    law: PowerLaw,
    psi: Estimate,
    /// F_i of every component and its variance.
    components: Vec<Component>,
}

/// dx_i = −κ_i x_i dt + √(2 D_i) dW_i in a bowl L = L_0 + ½ Σ κ_i x_i², in a turned frame: ⟨x_i²⟩ = D_i/κ_i.
///
/// Each step is exact: x ← x e^(−κ) + √(⟨x²⟩ (1 − e^(−2κ))) ξ. The trajectory goes through the recorder's file.
fn ornstein_uhlenbeck(diffusion: impl Fn(f64) -> f64, seed: u64) -> Found {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let curvatures = curvatures();
    let frame = turn(DIMENSIONS, &mut random);
    let centre = Array1::from_shape_fn(DIMENSIONS, |i| 0.1 * i as f64 - 0.3);

    let folder = tempfile::tempdir().unwrap();
    let info = TrajectoryInfo::new("hidden.weight", [3, 4]);
    let mut writer = TrajectoryWriter::create(&folder, info, Keep::Last(STEPS)).unwrap();
    let variance: Vec<f64> = curvatures.iter().map(|&curvature| diffusion(curvature) / curvature).collect();
    let kept: Vec<f64> = curvatures.iter().map(|curvature| (-curvature).exp()).collect();
    let mut place = Array1::<f64>::zeros(DIMENSIONS);
    for step in 0..BURN_IN + STEPS {
        for i in 0..DIMENSIONS {
            let fresh = variance[i] * (1.0 - kept[i] * kept[i]);
            place[i] = place[i] * kept[i] + fresh.sqrt() * normal(&mut random);
        }
        let weights: Vec<f32> = (&centre + &place.dot(&frame)).iter().map(|w| *w as f32).collect();
        writer.append(step, &weights).unwrap();
    }
    let summary = writer.finish().unwrap();
    assert_eq!((summary.rows, summary.first_step), (STEPS, BURN_IN));

    let trajectory = Trajectory::open(&folder).unwrap();
    assert!(!trajectory.is_truncated());
    let values = trajectory.read().unwrap();
    let window = ArrayView2::from_shape((trajectory.steps(), trajectory.weights()), &values).unwrap();
    let pca = TrajectoryPca::params().fit(&DatasetBase::from(window)).unwrap();

    let search = FlatnessSearch::params().radius(1e6).check().unwrap();
    let mut guess = 1.0;
    let components: Vec<Component> = (0..DIMENSIONS)
        .map(|i| {
            // Along s·p the loss is L_0 + ½ s² Σ_n κ_n (e_n·p)².
            let along = frame.dot(&pca.components().row(i));
            let curvature: f64 = curvatures.iter().zip(&along).map(|(k, a)| k * a * a).sum();
            let losses = |offsets: &[f64]| -> Vec<f64> {
                offsets.iter().map(|s| L0 + 0.5 * curvature * s * s).collect()
            };
            let flatness = search.measure(L0, guess, losses).unwrap().flatness().unwrap();
            // F = 2√(2(e−1)L_0/κ) in a quadratic bowl.
            let expected = 2.0 * (2.0 * (1f64.exp() - 1.0) * L0 / curvature).sqrt();
            assert!((flatness / expected - 1.0).abs() < 2e-4, "F_{} = {flatness}, not {expected}", i + 1);
            guess = 0.5 * flatness;
            Component {
                index: i + 1,
                variance: pca.variance()[i],
                flatness: Some(flatness),
                trusted: pca.trusted(i),
            }
        })
        .collect();

    let law = PowerLaw::params().skip_first(0);
    let replicates = Replicates::of_components(&pca, window, 2_000, DIMENSIONS).unwrap();
    let psi = law.estimate(&components, &replicates).unwrap();
    Found { law: law.fit(&components).unwrap(), psi, components }
}

/// The exponent lies in its interval, the interval is narrow, and the fit is good.
#[track_caller]
fn assert_psi(found: &Found, expected: f64) {
    let Found { law, psi, .. } = found;
    let [low, high] = psi.interval.unwrap();
    let place = format!("ψ = {:.3} in [{low:.3}, {high:.3}], not {expected}", law.psi);
    assert!((low..=high).contains(&expected) && (low..=high).contains(&law.psi), "{place}");
    assert!(high - low < 0.25, "the interval says nothing: {place}");
    assert!((law.psi - expected).abs() < 0.1, "{place}");
    assert!((law.theil_sen - expected).abs() < 0.15, "Theil–Sen {:.3}, not {expected}", law.theil_sen);
    assert_eq!((law.n, law.censored, law.under_floor), (DIMENSIONS, 0, 0));
}

/// Thermal equilibrium, D_i = T: σ² = T/κ ∝ F², so ψ = −2 (fact sheet, claim 7).
#[test]
fn equilibrium_in_a_bowl_has_exponent_minus_two() {
    let temperature = 3e-4;
    let found = ornstein_uhlenbeck(|_| temperature, 11);
    assert_psi(&found, -2.0);
    assert!(found.law.r > 0.99, "r = {}", found.law.r);
    // Not only the exponent: σ²/F² = T/(8(e−1)L_0), the same for all.
    let expected = temperature / (8.0 * (1f64.exp() - 1.0) * L0);
    for component in &found.components {
        let ratio = component.variance / component.flatness.unwrap().powi(2);
        let place = format!("component {}: {ratio:.3e}, not {expected:.3e}", component.index);
        assert!((ratio / expected - 1.0).abs() < 0.2, "{place}");
    }
}

/// Noise with covariance ∝ κ^k: σ² ∝ κ^(k−1) ∝ F^(−2(k−1)), so ψ = 2(k−1).
#[test]
fn noise_that_grows_with_the_curvature_has_exponent_two_k_minus_two() {
    let found = ornstein_uhlenbeck(|curvature| 3e-4 * curvature.powi(2), 12);
    assert_psi(&found, 2.0);
    assert!(found.law.r < -0.99, "r = {}", found.law.r);
    assert_psi(&ornstein_uhlenbeck(|curvature| 3e-4 * curvature.powi(3), 13), 4.0);
}

/// PCA of a random walk in many dimensions: PC k holds 6/(π²k²) of the variance (Antognini & Sohl-Dickstein 2018).
#[test]
fn a_random_walk_has_the_shares_of_antognini_and_sohl_dickstein() {
    let (steps, dimensions) = (400_usize, 10_000_usize);
    let mut random = ChaCha8Rng::seed_from_u64(14);
    let folder = tempfile::tempdir().unwrap();
    let info = TrajectoryInfo::new("walk", [dimensions]);
    let mut writer = TrajectoryWriter::create(&folder, info, Keep::All).unwrap();
    let mut place = vec![0.0; dimensions];
    for step in 0..steps {
        place.iter_mut().for_each(|x| *x += 0.01 * normal(&mut random));
        let weights: Vec<f32> = place.iter().map(|x| *x as f32).collect();
        writer.append(step as u64, &weights).unwrap();
    }
    writer.finish().unwrap();

    let trajectory = Trajectory::open(&folder).unwrap();
    let window = Array2::from_shape_vec((steps, dimensions), trajectory.read().unwrap()).unwrap();
    let pca = TrajectoryPca::params().fit(&DatasetBase::from(window.view())).unwrap();
    let shares = pca.explained();
    for k in 1..=10 {
        let (share, expected) = (shares[k - 1], 6.0 / (PI * k as f64).powi(2));
        assert!((share / expected - 1.0).abs() < 0.06, "PC {k} holds {share:.5}, not {expected:.5}");
        assert!((spectrum::random_walk_share(k) - expected).abs() < 1e-15);
    }
    // θ_k is a cosine of k half-waves (either sign), up to noise.
    let theta = pca.project(window.view(), 3).unwrap();
    for k in 1..=3 {
        let wave: Array1<f64> =
            (0..steps).map(|t| (PI * k as f64 * (t as f64 + 0.5) / steps as f64).cos()).collect();
        let column = theta.column(k - 1);
        let cosine = column.dot(&wave) / (column.dot(&column) * wave.dot(&wave)).sqrt();
        assert!(cosine.abs() > 0.99, "θ_{k} follows its cosine with {cosine:.4} only");
    }
}
