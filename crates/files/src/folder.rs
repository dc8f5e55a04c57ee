//! Folders: making them, finding out whether they can be written to, and clearing drafts away.

use std::fs::File;
use std::path::Path;

use crate::{FileError, Result};

/// The ends of the names under which files are written before they take their own; the second is that of older versions' figures.
const DRAFTS: [&str; 2] = [".tmp", ".partial"];

/// Makes a folder and those above it, if they are not there.
///
/// # Errors
/// [`FileError::Io`] if it cannot be made; [`FileError::Malformed`] of a link that leads nowhere.
pub fn make_folder(path: &Path) -> Result<()> {
    if path.is_symlink() && !path.exists() {
        return Err(FileError::malformed(
            path,
            "is a symbolic link that leads nowhere; remove it, or choose another folder",
        ));
    }
    std::fs::create_dir_all(path).map_err(FileError::making(path))
}

/// Finds out whether files can be written in a folder, before anything is computed that would have to be.
///
/// # Errors
/// [`FileError::Io`] if they cannot.
pub fn probe(folder: &Path) -> Result<()> {
    let file = folder.join(format!(".probe.{}.tmp", std::process::id()));
    let written = std::fs::write(&file, "probe").map_err(FileError::writing(folder));
    // Of a full disk the empty file stays; one that was not made is not missed.
    let removed = remove(&file);
    written.and(removed)
}

/// Waits until the names in a folder are on the disk: a rename that a power cut undoes would otherwise be undone after what relied on
/// it (a checkpoint removed, a stage noted as done). A kill alone needs none of this.
///
/// # Errors
/// [`FileError::Io`] if the disk refuses.
pub fn sync_folder(folder: &Path) -> Result<()> {
    // Elsewhere a folder cannot be opened as a file.
    if cfg!(unix) {
        let opened = File::open(folder).map_err(FileError::reading(folder))?;
        match opened.sync_all() {
            // Some network file systems know no such thing.
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported
                ) => {}
            synced => synced.map_err(FileError::writing(folder))?,
        }
    }
    Ok(())
}

/// Clears away what a killed process was writing in a folder that nobody else is at work in.
///
/// # Errors
/// [`FileError::Io`] if the folder cannot be read, or a draft not removed.
pub fn remove_drafts(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(FileError::reading(folder))? {
        let draft = entry.map_err(FileError::reading(folder))?.path();
        let name = draft.file_name().unwrap_or_default().to_string_lossy();
        let ours = name.starts_with('.') || name.starts_with("trajectory.");
        if ours && DRAFTS.iter().any(|end| name.ends_with(end)) {
            remove_draft(&draft)?;
        }
    }
    Ok(())
}

/// Removes a file, if it is there.
///
/// # Errors
/// [`FileError::Io`] if it stays.
pub fn remove(path: &Path) -> Result<()> {
    if_there(path, std::fs::remove_file(path))
}

/// Removes a draft, be it a file or a folder with all that is in it, if it is there.
///
/// # Errors
/// [`FileError::Io`] if it stays.
pub fn remove_draft(path: &Path) -> Result<()> {
    if_there(path, if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) })
}

fn if_there(path: &Path, removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(FileError::removing(path)(error)),
        _ => Ok(()),
    }
}
