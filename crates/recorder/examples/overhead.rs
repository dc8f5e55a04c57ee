//! What recording costs per optimizer step: a 784–50–50–10 network on flex, batches of 50, the 50×50 layer recorded.
//!
//! Run it with `cargo run --release -p varflat-recorder --example overhead`.

use std::{error::Error, time::Instant};

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    optim::{GradientsParams, ModuleOptimizer, SgdConfig},
    tensor::{Device, Distribution, Tensor, activation::relu},
};
use varflat_recorder::{
    Keep, Recorder, Schedule, SharedSink, TrajectorySink, WindowMean, WindowMeanSettings, from_fn,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STEPS: u64 = 2000;

#[derive(Module, Debug)]
struct Network {
    input: Linear,
    hidden: Linear,
    output: Linear,
}

impl Network {
    fn new(device: &Device) -> Self {
        let linear = |d_in, d_out| LinearConfig::new(d_in, d_out).with_bias(false).init(device);
        Self { input: linear(784, 50), hidden: linear(50, 50), output: linear(50, 10) }
    }
}

/// Microseconds per forward and backward pass, and per optimizer step.
fn train(mut optimizer: ModuleOptimizer, mut network: Network, images: &Tensor<2>) -> (f64, f64) {
    let (mut gradient_time, mut optimizer_time) = (0.0, 0.0);
    for _ in 0..STEPS {
        let start = Instant::now();
        let hidden = relu(network.hidden.forward(relu(network.input.forward(images.clone()))));
        let loss = network.output.forward(hidden).powi_scalar(2).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        gradient_time += start.elapsed().as_secs_f64();
        let start = Instant::now();
        network = optimizer.step(0.01, network, gradients);
        optimizer_time += start.elapsed().as_secs_f64();
    }
    (gradient_time * 1e6 / STEPS as f64, optimizer_time * 1e6 / STEPS as f64)
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::flex().autodiff();
    let images = Tensor::<2>::random([50, 784], Distribution::Uniform(0.0, 1.0), &device);
    let network = Network::new(&device);
    let sgd = || SgdConfig::new().build();
    let folder = tempfile::tempdir()?;

    let trajectory = |keep, name: &str| {
        TrajectorySink::create(
            folder.path().join(name),
            "hidden.weight",
            [50, 50],
            Schedule { every: 1, keep },
        )
    };
    let mean = WindowMeanSettings { weights: 784 * 50, window: 1000, every: 1, epoch: 100, end: None };

    println!("{:44} {:>10} {:>10} µs per step", "", "gradients", "optimizer");
    for round in 0..3 {
        let report = |name: &str, optimizer: ModuleOptimizer| {
            let (gradients, optimizer) = train(optimizer, network.clone(), &images);
            println!("{name:44} {gradients:10.1} {optimizer:10.1}");
        };
        report("not recorded", ModuleOptimizer::from(sgd()));

        let nothing = SharedSink::new(from_fn(|_| Ok(())));
        report(
            "hook only",
            Recorder::new(&network, sgd()).record("hidden.weight", &nothing)?.into_optimizer(),
        );
        nothing.check_steps(STEPS)?;

        let all = SharedSink::new(trajectory(Keep::All, &format!("all-{round}"))?);
        report(
            "trajectory.npy, 50×50",
            Recorder::new(&network, sgd()).record("hidden.weight", &all)?.into_optimizer(),
        );
        all.check_steps(STEPS)?;
        all.with(TrajectorySink::finish)?;

        let last = SharedSink::new(trajectory(Keep::Last(500), &format!("last-{round}"))?);
        let mean = SharedSink::new(WindowMean::new(mean)?);
        let both =
            Recorder::new(&network, sgd()).record("hidden.weight", &last)?.record("input.weight", &mean)?;
        report("… last 500 rows, and the mean of 784×50", both.into_optimizer());
        last.check_steps(STEPS)?;
        mean.check_steps(STEPS)?;
        last.with(TrajectorySink::finish)?;
    }
    Ok(())
}
