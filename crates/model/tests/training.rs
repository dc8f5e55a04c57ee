//! The step without zeros against burn's autodiff from the images on.

#![allow(clippy::unwrap_used)]

use burn::module::Module;
use burn::tensor::Tensor;
use varflat_model::data::ImageSet;
use varflat_model::random::{Purpose, stream, uniform};
use varflat_model::{Classifier, Mlp, MlpConfig, ResidentSet, Trainer, TrainingConfig, device};

/// The same network, which knows nothing but its forward pass.
#[derive(Module, Debug)]
struct Dense {
    network: Mlp,
}

impl Classifier for Dense {
    fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        self.network.forward(inputs)
    }
}

/// Mostly dark images.
fn images(samples: usize) -> ImageSet {
    let mut random = stream(5, Purpose::InitialWeights, 11);
    let mut pixel = || if uniform(&mut random) < 0.2 { uniform(&mut random) } else { 0.0 };
    ImageSet {
        images: (0..samples * 81).map(|_| pixel()).collect(),
        labels: (0..samples).map(|sample| (sample % 5) as u8).collect(),
        rows: 9,
        columns: 9,
    }
}

#[test]
fn leaving_zeros_out_changes_nothing() {
    let device = device::open(None).unwrap();
    let set = ResidentSet::new(&images(600), 5, &device).unwrap();
    for bias in [false, true] {
        let initial = MlpConfig { bias, ..MlpConfig::new(81, vec![13, 7], 5) }.initial(2).unwrap();
        let network = || Mlp::new(&initial, &device.autodiff()).unwrap();
        let config = TrainingConfig { batch_size: 20, ..TrainingConfig::default() };
        let optimizer = || config.sgd().into();
        let mut fast = Trainer::new(network(), optimizer(), &config, 1, &set, &set).unwrap();
        let dense = Dense { network: network() };
        let mut dense = Trainer::new(dense, optimizer(), &config, 1, &set, &set).unwrap();
        for _ in 0..60 {
            fast.step();
            dense.step();
        }
        let (fast_end, dense_end) =
            (fast.network().to_dense().unwrap(), dense.network().network.to_dense().unwrap());
        let mut moved = 0.0f64;
        for ((fast, dense), start) in fast_end.layers().iter().zip(dense_end.layers()).zip(initial.layers()) {
            let biases = |bias: &Option<Vec<f64>>| bias.clone().unwrap_or_default();
            let all =
                |layer: &varflat_model::DenseLayer| [layer.weight.clone(), biases(&layer.bias)].concat();
            for ((fast, dense), start) in all(fast).iter().zip(all(dense)).zip(all(start)) {
                assert!((fast - dense).abs() < 1e-5, "{fast} against {dense}");
                moved = moved.max((fast - start).abs());
            }
        }
        assert!(moved > 0.005, "nothing was learnt: {moved}");
        let (fast, dense) = (fast.measure().unwrap(), dense.measure().unwrap());
        assert!((fast.train_loss / dense.train_loss - 1.0).abs() < 1e-4);
    }
}

#[test]
fn a_measurement_does_not_depend_on_the_threads() {
    let device = device::open(None).unwrap();
    let set = ResidentSet::new(&images(3500), 5, &device).unwrap();
    let network = MlpConfig::new(81, vec![13, 7], 5).initial(2).unwrap();
    let network = Mlp::new(&network, &device.device).unwrap();
    let measure = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| set.measure(&network).unwrap())
    };
    assert_eq!(measure(1), measure(3));
}

/// What a training keeps of its past steps must not grow: a headline run takes 290,000 of them.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_steps() {
    let resident = || -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let device = device::open(None).unwrap();
    let set = ResidentSet::new(&images(600), 5, &device).unwrap();
    let network = MlpConfig::new(81, vec![4, 3], 5).initial(2).unwrap();
    let network = Mlp::new(&network, &device.autodiff()).unwrap();
    let config = TrainingConfig { batch_size: 2, ..TrainingConfig::default() };
    let mut trainer = Trainer::new(network, config.sgd().into(), &config, 1, &set, &set).unwrap();
    (0..2_000).for_each(|_| trainer.step());
    let before = resident();
    (0..20_000).for_each(|_| trainer.step());
    let grown = resident().saturating_sub(before);
    assert!(grown < 20_000, "{grown} kB in 20,000 steps");
}
