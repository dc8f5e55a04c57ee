//! Where a recording stands that is to be continued.

use std::{collections::VecDeque, fs, path::Path};

use varflat_files::remove;

use super::{
    info::Sidecar,
    parts::{Part, list_parts, npy_path, part_path},
    reader::Rows,
};
use crate::{RecorderError, TrajectoryInfo};

/// `trajectory.npy` of a `Keep::All` recording, cut to its first `rows` rows.
pub(super) fn find_single_file(
    folder: &Path,
    info: &TrajectoryInfo,
    rows: u64,
    next_step: u64,
) -> Result<Part, RecorderError> {
    let missing = |available| RecorderError::MissingRows {
        folder: folder.to_path_buf(),
        next_step,
        from: info.first_step,
        available,
    };
    let path = npy_path(folder);
    if !path.exists() {
        return Err(missing(0));
    }
    let recorded = check_same_recording(folder, info)?;
    if recorded.first_step != info.first_step {
        return Err(mismatch(folder, "first_step", recorded.first_step, info.first_step));
    }
    let available = Rows::open(&path)?.available;
    if available < rows {
        return Err(missing(available));
    }
    Ok(Part { path, first_row: 0, rows })
}

/// The parts of a `Keep::Last` recording: full ones, and the one that row `rows` comes to, cut before it.
pub(super) fn find_parts(
    folder: &Path,
    info: &TrajectoryInfo,
    window: u64,
    rows: u64,
    next_step: u64,
) -> Result<(VecDeque<Part>, Part), RecorderError> {
    let stride = info.stride()?;
    let recorded = check_same_recording(folder, info)?;
    let mut files = list_parts(folder)?;
    let mut dropped = Vec::new();
    let finished = npy_path(folder);
    if finished.exists() {
        // The window of a finished recording is the first part of its continuation; parts beside it are what a kill left.
        dropped.extend(files.into_iter().map(|(_, part)| part));
        files = vec![(recorded.first_step, finished.clone())];
    }

    let needed = window.min(rows);
    let mut parts: VecDeque<Part> = VecDeque::new();
    // Newest first: each part has to end where the one after it begins.
    let mut end = rows;
    for (first_step, path) in files.into_iter().rev() {
        if !stride.wants(first_step) {
            return Err(RecorderError::Format {
                path,
                expected: format!("a part that begins at step {} + k·{}", info.first_step, info.every),
                found: format!("one that begins at step {first_step}"),
            });
        }
        let first_row = stride.rows_before(first_step);
        let available = Rows::open(&path)?.available;
        if first_row < end && first_row + available >= end && rows - end < needed {
            parts.push_front(Part { path, first_row, rows: end - first_row });
            end = first_row;
        } else {
            dropped.push(path);
        }
    }
    match parts.pop_back() {
        Some(mut current) if rows - end >= needed => {
            for path in dropped {
                remove(&path)?;
            }
            if current.path == finished {
                current.path = part_path(folder, recorded.first_step);
                fs::rename(&finished, &current.path).map_err(RecorderError::write(&finished))?;
            }
            Ok((parts, current))
        }
        _ => Err(RecorderError::MissingRows {
            folder: folder.to_path_buf(),
            next_step,
            from: stride.step(rows - needed),
            available: rows - end,
        }),
    }
}

/// What `trajectory.json` says, when that is the layer, shape and stride asked for.
fn check_same_recording(folder: &Path, info: &TrajectoryInfo) -> Result<TrajectoryInfo, RecorderError> {
    let recorded = Sidecar::read(folder)?.info;
    if recorded.layer != info.layer {
        return Err(mismatch(folder, "layer", &recorded.layer, &info.layer));
    }
    if recorded.shape != info.shape {
        return Err(mismatch(folder, "shape", format!("{:?}", recorded.shape), format!("{:?}", info.shape)));
    }
    if recorded.every != info.every {
        return Err(mismatch(folder, "every", recorded.every, info.every));
    }
    Ok(recorded)
}

fn mismatch(
    folder: &Path,
    what: &'static str,
    recorded: impl ToString,
    asked: impl ToString,
) -> RecorderError {
    RecorderError::Mismatch {
        path: Sidecar::path(folder),
        what,
        recorded: recorded.to_string(),
        asked: asked.to_string(),
    }
}
