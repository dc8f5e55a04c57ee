//! Readers that are reached through no other public function, or only through a training; for `fuzz/` and its test alone.

use std::path::Path;

use varflat_files::read_npy;
use varflat_plot::Figure;

use crate::artifacts::names;
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::figures::drawing;
use crate::part::Source;
use crate::registry;
use crate::{RunFolder, report, stages};

/// The latest checkpoint of a training; whether there is one.
///
/// # Errors
/// What is wrong with it.
pub fn checkpoint(run: &Path) -> Result<bool> {
    Ok(Checkpoint::load(run)?.is_some())
}

/// The state of an unfinished walk; whether there is one.
///
/// # Errors
/// What is wrong with it.
pub fn walk(run: &RunFolder) -> Result<bool> {
    Ok(stages::unfinished_walk(run)?.is_some())
}

/// The rows of an unfinished flatness stage, and how many there are.
///
/// # Errors
/// What is wrong with them.
pub fn unfinished_flatness(run: &RunFolder) -> Result<usize> {
    Ok(stages::finished_rows(&run.file(names::FLATNESS_PARTIAL))?.len())
}

/// The profiles of a run, and how many there are.
///
/// # Errors
/// What is wrong with them.
pub fn profiles(run: &RunFolder) -> Result<usize> {
    Ok(stages::read_profiles(run)?.len())
}

/// The projections of a run: their shape.
///
/// # Errors
/// What is wrong with them.
pub fn projections(run: &RunFolder) -> Result<[usize; 2]> {
    Ok(read_npy(&run.file(names::PROJECTIONS))?.dim().into())
}

/// The replicates that the intervals of a run's fit rest on.
///
/// # Errors
/// What is wrong with them.
pub fn replicates(run: &RunFolder) -> Result<()> {
    stages::Uncertainty::read(run, None).map(drop)
}

/// The exponents of a run, computed again.
///
/// # Errors
/// What is wrong with the files they come from, or with the numbers in them.
pub fn fit(run: &RunFolder) -> Result<()> {
    stages::fitted(run).map(drop)
}

/// The figures whose tables are in a folder, drawn but not saved.
///
/// # Errors
/// What is wrong with a table.
pub fn figures(folder: &Path) -> Result<Vec<Figure>> {
    let source = Source::of(folder);
    let there = registry::all().filter(|part| folder.join(part.record).exists());
    let figures = there.flat_map(|part| part.figures.iter().map(move |figure| (part, figure)));
    figures.map(|(part, figure)| drawing(&source, part, figure)).collect()
}

/// What the report says of the tables in a folder, and how many claims it has.
///
/// # Errors
/// What is wrong with a table.
pub fn report(folder: &Path) -> Result<usize> {
    report::read(folder)
}
