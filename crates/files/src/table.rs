//! Tables as CSV, with every digit their numbers have.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{FileError, Result, read_bytes, text, write_whole};

/// Writes rows as CSV with a header of their field names; numbers with every digit they have.
///
/// # Errors
/// [`FileError::Io`] if it cannot be written.
pub fn write_csv<T: Serialize>(path: &Path, rows: impl IntoIterator<Item = T>) -> Result<()> {
    write_whole(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        for row in rows {
            writer.serialize(row).map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => std::io::Error::other(format!("{other:?}")),
            })?;
        }
        writer.flush()
    })
}

/// Reads all rows of a CSV file.
///
/// # Errors
/// [`FileError::Io`] if it cannot be read; [`FileError::Malformed`] if it is another table, has no rows, or was changed by a spreadsheet.
pub fn read_csv<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let table = text::decoded(read_bytes(path)?)
        .map_err(|problem| FileError::malformed(path, format!("{problem}, {SPREADSHEET}")))?;
    let rows: std::result::Result<Vec<T>, _> =
        csv::Reader::from_reader(table.as_bytes()).deserialize().collect();
    let rows = rows.map_err(|error| {
        let problem = match text::spreadsheet(&table) {
            Some(what) => format!("has {what}, {SPREADSHEET}"),
            None => format!("not the table expected here: {error}"),
        };
        FileError::malformed(path, problem)
    })?;
    // Every table here has rows, and without one nothing has checked the header.
    if rows.is_empty() { Err(FileError::malformed(path, "a table without rows")) } else { Ok(rows) }
}

/// Where a table that cannot be read any more has probably been.
const SPREADSHEET: &str = "where UTF-8 text with commas between the columns and points in the numbers is expected: was it saved by a \
                           spreadsheet?";
