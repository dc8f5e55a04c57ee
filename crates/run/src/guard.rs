//! What may lie in a run folder, which may come from anyone.
//!
//! Reading a result through a symbolic link is allowed: a large trajectory may be kept on another disk. Writing through one is
//! not: it would change a file outside of the folder that its owner never named.

use std::fs;
use std::path::Path;

use varflat_files::FileError;

use crate::artifacts::{is_partial, names};
use crate::error::Result;

/// Refuse to work in a folder in which a file that is written in place, or what an unfinished stage goes on from, is a symbolic
/// link. All other files are replaced by a rename, which replaces the link itself; those of a finished stage, `trained`, are
/// only read.
///
/// # Errors
/// [`Error::File`](crate::Error::File) names the link, or says that the folder cannot be read.
pub(crate) fn check_links(folder: &Path, trained: bool) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(FileError::reading(folder))? {
        let entry = entry.map_err(FileError::reading(folder))?;
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if is_link && is_in_place(&entry.file_name().to_string_lossy(), trained) {
            return Err(FileError::malformed(&entry.path(), OUTSIDE).into());
        }
    }
    Ok(())
}

const OUTSIDE: &str =
    "is a symbolic link, and varflat writes nothing outside of the folder it was given; remove the link";

/// Whether a file of this name is written or continued where it lies.
fn is_in_place(name: &str, trained: bool) -> bool {
    name == names::LOCK
        || is_partial(name)
        || (!trained && [names::TRAJECTORY, names::TRAJECTORY_INFO].contains(&name))
}
