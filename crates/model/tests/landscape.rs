//! The landscape engine against a plain f64 forward pass.

#![allow(clippy::unwrap_used)]

use varflat_model::data::ImageSet;
use varflat_model::loss::sample_cross_entropy;
use varflat_model::random::{Purpose, stream, uniform};
use varflat_model::{DenseLandscape, DenseNetwork, Mlp, MlpConfig, ModuleLandscape, ResidentSet, device};

/// Images of noise: 300 samples, so that the last tile is not full.
fn images(samples: usize, side: usize, classes: u8) -> ImageSet {
    let mut random = stream(7, Purpose::InitialWeights, 99);
    ImageSet {
        images: (0..samples * side * side).map(|_| uniform(&mut random)).collect(),
        labels: (0..samples).map(|sample| (sample * 7 % usize::from(classes)) as u8).collect(),
        rows: side,
        columns: side,
    }
}

/// A network whose weights are `gain` times their initial values: large gains give confident samples.
fn network(hidden: Vec<usize>, bias: bool, gain: f64) -> DenseNetwork {
    let config = MlpConfig { bias, ..MlpConfig::new(64, hidden, 7) };
    let mut layers = config.initial(3).unwrap().layers().to_vec();
    for layer in &mut layers {
        layer.weight.iter_mut().for_each(|w| *w *= gain);
    }
    DenseNetwork::new(layers).unwrap()
}

fn direction(weights: usize) -> Vec<f64> {
    let mut random = stream(8, Purpose::InitialWeights, 5);
    let p: Vec<f64> = (0..weights).map(|_| f64::from(uniform(&mut random)) - 0.5).collect();
    let norm = p.iter().map(|x| x * x).sum::<f64>().sqrt();
    p.into_iter().map(|x| x / norm).collect()
}

/// L(w_0 + s·p) in f64, one sample after the other.
fn brute_force(network: &DenseNetwork, layer: &str, p: &[f64], s: f64, set: &ImageSet) -> f64 {
    let mut layers = network.layers().to_vec();
    let moving = network.position(layer).unwrap();
    layers[moving].weight.iter_mut().zip(p).for_each(|(w, p)| *w += s * p);
    let moved = DenseNetwork::new(layers).unwrap();
    let losses = (0..set.samples()).map(|sample| {
        let logits = moved.logits(set.image(sample).unwrap()).unwrap();
        let label = usize::from(set.labels[sample]);
        let margins = logits.iter().enumerate().filter(|(class, _)| *class != label);
        let sum: f64 = margins.map(|(_, z)| (z - logits[label]).exp()).sum();
        sum.ln_1p()
    });
    losses.sum::<f64>() / set.samples() as f64
}

#[test]
fn every_layer_of_every_depth_agrees_with_f64() {
    let set = images(300, 8, 7);
    for hidden in [vec![13], vec![11, 9], vec![10, 12, 8]] {
        for (bias, gain) in [(false, 1.0), (true, 1.0), (true, 6.0)] {
            let network = network(hidden.clone(), bias, gain);
            for layer in network.layers() {
                let landscape = DenseLandscape::new(&network, &layer.name, &set).unwrap();
                let p = direction(landscape.weights());
                let mut line = landscape.line();
                line.set_direction(&p).unwrap();
                let offsets = [-3.0, -0.1, 0.0, 1e-3, 5.0];
                for (offset, loss) in offsets.iter().zip(line.losses(&offsets)) {
                    let exact = brute_force(&network, &layer.name, &p, *offset, &set);
                    let error = (loss / exact - 1.0).abs();
                    assert!(error < 2e-6, "{} {hidden:?} at {offset}: {loss} against {exact}", layer.name);
                }
            }
        }
    }
}

#[test]
fn tiny_losses_agree_to_one_part_in_a_million() {
    // Labels that the network itself predicts, and large weights: L_0 is far below 1e-3.
    let mut set = images(2000, 8, 7);
    let network = network(vec![50, 50], false, 6.0);
    let margins: Vec<(u8, f64)> = (0..set.samples())
        .map(|sample| {
            let mut logits: Vec<(f64, u8)> =
                network.logits(set.image(sample).unwrap()).unwrap().into_iter().zip(0..).collect();
            logits.sort_by(|a, b| b.0.total_cmp(&a.0));
            (logits[0].1, logits[0].0 - logits[1].0)
        })
        .collect();
    set.labels = margins.iter().map(|(label, _)| *label).collect();
    let confident: Vec<usize> = (0..set.samples()).filter(|&sample| margins[sample].1 > 8.0).collect();
    let set = ImageSet {
        images: confident.iter().flat_map(|&sample| set.image(sample).unwrap().to_vec()).collect(),
        labels: confident.iter().map(|&sample| set.labels[sample]).collect(),
        ..set
    };
    assert!(set.samples() > 100);
    let landscape = DenseLandscape::new(&network, "hidden", &set).unwrap();
    let p = direction(landscape.weights());
    let exact = brute_force(&network, "hidden", &p, 0.0, &set);
    assert!(exact < 1e-4, "L_0 = {exact} is not small");
    let error = (landscape.reference_loss() / exact - 1.0).abs();
    assert!(error < 1e-6, "relative error {error:e} at L_0 = {exact:e}");
}

#[test]
fn what_a_search_leaves_out_does_not_show() {
    // Most samples are hopeless or certain, so that a few hold nearly all of the loss.
    let mut set = images(3000, 8, 7);
    let network = network(vec![20, 20], false, 12.0);
    for sample in (0..set.samples()).filter(|sample| sample % 50 > 0) {
        let logits = network.logits(set.image(sample).unwrap()).unwrap();
        let best = logits.iter().zip(0..).max_by(|a, b| a.0.total_cmp(b.0)).unwrap();
        set.labels[sample] = best.1;
    }
    let landscape = DenseLandscape::new(&network, "hidden", &set).unwrap();
    let p = direction(landscape.weights());
    let (mut search, mut whole) = (landscape.line(), landscape.line());
    search.set_direction(&p).unwrap();
    whole.set_direction(&p).unwrap();
    let mut left_out = false;
    for offsets in [[0.1, 0.2, 0.4], [0.25, 0.3, 0.35], [0.27, 0.26, 0.31], [-0.2, 0.0, 0.05]] {
        for (found, full) in search.search_losses(&offsets).into_iter().zip(whole.losses(&offsets)) {
            assert!((found / full - 1.0).abs() < 1e-6, "{found} against {full} at {offsets:?}");
            left_out |= found != full;
        }
    }
    assert!(left_out, "nothing was left out");
    // Another direction knows nothing of the one before.
    let other: Vec<f64> = p.iter().rev().copied().collect();
    search.set_direction(&other).unwrap();
    whole.set_direction(&other).unwrap();
    assert_eq!(search.search_losses(&[0.3]), whole.losses(&[0.3]));
}

#[test]
fn the_path_through_burn_gives_the_same_losses() {
    let set = images(700, 8, 7);
    let device = device::open(None).unwrap();
    let resident = ResidentSet::new(&set, 7, &device).unwrap();
    for bias in [false, true] {
        let network = network(vec![11, 9], bias, 2.0);
        let module = Mlp::new(&network, &device.device).unwrap();
        for layer in ["input", "hidden", "output"] {
            let fast = DenseLandscape::new(&network, layer, &set).unwrap();
            let general = ModuleLandscape::new(&module, &format!("{layer}.weight"), &resident).unwrap();
            assert_eq!(fast.weights(), general.weights());
            assert!((fast.reference_loss() / general.reference_loss() - 1.0).abs() < 2e-6);
            let p = direction(fast.weights());
            let (mut line, mut module_line) = (fast.line(), general.line());
            line.set_direction(&p).unwrap();
            module_line.set_direction(&p).unwrap();
            let offsets = [-2.0, -0.3, 0.0, 0.7];
            for (left, right) in line.losses(&offsets).into_iter().zip(module_line.losses(&offsets).unwrap())
            {
                assert!((left / right - 1.0).abs() < 5e-6, "{layer}: {left} against {right}");
            }
        }
    }
}

#[test]
fn the_path_through_burn_names_what_does_not_fit() {
    let device = device::open(None).unwrap();
    let resident = ResidentSet::new(&images(10, 8, 7), 7, &device).unwrap();
    let module = Mlp::new(&network(vec![5, 5], false, 1.0), &device.device).unwrap();
    let unknown = ModuleLandscape::new(&module, "hidden", &resident).err().unwrap().to_string();
    assert!(unknown.contains("input.weight, hidden.weight, output.weight"), "{unknown}");
    let landscape = ModuleLandscape::new(&module, "hidden.weight", &resident).unwrap();
    assert!(landscape.line().set_direction(&[1.0; 24]).is_err());
}

#[test]
fn hopeless_samples_have_their_exact_loss() {
    // Margins far beyond e^60, and offsets at which f32 overflows: large, infinite or not a number, but never small.
    let set = images(200, 8, 7);
    let network = network(vec![12, 10], false, 30.0);
    let landscape = DenseLandscape::new(&network, "hidden", &set).unwrap();
    let p = direction(landscape.weights());
    let mut line = landscape.line();
    line.set_direction(&p).unwrap();
    for offset in [0.0, 50.0, -300.0] {
        let mut layers = network.layers().to_vec();
        layers[1].weight.iter_mut().zip(&p).for_each(|(w, p)| *w += offset * p);
        let moved = DenseNetwork::new(layers).unwrap();
        let losses = (0..set.samples()).map(|sample| {
            let logits: Vec<f32> =
                moved.logits(set.image(sample).unwrap()).unwrap().iter().map(|&z| z as f32).collect();
            sample_cross_entropy(&logits, usize::from(set.labels[sample]))
        });
        let exact = losses.sum::<f64>() / set.samples() as f64;
        let loss = line.losses(&[offset])[0];
        assert!(exact > 60.0 && (loss / exact - 1.0).abs() < 1e-5, "{loss} against {exact}");
    }
    let overflow = line.losses(&[1e38])[0];
    assert!(overflow.is_nan() || overflow > 1e30, "{overflow}");
}

#[test]
fn the_host_loss_of_a_sample_is_the_same_function() {
    let logits = [0.5f32, -3.0, 12.0];
    let sum: f64 = [0.5f64 - 12.0, -3.0 - 12.0].iter().map(|m| m.exp()).sum();
    assert!((sample_cross_entropy(&logits, 2) / sum.ln_1p() - 1.0).abs() < 1e-14);
}

#[test]
fn what_does_not_fit_is_refused() {
    let network = network(vec![5, 5], false, 1.0);
    let unknown = DenseLandscape::new(&network, "centre", &images(10, 8, 7)).err().unwrap();
    assert!(unknown.to_string().contains("input, hidden, output"));
    assert!(DenseLandscape::new(&network, "hidden", &images(10, 9, 7)).is_err());
    assert!(DenseLandscape::new(&network, "hidden", &images(10, 8, 9)).is_err());
    let landscape = DenseLandscape::new(&network, "hidden", &images(10, 8, 7)).unwrap();
    assert!(landscape.line().set_direction(&[1.0; 24]).is_err());
    assert!(landscape.line().set_direction(&[f64::NAN; 25]).is_err());
}
