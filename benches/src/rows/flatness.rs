//! The flatness of one direction, against the bisection of the first author's demo code.

use anyhow::Result;

use super::{groups, landscape};
use crate::bench::{Bench, timed};
use crate::directions::{in_parallel, threads};
use crate::python::Work;
use crate::row::Row;

/// Places of the spectrum where directions are measured.
const PLACES: usize = 3;
/// Groups of 20 directions at each place, so that two threads have the same to do.
const GROUPS: usize = 2;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let (landscape, directions) = landscape(bench)?;
    let groups = groups(&directions, PLACES, GROUPS);
    let pool = threads(2)?;

    let what = "F of one direction over 60,000 images, 2 threads";
    let mut row = Row::new("flatness", what, "torch-bisection").goal(1.0 / 100.0, 1.0 / 200.0);
    let peer = bench.peer("torch-bisection", 2, &[])?;
    bench.fill(&mut row, peer, || {
        let (seconds, measured) = timed(|| pool.install(|| in_parallel(&landscape, &groups)))?;
        Ok(Work { seconds, units: measured.flatness.len() as f64 })
    })?;
    Ok(vec![row])
}
