//! Opening what is an ordinary file, and nothing else.

use std::fs::File;
use std::path::Path;

use crate::text;
use crate::{FileError, Result};

/// What is said of a pipe, a socket or a device. It may be one that the whole system needs: nobody is told to remove it.
pub const NO_FILE: &str =
    "is no ordinary file but a pipe, socket or device; name a file, or copy what it gives into one";

/// Opens a file for reading. What is no file, such as a pipe, is refused before it can keep anyone waiting.
///
/// # Errors
/// [`FileError::Io`] if it cannot be opened; [`FileError::Malformed`] if it is no ordinary file.
pub fn open(path: &Path) -> Result<File> {
    let there = std::fs::metadata(path).map_err(FileError::reading(path))?;
    if there.is_dir() {
        let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(FileError::reading(path)(source));
    }
    if !there.is_file() {
        return Err(FileError::malformed(path, NO_FILE));
    }
    File::open(path).map_err(FileError::reading(path))
}

/// The whole of a text file, in UTF-8.
///
/// # Errors
/// As [`open`]; [`FileError::Malformed`] if it is no such text.
pub fn read_text(path: &Path) -> Result<String> {
    text::decoded(read_bytes(path)?).map_err(|problem| FileError::malformed(path, problem))
}

/// The whole of a file.
///
/// # Errors
/// As [`open`].
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut open(path)?, &mut bytes).map_err(FileError::reading(path))?;
    Ok(bytes)
}
