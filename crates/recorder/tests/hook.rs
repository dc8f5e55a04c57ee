//! The hook: what is recorded is what the optimizer did, and recording changes no bit of it.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use burn::{
    grad_clipping::GradientClippingConfig,
    module::Module,
    nn::{
        Linear, LinearConfig,
        conv::{Conv2d, Conv2dConfig},
    },
    optim::{
        AdamConfig, GradientsParams, ModuleOptimizer, Optimizer, SgdConfig, decay::WeightDecayConfig,
        momentum::MomentumConfig,
    },
    tensor::{DType, Device, Tensor, TensorData, activation::relu},
};
use tempfile::tempdir;
use varflat_recorder::{
    Keep, Recorder, RecorderError, Schedule, SharedSink, Sink, Step, Trajectory, TrajectorySink, WindowMean,
    WindowMeanSettings, from_fn, paths, weights, weights_in_f64,
};

const LEARNING_RATE: f64 = 0.1;

/// A convolution and two linear layers with biases, on 4×4 images.
#[derive(Module, Debug)]
struct Network {
    convolution: Conv2d,
    layers: Vec<Linear>,
}

impl Network {
    /// Weights set on the host: burn's seed is global to all tests.
    fn new() -> Self {
        let device = Device::flex().autodiff();
        let module = Self {
            convolution: Conv2dConfig::new([1, 2], [3, 3]).init(&device),
            layers: vec![LinearConfig::new(8, 5).init(&device), LinearConfig::new(5, 3).init(&device)],
        };
        struct Fill(f32);
        impl burn::module::ModuleMapper for Fill {
            fn map_float<const D: usize>(
                &mut self,
                parameter: burn::module::Param<Tensor<D>>,
            ) -> burn::module::Param<Tensor<D>> {
                parameter.map(|tensor| {
                    let shape = tensor.shape();
                    let values: Vec<f32> = (0..shape.num_elements())
                        .map(|_| {
                            self.0 += 1.0;
                            0.4 * self.0.sin()
                        })
                        .collect();
                    Tensor::from_data(TensorData::new(values, shape), &tensor.device()).require_grad()
                })
            }
        }
        module.map(&mut Fill(0.0))
    }

    fn loss(&self, step: u64) -> Tensor<1> {
        let device = Device::flex().autodiff();
        let pixels: Vec<f32> = (0..6 * 16).map(|i| ((i as u64 * 7 + step * 13) as f32).cos()).collect();
        let images = Tensor::<4>::from_data(TensorData::new(pixels, [6, 1, 4, 4]), &device);
        let features = relu(self.convolution.forward(images)).reshape([6, 8]);
        let outputs = self.layers[1].forward(relu(self.layers[0].forward(features)));
        (outputs - 1.0).powi_scalar(2).mean()
    }

    fn gradients(&self, step: u64) -> GradientsParams {
        GradientsParams::from_grads(self.loss(step).backward(), self)
    }
}

/// Trains and hands the network to `after` following each step.
fn train(
    mut network: Network,
    optimizer: &mut ModuleOptimizer,
    steps: std::ops::Range<u64>,
    mut after: impl FnMut(u64, &Network),
) -> Network {
    for step in steps {
        let gradients = network.gradients(step);
        network = optimizer.step(LEARNING_RATE, network, gradients);
        after(step, &network);
    }
    network
}

fn momentum() -> SgdConfig {
    let momentum = MomentumConfig { momentum: 0.9, dampening: 0.1, nesterov: true };
    SgdConfig::new()
        .with_momentum(Some(momentum))
        .with_weight_decay(Some(WeightDecayConfig { penalty: 0.05 }))
}

fn flatten(network: &Network) -> Vec<f32> {
    paths(network).iter().flat_map(|parameter| weights(network, &parameter.path).unwrap()).collect()
}

fn schedule(every: u64, keep: Keep) -> Schedule {
    Schedule { every, keep }
}

#[test]
fn the_paths_of_a_module_are_listed() {
    let network = Network::new();
    let listed: Vec<(String, Vec<usize>)> =
        paths(&network).into_iter().map(|parameter| (parameter.path, parameter.shape)).collect();
    let expected: [(&str, &[usize]); 6] = [
        ("convolution.weight", &[2, 1, 3, 3]),
        ("convolution.bias", &[2]),
        ("layers.0.weight", &[8, 5]),
        ("layers.0.bias", &[5]),
        ("layers.1.weight", &[5, 3]),
        ("layers.1.bias", &[3]),
    ];
    assert_eq!(listed, expected.map(|(path, shape)| (path.to_string(), shape.to_vec())));

    let bias: Vec<f32> = network.layers[0].bias.as_ref().unwrap().val().to_data().try_to_vec().unwrap();
    assert_eq!(weights(&network, "layers.0.bias").unwrap(), bias);
}

#[test]
fn an_unknown_path_is_an_error_that_lists_the_paths() {
    let network = Network::new();
    let sink = SharedSink::new(from_fn(|_| Ok(())));
    let error =
        Recorder::new(&network, SgdConfig::new().build()).record("layers.0.wieght", &sink).err().unwrap();
    for error in [error, weights(&network, "layers.0.wieght").unwrap_err()] {
        let message = error.to_string();
        for path in ["layers.0.wieght", "convolution.weight", "layers.1.bias"] {
            assert!(message.contains(path), "{message}");
        }
    }
    let twice = Recorder::new(&network, SgdConfig::new().build())
        .record("layers.0.weight", &sink)
        .and_then(|recorder| recorder.record("layers.0.weight", &sink));
    assert!(matches!(twice.err(), Some(RecorderError::RecordedTwice { .. })));
}

/// Every row is the module's own weights after that step, bit for bit, and the training is the one that is not recorded.
fn recorded_rows_are_the_modules_weights(optimizer: impl Optimizer) {
    for (path, shape) in [
        ("layers.0.weight", vec![8, 5]),
        ("layers.1.bias", vec![3]),
        ("convolution.weight", vec![2, 1, 3, 3]),
    ] {
        let folder = tempdir().unwrap();
        let sink = TrajectorySink::create(&folder, path, shape, schedule(1, Keep::All)).unwrap();
        let sink = SharedSink::new(sink);
        let network = Network::new();
        let mut recording =
            Recorder::new(&network, optimizer.clone()).record(path, &sink).unwrap().into_optimizer();
        let mut expected = Vec::new();
        let trained = train(network, &mut recording, 0..12, |_, network| {
            sink.check().unwrap();
            expected.extend(weights(network, path).unwrap());
        });
        sink.check_steps(12).unwrap();
        sink.with(TrajectorySink::finish).unwrap();
        let trajectory = Trajectory::open(&folder).unwrap();
        assert_eq!(trajectory.read().unwrap(), expected);
        assert_eq!(trajectory.rows(11..12).unwrap(), weights(&trained, path).unwrap());
        assert_ne!(trajectory.rows(10..11).unwrap(), trajectory.rows(11..12).unwrap());

        let plain = train(Network::new(), &mut optimizer.clone().into(), 0..12, |_, _| ());
        assert_eq!(flatten(&plain), flatten(&trained));
    }
}

#[test]
fn sgd_is_recorded() {
    recorded_rows_are_the_modules_weights(SgdConfig::new().build());
}

#[test]
fn sgd_with_momentum_is_recorded() {
    recorded_rows_are_the_modules_weights(momentum().build());
}

#[test]
fn adam_is_recorded() {
    recorded_rows_are_the_modules_weights(AdamConfig::new().build());
}

#[test]
fn the_gradient_is_the_update_over_the_learning_rate() {
    let network = Network::new();
    let path = "layers.0.weight";
    let initial = weights(&network, path).unwrap();
    let steps = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&steps);
    let sink = from_fn(move |step: Step<'_>| {
        let owned = |values: Option<&[f32]>| values.map(<[f32]>::to_vec).unwrap();
        let step = (step.learning_rate, owned(step.before), step.weights.to_vec(), owned(step.gradient));
        kept.lock().unwrap().push(step);
        Ok(())
    });
    let sink = SharedSink::new(sink.with_gradient().with_before());
    let mut optimizer =
        Recorder::new(&network, SgdConfig::new().build()).record(path, &sink).unwrap().into_optimizer();
    train(network, &mut optimizer, 0..5, |_, _| ());
    sink.check_steps(5).unwrap();

    let mut previous = initial;
    for (learning_rate, before, after, gradient) in steps.lock().unwrap().drain(..) {
        assert_eq!((learning_rate, before.as_slice()), (LEARNING_RATE, previous.as_slice()));
        assert!(gradient.iter().any(|gradient| gradient.abs() > 1e-3));
        for ((before, after), gradient) in before.iter().zip(&after).zip(&gradient) {
            // The update is rounded to the weight's last bit: 2⁻²⁴ · |w| / α.
            let rounding = f64::from(before.abs().max(after.abs())) * f64::from(f32::EPSILON) / LEARNING_RATE;
            let difference = (f64::from(*before) - f64::from(*after)) / LEARNING_RATE;
            assert!((difference - f64::from(*gradient)).abs() <= rounding, "{difference} {gradient}");
        }
        previous = after;
    }
}

/// 2⟨θg⟩ = α⟨g²⟩ − [θ²]_0^T/(αT) along any direction, for any loss and any order of batches: of a gradient that belongs to another step
/// the left side is another number.
#[test]
fn recorded_weights_and_gradients_balance() {
    let network = Network::new();
    let steps = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&steps);
    let sink = from_fn(move |step: Step<'_>| {
        let double = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
        kept.lock().unwrap().push((double(step.before.unwrap()), double(step.gradient.unwrap())));
        Ok(())
    });
    let sink = SharedSink::new(sink.with_gradient().with_before());
    let recorder = Recorder::new(&network, SgdConfig::new().build());
    let mut optimizer = recorder.record("layers.0.weight", &sink).unwrap().into_optimizer();
    train(network, &mut optimizer, 0..301, |_, _| ());

    let steps = std::mem::take(&mut *steps.lock().unwrap());
    let last = steps.len() - 1;
    for direction in 1..5 {
        let along = |values: &[f64]| -> f64 {
            let p = (0..).map(|i| f64::from(i * direction).cos());
            values.iter().zip(p).map(|(value, p)| value * p).sum()
        };
        let series: Vec<(f64, f64)> = steps.iter().map(|(before, g)| (along(before), along(g))).collect();
        let mean = |of: &dyn Fn(usize) -> f64| (0..last).map(of).sum::<f64>() / last as f64;
        let square = LEARNING_RATE * mean(&|t| series[t].1.powi(2));
        let boundary = (series[last].0.powi(2) - series[0].0.powi(2)) / (LEARNING_RATE * last as f64);
        let product = |shift: usize| 2.0 * mean(&|t| series[t].0 * series[t + shift].1);
        // Every weight is rounded to its last bit in every step: 2|θ|·Σ|w|·2⁻²⁴/α.
        let size = |values: &[f64]| values.iter().map(|value| value.abs()).sum::<f64>();
        let largest = series.iter().fold(0.0_f64, |most, (theta, _)| most.max(theta.abs()));
        let rounding = largest * size(&steps[0].0) * f64::from(f32::EPSILON) / LEARNING_RATE;
        let off = |shift: usize| (product(shift) - (square - boundary)).abs();
        assert!(off(0) < rounding, "{direction}: {} {rounding}", off(0));
        assert!(off(1) > 10.0 * off(0), "{direction}: {} {}", off(1), off(0));
    }
}

#[test]
fn clipping_reaches_the_recorded_parameter() {
    let clipping = || GradientClippingConfig::Value(1e-3);
    let network = Network::new();
    let largest = Arc::new(Mutex::new(0.0_f32));
    let kept = Arc::clone(&largest);
    let sink = from_fn(move |step: Step<'_>| {
        let mut largest = kept.lock().unwrap();
        *largest =
            step.gradient.unwrap().iter().fold(*largest, |largest, gradient| largest.max(gradient.abs()));
        Ok(())
    });
    let sink = SharedSink::new(sink.with_gradient());
    let mut recording = Recorder::new(&network, SgdConfig::new().build())
        .with_gradient_clipping(clipping())
        .record("layers.0.weight", &sink)
        .unwrap()
        .into_optimizer();
    let trained = train(network, &mut recording, 0..5, |_, _| ());
    assert_eq!(*largest.lock().unwrap(), 1e-3);
    let mut plain = SgdConfig::new().init().with_grad_clipping(clipping().init());
    assert_eq!(flatten(&train(Network::new(), &mut plain, 0..5, |_, _| ())), flatten(&trained));
}

#[test]
fn a_schedule_records_its_steps_and_copies_no_others() {
    /// Counts the steps it is handed, whatever the schedule inside says.
    struct Counted(TrajectorySink, u64);
    impl Sink for Counted {
        fn wants(&self, step: u64) -> bool {
            self.0.wants(step)
        }
        fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
            self.1 += 1;
            self.0.record(step)
        }
    }
    let folder = tempdir().unwrap();
    let path = "layers.0.weight";
    let sink = TrajectorySink::create(&folder, path, [8, 5], schedule(3, Keep::Last(4))).unwrap();
    let sink = SharedSink::new(Counted(sink, 0));
    let network = Network::new();
    let mut optimizer =
        Recorder::new(&network, SgdConfig::new().build()).record(path, &sink).unwrap().into_optimizer();
    let mut all = Vec::new();
    train(network, &mut optimizer, 0..20, |_, network| all.push(weights(network, path).unwrap()));
    sink.check_steps(20).unwrap();
    assert_eq!((sink.rows(), sink.with(|sink| sink.1)), (7, 7));
    sink.with(|sink| sink.0.finish()).unwrap();
    let trajectory = Trajectory::open(&folder).unwrap();
    assert_eq!(trajectory.read().unwrap(), [9, 12, 15, 18].map(|step| all[step].clone()).concat());
    assert_eq!(trajectory.step(3), 18);
}

#[test]
fn a_resumed_training_equals_an_uninterrupted_one_bit_for_bit() {
    let path = "layers.0.weight";
    let settings = WindowMeanSettings { weights: 40, window: 8, every: 1, epoch: 4, end: None };
    let kept = schedule(1, Keep::Last(8));

    let whole = tempdir().unwrap();
    let sink = TrajectorySink::create(&whole, path, [8, 5], kept).unwrap();
    let sink = SharedSink::new((sink, WindowMean::new(settings).unwrap()));
    let network = Network::new();
    let mut optimizer =
        Recorder::new(&network, momentum().build()).record(path, &sink).unwrap().into_optimizer();
    let expected = train(network, &mut optimizer, 0..24, |_, _| ());
    let mean = sink.with(|(trajectory, mean)| trajectory.finish().and_then(|_| mean.mean(24))).unwrap();

    // A checkpoint after 12 steps, a crash after 17.
    let folder = tempdir().unwrap();
    let sink = TrajectorySink::create(&folder, path, [8, 5], kept).unwrap();
    let sink = SharedSink::new((sink, WindowMean::new(settings).unwrap()));
    let network = Network::new();
    let mut optimizer =
        Recorder::new(&network, momentum().build()).record(path, &sink).unwrap().into_optimizer();
    let network = train(network, &mut optimizer, 0..12, |_, _| ());
    sink.with(|(trajectory, _)| trajectory.flush()).unwrap();
    let (record, state) = (optimizer.into_bytes().unwrap(), sink.with(|(_, mean)| mean.state().clone()));
    let checkpoint = network.clone();
    train(network, &mut optimizer, 12..17, |_, _| ());
    drop((optimizer, sink));

    let sink = TrajectorySink::resume(&folder, path, [8, 5], kept, 12).unwrap();
    let sink = SharedSink::starting_at((sink, WindowMean::from_state(settings, state).unwrap()), 12);
    let mut optimizer = Recorder::new(&checkpoint, momentum().build())
        .record(path, &sink)
        .unwrap()
        .into_optimizer()
        .from_bytes(record)
        .unwrap();
    let resumed = train(checkpoint, &mut optimizer, 12..24, |_, _| sink.check().unwrap());
    sink.check_steps(12).unwrap();
    let resumed_mean =
        sink.with(|(trajectory, mean)| trajectory.finish().and_then(|_| mean.mean(24))).unwrap();

    assert_eq!(flatten(&resumed), flatten(&expected));
    assert_eq!(resumed_mean, mean);
    let [rows, resumed_rows] =
        [&whole, &folder].map(|folder| Trajectory::open(folder).unwrap().read().unwrap());
    assert_eq!(resumed_rows, rows);
    // The mean of the stored window is the running mean.
    for (weight, mean) in mean.iter().enumerate() {
        let sum: f64 = rows.iter().skip(weight).step_by(40).map(|weight| f64::from(*weight)).sum();
        assert!((sum / 8.0 - mean).abs() < 1e-15);
    }
}

#[test]
fn a_failing_sink_is_reported_and_the_training_goes_on() {
    let network = Network::new();
    let sink = SharedSink::new(from_fn(|step| match step.step {
        2 => Err(RecorderError::sink("disk full")),
        _ => Ok(()),
    }));
    let mut optimizer = Recorder::new(&network, SgdConfig::new().build())
        .record("layers.0.weight", &sink)
        .unwrap()
        .into_optimizer();
    let mut reported = Vec::new();
    let trained = train(network, &mut optimizer, 0..5, |_, _| reported.push(sink.check().is_err()));
    assert_eq!(reported, [false, false, true, true, true]);
    assert_eq!((sink.rows(), sink.steps_seen()), (2, 5));
    let plain = train(Network::new(), &mut SgdConfig::new().init(), 0..5, |_, _| ());
    assert_eq!(flatten(&plain), flatten(&trained));
}

#[test]
fn a_parameter_without_gradient_is_noticed() {
    let mut network = Network::new();
    network.layers[0] = network.layers[0].clone().no_grad();
    let sink = SharedSink::new(from_fn(|_| Ok(())));
    let mut optimizer = Recorder::new(&network, SgdConfig::new().build())
        .record("layers.0.weight", &sink)
        .unwrap()
        .into_optimizer();
    train(network, &mut optimizer, 0..3, |_, _| ());
    assert!(matches!(sink.check_steps(3), Err(RecorderError::MissedSteps { expected: 3, seen: 0 })));
}

#[test]
fn a_parameter_that_is_not_f32_is_an_error() {
    let device = Device::flex().autodiff();
    let mut network: Linear = LinearConfig::new(3, 2).with_bias(false).init(&device);
    network.weight = network.weight.map(|weight| weight.cast(DType::F64).detach().require_grad());
    let sink = SharedSink::new(from_fn(|_| Ok(())));
    let mut optimizer =
        Recorder::new(&network, SgdConfig::new().build()).record("weight", &sink).unwrap().into_optimizer();
    let images = Tensor::<2>::ones([4, 3], &device).cast(DType::F64);
    let gradients = GradientsParams::from_grads(network.forward(images).mean().backward(), &network);
    let network = optimizer.step(LEARNING_RATE, network, gradients);
    for error in [sink.check().unwrap_err(), weights(&network, "weight").unwrap_err()] {
        assert!(error.to_string().contains("F64"), "{error}");
    }
}

#[test]
fn a_parameter_in_f64_is_recorded_rounded_where_that_is_asked_for_and_keeps_its_digits() {
    let device = Device::flex().autodiff();
    let mut network: Linear = LinearConfig::new(3, 2).with_bias(false).init(&device);
    network.weight = network.weight.map(|weight| weight.cast(DType::F64).detach().require_grad());
    let before = weights_in_f64(&network, "weight").unwrap();
    let seen = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let kept = Arc::clone(&seen);
    let sink = SharedSink::new(
        from_fn(move |step| {
            *kept.lock().unwrap() = (step.weights.to_vec(), step.gradient.unwrap().to_vec());
            Ok(())
        })
        .with_gradient(),
    );
    let recorder = Recorder::new(&network, SgdConfig::new().build()).rounding();
    let mut optimizer = recorder.record("weight", &sink).unwrap().into_optimizer();
    let images = Tensor::<2>::ones([4, 3], &device).cast(DType::F64);
    let gradients = GradientsParams::from_grads(network.forward(images).mean().backward(), &network);
    let network = optimizer.step(LEARNING_RATE, network, gradients);
    sink.check_steps(1).unwrap();
    let after = weights_in_f64(&network, "weight").unwrap();
    let (rows, gradient) = seen.lock().unwrap().clone();
    // The gradient of the mean over 4 × 2 outputs: 4 images of ones give every weight a half.
    for ((before, after), (row, gradient)) in before.iter().zip(&after).zip(rows.iter().zip(&gradient)) {
        assert_eq!(*gradient, 0.5);
        assert_eq!(*after, before - LEARNING_RATE * 0.5);
        assert_eq!(*row, *after as f32);
    }
    assert!(after.iter().zip(&rows).any(|(after, row)| *after != f64::from(*row)), "nothing was rounded");
}
