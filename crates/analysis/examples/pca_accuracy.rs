//! Time of a principal component analysis at the size of the paper, 12,000 steps × 2,500 weights,
//! and its relative error against a dense SVD, by decade of σ²/σ_1², at a smaller size.
//!
//! ```text
//! RAYON_NUM_THREADS=2 cargo run --release -p varflat-analysis --example pca_accuracy
//! ```

use std::time::Instant;

use varflat_analysis::{AnalysisError, DatasetBase, Fit, Solver, TrajectoryPca};

#[path = "../tests/common/mod.rs"]
mod common;

fn main() -> Result<(), AnalysisError> {
    let window = common::window(1500, 400, 1e-4, 15.0, &mut common::generator(1));
    let oracle = common::variances_by_svd(&window);
    for solver in [Solver::Covariance, Solver::Gram] {
        let pca = TrajectoryPca::params().solver(solver).fit(&DatasetBase::from(window.view()))?;
        println!("{solver:?}, 1500 × 400: floor {:.1e} σ_1²", pca.floor() / oracle[0]);
        for decade in 0..16 {
            let lowest = oracle[0] * 10f64.powi(-decade - 1);
            let in_decade = |v: &f64| *v > lowest && *v <= 10.0 * lowest;
            let pairs = pca.variance().iter().zip(&oracle).filter(|(_, v)| in_decade(v));
            let worst = pairs.map(|(found, v)| (found / v - 1.0).abs()).fold(0.0, f64::max);
            println!("  σ²/σ_1² ≥ 1e-{:02}: relative error {worst:.1e}", decade + 1);
        }
    }

    let window = common::window(12_000, 2_500, 1e-4, 13.0, &mut common::generator(2));
    let start = Instant::now();
    let pca = TrajectoryPca::params().fit(&DatasetBase::from(window.view()))?;
    let seconds = start.elapsed().as_secs_f64();
    println!("12000 × 2500: {} components in {seconds:.2} s", pca.variance().len());
    Ok(())
}
