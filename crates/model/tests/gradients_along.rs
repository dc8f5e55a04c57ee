//! Curvature and noise by gradients of a module, beside the exact ones of its dense layer and, of a convolution, beside its logits.

#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used)]

use varflat_model::data::ImageSet;
use varflat_model::device;
use varflat_model::random::{Purpose, stream, uniform};
use varflat_model::{
    Classifier, Convolutional, ConvolutionalConfig, GradientsAlong, Initialization, Mlp, MlpConfig,
    MovingLayer, Precision, ResidentSet, in_f64, with_exact_weights,
};

const CLASSES: usize = 4;
const SAMPLES: usize = 60;
/// Of the convolutions.
const KERNEL: usize = 5;

fn images_of(side: usize) -> ImageSet {
    let mut random = stream(7, Purpose::InitialWeights, 3);
    ImageSet {
        images: (0..SAMPLES * side * side).map(|_| uniform(&mut random)).collect(),
        labels: (0..SAMPLES).map(|sample| (sample * 7 % CLASSES) as u8).collect(),
        rows: side,
        columns: side,
    }
}

fn images() -> ImageSet {
    images_of(12)
}

fn directions(weights: usize, count: usize) -> Vec<Vec<f64>> {
    let mut random = stream(8, Purpose::InitialWeights, 4);
    let mut one = || {
        let entries: Vec<f64> = (0..weights).map(|_| f64::from(uniform(&mut random)) - 0.5).collect();
        let norm = entries.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        entries.iter().map(|entry| entry / norm).collect()
    };
    (0..count).map(|_| one()).collect()
}

/// Of mini-batches of one sample the scatter is S itself; nothing is left to chance. Both steps are too short for a ReLU to switch.
#[test]
fn of_a_dense_layer_they_are_the_exact_ones() {
    let device = device::open(None).unwrap();
    let dense = MlpConfig::new(144, vec![9, 8], CLASSES).initial(2).unwrap();
    let layer = MovingLayer::new(&dense, "hidden", &images()).unwrap();
    let exact = layer.linearized();
    let directions = directions(72, 3);
    let rows: Vec<&[f64]> = directions.iter().map(Vec::as_slice).collect();
    for (precision, step, within) in [(Precision::F64, 1e-6, 1e-4), (Precision::F32, 3e-4, 0.1)] {
        let set = ResidentSet::new(&images(), CLASSES, &device).unwrap().in_precision(precision).unwrap();
        let network = Mlp::new(&dense, &device.device).unwrap();
        let network = if precision == Precision::F64 { in_f64(network) } else { network };
        let how = GradientsAlong { batch_size: 1, seed: 1, step };
        let found = how.measure(&network, "hidden.weight", &set, &rows).unwrap();
        for (found, row) in found.iter().zip(&rows) {
            let exact = exact.along(row).unwrap();
            let near = |found: f64, exact: f64| (found / exact - 1.0).abs() < within;
            assert!(near(found.curvature, exact.curvature), "{precision:?}: {found:?} {exact:?}");
            assert!(near(found.noise, exact.noise), "{precision:?}: {found:?} {exact:?}");
            assert!((found.slope - exact.slope).abs() < within * exact.noise.sqrt(), "{found:?} {exact:?}");
        }
    }
}

/// Mini-batches scatter by S(N − B)/(B(N − 1)): over many partitions S comes out again, with B = 7 and a rest of 4 samples.
#[test]
fn mini_batches_of_any_size_tell_the_noise_of_a_sample() {
    let device = device::open(None).unwrap();
    let dense = MlpConfig::new(144, vec![9, 8], CLASSES).initial(2).unwrap();
    let set = ResidentSet::new(&images(), CLASSES, &device).unwrap();
    let network = Mlp::new(&dense, &device.device).unwrap();
    let directions = directions(72, 1);
    let of = |batch_size: usize, seed: u64| {
        let how = GradientsAlong { batch_size, seed, step: 1e-2 };
        how.measure(&network, "hidden.weight", &set, &[&directions[0]]).unwrap()[0].noise
    };
    let exact = of(1, 1);
    const PARTITIONS: u64 = 200;
    let mean = (1..=PARTITIONS).map(|seed| of(7, seed)).sum::<f64>() / PARTITIONS as f64;
    // Eight batches a partition: √(2/8/200) = 3.5 %.
    assert!((mean / exact - 1.0).abs() < 0.12, "{mean} {exact}");
}

/// Logits are piecewise linear in the weights of one layer: with u their slopes along p and q the probabilities, κ = ⟨Σ q u² − (Σ q u)²⟩.
#[test]
fn of_a_convolution_they_are_those_of_its_logits() {
    let device = device::open(None).unwrap();
    let shape = ConvolutionalConfig {
        image: [28, 28],
        channels: [2, 3],
        hidden: vec![6],
        classes: CLASSES,
        bias: true,
        init: Initialization::UniformFanIn,
    };
    let network = in_f64(Convolutional::new(&shape, 4, &device.device).unwrap());
    let set =
        ResidentSet::new(&images_of(28), CLASSES, &device).unwrap().in_precision(Precision::F64).unwrap();
    let direction = directions(KERNEL * KERNEL * 2, 1).remove(0);
    let start: Vec<f64> = directions(direction.len(), 2).remove(1);
    let network = with_exact_weights(network, "first.weight", start.clone()).unwrap();
    let all: Vec<u32> = (0..SAMPLES as u32).collect();
    let logits = |offset: f64| -> Vec<f64> {
        let weights = start.iter().zip(&direction).map(|(w, p)| w + offset * p).collect();
        let there = with_exact_weights(network.clone(), "first.weight", weights).unwrap();
        there.forward(set.batch(&all).unwrap().images()).try_into_vec_as::<f64>().unwrap()
    };
    const STEP: f64 = 1e-7;
    let [below, here, above] = [-STEP, 0.0, STEP].map(logits);
    let labels = images_of(28).labels;
    let of_sample = |sample: usize| {
        let classes = sample * CLASSES..(sample + 1) * CLASSES;
        let terms: Vec<f64> = here[classes.clone()].iter().map(|z| z.exp()).collect();
        let q = |class: usize| terms[class] / terms.iter().sum::<f64>();
        let u = |class: usize| {
            let place = classes.start + class;
            (above[place] - below[place]) / (2.0 * STEP)
        };
        let mean: f64 = (0..CLASSES).map(|class| q(class) * u(class)).sum();
        let square: f64 = (0..CLASSES).map(|class| q(class) * u(class) * u(class)).sum();
        (square - mean * mean, mean - u(usize::from(labels[sample])))
    };
    let (curvatures, slopes): (Vec<f64>, Vec<f64>) = (0..SAMPLES).map(of_sample).unzip();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / SAMPLES as f64;
    let (curvature, slope) = (mean(&curvatures), mean(&slopes));
    let noise = mean(&slopes.iter().map(|g| (g - slope).powi(2)).collect::<Vec<_>>());

    let how = GradientsAlong { batch_size: 1, seed: 1, step: STEP };
    let found = how.measure(&network, "first.weight", &set, &[&direction]).unwrap()[0];
    assert!((found.curvature / curvature - 1.0).abs() < 1e-3, "{found:?} {curvature}");
    assert!((found.noise / noise - 1.0).abs() < 1e-5, "{found:?} {noise}");
    assert!((found.slope - slope).abs() < 1e-5 * noise.sqrt(), "{found:?} {slope}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let device = device::open(None).unwrap();
    let set = ResidentSet::new(&images(), CLASSES, &device).unwrap();
    let dense = MlpConfig::new(144, vec![9, 8], CLASSES).initial(2).unwrap();
    let network = Mlp::new(&dense, &device.device).unwrap();
    let good = GradientsAlong { batch_size: 10, seed: 1, step: 1e-2 };
    let refused = |how: GradientsAlong, path: &str, direction: &[f64]| {
        how.measure(&network, path, &set, &[direction]).unwrap_err().to_string()
    };
    let ones = [1.0; 72];
    for size in [0, SAMPLES, SAMPLES + 1] {
        assert!(
            refused(GradientsAlong { batch_size: size, ..good }, "hidden.weight", &ones).contains("1 to 59")
        );
    }
    for step in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(refused(GradientsAlong { step, ..good }, "hidden.weight", &ones).contains("a step apart"));
    }
    assert!(refused(good, "hiden.weight", &ones).contains("hidden.weight"));
    assert!(refused(good, "hidden.weight", &ones[1..]).contains("72"));
    assert!(refused(good, "hidden.weight", &[f64::NAN; 72]).contains("NaN"));
}
