//! Stage 3: components + weights + data → loss landscape and flatness along each direction.

use std::sync::{Mutex, PoisonError};

use varflat_analysis::{DirectionFlatness, FlatnessSearch, NEIGHBOURS, ParamGuard, TrajectoryPca};
use varflat_files::{FileError, Npz};

use super::around::with_landscape;
use super::partial::Partial;
use crate::artifacts::{FLATNESS, LANDSCAPE, PCA};
use crate::contents::{FlatnessRow, ProfileTable, Profiles};
use crate::context::Context;
use crate::error::Result;
use crate::experiment::{Experiment, LandscapeSection, LangevinSection};
use crate::landscape::{Groups, Landscape, component, profile_offsets};
use crate::run_folder::{RunFolder, RunWriter, Stage, names};

/// Measure every selected direction; directions done by an interrupted attempt are kept. Returns the seconds it took.
pub(super) fn flatness(run: &RunWriter<'_>, context: &Context<'_>) -> Result<f64> {
    let data = super::load_data(run)?;
    with_landscape(run, context.device, data.train, data.classes, |landscape, device| {
        let (pca, experiment) = (run.read(&PCA)?, run.experiment());
        let search = search(&experiment.landscape)?;
        let stage = run.begin(Stage::Flatness)?;
        stage.note(|record| device.clone_into(&mut record.landscape_device))?;
        let (partial, done) = Partial::open(&stage.partial(names::FLATNESS_PARTIAL))?;
        let rows = rows(experiment, landscape, (&pca, &search), (partial, done), context)?;
        stage.write(&LANDSCAPE, &profiles(experiment, landscape, &pca, &rows)?)?;
        stage.write(&FLATNESS, &rows)?;
        stage.finish()
    })
}

/// A row for every direction that the experiment asks for. Those that are done already are not measured again; what is found goes to
/// the unfinished file group by group.
fn rows(
    experiment: &Experiment,
    landscape: &dyn Landscape,
    (pca, search): (&TrajectoryPca, &FlatnessSearch),
    (partial, mut rows): (Partial, Vec<FlatnessRow>),
    context: &Context<'_>,
) -> Result<Vec<FlatnessRow>> {
    let selected = selected_components(experiment, pca);
    let groups: Vec<&[usize]> = selected
        .chunks(NEIGHBOURS)
        .filter(|group| !group.iter().all(|index| rows.iter().any(|row| row.index == *index)))
        .collect();
    let bar = context.bar("flatness", selected.len() as u64);
    bar.set_position((selected.len() - groups.iter().map(|group| group.len()).sum::<usize>()) as u64);
    context.go_on("flatness")?;
    let found = Mutex::new(Vec::new());
    let take = |group: &[usize], flatness: &[DirectionFlatness]| {
        let rows = rows_of(group, pca, flatness);
        partial.append(&rows)?;
        found.lock().unwrap_or_else(PoisonError::into_inner).extend(rows);
        context.go_on("flatness")
    };
    let (direction, done) = (|index| component(pca, index), |directions| bar.inc(directions));
    let groups = Groups { members: &groups, direction: &direction, done: &done, take: &take };
    landscape.flatness_of_groups(search, &groups)?;
    rows.extend(found.into_inner().unwrap_or_else(PoisonError::into_inner));
    rows.sort_by_key(|row| row.index);
    rows.dedup_by_key(|row| row.index);
    Ok(rows)
}

/// The search that an experiment asks for.
///
/// # Errors
/// [`Error::Analysis`](crate::Error::Analysis) for a level or a radius that makes no search.
pub fn search(section: &LandscapeSection) -> Result<FlatnessSearch> {
    Ok(FlatnessSearch::params().factor(section.factor).radius(section.radius).check()?)
}

/// The components that an experiment measures.
pub fn selected_components(experiment: &Experiment, pca: &TrajectoryPca) -> Vec<usize> {
    // What a walk cannot reach is no direction of its own, only the rounding of f32.
    let confined = experiment.langevin.as_ref().and_then(LangevinSection::dimensions).unwrap_or(usize::MAX);
    let section = &experiment.landscape;
    section.components.selected(pca.variance().len().min(confined).min(section.last.unwrap_or(usize::MAX)))
}

/// The rows of a group of directions.
pub fn rows_of(group: &[usize], pca: &TrajectoryPca, found: &[DirectionFlatness]) -> Vec<FlatnessRow> {
    let rows = group.iter().zip(found);
    rows.map(|(&index, found)| FlatnessRow::of(index, pca.variance()[index - 1], found)).collect()
}

/// Profiles of selected directions, from well outside one crossing to well outside the other.
fn profiles(
    experiment: &Experiment,
    landscape: &dyn Landscape,
    pca: &TrajectoryPca,
    rows: &[FlatnessRow],
) -> Result<Profiles> {
    let section = &experiment.landscape;
    let mut selected: Vec<&FlatnessRow> =
        section.profiles.iter().filter_map(|index| rows.iter().find(|row| row.index >= *index)).collect();
    selected.dedup_by_key(|row| row.index);
    let offsets = |row: &FlatnessRow| {
        profile_offsets(row.left.unwrap_or(-section.radius), row.right.unwrap_or(section.radius))
    };
    let lines: Vec<(Vec<f64>, Vec<f64>)> =
        selected.iter().map(|row| (component(pca, row.index), offsets(row))).collect();
    let losses = landscape.profiles(&lines)?;
    let profiles = selected.into_iter().zip(lines).zip(losses);
    let directions =
        profiles.map(|((row, (_, offset)), loss)| ProfileTable { index: row.index, offset, loss });
    Ok(Profiles { l0: landscape.reference_loss(), factor: section.factor, directions: directions.collect() })
}

/// L_0 of a run.
///
/// # Errors
/// [`Error::File`](crate::Error::File) if `landscape.npz` is missing or damaged.
pub fn read_l0(run: &RunFolder) -> Result<f64> {
    Ok(Npz::open(&run.checked(names::LANDSCAPE)?)?.scalar("l0")?)
}

/// The rows of `flatness.csv`, where each is a row of one of these components.
///
/// # Errors
/// [`Error::File`](crate::Error::File) if the file is missing, damaged or has a row of another component.
pub fn read_rows_along(run: &RunFolder, pca: &TrajectoryPca) -> Result<Vec<FlatnessRow>> {
    let (rows, there) = (run.read(&FLATNESS)?, pca.variance().len());
    match rows.iter().find(|row| !(1..=there).contains(&row.index)) {
        None => Ok(rows),
        Some(row) => {
            let problem = format!("has a row of component {}, but pca.npz has 1 to {there}", row.index);
            Err(FileError::malformed(&run.file(names::FLATNESS), problem).into())
        }
    }
}
