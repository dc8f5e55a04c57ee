//! SHA-256 of the files as stored: provenance for every run, and the check against `SHA256SUMS`.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Component, Path},
};

use serde::{Deserialize, Serialize};
use varflat_files::sha256;

use super::DataError;

/// The list of checksums that a data folder may hold, in the format of `sha256sum`.
const LIST: &str = "SHA256SUMS";

/// Whether the files are held against the folder's `SHA256SUMS`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// Verify every file that `SHA256SUMS` lists; a folder without that list is loaded as it is.
    #[default]
    Listed,
    /// Load the files whatever `SHA256SUMS` says.
    Skip,
}

/// The SHA-256 of one file as stored (of the `.gz`, not of what is in it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChecksum {
    /// The file's name inside the data folder.
    pub file: String,
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Holds every file listed in the folder's `SHA256SUMS`, if it has one, against its digest; `known` are digests computed already.
pub(super) fn verify_listed(folder: &Path, known: &[FileChecksum]) -> Result<(), DataError> {
    let list = folder.join(LIST);
    let text = match read(&list) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(DataError::Unreadable { file: list, cause }),
    };
    for (number, line) in String::from_utf8_lossy(&text).lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((expected, name)) = parse_line(line) else {
            return Err(DataError::ChecksumLine { file: list, line: number + 1, text: line.into() });
        };
        let file = folder.join(name);
        let found = match known.iter().find(|known| folder.join(&known.file) == file) {
            Some(known) => known.sha256.clone(),
            None => match read(&file) {
                Ok(bytes) => sha256(&[&bytes]),
                Err(cause) if cause.kind() == ErrorKind::NotFound => {
                    return Err(DataError::ListedFileMissing { list, name: name.into() });
                }
                Err(cause) => return Err(DataError::Unreadable { file, cause }),
            },
        };
        if !found.eq_ignore_ascii_case(expected) {
            return Err(DataError::ChecksumMismatch { file, expected: expected.into(), found });
        }
    }
    Ok(())
}

/// The bytes of an ordinary file: whoever opens a pipe may wait for ever.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    match fs::metadata(file)?.is_file() {
        true => fs::read(file),
        false => Err(io::Error::other("no ordinary file")),
    }
}

/// Digest and file name of a line `<64 hexadecimal digits>  <name>` (` *` before the name in binary mode).
fn parse_line(line: &str) -> Option<(&str, &str)> {
    let (digest, rest) = line.split_at_checked(64)?;
    let name = rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *"))?;
    // A list speaks for its own folder alone: never for a path that leads out of it.
    let inside =
        Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let hexadecimal = digest.bytes().all(|digit| digit.is_ascii_hexdigit());
    (hexadecimal && inside && !name.is_empty()).then_some((digest, name))
}
