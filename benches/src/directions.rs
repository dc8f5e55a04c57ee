//! Flatness along directions, measured exactly as the flatness stage of `varflat` does it.

use anyhow::{Context, Result};
use ndarray::{Array2, ArrayView2, Axis, Slice};
use rayon::prelude::*;
use varflat_analysis::{DirectionFlatness, FlatnessSearch, NEIGHBOURS, ParamGuard, flatness_of_neighbours};
use varflat_model::{DenseLandscape, Line};

/// How the losses of a search are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losses {
    /// As the flatness stage does it: what cannot matter is left out.
    Needed,
    /// Over all samples, every time.
    Whole,
}

/// What a number of directions took and gave.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Losses that the searches asked for.
    pub losses: usize,
    /// What was found, in the order of the directions.
    pub flatness: Vec<DirectionFlatness>,
}

/// The 20 neighbouring directions (one a row) from `first` on; fewer at the end.
pub(crate) fn group(directions: &Array2<f64>, first: usize) -> ArrayView2<'_, f64> {
    let last = (first + NEIGHBOURS).min(directions.nrows());
    directions.slice_axis(Axis(0), Slice::from(first..last))
}

/// Measures neighbouring directions (one a row) one after the other, each search beginning where the one before ended.
///
/// # Errors
/// If a direction does not fit the landscape.
pub fn measure_neighbours(
    line: &mut Line<'_>,
    directions: ArrayView2<'_, f64>,
    l0: f64,
    kind: Losses,
) -> Result<Measured> {
    let search = FlatnessSearch::params().check()?;
    let mut losses = 0;
    let flatness = flatness_of_neighbours(directions.rows(), |direction, first_step| {
        line.set_direction(&direction.to_vec())?;
        let found = search.measure(l0, first_step, |offsets| {
            losses += offsets.len();
            match kind {
                Losses::Needed => line.search_losses(offsets),
                Losses::Whole => line.losses(offsets),
            }
        });
        anyhow::Ok(found?)
    })?;
    Ok(Measured { losses, flatness })
}

/// Measures groups of directions on the threads of the current pool.
///
/// # Errors
/// As [`measure_neighbours`].
pub fn in_parallel(landscape: &DenseLandscape, groups: &[ArrayView2<'_, f64>]) -> Result<Measured> {
    let l0 = landscape.reference_loss();
    let parts: Vec<Measured> = groups
        .par_iter()
        .map_init(|| landscape.line(), |line, group| measure_neighbours(line, *group, l0, Losses::Needed))
        .collect::<Result<_>>()?;
    Ok(Measured {
        losses: parts.iter().map(|part| part.losses).sum(),
        flatness: parts.into_iter().flat_map(|part| part.flatness).collect(),
    })
}

/// A pool of so many threads: what runs inside `install` uses no others.
///
/// # Errors
/// If the threads cannot be started.
pub fn threads(count: usize) -> Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
    pool.with_context(|| format!("cannot start {count} threads"))
}
