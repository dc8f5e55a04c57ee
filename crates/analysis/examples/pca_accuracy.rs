//! Time and peak memory of a principal component analysis, and its relative error against a dense SVD.
//!
//! ```text
//! RAYON_NUM_THREADS=2 cargo run --release -p varflat-analysis --example pca_accuracy
//! cargo run --release -p varflat-analysis --example pca_accuracy -- 12000 2500 [first k only]
//! ```

use std::time::Instant;

use varflat_analysis::{AnalysisError, DatasetBase, Fit, Solver, TrajectoryPca, TrajectoryPcaParams};

#[path = "../tests/common/mod.rs"]
mod common;

fn main() -> Result<(), AnalysisError> {
    let shape: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    match shape[..] {
        [steps, weights] => time(steps, weights, TrajectoryPca::params()),
        [steps, weights, k] => time(steps, weights, TrajectoryPca::params().solver(Solver::TopK(k))),
        _ => {
            for solver in [Solver::Covariance, Solver::Gram] {
                let params = TrajectoryPca::params().solver(solver);
                errors(&format!("{solver:?}, measured"), params.clone())?;
                errors(&format!("{solver:?}, not measured"), params.measured(false))?;
            }
            time(12_000, 2_500, TrajectoryPca::params())?;
            time(12_000, 2_500, TrajectoryPca::params().measured(false))
        }
    }
}

/// The largest relative error of a variance, by decade of σ²/σ_1².
fn errors(what: &str, params: TrajectoryPcaParams) -> Result<(), AnalysisError> {
    let window = common::window(1500, 400, 1e-4, 15.0, &mut common::generator(1));
    let oracle = common::variances_by_svd(&window);
    let pca = params.fit(&DatasetBase::from(window.view()))?;
    println!("{what}, 1500 × 400: floor {:.1e} σ_1²", pca.floor() / oracle[0]);
    for decade in 0..16 {
        let lowest = oracle[0] * 10f64.powi(-decade - 1);
        let in_decade = |v: &f64| *v > lowest && *v <= 10.0 * lowest;
        let pairs = pca.variance().iter().zip(&oracle).filter(|(_, v)| in_decade(v));
        let worst = pairs.map(|(found, v)| (found / v - 1.0).abs()).fold(0.0, f64::max);
        println!("  σ²/σ_1² ≥ 1e-{:02}: relative error {worst:.1e}", decade + 1);
    }
    Ok(())
}

/// Seconds, and the peak memory of the process so far (Linux), window included.
fn time(steps: usize, weights: usize, params: TrajectoryPcaParams) -> Result<(), AnalysisError> {
    let window = common::fast_window(steps, weights, 1e-4, 13.0);
    let start = Instant::now();
    let pca = params.fit(&DatasetBase::from(window.view()))?;
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim();
    println!("{steps} × {weights}: {} components in {seconds:.2} s, peak {peak}", pca.variance().len());
    Ok(())
}
