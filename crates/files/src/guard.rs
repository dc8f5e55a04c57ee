//! What may lie in a folder that may come from anyone.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::{FileError, Result};

/// Refuses a folder with a pipe, a socket or a device in it: opening one would wait for ever, or do something.
///
/// # Errors
/// [`FileError::Malformed`] names it; [`FileError::Io`] if the folder cannot be read.
pub fn check_files(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(FileError::reading(folder))? {
        let path = entry.map_err(FileError::reading(folder))?.path();
        match fs::metadata(&path) {
            Ok(there) if there.is_file() || there.is_dir() => {}
            Ok(_) => {
                let problem = "is no ordinary file but a pipe, socket or device; take it out of the folder";
                return Err(FileError::malformed(&path, problem));
            }
            // Another process's draft that has gone, or a link that leads nowhere.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // Reading it will say so, if anything does.
            Err(_) => {}
        }
    }
    Ok(())
}

/// Whether a path is a symbolic link.
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.file_type().is_symlink())
}
