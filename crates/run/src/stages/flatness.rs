//! Stage 3: components + weights + data → loss landscape and flatness along each direction.

use serde::{Deserialize, Serialize};
use varflat_analysis::{DirectionFlatness, FlatnessSearch, FlatnessStatus, ParamGuard, TrajectoryPca};
use varflat_files::{Array, FileError, Npz, read_csv, write_csv, write_npz};

use super::partial::Partial;
use super::pca;
use super::surface::{Surface, with_surface};
use crate::context::Context;
use crate::error::Result;
use crate::experiment::{Components, Experiment, LandscapeSection, LangevinSection};
use crate::landscape::{IN_A_ROW, PROFILE_POINTS, across, component};
use crate::run_folder::{RunFolder, Stage, names};

/// One row of `flatness.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlatnessRow {
    /// Index i of the component, from 1.
    pub index: usize,
    /// Variance σ_i².
    pub variance: f64,
    /// Flatness F_i = θ_r − θ_l, where both crossings are known.
    pub flatness: Option<f64>,
    /// θ_l, the crossing on the left.
    pub left: Option<f64>,
    /// θ_r, the crossing on the right.
    pub right: Option<f64>,
    /// `found`, `censored` or `not_monotone`.
    pub status: FlatnessStatus,
}

impl FlatnessRow {
    /// What was found along the component `index`.
    pub fn of(index: usize, variance: f64, found: &DirectionFlatness) -> Self {
        Self {
            index,
            variance,
            flatness: found.flatness(),
            left: found.left.crossing(),
            right: found.right.crossing(),
            status: found.status(),
        }
    }

    /// Whether both crossings were found without doubt.
    pub fn is_found(&self) -> bool {
        self.status == FlatnessStatus::Found
    }
}

/// Measure every chosen direction; directions done by an interrupted attempt are kept.
pub(super) fn flatness(run: &RunFolder, context: &Context<'_>) -> Result<f64> {
    let data = super::load_data(run)?;
    with_surface(run, context.device, data.train, data.classes, |surface| measure(run, &surface, context))?;
    Ok(0.0)
}

fn measure(run: &RunFolder, surface: &Surface<'_>, context: &Context<'_>) -> Result<()> {
    let experiment = run.experiment();
    let section = &experiment.landscape;
    let pca = pca::read(run)?;
    let search = search(section)?;
    let chosen = measured(experiment, &pca);
    run.begin(Stage::Flatness)?;
    let (partial, mut rows) = Partial::open(&run.file(names::FLATNESS_PARTIAL))?;
    let groups: Vec<&[usize]> = chosen
        .chunks(IN_A_ROW)
        .filter(|group| !group.iter().all(|index| rows.iter().any(|row| row.index == *index)))
        .collect();
    let bar = context.bar("flatness", chosen.len() as u64);
    bar.set_position((chosen.len() - groups.iter().map(|group| group.len()).sum::<usize>()) as u64);
    context.go_on("flatness")?;
    let found = surface.flatness(
        &search,
        &groups,
        |index| component(&pca, index),
        |directions| bar.inc(directions),
        |group, found| {
            let found = rows_of(group, &pca, found);
            partial.append(&found)?;
            context.go_on("flatness")?;
            Ok(found)
        },
    )?;
    drop(bar);
    rows.extend(found.into_iter().flatten());
    rows.sort_by_key(|row| row.index);
    rows.dedup_by_key(|row| row.index);

    let profiles = profiles(surface, &pca, &rows, section)?;
    write_profiles(run, &profiles, surface.reference_loss(), section.factor)?;
    Ok(write_csv(&run.file(names::FLATNESS), &rows)?)
}

/// The search that an experiment asks for.
pub fn search(section: &LandscapeSection) -> Result<FlatnessSearch> {
    Ok(FlatnessSearch::params().factor(section.factor).radius(section.radius).check()?)
}

/// The components that an experiment measures.
pub fn measured(experiment: &Experiment, pca: &TrajectoryPca) -> Vec<usize> {
    // What a walk cannot reach is no direction of its own, only the rounding of f32.
    let confined = experiment.langevin.as_ref().and_then(LangevinSection::dimensions).unwrap_or(usize::MAX);
    let section = &experiment.landscape;
    chosen(section.components, pca.variance().len().min(confined).min(section.last.unwrap_or(usize::MAX)))
}

/// The components to measure, from 1: the first 50, then evenly spaced over the rest of the spectrum.
pub fn chosen(components: Components, available: usize) -> Vec<usize> {
    let count = match components {
        Components::All(_) => available,
        Components::Some(count) => count.min(available),
    };
    let leading = count.min(50);
    let mut chosen: Vec<usize> = (1..=leading).collect();
    let spaced = count - leading;
    chosen.extend((1..=spaced).map(|step| leading + step * (available - leading) / spaced));
    chosen
}

/// The rows of a group of directions.
pub fn rows_of(group: &[usize], pca: &TrajectoryPca, found: &[DirectionFlatness]) -> Vec<FlatnessRow> {
    let rows = group.iter().zip(found);
    rows.map(|(&index, found)| FlatnessRow::of(index, pca.variance()[index - 1], found)).collect()
}

/// L_i(δθ) of one direction, for drawing.
pub struct ProfileTable {
    pub index: usize,
    pub offset: Vec<f64>,
    pub loss: Vec<f64>,
}

/// Profiles of selected directions, from well outside one crossing to well outside the other.
fn profiles(
    surface: &Surface<'_>,
    pca: &TrajectoryPca,
    rows: &[FlatnessRow],
    section: &LandscapeSection,
) -> Result<Vec<ProfileTable>> {
    let mut selected: Vec<&FlatnessRow> =
        section.profiles.iter().filter_map(|index| rows.iter().find(|row| row.index >= *index)).collect();
    selected.dedup_by_key(|row| row.index);
    let offsets =
        |row: &FlatnessRow| across(row.left.unwrap_or(-section.radius), row.right.unwrap_or(section.radius));
    let lines: Vec<(Vec<f64>, Vec<f64>)> =
        selected.iter().map(|row| (component(pca, row.index), offsets(row))).collect();
    let losses = surface.losses(&lines)?;
    let profiles = selected.into_iter().zip(lines).zip(losses);
    Ok(profiles.map(|((row, (_, offset)), loss)| ProfileTable { index: row.index, offset, loss }).collect())
}

fn write_profiles(run: &RunFolder, profiles: &[ProfileTable], l0: f64, factor: f64) -> Result<()> {
    let flat = |pick: fn(&ProfileTable) -> &Vec<f64>| -> Vec<f64> {
        profiles.iter().flat_map(|profile| pick(profile).clone()).collect()
    };
    let (offset, loss) = (flat(|profile| &profile.offset), flat(|profile| &profile.loss));
    let shape = vec![profiles.len(), PROFILE_POINTS];
    Ok(write_npz(
        &run.file(names::LANDSCAPE),
        &[
            ("l0", Array::scalar(&l0)),
            ("factor", Array::scalar(&factor)),
            ("index", Array::Integer(profiles.iter().map(|profile| profile.index as i64).collect())),
            ("offset", Array::Double(shape.clone(), &offset)),
            ("loss", Array::Double(shape, &loss)),
        ],
    )?)
}

/// L_0 of a run.
pub fn read_l0(run: &RunFolder) -> Result<f64> {
    Ok(Npz::open(&run.checked(names::LANDSCAPE)?)?.scalar("l0")?)
}

/// Profiles of a run.
pub fn read_profiles(run: &RunFolder) -> Result<Vec<ProfileTable>> {
    let path = run.checked(names::LANDSCAPE)?;
    let mut npz = Npz::open(&path)?;
    let offset: ndarray::Array2<f64> = npz.shaped("offset")?;
    let loss: ndarray::Array2<f64> = npz.shaped("loss")?;
    let index = npz.counts("index")?;
    let rows = offset.rows().into_iter().zip(loss.rows());
    Ok(index
        .into_iter()
        .zip(rows)
        .map(|(index, (offset, loss))| ProfileTable { index, offset: offset.to_vec(), loss: loss.to_vec() })
        .collect())
}

/// All rows of `flatness.csv`.
pub fn read_rows(run: &RunFolder) -> Result<Vec<FlatnessRow>> {
    Ok(read_csv(&run.checked(names::FLATNESS)?)?)
}

/// The same where each is a row of one of these components.
pub fn read_rows_along(run: &RunFolder, pca: &TrajectoryPca) -> Result<Vec<FlatnessRow>> {
    let (rows, there) = (read_rows(run)?, pca.variance().len());
    match rows.iter().find(|row| !(1..=there).contains(&row.index)) {
        None => Ok(rows),
        Some(row) => {
            let problem = format!("has a row of component {}, but pca.npz has 1 to {there}", row.index);
            Err(FileError::malformed(&run.file(names::FLATNESS), problem).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::All;

    #[test]
    fn the_first_fifty_and_the_last_are_always_chosen() {
        assert_eq!(chosen(Components::All(All::All), 2500), (1..=2500).collect::<Vec<_>>());
        let some = chosen(Components::Some(150), 2500);
        assert_eq!(some.len(), 150);
        assert_eq!(some[..50], (1..=50).collect::<Vec<_>>());
        assert_eq!(some[149], 2500);
        assert!(some.is_sorted_by(|a, b| a < b));
        assert_eq!(chosen(Components::Some(30), 2500).len(), 30);
        assert_eq!(chosen(Components::Some(150), 60), (1..=60).collect::<Vec<_>>());
    }
}
