//! The tables of a figure folder, read when a claim or a caption asks for them.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use varflat_files::{read_csv, read_json};
use varflat_run::error::Result;

use super::StudyRecord;

/// A figure folder. What has not been measured is `None`; what is there and damaged is an error.
pub(crate) struct Tables {
    folder: PathBuf,
}

impl Tables {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.path(file).exists()
    }

    /// A table in JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, file: &str) -> Result<Option<T>> {
        Ok(self.has(file).then(|| read_json(&self.path(file))).transpose()?)
    }

    /// What a study found.
    pub(crate) fn study<R: DeserializeOwned>(&self, name: &str) -> Result<Option<StudyRecord<R>>> {
        self.json(&format!("{name}.json"))
    }

    /// The rows of a table that a finished run or study has left.
    pub(crate) fn rows<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<T>> {
        Ok(read_csv(&self.path(table))?)
    }
}
