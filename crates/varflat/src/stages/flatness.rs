//! Stage 3: components + weights + data → loss landscape and flatness along each direction.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use varflat_analysis::{DirectionFlatness, FlatnessSearch, FlatnessStatus, ParamGuard, TrajectoryPca};
use varflat_model::data::ImageSet;
use varflat_model::device::{self, Backend};
use varflat_model::{DenseLandscape, DenseNetwork};

use super::pca;
use crate::error::{Error, Result};
use crate::experiment::{Components, LangevinSection};
use crate::files::{Array, Npz, read_csv, write_csv, write_npz};
use crate::landscape::{IN_A_ROW, Landscape, PROFILE_POINTS, across, component, in_a_row};
use crate::run_folder::{RunFolder, Stage, names};
use crate::{interrupt, progress};

/// Directions whose profile L_i(δθ) is written out: the first measured one from each of these on.
const PROFILED: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 300, 1000, 2000];

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
    pub(crate) fn of(index: usize, variance: f64, found: &DirectionFlatness) -> Self {
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
///
/// On the CPU the host's own landscape does it, whatever backend trained; a GPU measures a group of directions at once.
pub(super) fn flatness(run: &RunFolder, device: Option<&str>) -> Result<f64> {
    let experiment = run.experiment();
    let section = &experiment.landscape;
    let pca = pca::read(run)?;
    let network = run.centre(section.around)?;
    let data = super::load_data(run)?;
    let layer = &experiment.recorder.layer;
    let gpu = on_gpu(run, device, &network, &data.train)?;
    let landscape = DenseLandscape::new(&network, layer, &data.train)?;
    drop(data);
    let l0 = landscape.reference_loss();
    let search = FlatnessSearch::params().factor(section.factor).radius(section.radius).check()?;

    // What a walk cannot reach is no direction of its own, only the rounding of f32.
    let confined = experiment.langevin.as_ref().and_then(LangevinSection::dimensions).unwrap_or(usize::MAX);
    let chosen = chosen(section.components, pca.variance().len().min(confined));
    run.begin(Stage::Flatness)?;
    let partial = run.file(names::FLATNESS_PARTIAL);
    let mut rows = finished_rows(&partial)?;
    let groups: Vec<&[usize]> = chosen
        .chunks(IN_A_ROW)
        .filter(|group| !group.iter().all(|index| rows.iter().any(|row| row.index == *index)))
        .collect();
    let bar = progress::bar("flatness", chosen.len() as u64);
    bar.set_position((chosen.len() - groups.iter().map(|group| group.len()).sum::<usize>()) as u64);
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&partial)
        .map_err(Error::writing(&partial))?;
    let file = Mutex::new(file);
    let finish = |found: Vec<FlatnessRow>| -> Result<Vec<FlatnessRow>> {
        append(&file, &partial, &found)?;
        if interrupt::asked() { Err(Error::Interrupted { stage: "flatness" }) } else { Ok(found) }
    };
    let measured: Vec<Vec<FlatnessRow>> = match &gpu {
        Some(gpu) => groups
            .into_iter()
            .map(|group| {
                let directions: Vec<Vec<f64>> = group.iter().map(|&index| component(&pca, index)).collect();
                let found = gpu.flatness(&search, &directions)?;
                bar.inc(group.len() as u64);
                finish(rows_of(group, &pca, &found))
            })
            .collect::<Result<_>>()?,
        None => groups
            .into_par_iter()
            .map_init(
                || landscape.line(),
                |line, group| {
                    if interrupt::asked() {
                        return Err(Error::Interrupted { stage: "flatness" });
                    }
                    let directions = group.iter().map(|&index| component(&pca, index));
                    let found = in_a_row(line, &search, directions, || bar.inc(1))?;
                    finish(rows_of(group, &pca, &found))
                },
            )
            .collect::<Result<_>>()?,
    };
    bar.finish_and_clear();
    rows.extend(measured.into_iter().flatten());
    rows.sort_by_key(|row| row.index);
    rows.dedup_by_key(|row| row.index);

    let profiles = profiles(&landscape, &pca, &rows, section.radius)?;
    write_profiles(run, &profiles, l0, section.factor)?;
    write_csv(&run.file(names::FLATNESS), &rows)?;
    Ok(0.0)
}

/// The components to measure, from 1: the first 50, then evenly spaced over the rest of the spectrum.
pub(crate) fn chosen(components: Components, available: usize) -> Vec<usize> {
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
fn rows_of(group: &[usize], pca: &TrajectoryPca, found: &[DirectionFlatness]) -> Vec<FlatnessRow> {
    let rows = group.iter().zip(found);
    rows.map(|(&index, found)| FlatnessRow::of(index, pca.variance()[index - 1], found)).collect()
}

/// The landscape on a GPU, if that is the device asked for or, without one, the device that trained the run.
#[cfg(feature = "train")]
fn on_gpu(
    run: &RunFolder,
    device: Option<&str>,
    network: &DenseNetwork,
    set: &ImageSet,
) -> Result<Option<Box<dyn Landscape>>> {
    let trained = run.record()?.backend;
    let compiled = Backend::compiled().into_iter().find(|backend| backend.name() == trained);
    let open = device::open(device.or(compiled.map(Backend::name)))?;
    let words = if open.on_host { device::HOST_LANDSCAPE.to_owned() } else { open.description.clone() };
    run.update(|record| record.landscape_device = words)?;
    if open.on_host {
        return Ok(None);
    }
    let layer = &run.experiment().recorder.layer;
    Ok(Some(Box::new(varflat_model::DeviceLandscape::new(network, layer, set, &open)?)))
}

/// Without a backend there is none.
#[cfg(not(feature = "train"))]
fn on_gpu(
    run: &RunFolder,
    device: Option<&str>,
    _: &DenseNetwork,
    _: &ImageSet,
) -> Result<Option<Box<dyn Landscape>>> {
    device.map(|name| Backend::choose(Some(name))).transpose()?;
    run.update(|record| device::HOST_LANDSCAPE.clone_into(&mut record.landscape_device))?;
    Ok(None)
}

/// Append whole rows in one write, so that a kill leaves at most one broken line, the last.
fn append(file: &Mutex<std::fs::File>, path: &Path, rows: &[FlatnessRow]) -> Result<()> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let text = rows
        .iter()
        .try_for_each(|row| writer.serialize(row))
        .map_err(std::io::Error::other)
        .and_then(|()| writer.into_inner().map_err(|error| std::io::Error::other(error.to_string())));
    let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    text.and_then(|text| file.write_all(&text)).map_err(Error::writing(path))
}

/// Rows of an interrupted attempt. A broken last line is dropped; its group is measured again.
fn finished_rows(partial: &Path) -> Result<Vec<FlatnessRow>> {
    let text = match std::fs::read_to_string(partial) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::reading(partial)(error)),
    };
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    if whole.len() < text.len() {
        // The next row must not continue the broken line.
        crate::files::write_whole(partial, |file| file.write_all(whole.as_bytes()))?;
    }
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(whole.as_bytes())
        .deserialize()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| {
            Error::malformed(partial, format!("{error}; delete it and run `varflat flatness` again"))
        })
}

/// L_i(δθ) of one direction, for drawing.
pub(crate) struct ProfileTable {
    pub(crate) index: usize,
    pub(crate) offset: Vec<f64>,
    pub(crate) loss: Vec<f64>,
}

/// Profiles of selected directions, from well outside one crossing to well outside the other.
fn profiles(
    landscape: &DenseLandscape,
    pca: &TrajectoryPca,
    rows: &[FlatnessRow],
    radius: f64,
) -> Result<Vec<ProfileTable>> {
    let mut selected: Vec<&FlatnessRow> =
        PROFILED.iter().filter_map(|index| rows.iter().find(|row| row.index >= *index)).collect();
    selected.dedup_by_key(|row| row.index);
    selected
        .into_par_iter()
        .map_init(
            || landscape.line(),
            |line, row| {
                let (left, right) = (row.left.unwrap_or(-radius), row.right.unwrap_or(radius));
                let offset = across(left, right);
                line.aim(&component(pca, row.index))?;
                Ok(ProfileTable { index: row.index, loss: line.losses(&offset), offset })
            },
        )
        .collect()
}

fn write_profiles(run: &RunFolder, profiles: &[ProfileTable], l0: f64, factor: f64) -> Result<()> {
    let flat = |pick: fn(&ProfileTable) -> &Vec<f64>| -> Vec<f64> {
        profiles.iter().flat_map(|profile| pick(profile).clone()).collect()
    };
    let (offset, loss) = (flat(|profile| &profile.offset), flat(|profile| &profile.loss));
    let shape = vec![profiles.len(), PROFILE_POINTS];
    write_npz(
        &run.file(names::LANDSCAPE),
        &[
            ("l0", Array::scalar(&l0)),
            ("factor", Array::scalar(&factor)),
            ("index", Array::Integer(profiles.iter().map(|profile| profile.index as i64).collect())),
            ("offset", Array::Double(shape.clone(), &offset)),
            ("loss", Array::Double(shape, &loss)),
        ],
    )
}

/// L_0 of a run.
pub(super) fn read_l0(run: &RunFolder) -> Result<f64> {
    Npz::open(&run.file(names::LANDSCAPE))?.scalar("l0")
}

/// Profiles of a run.
pub(crate) fn read_profiles(run: &RunFolder) -> Result<Vec<ProfileTable>> {
    let path = run.file(names::LANDSCAPE);
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
pub(crate) fn read_rows(run: &RunFolder) -> Result<Vec<FlatnessRow>> {
    read_csv(&run.file(names::FLATNESS))
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
