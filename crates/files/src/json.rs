//! JSON files, plain and closed by their own checksum.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::checksum::{Seal, seal, sealed};
use crate::{FileError, Result, read_text, write_whole};

/// Writes `value` as indented JSON.
///
/// # Errors
/// [`FileError::Io`] if it cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_whole(path, |file| {
        serde_json::to_writer_pretty(&mut *file, value)?;
        writeln!(file)
    })
}

/// Writes `value` as indented JSON that is closed by the SHA-256 of all that stands before.
///
/// # Errors
/// [`FileError::Io`] if it cannot be written.
pub fn write_sealed(path: &Path, value: &impl Serialize) -> Result<()> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| FileError::malformed(path, error.to_string()))?;
    write_whole(path, |file| file.write_all(sealed(&text).as_bytes()))
}

/// Reads such a file, which must be as it was written. One from before files were sealed is taken as it is.
///
/// # Errors
/// As [`read_json`]; [`FileError::Malformed`] if its seal is broken.
pub fn read_sealed<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_text(path)?;
    let value = parsed(path, &text)?;
    match seal(&text) {
        Seal::Whole | Seal::None => Ok(value),
        Seal::Broken => Err(FileError::malformed(path, BROKEN)),
    }
}

/// What is wrong with a file whose seal is broken, or gone.
pub const BROKEN: &str = "does not match its own SHA-256: damaged or changed since it was written";

/// Reads a JSON file.
///
/// # Errors
/// As [`read_text`]; [`FileError::Malformed`] if it holds something else.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    parsed(path, &read_text(path)?)
}

fn parsed<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| FileError::malformed(path, format!("not the JSON expected here: {error}")))
}
