//! The files of a recording and their names.

use std::path::{Path, PathBuf};

use crate::RecorderError;

/// A file of consecutive rows, the first of which is row `first_row` of the recording.
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) first_row: u64,
    pub(super) rows: u64,
}

impl Part {
    pub(super) fn end(&self) -> u64 {
        self.first_row + self.rows
    }
}

pub(super) fn npy_path(folder: &Path) -> PathBuf {
    folder.join("trajectory.npy")
}

pub(super) fn part_path(folder: &Path, first_step: u64) -> PathBuf {
    folder.join(format!("trajectory.part-{first_step}.npy"))
}

/// The step of a part's first row, which its name says.
pub(super) fn part_first_step(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("trajectory.part-")?.strip_suffix(".npy")?.parse().ok()
}

/// The parts in a folder and the step of their first row, oldest first.
pub(super) fn list_parts(folder: &Path) -> Result<Vec<(u64, PathBuf)>, RecorderError> {
    let mut parts = Vec::new();
    for entry in folder.read_dir().map_err(RecorderError::read(folder))? {
        let path = entry.map_err(RecorderError::read(folder))?.path();
        if let Some(first_step) = part_first_step(&path) {
            parts.push((first_step, path));
        }
    }
    parts.sort_unstable();
    Ok(parts)
}
