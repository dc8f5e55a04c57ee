//! The convolutional network against loops over pixels in f64.

#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used)]

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use varflat_model::data::ImageSet;
use varflat_model::random::{Purpose, stream, uniform};
use varflat_model::{
    Classifier, Convolutional, ConvolutionalConfig, Initialization, ModuleLandscape, NetworkError,
    ResidentSet, device, with_weights,
};

const SIDE: usize = 17;
const CHANNELS: [usize; 2] = [3, 4];
const HIDDEN: usize = 6;
const CLASSES: usize = 5;

fn config(bias: bool) -> ConvolutionalConfig {
    ConvolutionalConfig {
        image: [SIDE, SIDE],
        channels: CHANNELS,
        hidden: vec![HIDDEN],
        classes: CLASSES,
        bias,
        init: Initialization::UniformFanIn,
    }
}

fn images(samples: usize) -> ImageSet {
    let mut random = stream(7, Purpose::InitialWeights, 99);
    ImageSet {
        images: (0..samples * SIDE * SIDE).map(|_| uniform(&mut random)).collect(),
        labels: (0..samples).map(|sample| (sample * 3 % CLASSES) as u8).collect(),
        rows: SIDE,
        columns: SIDE,
    }
}

/// Parameters by path, in f64.
#[derive(Clone, Default)]
struct Weights(Vec<(String, Vec<f64>)>);

impl Weights {
    fn of(network: &Convolutional) -> Self {
        struct Visitor(Vec<String>, Weights);
        impl ModuleVisitor for Visitor {
            fn enter_module(&mut self, name: &str, _: &str) {
                self.0.push(name.to_owned());
            }
            fn exit_module(&mut self, _: &str, _: &str) {
                self.0.pop();
            }
            fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
                let values = parameter.val().try_into_vec_as::<f32>().unwrap();
                self.1.0.push((self.0.join("."), values.into_iter().map(f64::from).collect()));
            }
        }
        let mut visitor = Visitor(Vec::new(), Self::default());
        network.visit(&mut visitor);
        visitor.1
    }

    fn get(&self, path: &str) -> Option<&[f64]> {
        self.0.iter().find(|(there, _)| there == path).map(|(_, values)| values.as_slice())
    }

    fn move_along(&self, path: &str, p: &[f64], s: f64) -> Self {
        let mut moved = self.clone();
        let (_, values) = moved.0.iter_mut().find(|(there, _)| there == path).unwrap();
        values.iter_mut().zip(p).for_each(|(w, p)| *w += s * p);
        moved
    }

    /// max(0, convolution), then the largest of every 2 × 2.
    fn convolution(&self, name: &str, input: &[f64], [from, to]: [usize; 2], side: usize) -> Vec<f64> {
        let (weight, bias) =
            (self.get(&format!("{name}.weight")).unwrap(), self.get(&format!("{name}.bias")));
        let after = side - 4;
        let value = |channel: usize, row: usize, column: usize| -> f64 {
            let mut z = bias.map_or(0.0, |bias| bias[channel]);
            for source in 0..from {
                for y in 0..5 {
                    for x in 0..5 {
                        z += weight[((channel * from + source) * 5 + y) * 5 + x]
                            * input[(source * side + row + y) * side + column + x];
                    }
                }
            }
            z.max(0.0)
        };
        let half = after / 2;
        let mut pooled = Vec::new();
        for channel in 0..to {
            for row in 0..half {
                for column in 0..half {
                    let four = [(0, 0), (0, 1), (1, 0), (1, 1)];
                    let four = four.map(|(y, x)| value(channel, 2 * row + y, 2 * column + x));
                    pooled.push(four.into_iter().fold(f64::NEG_INFINITY, f64::max));
                }
            }
        }
        pooled
    }

    fn dense(&self, name: &str, input: &[f64], outputs: usize) -> Vec<f64> {
        let weight = self.get(&format!("dense.{name}.weight")).unwrap();
        let bias = self.get(&format!("dense.{name}.bias"));
        let z = |output: usize| -> f64 {
            let products = input.iter().enumerate().map(|(place, x)| x * weight[place * outputs + output]);
            products.sum::<f64>() + bias.map_or(0.0, |bias| bias[output])
        };
        (0..outputs).map(z).collect()
    }

    fn logits(&self, image: &[f32]) -> Vec<f64> {
        let pixels: Vec<f64> = image.iter().map(|&pixel| f64::from(pixel)).collect();
        let found = self.convolution("first", &pixels, [1, CHANNELS[0]], SIDE);
        let found = self.convolution("second", &found, CHANNELS, (SIDE - 4) / 2);
        let hidden = self.dense("input", &found, HIDDEN).into_iter().map(|z| z.max(0.0)).collect::<Vec<_>>();
        self.dense("output", &hidden, CLASSES)
    }

    fn loss(&self, set: &ImageSet) -> f64 {
        let losses = (0..set.samples()).map(|sample| {
            let (logits, label) =
                (self.logits(set.image(sample).unwrap()), usize::from(set.label(sample).unwrap()));
            let others = logits.iter().enumerate().filter(|(class, _)| *class != label);
            others.map(|(_, z)| (z - logits[label]).exp()).sum::<f64>().ln_1p()
        });
        losses.sum::<f64>() / set.samples() as f64
    }
}

fn direction(weights: usize) -> Vec<f64> {
    let mut random = stream(8, Purpose::InitialWeights, 5);
    let p: Vec<f64> = (0..weights).map(|_| f64::from(uniform(&mut random)) - 0.5).collect();
    let norm = p.iter().map(|x| x * x).sum::<f64>().sqrt();
    p.into_iter().map(|x| x / norm).collect()
}

#[test]
fn the_landscape_of_a_convolution_is_that_of_a_plain_forward() {
    let set = images(40);
    for bias in [false, true] {
        let open = device::open(None).unwrap();
        let network = Convolutional::new(&config(bias), 3, &open.device).unwrap();
        let weights = Weights::of(&network);
        let resident = ResidentSet::new(&set, CLASSES, &open).unwrap();
        for path in ["first.weight", "second.weight", "dense.output.weight"] {
            let landscape = ModuleLandscape::new(&network, path, &resident).unwrap();
            let p = direction(landscape.weights());
            let mut line = landscape.line();
            line.set_direction(&p).unwrap();
            let offsets = [-3.0, -0.2, 0.0, 0.7, 5.0];
            for (s, loss) in offsets.into_iter().zip(line.losses(&offsets).unwrap()) {
                let exact = weights.move_along(path, &p, s).loss(&set);
                assert!((loss / exact - 1.0).abs() < 2e-6, "{path} {s}: {loss} against {exact}");
            }
        }
    }
}

#[test]
fn every_parameter_has_the_gradient_of_finite_differences() {
    let set = images(12);
    let open = device::open(None).unwrap();
    let network = Convolutional::new(&config(true), 3, &open.autodiff()).unwrap();
    let weights = Weights::of(&network.valid());
    let resident = ResidentSet::new(&set, CLASSES, &open).unwrap();
    let all: Vec<u32> = (0..12).collect();
    let gradients = network.gradients(&resident.batch(&all).unwrap());

    struct Gradients<'a>(Vec<String>, &'a burn::optim::GradientsParams, Vec<(String, Vec<f32>)>);
    impl ModuleVisitor for Gradients<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.pop();
        }
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            let gradient = self.1.get::<D>(parameter.id).expect("a gradient for every parameter");
            self.2.push((self.0.join("."), gradient.try_into_vec_as::<f32>().unwrap()));
        }
    }
    let mut found = Gradients(Vec::new(), &gradients, Vec::new());
    network.visit(&mut found);
    assert_eq!(found.2.len(), 8);
    for (path, gradient) in found.2 {
        let p = direction(gradient.len());
        let slope: f64 = gradient.iter().zip(&p).map(|(g, p)| f64::from(*g) * p).sum();
        let (above, below) = (weights.move_along(&path, &p, 1e-5), weights.move_along(&path, &p, -1e-5));
        let exact = (above.loss(&set) - below.loss(&set)) / 2e-5;
        assert!((slope - exact).abs() < 1e-6 + 1e-4 * exact.abs(), "{path}: {slope} against {exact}");
    }
}

#[test]
fn a_seed_decides_the_weights_and_small_images_are_refused() {
    let device = device::open(None).unwrap().device;
    let draw = |seed: u64| Weights::of(&Convolutional::new(&config(true), seed, &device).unwrap()).0;
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    for (path, values) in draw(1) {
        // Uniform in ±1/√fan_in, and no two layers from the same stream.
        let bound = values.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
        let fan_in: usize = match path.split_once('.').unwrap().0 {
            "first" => 25,
            "second" => 25 * CHANNELS[0],
            _ if path.starts_with("dense.input") => CHANNELS[1],
            _ => HIDDEN,
        };
        assert!(bound <= 1.0 / (fan_in as f64).sqrt() + 1e-6, "{path}: {bound}");
    }
    let small = ConvolutionalConfig { image: [15, 12], ..config(false) };
    let error = Convolutional::new(&small, 1, &device).unwrap_err();
    assert!(matches!(error, NetworkError::Shape { .. }) && error.to_string().contains("15 × 12"), "{error}");
}

#[test]
fn weights_put_in_by_path_come_out_again() {
    let device = device::open(None).unwrap().device;
    let network = Convolutional::new(&config(false), 3, &device).unwrap();
    let wanted: Vec<f32> = (0..CHANNELS[0] * CHANNELS[1] * 25).map(|n| n as f32).collect();
    let changed = Weights::of(&with_weights(network, "second.weight", wanted.clone()).unwrap());
    let found = changed.get("second.weight").unwrap();
    assert!(found.iter().zip(wanted).all(|(found, wanted)| *found == f64::from(wanted)));
}
