//! The tables of a figure folder, read when a claim or a caption asks for them.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use varflat_files::{read_csv, read_json};

use crate::error::Result;
use crate::figures::{SUMMARY, Summary};
use crate::reproduce;
use crate::study::StudyRecord;

/// A figure folder. What has not been measured is `None`; what is there and damaged is an error.
pub(crate) struct Tables {
    folder: PathBuf,
}

/// Who made the numbers of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The full experiment of `reproduce`.
    Full,
    /// The shortened one.
    Quick,
    /// An experiment of one's own.
    Own,
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

    /// The headline run.
    pub(crate) fn summary(&self) -> Result<Option<Summary>> {
        Ok(self.has(SUMMARY).then(|| read_json(&self.path(SUMMARY))).transpose()?)
    }

    /// What a study found.
    pub(crate) fn study<R: DeserializeOwned>(&self, name: &str) -> Result<Option<StudyRecord<R>>> {
        let file = format!("{name}.json");
        Ok(self.has(&file).then(|| read_json(&self.path(&file))).transpose()?)
    }

    /// The rows of a table that a finished run or study has left.
    pub(crate) fn rows<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<T>> {
        Ok(read_csv(&self.path(table))?)
    }

    /// The name that the run or study behind a part has, if it is there.
    pub(crate) fn name(&self, part: &str) -> Result<Option<String>> {
        if part == reproduce::HEADLINE_NAME {
            return Ok(self.summary()?.map(|summary| summary.run.name));
        }
        Ok(self.study::<serde_json::Value>(part)?.map(|record| record.study.name))
    }

    /// Whose numbers those of a part are, if they are there.
    pub(crate) fn origin(&self, part: &str) -> Result<Option<Origin>> {
        Ok(self.name(part)?.map(|name| match name.strip_prefix(part) {
            Some("") => Origin::Full,
            Some("-quick") => Origin::Quick,
            _ => Origin::Own,
        }))
    }

    /// Whether any part is a shortened one.
    pub(crate) fn is_quick(&self) -> Result<bool> {
        for part in reproduce::names() {
            if self.origin(part)? == Some(Origin::Quick) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The command that measures a part, as it was measured where it is there.
    pub(crate) fn command(&self, part: &str) -> Result<String> {
        let run = part == reproduce::HEADLINE_NAME;
        Ok(match self.origin(part)? {
            Some(Origin::Own) if run => "varflat run EXPERIMENT.toml --out RUN --figures DIR".to_owned(),
            Some(Origin::Own) => "varflat study STUDY.toml --figures DIR".to_owned(),
            Some(Origin::Quick) => format!("varflat reproduce --quick --only {part}"),
            Some(Origin::Full) => format!("varflat reproduce --only {part}"),
            None if self.is_quick()? => format!("varflat reproduce --quick --only {part}"),
            None => format!("varflat reproduce --only {part}"),
        })
    }
}
