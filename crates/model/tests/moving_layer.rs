//! Gradients and slopes of samples and mini-batches against differences of losses in f64.

#![allow(clippy::unwrap_used)]

use varflat_model::data::ImageSet;
use varflat_model::loss::sample_cross_entropy;
use varflat_model::random::{Purpose, stream, uniform};
use varflat_model::{DenseNetwork, MlpConfig, MovingLayer};

fn images(samples: usize) -> ImageSet {
    let mut random = stream(5, Purpose::InitialWeights, 21);
    ImageSet {
        images: (0..samples * 16).map(|_| (uniform(&mut random) - 0.3).max(0.0)).collect(),
        labels: (0..samples).map(|sample| (sample % 4) as u8).collect(),
        rows: 4,
        columns: 4,
    }
}

fn network(bias: bool) -> DenseNetwork {
    MlpConfig { bias, ..MlpConfig::new(16, vec![7, 9], 4) }.initial(2).unwrap()
}

/// ℓ of one sample with the layer's weights replaced.
fn loss(network: &DenseNetwork, layer: &str, weights: &[f64], set: &ImageSet, sample: usize) -> f64 {
    let mut layers = network.layers().to_vec();
    layers[network.position(layer).unwrap()].weight = weights.to_vec();
    let logits = DenseNetwork::new(layers).unwrap().logits(set.image(sample).unwrap()).unwrap();
    let logits: Vec<f32> = logits.into_iter().map(|z| z as f32).collect();
    sample_cross_entropy(&logits, usize::from(set.labels[sample]))
}

/// The same in f64 throughout, so that differences can be taken.
fn exact_loss(network: &DenseNetwork, layer: &str, weights: &[f64], set: &ImageSet, sample: usize) -> f64 {
    let mut layers = network.layers().to_vec();
    layers[network.position(layer).unwrap()].weight = weights.to_vec();
    let logits = DenseNetwork::new(layers).unwrap().logits(set.image(sample).unwrap()).unwrap();
    let label = usize::from(set.labels[sample]);
    let others = logits.iter().enumerate().filter(|(class, _)| *class != label);
    others.map(|(_, z)| (z - logits[label]).exp()).sum::<f64>().ln_1p()
}

#[test]
fn gradients_are_differences_of_losses() {
    let set = images(40);
    for bias in [false, true] {
        let network = network(bias);
        for layer in ["input", "hidden", "output"] {
            let moving = MovingLayer::new(&network, layer, &set).unwrap();
            let weights: Vec<f64> = moving.weights().iter().map(|&w| f64::from(w)).collect();
            let batches: [&[u32]; 2] = [&[3, 0, 17, 3], &[39]];
            let gradients = moving.batch_gradients(moving.weights(), &batches).unwrap();
            assert_eq!(gradients.len(), 2 * weights.len());
            for (batch, gradient) in batches.iter().zip(gradients.chunks_exact(weights.len())) {
                for entry in (0..weights.len()).step_by(5) {
                    let at = |step: f64| -> f64 {
                        let mut moved = weights.clone();
                        moved[entry] += step;
                        let losses =
                            batch.iter().map(|&s| exact_loss(&network, layer, &moved, &set, s as usize));
                        losses.sum::<f64>() / batch.len() as f64
                    };
                    let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
                    let error = (f64::from(gradient[entry]) - difference).abs();
                    assert!(error < 1e-6 + 1e-5 * difference.abs(), "{layer} {entry}: {error:e}");
                }
            }
        }
    }
}

#[test]
fn the_full_gradient_is_the_mean_of_its_batches() {
    let set = images(1300);
    let moving = MovingLayer::new(&network(false), "hidden", &set).unwrap();
    let order: Vec<u32> = (0..1300).rev().collect();
    let batches: Vec<&[u32]> = order.chunks(50).collect();
    let gradients = moving.batch_gradients(moving.weights(), &batches).unwrap();
    let full = moving.full_gradient(moving.weights()).unwrap();
    for (entry, value) in full.iter().enumerate() {
        let column = gradients.iter().skip(entry).step_by(full.len());
        let mean = column.map(|&value| f64::from(value)).sum::<f64>() / batches.len() as f64;
        assert!((mean - value).abs() < 1e-8, "{mean} against {value}");
    }
    let along = moving.along(&full, 0.0).unwrap();
    let mean = along.iter().map(|sample| sample.loss).sum::<f64>() / 1300.0;
    assert!((mean / moving.performance(moving.weights()).unwrap().loss - 1.0).abs() < 1e-12);
    let slope = along.iter().map(|sample| sample.slope).sum::<f64>() / 1300.0;
    let square: f64 = full.iter().map(|value| value * value).sum();
    assert!((slope / square - 1.0).abs() < 1e-4, "{slope} against {square}");
}

#[test]
fn the_hessian_is_the_second_difference_of_the_loss() {
    let set = images(300);
    let network = network(false);
    let moving = MovingLayer::new(&network, "hidden", &set).unwrap();
    let weights: Vec<f64> = moving.weights().iter().map(|&w| f64::from(w)).collect();
    let mut random = stream(8, Purpose::InitialWeights, 23);
    let directions: Vec<Vec<f64>> =
        (0..3).map(|_| (0..63).map(|_| f64::from(uniform(&mut random)) - 0.5).collect()).collect();
    let step = 2e-2;
    let hessian = moving.hessian(&weights, Some(&directions), step).unwrap();
    let loss = |a: f64, p: usize, b: f64, q: usize| -> f64 {
        let moved: Vec<f64> =
            (0..63).map(|w| weights[w] + a * directions[p][w] + b * directions[q][w]).collect();
        (0..300).map(|sample| exact_loss(&network, "hidden", &moved, &set, sample)).sum::<f64>() / 300.0
    };
    for (p, q) in [(0, 0), (0, 1), (2, 1)] {
        // To both sides along p as far as the gradients are, along q as close as f64 allows: a ReLU has kinks.
        let close = 1e-6;
        let corner = |a: f64, b: f64| loss(a * step, p, b * close, q);
        let second = (corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0) + corner(-1.0, -1.0))
            / (4.0 * step * close);
        let found = hessian[p * 3 + q];
        assert!((found - second).abs() < 1e-3, "{p} {q}: {found} against {second}");
    }
    // Without directions: every weight is one.
    let unit = |i: usize| (0..63).map(|j| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
    let units: Vec<Vec<f64>> = (0..63).map(unit).collect();
    let whole = moving.hessian(&weights, None, step).unwrap();
    assert_eq!(whole, moving.hessian(&weights, Some(&units), step).unwrap());
}

#[test]
fn samples_on_a_line_have_their_losses_and_slopes() {
    let set = images(60);
    let network = network(true);
    let moving = MovingLayer::new(&network, "hidden", &set).unwrap();
    let mut random = stream(6, Purpose::InitialWeights, 22);
    let p: Vec<f64> = (0..63).map(|_| f64::from(uniform(&mut random)) - 0.5).collect();
    let at = |offset: f64| -> Vec<f64> {
        moving.weights().iter().zip(&p).map(|(&w, p)| f64::from(w) + offset * p).collect()
    };
    for offset in [0.0, 0.7, -2.0] {
        for (sample, found) in moving.along(&p, offset).unwrap().into_iter().enumerate() {
            let expected = loss(&network, "hidden", &at(offset), &set, sample);
            assert!((found.loss - expected).abs() < 1e-6 + 1e-5 * expected, "{found:?} {expected}");
            let [above, below] =
                [1e-6, -1e-6].map(|step| exact_loss(&network, "hidden", &at(offset + step), &set, sample));
            let slope = (above - below) / 2e-6;
            assert!((found.slope - slope).abs() < 1e-5 + 1e-4 * slope.abs(), "{found:?} {slope}");
        }
    }
    assert!(moving.along(&p[1..], 0.0).is_err());
    assert!(MovingLayer::new(&network, "third", &set).is_err());
}

#[test]
fn errors_and_margins_are_those_of_the_network_itself() {
    let set = images(700);
    let network = network(true);
    let moving = MovingLayer::new(&network, "hidden", &set).unwrap();
    let margins: Vec<f64> = (0..set.samples())
        .map(|sample| {
            let z = network.logits(set.image(sample).unwrap()).unwrap();
            let label = usize::from(set.labels[sample]);
            let others = z.iter().enumerate().filter(|(class, _)| *class != label);
            z[label] - others.map(|(_, &z)| z).fold(f64::NEG_INFINITY, f64::max)
        })
        .collect();
    let mean = margins.iter().sum::<f64>() / 700.0;
    assert!((moving.mean_margin(moving.weights()).unwrap() - mean).abs() < 1e-6);
    let wrong = margins.iter().filter(|margin| **margin <= 0.0).count();
    assert!(wrong > 0 && wrong < 700);
    assert_eq!(moving.performance(moving.weights()).unwrap().error, wrong as f64 / 700.0);
}

#[test]
fn nothing_depends_on_the_number_of_threads() {
    let set = images(1700);
    let moving = MovingLayer::new(&network(false), "hidden", &set).unwrap();
    let measure = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| moving.full_gradient(moving.weights()).unwrap())
    };
    assert_eq!(measure(1), measure(3));
}
