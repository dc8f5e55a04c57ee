//! The state of an unfinished training: a folder that appears whole, by rename.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use varflat_files::{
    Array, FileError, FileSum, Npz, read_bytes, read_sealed, remove_draft, sync_folder, write_npz,
    write_sealed, write_whole,
};
use varflat_model::{Metrics, Precision};
use varflat_recorder::{Segment, WindowMeanState};

use crate::error::{Error, Remedy, Result};
use crate::names;
use crate::weights::{self, NamedWeights};

/// Everything that training needs to go on as if it had never stopped.
pub struct Checkpoint {
    pub(crate) network: Vec<NamedWeights>,
    /// burn's own record of the optimizer state.
    pub(crate) optimizer: Vec<u8>,
    /// Running sums of every parameter, by path.
    pub(crate) means: Vec<(String, WindowMeanState)>,
    pub(crate) state: CheckpointState,
}

/// The small part of a checkpoint.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CheckpointState {
    pub(crate) step: u64,
    pub(crate) metrics: Vec<Metrics>,
    /// Wall time of training so far.
    pub(crate) seconds: f64,
    pub(crate) backend: String,
    /// The other files of the checkpoint, as they were written.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, FileSum>,
}

/// The files beside `state.json`.
const FILES: [&str; 3] = ["weights.npz", "optimizer.bin", "means.npz"];

impl Checkpoint {
    /// Save beside the checkpoint before it, then remove that one. Weights are kept in the numbers that the network computes with.
    pub(crate) fn save(&self, run: &Path, precision: Precision) -> Result<()> {
        let place = run.join(format!("{}-{:012}", names::CHECKPOINT, self.state.step));
        if place.exists() {
            // The state after a step is the same however often it is reached.
            return Ok(());
        }
        let draft = draft(run);
        remove_draft(&draft)?;
        std::fs::create_dir_all(&draft).map_err(FileError::writing(&draft))?;
        weights::write(&draft.join("weights.npz"), &self.network, precision.into())?;
        write_whole(&draft.join("optimizer.bin"), |file| std::io::Write::write_all(file, &self.optimizer))?;
        let mut arrays: Vec<(String, Array<'_>)> = Vec::new();
        for (path, mean) in &self.means {
            let first: Vec<i64> = mean.segments.iter().map(|s| s.first_row as i64).collect();
            arrays.push((format!("{path}/rows"), Array::Integer(vec![mean.rows as i64])));
            arrays.push((format!("{path}/first"), Array::Integer(first)));
            for (position, segment) in mean.segments.iter().enumerate() {
                let shape = vec![segment.sum.len()];
                arrays.push((format!("{path}/{position}"), Array::Double(shape, &segment.sum)));
            }
        }
        write_npz(&draft.join("means.npz"), &arrays)?;
        let files = FileSum::of_all(&draft, &FILES)?;
        write_sealed(&draft.join("state.json"), &CheckpointState { files, ..self.state.clone() })?;
        std::fs::rename(&draft, &place).map_err(FileError::writing(&place))?;
        sync_folder(run)?;
        saved(run)?.iter().filter(|folder| **folder != place).try_for_each(|older| discard(run, older))
    }

    /// The latest checkpoint of a run, if there is one.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not as it was written; [`Error::File`] if the folder cannot be read.
    pub fn load(run: &Path) -> Result<Option<Self>> {
        let Some(folder) = saved(run)?.pop() else { return Ok(None) };
        let damaged = |error: Error| Error::malformed(&folder, error.to_string(), Remedy::BeginAgain);
        Self::read(&folder).map(Some).map_err(damaged)
    }

    fn read(folder: &Path) -> Result<Self> {
        let state: CheckpointState = read_sealed(&folder.join("state.json"))?;
        for (name, known) in FILES.iter().filter_map(|name| Some((name, state.files.get(*name)?))) {
            let path = folder.join(name);
            if let Some(difference) = known.difference(&FileSum::of(&path)?) {
                let problem =
                    format!("is not the file that was written here ({difference}): damaged or changed since");
                return Err(FileError::malformed(&path, problem).into());
            }
        }
        let optimizer = folder.join("optimizer.bin");
        let mut npz = Npz::open(&folder.join("means.npz"))?;
        let paths: Vec<String> = npz
            .names()?
            .into_iter()
            .filter_map(|name| name.strip_suffix("/rows").map(str::to_owned))
            .collect();
        let mut means = Vec::new();
        for path in paths {
            let rows = npz.counts(&format!("{path}/rows"))?;
            let first = npz.counts(&format!("{path}/first"))?;
            let segments = first
                .into_iter()
                .enumerate()
                .map(|(position, first_row)| {
                    let sum: ndarray::Array1<f64> = npz.shaped(&format!("{path}/{position}"))?;
                    Ok(Segment { first_row: first_row as u64, sum: sum.to_vec() })
                })
                .collect::<Result<_>>()?;
            let rows = rows.first().copied().unwrap_or(0) as u64;
            means.push((path, WindowMeanState { rows, segments }));
        }
        Ok(Self {
            network: weights::read(&folder.join("weights.npz"))?,
            optimizer: read_bytes(&optimizer)?,
            means,
            state,
        })
    }
}

/// The step of the latest checkpoint of a run, if there is one: its name says so.
///
/// # Errors
/// [`Error::File`] if the folder cannot be read.
pub fn step(run: &Path) -> Result<Option<u64>> {
    let latest = saved(run)?.pop();
    Ok(latest.and_then(|folder| folder.file_name()?.to_str()?.rsplit('-').next()?.parse().ok()))
}

/// Remove every checkpoint of a run.
pub(crate) fn discard_all(run: &Path) -> Result<()> {
    saved(run)?.iter().try_for_each(|folder| discard(run, folder))
}

/// Remove a checkpoint. It loses its name first: a kill in between leaves no half of one.
fn discard(run: &Path, folder: &Path) -> Result<()> {
    let draft = draft(run);
    remove_draft(&draft)?;
    std::fs::rename(folder, &draft).map_err(FileError::removing(folder))?;
    Ok(remove_draft(&draft)?)
}

/// The name of a checkpoint that is not whole.
fn draft(run: &Path) -> PathBuf {
    run.join(format!(".{}.tmp", names::CHECKPOINT))
}

/// Checkpoint folders, the latest last.
fn saved(run: &Path) -> Result<Vec<PathBuf>> {
    let prefix = format!("{}-", names::CHECKPOINT);
    let entries = std::fs::read_dir(run).map_err(FileError::reading(run))?;
    // One that could not be seen would be trained over.
    let entries: Vec<std::fs::DirEntry> =
        entries.collect::<std::io::Result<_>>().map_err(FileError::reading(run))?;
    let mut folders: Vec<PathBuf> = entries
        .into_iter()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    Ok(folders)
}
