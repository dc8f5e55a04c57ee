//! The rows of an unfinished flatness stage: appended in blocks, each closed by its SHA-256.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use varflat_files::{FileError, FileSum, read_text, write_whole};

use crate::contents::FlatnessRow;
use crate::error::{Error, Remedy, Result};
use crate::stage::Stage;

/// The file, open to append to.
pub(super) struct Partial {
    path: PathBuf,
    file: Mutex<File>,
}

impl Partial {
    /// Open it, with the rows of an interrupted attempt. A block that is torn or was changed is dropped; its directions are measured
    /// again.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<FlatnessRow>)> {
        let rows = rows(path)?;
        let file = File::options().create(true).append(true).open(path).map_err(FileError::writing(path))?;
        Ok((Self { path: path.to_owned(), file: Mutex::new(file) }, rows))
    }

    /// Append whole rows in one write, so that a kill tears at most the last block.
    pub(super) fn append(&self, rows: &[FlatnessRow]) -> Result<()> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let block = rows
            .iter()
            .try_for_each(|row| writer.serialize(row))
            .map_err(std::io::Error::other)
            .and_then(|()| writer.into_inner().map_err(|error| std::io::Error::other(error.to_string())));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = block.and_then(|mut block| {
            let sum = FileSum::of_bytes(&block).sha256;
            block.extend(format!("#{sum}\n").bytes());
            file.write_all(&block)
        });
        Ok(written.map_err(FileError::writing(&self.path))?)
    }
}

/// The rows of an interrupted attempt, of which only whole blocks stay in the file.
///
/// # Errors
/// [`Error::Malformed`] if a whole block holds no rows; [`Error::File`] if the file cannot be read, or written again.
pub fn rows(path: &Path) -> Result<Vec<FlatnessRow>> {
    let text = if path.exists() { read_text(path)? } else { String::new() };
    let whole = whole_blocks(&text);
    if whole != text {
        // The next block must not continue a torn one.
        write_whole(path, |file| file.write_all(whole.as_bytes()))?;
    }
    csv::ReaderBuilder::new()
        .has_headers(false)
        .comment(Some(CLOSING))
        .from_reader(whole.as_bytes())
        .deserialize()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::malformed(path, error.to_string(), Remedy::RemoveAndRedo(Stage::Flatness)))
}

/// The first letter of the line that closes a block.
const CLOSING: u8 = b'#';

/// The blocks whose checksum is theirs.
fn whole_blocks(text: &str) -> String {
    let (mut whole, mut block) = (String::new(), String::new());
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(char::from(CLOSING)) {
            Some(sum) => {
                if sum.strip_suffix('\n') == Some(&FileSum::of_bytes(block.as_bytes()).sha256) {
                    whole += &block;
                    whole += line;
                }
                block.clear();
            }
            None => block += line,
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use varflat_analysis::FlatnessStatus;

    use super::*;

    fn row(index: usize) -> FlatnessRow {
        let (left, right) = (Some(-0.1 * index as f64), Some(0.3));
        FlatnessRow { index, variance: 1e-9, flatness: None, left, right, status: FlatnessStatus::Found }
    }

    #[test]
    fn only_whole_blocks_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flatness.partial.csv");
        let open = || Partial::open(&path).unwrap();
        let (partial, none) = open();
        assert!(none.is_empty());
        partial.append(&[row(1), row(2)]).unwrap();
        partial.append(&[row(3)]).unwrap();
        partial.append(&[row(4), row(5)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(open().1, (1..=5).map(row).collect::<Vec<_>>());

        // A digit of the third row changed: its block goes, the others stay.
        std::fs::write(&path, text.replacen("-0.30", "-0.31", 1)).unwrap();
        assert_eq!(open().1, [1, 2, 4, 5].map(row));
        // Torn anywhere: the last block goes, and the file can go on.
        for cut in [1, 30, 66, 70, 100] {
            std::fs::write(&path, &text[..text.len() - cut]).unwrap();
            let (partial, rows) = open();
            assert_eq!(rows, [1, 2, 3].map(row), "{cut} bytes cut off");
            partial.append(&[row(9)]).unwrap();
            assert_eq!(open().1, [1, 2, 3, 9].map(row));
        }
    }
}
