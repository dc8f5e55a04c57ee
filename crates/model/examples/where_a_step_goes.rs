//! Where an SGD step of the paper's network spends its time, with and without the zeros of the images.
//!
//! `cargo run --release -p varflat-model --example where_a_step_goes`
use std::path::Path;
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::Tensor;
use varflat_model::data::{Verify, load};
use varflat_model::{Classifier, Mlp, MlpConfig, ResidentSet, TrainingConfig, batches::epoch_order, device};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The same network by burn's autodiff alone, from the images on.
#[derive(Module, Debug)]
struct Dense {
    network: Mlp,
}

impl Classifier for Dense {
    fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        self.network.forward(inputs)
    }
}

fn epoch<C: Classifier>(
    name: &str,
    mut network: C,
    set: &ResidentSet,
) -> Result<(), Box<dyn std::error::Error>> {
    let config = TrainingConfig::default();
    let mut optimizer: ModuleOptimizer = config.sgd().into();
    for epoch in 0..3 {
        let (mut gradients_time, mut optimizer_time) = (Duration::ZERO, Duration::ZERO);
        let order = epoch_order(1, epoch, config.shuffle, set.samples(), config.batch_size);
        let steps = order.len() / config.batch_size;
        for samples in order.chunks_exact(config.batch_size) {
            let start = Instant::now();
            let gradients = network.gradients(&set.batch(samples)?);
            gradients_time += start.elapsed();
            let start = Instant::now();
            network = optimizer.step(config.learning_rate, network, gradients);
            optimizer_time += start.elapsed();
        }
        let start = Instant::now();
        let performance = set.measure(&network)?;
        let micro = |time: Duration| time.as_secs_f64() * 1e6 / steps as f64;
        println!(
            "{name}: gradients {:.1} µs, optimizer {:.1} µs a step; {:.1} ms to measure the set; loss {:.6}",
            micro(gradients_time),
            micro(optimizer_time),
            start.elapsed().as_secs_f64() * 1e3,
            performance.loss
        );
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = load(Path::new("data/mnist"), Verify::Listed)?;
    let device = device::open(None)?;
    let network = || -> Result<Mlp, _> {
        Mlp::new(&MlpConfig::new(784, vec![50, 50], 10).initial(1)?, &device.autodiff())
    };
    let set = ResidentSet::new(&data.train, 10, &device)?;
    epoch("without zeros", network()?, &set)?;
    epoch("all pixels   ", Dense { network: network()? }, &set)
}
