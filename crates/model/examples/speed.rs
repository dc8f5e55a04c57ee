//! Where the time goes: one SGD step, a full-set measurement, one direction, one loss.
//!
//! `cargo run --release -p varflat-model --example speed`
use std::path::Path;
use std::time::Instant;

use varflat_model::data::{Verify, load};
use varflat_model::{DenseLandscape, Mlp, MlpConfig, ResidentSet, Trainer, TrainingConfig, device};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let data = load(Path::new("data/mnist"), Verify::Listed)?;
    println!("load: {:.3} s", start.elapsed().as_secs_f64());
    let device = device::open(None)?;
    let network = MlpConfig::new(784, vec![50, 50], 10).initial(1)?;
    let train = ResidentSet::new(&data.train, 10, &device)?;
    let test = ResidentSet::new(&data.test, 10, &device)?;
    let mlp = Mlp::new(&network, &device.autodiff())?;
    let config = TrainingConfig::default();
    let mut trainer = Trainer::new(mlp, config.sgd().into(), &config, 1, &train, &test)?;
    for epoch in 0..4 {
        let start = Instant::now();
        for _ in 0..1200 {
            trainer.step();
        }
        let step = start.elapsed().as_secs_f64() / 1200.0;
        let start = Instant::now();
        let metrics = trainer.measure()?;
        println!(
            "epoch {epoch}: {:.1} µs a step, {:.1} ms to measure, {metrics:?}",
            step * 1e6,
            start.elapsed().as_secs_f64() * 1e3
        );
    }
    let network = trainer.network().to_dense()?;
    let start = Instant::now();
    let landscape = DenseLandscape::new(&network, "hidden", &data.train)?;
    println!(
        "landscape: {:.1} ms, L_0 = {}",
        start.elapsed().as_secs_f64() * 1e3,
        landscape.reference_loss()
    );
    let mut line = landscape.line();
    let p = vec![0.02; landscape.weights()];
    for _ in 0..3 {
        let start = Instant::now();
        line.set_direction(&p)?;
        let aim = start.elapsed().as_secs_f64();
        let start = Instant::now();
        for _ in 0..10 {
            line.losses(&[-0.1, 0.1]);
        }
        let pair = start.elapsed().as_secs_f64() / 20.0;
        println!("aim: {:.2} ms; a loss: {:.2} ms", aim * 1e3, pair * 1e3);
    }
    Ok(())
}
