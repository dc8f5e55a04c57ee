//! A burn network of your own, recorded while it learns, and its variance–flatness relation.
//!
//! `cargo run --release -p varflat --example record_your_own_network`

use varflat::prelude::*;

/// 784–16–16–10 with tanh. Any burn module will do: it has to say how images become logits, nothing else.
#[derive(Module, Debug)]
struct Mine {
    input: Linear,
    hidden: Linear,
    output: Linear,
}

impl Classifier for Mine {
    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let values = activation::tanh(self.input.forward(images));
        let values = activation::tanh(self.hidden.forward(values));
        self.output.forward(values)
    }
}

/// The layer that is recorded; `paths(&network)` lists what there is.
const RECORDED: &str = "hidden.weight";

fn main() -> varflat::Result<()> {
    // The first 2000 images of MNIST, on the default device.
    let device = device::open(None)?;
    let mnist = data::DataSource::Mnist.load(data::Verify::Listed)?;
    let train = ResidentSet::new(&mnist.train.first(2000)?, 10, &device)?;
    let test = ResidentSet::new(&mnist.test.first(2000)?, 10, &device)?;

    // Initial weights drawn on the host from a seed: the same on every backend. (`LinearConfig` of burn does as well.)
    let initial = MlpConfig::new(784, vec![16, 16], 10).initial(1)?;
    let network = Mine {
        input: linear(&initial.layers()[0], &device.device)?,
        hidden: linear(&initial.layers()[1], &device.device)?,
        output: linear(&initial.layers()[2], &device.device)?,
    };

    // SGD until the loss is below 5·10⁻³, then 2000 more steps (50 epochs) of which every one is kept.
    let training = TrainingConfig { loss_below: 5e-3, max_epochs: 200, ..TrainingConfig::default() };
    let recorded = record(network, RECORDED, &training, 1, (&train, &test), 2000)?;
    if let Some(last) = recorded.metrics.last() {
        println!(
            "{} epochs, training loss {:.1e}, test error {:.3}",
            last.epoch, last.train_loss, last.test_error
        );
    }

    // σ_i² of all components, and F_i of the first 50 and 50 others.
    let pca = principal_components(&recorded.window)?;
    let landscape = ModuleLandscape::new(&recorded.centre, RECORDED, &train)?;
    let relation = Relation::measure(&pca, &landscape, 100)?;

    let law = relation.fit(2..=256)?;
    let psi = relation.estimate(2..=256, &pca, &recorded.window, 200)?;
    println!(
        "gap σ_1²/σ_2² = {:.1}, L_0 = {:.1e}",
        spectrum::gap(pca.variance())?,
        landscape.reference_loss()
    );
    println!("ψ = {:.2}, r = {:.3}, {} components", law.psi, law.r, law.n);
    match psi.interval {
        Some([low, high]) => println!("95 % interval [{low:.2}, {high:.2}]: {}", psi.about()),
        None => println!("{}", psi.about()),
    }

    let folder = std::env::temp_dir().join("varflat-example");
    relation.figure(&law)?.save(&folder, "variance_flatness")?;
    println!("drawn in {}", folder.display());
    Ok(())
}
