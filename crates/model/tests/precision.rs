//! Trainings in f64: their gradients by differences, beside trainings in f32, and what cannot be.

#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used)]

use varflat_model::data::ImageSet;
use varflat_model::device::{self, OpenDevice};
use varflat_model::loss::sample_cross_entropy;
use varflat_model::random::{Purpose, stream, uniform};
use varflat_model::{
    Classifier, Convolutional, ConvolutionalConfig, DenseNetwork, Initialization, Mlp, MlpConfig, Precision,
    ResidentSet, RoundedAbout, Trainer, TrainingConfig, in_f64,
};

use burn::module::Module;
use burn::module::ParamGroup;
use burn::optim::ModuleOptimizer;

const CLASSES: usize = 5;

/// Mostly dark images of 12 × 12 pixels.
fn images(samples: usize) -> ImageSet {
    let mut random = stream(5, Purpose::InitialWeights, 11);
    let mut pixel = || if uniform(&mut random) < 0.3 { uniform(&mut random) } else { 0.0 };
    ImageSet {
        images: (0..samples * 144).map(|_| pixel()).collect(),
        labels: (0..samples).map(|sample| (sample % CLASSES) as u8).collect(),
        rows: 12,
        columns: 12,
    }
}

fn set(samples: usize, device: &OpenDevice, precision: Precision) -> ResidentSet {
    ResidentSet::new(&images(samples), CLASSES, device).unwrap().in_precision(precision).unwrap()
}

fn config(precision: Precision, batch_size: usize) -> TrainingConfig {
    TrainingConfig { precision, batch_size, ..TrainingConfig::default() }
}

/// The weights of a network after so many steps.
fn trained(
    initial: &DenseNetwork,
    precision: Precision,
    (samples, batch, steps): (usize, usize, usize),
) -> DenseNetwork {
    let device = device::open(None).unwrap();
    let set = set(samples, &device, precision);
    let network = Mlp::new(initial, &device.device).unwrap();
    let network = if precision == Precision::F64 { in_f64(network) } else { network }.train();
    let config = config(precision, batch);
    let mut trainer = Trainer::new(network, config.sgd().into(), &config, 1, &set, &set).unwrap();
    (0..steps).for_each(|_| trainer.step());
    trainer.network().to_dense().unwrap()
}

/// All weights and biases, layer by layer.
fn all(network: &DenseNetwork) -> Vec<f64> {
    let of = |layer: &varflat_model::DenseLayer| {
        [layer.weight.clone(), layer.bias.clone().unwrap_or_default()].concat()
    };
    network.layers().iter().flat_map(of).collect()
}

/// The loss of all images, in f64 throughout, by the plainest code there is.
fn loss(network: &DenseNetwork, set: &ImageSet) -> f64 {
    let losses = (0..set.samples()).map(|sample| {
        let logits = network.logits(set.image(sample).unwrap()).unwrap();
        sample_cross_entropy(&logits, usize::from(set.labels[sample]))
    });
    losses.sum::<f64>() / set.samples() as f64
}

#[test]
fn a_step_in_f64_is_the_gradient_by_differences() {
    let initial = MlpConfig { bias: true, ..MlpConfig::new(144, vec![6, 5], CLASSES) }.initial(2).unwrap();
    let set = images(20);
    // One batch of all images: its order does not matter.
    let after = trained(&initial, Precision::F64, (20, 20, 1));
    let rate = TrainingConfig::default().learning_rate;
    // Long enough for its rounding, short enough that no ReLU switches within it.
    let step = 3e-7;
    let (mut place, mut largest) = (0, 0.0f64);
    for position in 0..initial.layers().len() {
        let layer = &initial.layers()[position];
        let weights = layer.weight.len();
        for parameter in 0..weights + layer.bias.as_ref().map_or(0, Vec::len) {
            let at = |offset: f64| {
                let mut layers = initial.layers().to_vec();
                match parameter.checked_sub(weights) {
                    None => layers[position].weight[parameter] += offset,
                    Some(bias) => layers[position].bias.as_mut().unwrap()[bias] += offset,
                }
                loss(&DenseNetwork::new(layers).unwrap(), &set)
            };
            let by_differences = (at(step) - at(-step)) / (2.0 * step);
            let gradient = (all(&initial)[place] - all(&after)[place]) / rate;
            assert!((gradient - by_differences).abs() < 1e-8, "{place}: {gradient} for {by_differences}");
            largest = largest.max(gradient.abs());
            place += 1;
        }
    }
    assert!(largest > 0.01, "nothing to compare: {largest}");
}

#[test]
fn rounded_to_f32_it_follows_the_training_in_f32() {
    let initial = MlpConfig::new(144, vec![13, 7], CLASSES).initial(2).unwrap();
    for (steps, allowed) in [(1, 1e-7), (20, 1e-6), (200, 1e-5)] {
        let of = |precision| all(&trained(&initial, precision, (600, 20, steps)));
        let (single, double) = (of(Precision::F32), of(Precision::F64));
        let apart = single.iter().zip(&double).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
        assert!(apart > 0.0 && apart < allowed, "{apart} after {steps} steps");
        assert!(double.iter().any(|weight| f64::from(*weight as f32) != *weight), "no more digits than f32");
        assert_eq!(double, of(Precision::F64), "not the same twice");
    }
}

#[test]
fn a_convolution_trains_in_f64_too() {
    let device = device::open(None).unwrap();
    let shape = ConvolutionalConfig {
        image: [28, 28],
        channels: [2, 3],
        hidden: vec![6],
        classes: CLASSES,
        bias: true,
        init: Initialization::UniformFanIn,
    };
    let mut random = stream(6, Purpose::InitialWeights, 3);
    let images = ImageSet {
        images: (0..40 * 784).map(|_| uniform(&mut random)).collect(),
        labels: (0..40).map(|sample| (sample % CLASSES) as u8).collect(),
        rows: 28,
        columns: 28,
    };
    let after = |precision: Precision| {
        let set = ResidentSet::new(&images, CLASSES, &device).unwrap().in_precision(precision).unwrap();
        let network = Convolutional::new(&shape, 4, &device.device).unwrap();
        let network = if precision == Precision::F64 { in_f64(network) } else { network }.train();
        let config = config(precision, 10);
        let mut trainer = Trainer::new(network, config.sgd().into(), &config, 1, &set, &set).unwrap();
        (0..5).for_each(|_| trainer.step());
        let measured = trainer.measure().unwrap();
        (trainer.network().valid().forward(set.batch(&[0, 1]).unwrap().images()), measured)
    };
    let (single, of_single) = after(Precision::F32);
    let (double, of_double) = after(Precision::F64);
    assert_eq!(format!("{:?} {:?}", single.dtype(), double.dtype()), "F32 F64");
    let read = |logits: burn::tensor::Tensor<2>| logits.try_into_vec_as::<f64>().unwrap();
    for (single, double) in read(single).iter().zip(read(double)) {
        assert!((single - double).abs() < 1e-5 && *single != double, "{single} {double}");
    }
    assert!((of_single.train_loss / of_double.train_loss - 1.0).abs() < 1e-5);
}

#[test]
fn what_is_not_in_f64_is_said() {
    let device = device::open(None).unwrap();
    let initial = MlpConfig::new(144, vec![4, 3], CLASSES).initial(2).unwrap();
    let network = || Mlp::new(&initial, &device.autodiff()).unwrap();
    let double = config(Precision::F64, 10);
    let refusal = |network: Mlp, config: &TrainingConfig, set: &ResidentSet| {
        Trainer::new(network, config.sgd().into(), config, 1, set, set).err().unwrap().to_string()
    };
    let (single_set, double_set) = (set(20, &device, Precision::F32), set(20, &device, Precision::F64));
    let message = refusal(network(), &double, &single_set);
    assert!(
        message.contains("training.precision = \"f64\"") && message.contains("in_precision"),
        "{message}"
    );
    let message = refusal(network(), &double, &double_set);
    assert!(message.contains("`output.weight` is F32") && message.contains("in_f64"), "{message}");
    let message = refusal(in_f64(network()), &config(Precision::F32, 10), &double_set);
    assert!(message.contains("training.precision = \"f32\""), "{message}");
    // As of a GPU.
    let elsewhere = OpenDevice { on_host: false, ..device };
    let message = elsewhere.check_precision(Precision::F64).unwrap_err().to_string();
    assert!(
        message.contains("training.precision = \"f64\"") && message.contains("--device flex"),
        "{message}"
    );
    assert!(elsewhere.check_precision(Precision::F32).is_ok());
}

/// About c, weights are multiples of the ulp there, and everything else is the training that it was.
#[test]
fn rounding_about_a_value_takes_digits_of_one_layer_alone() {
    let device = device::open(None).unwrap();
    let initial = MlpConfig::new(144, vec![13, 7], CLASSES).initial(2).unwrap();
    let set = set(600, &device, Precision::F32);
    let config = config(Precision::F32, 20);
    let after = |constant: f64, steps: usize| {
        let network = Mlp::new(&initial, &device.autodiff()).unwrap();
        let rounded = RoundedAbout::new(config.sgd(), constant);
        let optimizer = ModuleOptimizer::from(config.sgd()).with_group(
            ParamGroup::from_path("hidden.weight"),
            rounded,
            None,
        );
        let mut trainer = Trainer::new(network, optimizer, &config, 1, &set, &set).unwrap();
        (0..steps).for_each(|_| trainer.step());
        trainer.network().to_dense().unwrap()
    };
    assert_eq!(after(0.0, 30), trained(&initial, Precision::F32, (600, 20, 30)));
    let (plain, coarse) = (after(0.0, 1), after(6.0, 1));
    // Weights of less than 2 in size about 6 lie between 4 and 8.
    let ulp = 4.0 * f64::from(f32::EPSILON);
    for (layer, (plain, coarse)) in plain.layers().iter().zip(coarse.layers()).enumerate() {
        for (plain, coarse) in plain.weight.iter().zip(&coarse.weight) {
            match layer {
                1 => {
                    assert_eq!((coarse / ulp).fract(), 0.0);
                    assert!((coarse - plain).abs() <= 0.5 * ulp, "{coarse} {plain}");
                }
                _ => assert_eq!(coarse, plain),
            }
        }
    }
    assert_ne!(plain.layers()[1], coarse.layers()[1]);
}
