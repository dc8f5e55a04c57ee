//! Removing what a stage has left, and what follows from it.

use std::path::Path;

use varflat_files::remove;

use super::foreign::entries;
use crate::artifacts::{Stage, is_part_of_trajectory, names};
use crate::checkpoint;
use crate::error::Result;

/// Remove the finished files of a stage.
pub(super) fn remove_results(folder: &Path, stage: Stage) -> Result<()> {
    Ok(stage.results().try_for_each(|name| remove(&folder.join(name)))?)
}

/// Remove checkpoints and the parts of a trajectory.
pub(super) fn remove_partial_training(folder: &Path) -> Result<()> {
    checkpoint::discard_all(folder)?;
    remove(&folder.join(names::WALK))?;
    let parts = entries(folder)?.into_iter();
    Ok(parts
        .filter(|entry| is_part_of_trajectory(&entry.file_name().to_string_lossy()))
        .try_for_each(|entry| remove(&entry.path()))?)
}

/// Remove what only an unfinished stage needs.
pub(super) fn remove_partial(folder: &Path, stage: Stage) -> Result<()> {
    match stage {
        Stage::Train => remove_partial_training(folder),
        Stage::Flatness => Ok(remove(&folder.join(names::FLATNESS_PARTIAL))?),
        Stage::Pca | Stage::Fit => Ok(()),
    }
}
