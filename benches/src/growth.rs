//! How cost grows: time and memory against width, weights, window, samples and directions.

mod curve;
mod figure;
mod task;

use anyhow::Result;

use crate::bench::Bench;
use crate::subprocess;

pub(crate) use curve::{Curve, Measure};
pub(crate) use figure::figure;
pub(crate) use task::Task;

/// Measure every curve, each of its sizes in a process of its own.
pub(crate) fn measure(bench: &Bench) -> Result<Vec<Curve>> {
    let plan = curve::plan();
    let bar = bench.bar("growth", plan.iter().map(|sweep| sweep.things.len() as u32).sum());
    let mut curves = Vec::new();
    for sweep in plan {
        let mut taken = Vec::new();
        for (size, thing) in &sweep.things {
            taken.push((*size, subprocess::measure(&thing.with_repetitions(bench.rounds))?));
            bar.inc(1);
        }
        for curve in sweep.curves(&taken) {
            bar.suspend(|| eprintln!("{:>18}: {}", "growth", curve.line()));
            curves.push(curve);
        }
    }
    bar.finish_and_clear();
    Ok(curves)
}
