//! Networks, data and arguments that are not varflat's own: the right number, or one clear error.

use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2};
use ndarray_npy::NpzWriter;
use varflat::prelude::burn::module::{Module, Param};
use varflat::prelude::burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig};
use varflat::prelude::burn::tensor::{Distribution, Tensor};
use varflat::prelude::*;
use varflat_tests::{Packing, SmallSet, Workplace, program};

/// 4–6–3 with a norm, dropout, and noise of its own that knows no training.
#[derive(Module, Debug)]
struct Mine {
    first: Linear,
    norm: Option<BatchNorm>,
    dropout: Dropout,
    second: Linear,
    noise: f64,
    noise_in_training: f64,
}

impl Classifier for Mine {
    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let mut z = self.first.forward(images);
        if let Some(norm) = &self.norm {
            z = norm.forward(z);
        }
        let mut h = self.dropout.forward(activation::relu(z));
        let trains = h.device().is_autodiff();
        if self.noise > 0.0 || (trains && self.noise_in_training > 0.0) {
            let width = self.noise.max(self.noise_in_training);
            h = h.clone() + h.random_like(Distribution::Normal(0.0, width));
        }
        self.second.forward(h)
    }
}

#[derive(Clone, Copy, Default)]
struct Kind {
    norm: Option<f64>,
    dropout: f64,
    noise: f64,
    noise_in_training: f64,
}

fn mine(kind: Kind, device: &Device) -> Mine {
    let layers = MlpConfig { bias: true, ..MlpConfig::new(4, vec![6], 3) }.initial(2).unwrap();
    Mine {
        first: linear(&layers.layers()[0], device).unwrap(),
        norm: kind.norm.map(|momentum| BatchNormConfig::new(6).with_momentum(momentum).init(device)),
        dropout: DropoutConfig { prob: kind.dropout }.init(),
        second: linear(&layers.layers()[1], device).unwrap(),
        noise: kind.noise,
        noise_in_training: kind.noise_in_training,
    }
}

/// Images of four pixels in three classes.
fn images(samples: usize) -> data::ImageSet {
    let pixels = (0..samples * 4).map(|n| ((n * n + 3 * n) % 17) as f32 / 17.0 + ((n / 4) % 3) as f32 * 0.2);
    data::ImageSet::new(pixels.collect(), (0..samples).map(|n| (n % 3) as u8).collect(), [2, 2]).unwrap()
}

fn open() -> OpenDevice {
    device::open(None).unwrap()
}

fn training() -> TrainingConfig {
    TrainingConfig {
        batch_size: 12,
        learning_rate: 0.5,
        max_epochs: 20,
        loss_below: 0.0,
        ..TrainingConfig::default()
    }
}

/// What is kept of a network, in f64.
#[derive(Clone)]
struct Exact {
    parameters: Vec<(String, Vec<f64>)>,
    statistics: Option<[Vec<f64>; 2]>,
}

impl Exact {
    fn of(network: &Mine) -> Self {
        let double = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
        let read = |path: String| {
            let values = double(varflat_recorder::weights(network, &path).unwrap());
            (path, values)
        };
        let network_paths = paths(network).into_iter().map(|there| there.path);
        let statistics = network.valid().norm.map(|norm| {
            [norm.running_mean, norm.running_var]
                .map(|running| double(running.value().into_data().try_to_vec::<f32>().unwrap()))
        });
        Self { parameters: network_paths.map(read).collect(), statistics }
    }

    fn of_path(&self, path: &str) -> &[f64] {
        &self.parameters.iter().find(|(there, _)| there == path).unwrap().1
    }

    /// xW_1 + b_1.
    fn first(&self, image: &[f32]) -> Vec<f64> {
        let (weight, bias) = (self.of_path("first.weight"), self.of_path("first.bias"));
        (0..6)
            .map(|unit| {
                bias[unit]
                    + (0..4).map(|pixel| f64::from(image[pixel]) * weight[pixel * 6 + unit]).sum::<f64>()
            })
            .collect()
    }

    fn log_probabilities(&self, image: &[f32]) -> Vec<f64> {
        let mut z = self.first(image);
        if let Some([mean, variance]) = &self.statistics {
            let (gamma, beta) = (self.of_path("norm.gamma"), self.of_path("norm.beta"));
            for unit in 0..6 {
                z[unit] = gamma[unit] * (z[unit] - mean[unit]) / (variance[unit] + 1e-5).sqrt() + beta[unit];
            }
        }
        let (weight, bias) = (self.of_path("second.weight"), self.of_path("second.bias"));
        let logits: Vec<f64> = (0..3)
            .map(|class| {
                bias[class] + (0..6).map(|unit| z[unit].max(0.0) * weight[unit * 3 + class]).sum::<f64>()
            })
            .collect();
        let sum = logits.iter().map(|z| z.exp()).sum::<f64>().ln();
        logits.iter().map(|z| z - sum).collect()
    }

    /// n⁻¹ Σ_x Σ_y p (∂ ln p/∂w)² of one weight, by central differences.
    fn fisher(&self, path: &str, place: usize, set: &data::ImageSet) -> f64 {
        let moved = |step: f64| {
            let mut moved = self.clone();
            let there = moved.parameters.iter_mut().find(|(there, _)| there == path).unwrap();
            there.1[place] += step;
            moved
        };
        let (above, below) = (moved(1e-6), moved(-1e-6));
        let of_image = |sample: usize| -> f64 {
            let image = set.image(sample).unwrap();
            let slopes = above.log_probabilities(image).into_iter().zip(below.log_probabilities(image));
            let slopes = slopes.map(|(above, below)| (above - below) / 2e-6);
            self.log_probabilities(image)
                .into_iter()
                .zip(slopes)
                .map(|(p, slope)| p.exp() * slope * slope)
                .sum()
        };
        (0..set.samples()).map(of_image).sum::<f64>() / set.samples() as f64
    }
}

#[test]
fn fisher_information_is_that_of_the_evaluated_network() {
    let (open, set) = (open(), images(20));
    let resident = ResidentSet::new(&set, 3, &open).unwrap();
    let kinds = [
        Kind::default(),
        Kind { norm: Some(0.1), ..Kind::default() },
        Kind { dropout: 0.5, ..Kind::default() },
        Kind { norm: Some(0.3), dropout: 0.3, ..Kind::default() },
    ];
    for kind in kinds {
        let network = mine(kind, &open.device);
        let config = TrainingConfig { batch_size: 10, ..training() };
        let mut trainer =
            Trainer::new(network.train(), config.sgd().into(), &config, 1, &resident, &resident).unwrap();
        (0..20).for_each(|_| trainer.step());
        let network = trainer.network().clone();
        let exact = Exact::of(&network);
        let found = fisher_diagonal(&network, &resident, 20).unwrap();
        let bits = |fisher: &[(String, Vec<f64>)]| -> Vec<u64> {
            fisher.iter().flat_map(|(_, values)| values).map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(&found), bits(&fisher_diagonal(&network, &resident, 20).unwrap()));
        // The trained network is as it was: its statistics, and what trains.
        assert_eq!(Exact::of(&network).statistics, exact.statistics);
        // A frozen network has the same information.
        let frozen = network.clone().no_grad();
        assert_eq!(bits(&found), bits(&fisher_diagonal(&frozen, &resident, 20).unwrap()));
        let names: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        let expected: Vec<&str> = exact.parameters.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, expected);
        for (path, values) in &found {
            let right: Vec<f64> = (0..values.len()).map(|place| exact.fisher(path, place, &set)).collect();
            let largest = right.iter().copied().fold(0.0, f64::max);
            assert!(largest > 1e-4, "{path}: nothing to compare");
            for (value, right) in values.iter().zip(&right) {
                assert!((value - right).abs() < 1e-4 * largest, "{path}: {value}, right {right}");
            }
        }
    }
}

#[test]
fn a_network_that_cannot_be_told_to_evaluate_is_refused() {
    let open = open();
    let resident = ResidentSet::new(&images(20), 3, &open).unwrap();
    let in_training = mine(Kind { noise_in_training: 0.3, ..Kind::default() }, &open.device);
    let error = fisher_diagonal(&in_training, &resident, 5).unwrap_err().to_string();
    assert!(error.contains("other logits with autodiff") && error.contains("Param<Flag>"), "{error}");
    // Evaluated it is a network like any other.
    ModuleLandscape::new(&in_training, "first.weight", &resident).unwrap();
    let always = mine(Kind { noise: 0.3, ..Kind::default() }, &open.device);
    for error in [
        fisher_diagonal(&always, &resident, 5).unwrap_err().to_string(),
        ModuleLandscape::new(&always, "first.weight", &resident).err().unwrap().to_string(),
    ] {
        assert!(error.contains("other logits at every call"), "{error}");
    }
}

/// Mean and variance (divided by n) of the first layer's outputs.
fn right_statistics(network: &Exact, set: &data::ImageSet) -> [Vec<f64>; 2] {
    let z: Vec<Vec<f64>> =
        (0..set.samples()).map(|sample| network.first(set.image(sample).unwrap())).collect();
    let mean = |of: &dyn Fn(&[f64]) -> f64| z.iter().map(|z| of(z)).sum::<f64>() / z.len() as f64;
    let means: Vec<f64> = (0..6).map(|unit| mean(&|z| z[unit])).collect();
    let variances = (0..6).map(|unit| mean(&|z| (z[unit] - means[unit]).powi(2)));
    [means.clone(), variances.collect()]
}

#[track_caller]
fn close(found: &[Vec<f64>; 2], right: &[Vec<f64>; 2]) {
    for (found, right) in found.iter().flatten().zip(right.iter().flatten()) {
        assert!((found - right).abs() < 1e-5 * (1.0 + right.abs()), "{found}, right {right}");
    }
}

#[test]
fn statistics_at_the_mean_weights_are_those_of_the_mean_weights() {
    let (open, set) = (open(), images(120));
    let resident = ResidentSet::new(&set, 3, &open).unwrap();
    let kind = Kind { norm: Some(0.1), dropout: 0.2, ..Kind::default() };
    let network = mine(kind, &open.device);
    let listed: Vec<String> = paths(&network).into_iter().map(|there| there.path).collect();
    assert_eq!(
        listed,
        ["first.weight", "first.bias", "norm.gamma", "norm.beta", "second.weight", "second.bias"]
    );
    for path in ["norm.running_mean", "norm.running_var"] {
        let error = record(network.clone(), path, &training(), 1, (&resident, &resident), 30);
        let error = error.err().unwrap().to_string();
        assert!(error.contains(path) && error.contains("norm.gamma"), "{error}");
        assert!(!error.replace(path, "").contains("running"), "{error}");
        assert!(ModuleLandscape::new(&network, path, &resident).is_err());
        assert!(with_weights(network.clone(), path, vec![0.0; 6]).is_err());
    }
    let recording = record(network, "first.weight", &training(), 1, (&resident, &resident), 300).unwrap();
    let (centre, last) = (Exact::of(&recording.centre), Exact::of(&recording.last));
    close(centre.statistics.as_ref().unwrap(), &right_statistics(&centre, &set));
    // Those of the last step are its own average, and stay.
    assert_ne!(centre.statistics, last.statistics);
    let twice = with_statistics(&recording.last, &resident).unwrap();
    close(Exact::of(&twice).statistics.as_ref().unwrap(), &right_statistics(&last, &set));
    assert_eq!(Exact::of(&recording.last).statistics, last.statistics);
    let landscape = ModuleLandscape::new(&recording.centre, "first.weight", &resident).unwrap();
    let mut loss = 0.0;
    for sample in 0..set.samples() {
        let image = set.image(sample).unwrap();
        loss -= centre.log_probabilities(image)[usize::from(set.label(sample).unwrap())] / 120.0;
    }
    assert!((landscape.reference_loss() / loss - 1.0).abs() < 1e-5);
}

#[test]
fn statistics_are_those_of_the_whole_set_whatever_the_momentum() {
    let (open, set) = (open(), images(4500));
    let resident = ResidentSet::new(&set, 3, &open).unwrap();
    for momentum in [0.01, 0.1, 0.9, 1.0] {
        let network = mine(Kind { norm: Some(momentum), ..Kind::default() }, &open.device);
        let measured = Exact::of(&with_statistics(&network, &resident).unwrap());
        close(measured.statistics.as_ref().unwrap(), &right_statistics(&measured, &set));
    }
    // What a training would not move stays.
    let still = mine(Kind { norm: Some(0.0), ..Kind::default() }, &open.device);
    let frozen = mine(Kind { norm: Some(0.1), ..Kind::default() }, &open.device).freeze();
    let plain = mine(Kind::default(), &open.device);
    for network in [still, frozen, plain] {
        let before = Exact::of(&network);
        let after = Exact::of(&with_statistics(&network, &resident).unwrap());
        assert_eq!(before.statistics, after.statistics);
        assert_eq!(before.parameters, after.parameters);
    }
}

#[test]
fn a_frozen_parameter_is_not_recorded_as_an_empty_window() {
    let open = open();
    let resident = ResidentSet::new(&images(60), 3, &open).unwrap();
    let mut network = mine(Kind::default(), &open.device);
    network.first = network.first.freeze();
    let error = record(network, "first.weight", &training(), 1, (&resident, &resident), 20);
    let error = error.err().unwrap().to_string();
    assert!(error.contains("first.weight") && error.contains("frozen"), "{error}");
}

/// What no function of the prelude may panic at, and words of what it says instead.
#[test]
fn arguments_that_fit_nothing_are_errors() {
    let open = open();
    let set = images(30);
    let resident = ResidentSet::new(&set, 3, &open).unwrap();
    let network = || mine(Kind::default(), &open.device);
    let wide = Mlp::new(&MlpConfig::new(9, vec![5], 3).initial(1).unwrap(), &open.device).unwrap();
    let many = Mlp::new(&MlpConfig::new(4, vec![5], 5).initial(1).unwrap(), &open.device).unwrap();
    let dense = MlpConfig::new(4, vec![5, 5], 3).initial(1).unwrap();
    let set_of =
        |images: Vec<f32>, labels: Vec<u8>, rows, columns| data::ImageSet { images, labels, rows, columns };
    let misfits = [
        (set_of(vec![0.5; 7], vec![0, 1], 2, 2), "2 labels ask for 2 images"),
        (set_of(vec![0.5; 8], vec![0], 2, 2), "1 labels ask for 1 images"),
        (set_of(vec![], vec![], 2, 2), "no image"),
        (set_of(vec![], vec![0], 0, 4), "0 × 4 pixels"),
        (set_of(vec![0.5; 4], vec![0], usize::MAX, 2), "are impossible"),
        (set_of(vec![0.5, f32::NAN, 0.5, 0.5], vec![0], 2, 2), "pixel 1 of image 0 is NaN"),
    ];
    for (misfit, words) in &misfits {
        let said = [
            misfit.check().unwrap_err().to_string(),
            ResidentSet::new(misfit, 3, &open).err().unwrap().to_string(),
            DenseLandscape::new(&dense, "hidden", misfit).err().unwrap().to_string(),
            varflat_model::MovingLayer::new(&dense, "hidden", misfit).err().unwrap().to_string(),
            varflat_model::DeviceLandscape::new(&dense, "hidden", misfit, &open).err().unwrap().to_string(),
        ];
        assert!(said.iter().all(|said| said.contains(words)), "{words}: {said:?}");
        let _ = (misfit.first(1), misfit.image(0), misfit.label(0), misfit.relabelled(Some), misfit.pixels());
    }
    let broken = DenseLayer { name: "a".into(), inputs: 2, outputs: 2, weight: vec![0.0; 3], bias: None };
    let bowl = principal_components(Array2::from_shape_fn((40, 9), |(t, n)| ((t * (n + 1)) as f32).sin()));
    let bowl = bowl.unwrap();
    struct Bowl;
    impl Landscape for Bowl {
        fn reference_loss(&self) -> f64 {
            1.0
        }
        fn losses(&self, _: &[f64], offsets: &[f64]) -> varflat::Result<Vec<f64>> {
            Ok(offsets.iter().map(|s| 1.0 + s * s).collect())
        }
    }
    let relation = Relation::measure(&bowl, &Bowl, 9).unwrap();
    let small = || vec![0.0f32; 3];
    let constraint = Constraint::diagonal("first.bias", vec![0.0; 6], vec![1.0; 6]).unwrap();
    let plain = (&resident, &resident);
    let heavy = TrainingConfig { batch_size: 0, ..training() };
    let said: Vec<(String, &str)> = vec![
        (text(set.image(10_000_000)), "no image 10000000: there are 30"),
        (text(set.image(usize::MAX)), "there are 30"),
        (text(set.label(30)), "no image 30"),
        (text(set.first(31)), "1 to 30"),
        (text(ResidentSet::new(&set, 2, &open)), "label 2, but 2 classes"),
        (text(ResidentSet::new(&set, 0, &open)), "0 classes"),
        (text(ResidentSet::new(&set, usize::MAX, &open)), "no memory"),
        (text(resident.batch(&[500])), "no image 500: there are 30"),
        (text(resident.batch(&[])), "at least one image"),
        (text(resident.measure(&wide)), "takes 9 inputs, but the images have 4 pixels"),
        (text(resident.measure(&many)), "5 outputs, but the set was made for 3 classes"),
        (text(fisher_diagonal(&wide, &resident, 2)), "takes 9 inputs"),
        (text(fisher_diagonal(&many, &resident, 2)), "5 outputs"),
        (text(fisher_diagonal(&network(), &resident, 0)), "0 samples"),
        (text(ModuleLandscape::new(&wide, "input.weight", &resident)), "takes 9 inputs"),
        (text(ModuleLandscape::new(&network(), "input.weight", &resident)), "first.weight"),
        (text(with_weights(network(), "first.weight", small())), "has 24 weights, but 3 were given"),
        (text(with_weights(network(), "nowhere", small())), "first.weight"),
        (text(with_statistics(&wide, &resident)), "ok"),
        (text(linear(&broken, &open.device)), "needs 4 weights, but there are 3"),
        (text(dense.logits(&[0.0; 5])), "5 pixels, but the network takes 4"),
        (text(record(network(), "first.weight", &training(), 1, plain, 0)), "a window of 0 steps"),
        (
            text(record(network(), "first.weight", &training(), 1, plain, u64::MAX)),
            "does not fit into memory",
        ),
        (text(record(network(), "first.weight", &training(), 1, plain, 1 << 50)), "does not fit into memory"),
        (text(record(network(), "first", &training(), 1, plain, 20)), "first.weight"),
        (text(record(network(), "first.weight", &heavy, 1, plain, 20)), "batch_size = 0"),
        (text(record(wide.clone(), "input.weight", &training(), 1, plain, 20)), "takes 9 inputs"),
        (
            text(Trainer::new(network(), training().sgd().into(), &training(), 1, &resident, &resident)),
            "network.train()",
        ),
        (text(Relation::measure(&bowl, &Bowl, 0)), "ask for one at least"),
        (text(relation.fit(0..=0)), "range 0..=0"),
        (text(relation.fit(std::ops::RangeInclusive::new(5, 2))), "range 5..=2"),
        (text(relation.fit(2..=3)), "fewer than three"),
        (text(landscape_constraint(&network(), "first.bias", &bowl, &Bowl, 0, 2.0)), "0 components"),
        (text(landscape_constraint(&network(), "first.bias", &bowl, &Bowl, 3, f64::NAN)), "exponent NaN"),
        (text(landscape_constraint(&network(), "first.bias", &bowl, &Bowl, 3, 2.0)), "entries"),
        (text(constraint.relax(network(), -0.5)), "learning rate -0.5"),
        (text(constraint.scaled(-1.0).relax(network(), 0.1)), "stiffness 1 is -1"),
        (text(constraint.scaled(f64::NAN).penalty(&network())), "stiffness 1 is NaN"),
        (text(MlpConfig::new(usize::MAX, vec![usize::MAX], 3).initial(1)), "make it narrower"),
        (text(MlpConfig::new(4, vec![0], 3).initial(1)), "at least one input"),
        (text(Convolutional::new(&convolutions([1 << 62, 2]), 1, &open.device)), "make it narrower"),
        (
            text(Convolutional::new(&convolutions([0, 2]), 1, &open.device)),
            "`first`: a convolution needs at least one channel",
        ),
        (
            text(Convolutional::new(&convolutions([2, 0]), 1, &open.device)),
            "`second`: a convolution needs at least one channel",
        ),
        (text(profiles(&Bowl, &bowl, &[0])), "no component 0"),
    ];
    for (said, words) in &said {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(heavy.steps_per_epoch(100), 0);
    assert_eq!(random::below(&mut random::stream(1, random::Purpose::Bootstrap, 1), 0), 0);
}

fn convolutions(channels: [usize; 2]) -> ConvolutionalConfig {
    let init = MlpConfig::new(1, vec![1], 1).init;
    ConvolutionalConfig { image: [28, 28], channels, hidden: vec![5], classes: 3, bias: false, init }
}

fn text<T, E: ToString>(result: Result<T, E>) -> String {
    result.err().map_or("ok".to_owned(), |error| error.to_string())
}

/// A module whose forward pass panics at other images: burn's own complaint, as an error.
#[test]
fn a_module_that_panics_at_the_images_is_refused() {
    let open = open();
    let set = data::ImageSet::new(vec![0.5; 18], vec![0, 1], [3, 3]).unwrap();
    let resident = ResidentSet::new(&set, 3, &open).unwrap();
    let error = resident.measure(&mine(Kind::default(), &open.device)).unwrap_err().to_string();
    assert!(error.contains("does not take images of 9 pixels"), "{error}");
}

/// Arrays of one or two dimensions, filled with a number or counted through.
fn save(path: &Path, arrays: &[(&str, &[usize])]) {
    let mut npz = NpzWriter::new(fs::File::create(path).unwrap());
    for (name, shape) in arrays {
        let values: Vec<f64> = (0..shape.iter().product()).map(|n: usize| (n as f64).sin()).collect();
        match **shape {
            [length] => npz.add_array(*name, &Array1::from_shape_vec(length, values).unwrap()).unwrap(),
            [rows, columns] => {
                npz.add_array(*name, &Array2::from_shape_vec((rows, columns), values).unwrap()).unwrap()
            }
            _ => panic!("{shape:?}"),
        }
    }
    npz.finish().unwrap();
}

type Arrays<'a> = &'a [(&'a str, &'a [usize])];

#[test]
fn networks_of_others_are_read_in_order_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.npz");
    let read: [(Arrays<'_>, &[&str]); 4] = [
        (
            &[("input.weight", &[9, 5]), ("input.bias", &[5]), ("output.weight", &[5, 3])],
            &["input", "output"],
        ),
        (
            &[("hidden.weight", &[5, 5]), ("input.weight", &[9, 5]), ("output.weight", &[5, 3])],
            &["input", "hidden", "output"],
        ),
        (
            &[
                ("l.0.weight", &[4, 4]),
                ("l.1.weight", &[4, 4]),
                ("l.10.weight", &[4, 4]),
                ("l.2.weight", &[4, 4]),
                ("out.weight", &[4, 2]),
            ],
            &["l.0", "l.1", "l.2", "l.10", "out"],
        ),
        (&[("only.weight", &[9, 3])], &["only"]),
    ];
    for (arrays, expected) in read {
        save(&path, arrays);
        let network = read_network(&path).unwrap();
        let names: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, expected);
    }
    let two: Arrays<'_> = &[("input.weight", &[9, 5]), ("output.weight", &[5, 3])];
    let refused: [(Arrays<'_>, &[&str]); 13] = [
        (&[("a.weight", &[5, 5]), ("b.weight", &[9, 5]), ("c.weight", &[5, 3])], &["the order b, a, c"]),
        (&[("a.weight", &[4, 4]), ("b.weight", &[4, 4])], &["alphabet", "by number"]),
        (&[two[0], ("input.b", &[5]), two[1]], &["`input.b`", "NAME.bias"]),
        (&[two[0], two[1], ("ema.input.weight", &[10, 10])], &["`ema.input`", "takes 10 inputs"]),
        (&[two[0], two[1], ("epoch", &[1])], &["`epoch`", "NAME.weight"]),
        (&[two[0], ("hidden.bias", &[5]), two[1]], &["`hidden.bias`"]),
        (&[("arr_0", &[9, 5]), ("arr_1", &[5, 3])], &["`arr_0`, `arr_1`", "NAME.weight"]),
        (&[("Dense_0/kernel", &[9, 5])], &["`Dense_0/kernel`", "NAME.weight"]),
        (
            &[("0.weight", &[5, 9]), ("0.bias", &[5]), ("2.weight", &[3, 5]), ("2.bias", &[3])],
            &["PyTorch", ".T"],
        ),
        (&[("0.weight", &[3, 9]), ("0.bias", &[3])], &["PyTorch", ".T"]),
        (
            &[
                ("fc.weight", &[5, 9]),
                ("bn.weight", &[5]),
                ("bn.bias", &[5]),
                ("bn.num_batches_tracked", &[1]),
            ],
            &["`bn.num_batches_tracked`", "batch norm"],
        ),
        (&[two[0], ("input.bias", &[1, 5]), two[1]], &["`input.bias`", "one dimension"]),
        (&[two[0], ("norm.weight", &[5]), two[1]], &["`norm.weight`", "batch norm"]),
    ];
    for (arrays, words) in refused {
        save(&path, arrays);
        let said = read_network(&path).unwrap_err().to_string();
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    }
    for (value, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let mut weights = Array2::<f64>::zeros((5, 3));
        weights[[3, 2]] = value;
        let mut npz = NpzWriter::new(fs::File::create(&path).unwrap());
        npz.add_array("output.weight", &weights).unwrap();
        npz.finish().unwrap();
        let said = read_network(&path).unwrap_err().to_string();
        assert!(said.contains("`output.weight` [3, 2]") && said.contains(name), "{said}");
    }
}

/// Labels and pixels of a small set, rewritten.
fn rewrite(images: &Path, change: impl Fn(&str, &mut [u8])) {
    SmallSet::default().write(images, Packing::Plain);
    for name in ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"] {
        let _ = fs::remove_file(images.join(format!("{name}.gz")));
        let file = images.join(name);
        let mut bytes = fs::read(&file).unwrap();
        let header = if name.contains("idx3") { 16 } else { 8 };
        change(name, &mut bytes[header..]);
        fs::write(file, bytes).unwrap();
    }
}

#[test]
fn odd_images_are_named_before_they_are_learnt() {
    let work = Workplace::new();
    rewrite(&work.images(), |name, bytes| {
        if name.contains("labels") {
            bytes.sort_unstable();
        }
    });
    let outcome = program!().run(&work.run("one", &["data.samples=50"]));
    outcome.fails_clearly(&["all 50 training images have the label 0", "sorted by class"]);
    let short = ["training.max_epochs=40", "recorder.window=200", "training.loss_below=1e-3"];
    let outcome = program!().run(&work.run("two", &[&["data.samples=120"], &short[..]].concat()));
    assert!(outcome.stderr.contains("no training image has the label 2, 3"), "{outcome:#?}");

    // One image twice, with two labels: 2 ln 2/300 is the least loss.
    rewrite(&work.images(), |name, bytes| {
        if name.contains("images") {
            bytes.copy_within(0..64, 64);
        } else {
            (bytes[0], bytes[1]) = (0, 1);
        }
    });
    let outcome = program!().run(&work.run("three", &short)).succeeds();
    let least = 2.0 * 2f64.ln() / 300.0;
    assert!(outcome.stderr.contains(&format!("below {least:.3e}")), "{outcome:#?}");
    assert!(outcome.stdout.contains("did not reach training.loss_below = 0.001"), "{outcome:#?}");
}

#[test]
fn halves_of_known_sets_that_do_not_belong_together_are_refused() {
    let mnist = data::find_mnist(Path::new(".")).unwrap();
    assert_eq!(data::load(&mnist, data::Verify::Listed).unwrap().known, Some("MNIST"));
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        fs::copy(mnist.join(format!("{from}.gz")), folder.path().join(format!("{to}.gz"))).unwrap();
    };
    for (half, into) in [("train", "train"), ("train", "t10k")] {
        copy(&format!("{half}-images-idx3-ubyte"), &format!("{into}-images-idx3-ubyte"));
        copy(&format!("{half}-labels-idx1-ubyte"), &format!("{into}-labels-idx1-ubyte"));
    }
    let said = data::load(folder.path(), data::Verify::Listed).unwrap_err().to_string();
    assert!(said.contains("MNIST's training set") && said.contains("test images"), "{said}");
}

#[test]
fn a_standstill_names_its_own_cause() {
    let work = Workplace::new();
    let table: [(&[&str], &[&str]); 5] = [
        (
            &["training.learning_rate=1e-30"],
            &["rounding of the weights", "raise training.learning_rate (now 1e-30)"],
        ),
        // No rate at all is known before anything is trained.
        (&["training.learning_rate=1e-308"], &["training.learning_rate = 1e-308 is 0 in f32"]),
        (&["training.weight_decay=1"], &["shrunk", "lower training.weight_decay (now 1)"]),
        (&["training.momentum=0.999999", "training.learning_rate=1"], &["training.momentum (now 0.999999)"]),
        (&["training.learning_rate=1", "training.weight_decay=3"], &["weight_decay = 3", "below 2"]),
    ];
    for (number, (settings, words)) in table.iter().enumerate() {
        let settings = [&["training.max_epochs=2000"], *settings].concat();
        program!().run(&work.run(format!("standstill {number}"), &settings)).fails_clearly(words);
    }
    rewrite(&work.images(), |name, bytes| {
        if name.contains("images") {
            bytes.fill(0);
        }
    });
    program!().run(&work.run("black", &[])).fails_clearly(&["every pixel", "check the images file"]);
}

/// Identities of parameters that were told nothing stay as they were.
#[test]
fn listing_paths_changes_nothing() {
    let open = open();
    let network = mine(Kind { norm: Some(0.1), ..Kind::default() }, &open.autodiff());
    let before: Vec<bool> = flags(&network);
    let _ = paths(&network);
    assert_eq!(flags(&network), before);
}

fn flags(network: &Mine) -> Vec<bool> {
    let learns = |parameter: &Param<Tensor<2>>| parameter.val().is_require_grad();
    let norm = network.norm.as_ref().unwrap();
    vec![
        learns(&network.first.weight),
        learns(&network.second.weight),
        norm.gamma.val().is_require_grad(),
        norm.running_mean.value().is_require_grad(),
        norm.training.val().is_enabled(),
    ]
}
