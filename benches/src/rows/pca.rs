//! All principal components of the recorded window, against numpy and scikit-learn.

use anyhow::Result;
use varflat_analysis::{DatasetBase, Fit, TrajectoryPca};

use crate::bench::{Bench, timed};
use crate::directions::threads;
use crate::python::Work;
use crate::row::Row;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let window = bench.headline()?.window()?;
    let (steps, weights) = window.dim();
    let dataset = DatasetBase::from(window.view());
    let what = |count: usize, more: &str| {
        let threads = if count == 1 { "1 thread" } else { "2 threads" };
        format!("all principal components of {steps} × {weights} in f64{more}, {threads}")
    };
    // What numpy gives: directions and variances. And what `varflat pca` needs: also θ_i(t), for σ² to 1e-12 and the bootstrap.
    let theta = " and all projections on them, which numpy leaves out";
    let goal = |row: Row| row.goal(1.0, 0.7);
    let mut rows = [
        (1, false, goal(Row::new("pca-1", what(1, ""), "numpy-pca"))),
        (2, false, goal(Row::new("pca-2", what(2, ""), "numpy-pca"))),
        (2, true, Row::new("pca-projections", what(2, theta), "numpy-pca")),
        (2, false, Row::new("pca-sklearn", what(2, ""), "sklearn-pca")),
    ];
    for (count, measured, row) in &mut rows {
        let pool = threads(*count)?;
        let peer = bench.peer(&row.against, *count, &[])?;
        let params = TrajectoryPca::params().measured(*measured);
        bench.fill(row, peer, || {
            let (seconds, pca) = timed(|| Ok(pool.install(|| params.fit(&dataset))?))?;
            drop(pca);
            Ok(Work { seconds, units: 1.0 })
        })?;
    }
    Ok(rows.map(|(_, _, row)| row).into())
}
