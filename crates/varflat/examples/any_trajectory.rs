//! Weights recorded by any program, as a numpy array `[steps, weights]`: their principal components and what the variances say.
//!
//! ```sh
//! cargo run --release -p varflat --example any_trajectory -- trajectory.npy
//! cargo run --release -p varflat --example any_trajectory -- trajectory.npy weights.npz hidden
//! ```
//!
//! With a network's weights (dense layers with ReLU between them that learnt MNIST, each matrix `[d_in, d_out]`) and the name of
//! the recorded layer ψ is fitted, too. Without arguments a random walk shows what comes out where there is no landscape at all.

use varflat::prelude::*;

/// Components that the decay of the spectrum is read from.
const DECAY: (usize, usize) = (20, 200);

fn main() -> varflat::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            println!("a random walk of 4000 steps in 300 dimensions");
            describe(&principal_components(random_walk(4000, 300))?)
        }
        [trajectory] => describe(&principal_components(RecordedWindow::open(trajectory)?)?),
        [trajectory, weights, layer] => {
            let pca = principal_components(RecordedWindow::open(trajectory)?)?;
            describe(&pca)?;
            relation(&pca, &read_network(weights)?, layer)
        }
        _ => {
            println!("usage: any_trajectory [trajectory.npy [weights.npz LAYER]]");
            Ok(())
        }
    }
}

/// What the variances alone say, beside what a long random walk gives.
fn describe(pca: &TrajectoryPca) -> varflat::Result<()> {
    let variance = pca.variance();
    println!("{} components of {} weights", variance.len(), pca.mean().len());
    println!("gap σ_1²/σ_2² = {:.1} (random walk: 4)", spectrum::gap(variance)?);
    for (index, share) in (1..=3).zip(pca.explained()) {
        let walk = spectrum::random_walk_share(index);
        println!("component {index} has {share:.3} of the variance (random walk: {walk:.3})");
    }
    let (first, last) = (DECAY.0, DECAY.1.min(variance.len()));
    if last > first + 2 {
        let decay = spectrum::decay(variance, (first, last), pca.floor())?;
        println!("γ = {:.2} in σ_i² ∝ i^−γ, components {first}–{} (random walk: 2)", decay.gamma, decay.last);
    }
    Ok(())
}

/// ψ of the layer, from the loss of MNIST's training images around these weights.
fn relation(pca: &TrajectoryPca, network: &DenseNetwork, layer: &str) -> varflat::Result<()> {
    let mnist = data::DataSource::Mnist.load(data::Verify::Listed)?;
    let landscape = DenseLandscape::new(network, layer, &mnist.train)?;
    println!("L_0 = {:.3e}: compare it with the loss of your own program", landscape.reference_loss());
    let law = Relation::measure(pca, &landscape, 200)?.fit(2..=pca.variance().len())?;
    println!("ψ = {:.2} over components {}–{}, r = {:.3}", law.psi, law.first, law.last, law.r);
    Ok(())
}

/// Independent normal steps in every direction.
fn random_walk(steps: usize, weights: usize) -> Array2<f64> {
    let mut noise = random::stream(1, random::Purpose::Langevin, 0);
    let mut at = vec![0.0; weights];
    Array2::from_shape_fn((steps, weights), |(_, weight)| {
        at[weight] += random::normal(&mut noise);
        at[weight]
    })
}
