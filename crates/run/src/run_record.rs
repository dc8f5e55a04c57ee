//! `run.json`: how a run was made, and what its stages left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use varflat_files::{BROKEN, FileError, FileSum, Seal, read_sealed, read_text, seal};
use varflat_model::StopReason;
use varflat_model::data::FileChecksum;

use crate::error::Result;
use crate::names;

/// What a stage took, and what it left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// Wall time in seconds; of an interrupted training with the attempts before.
    pub seconds: f64,
    /// Its files as they were when it ended. Runs from before checksums were kept have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileSum>,
}

/// `run.json`: how the run was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunRecord {
    /// Name of the experiment.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// Versions of varflat and of the libraries that decide numbers.
    pub versions: BTreeMap<String, String>,
    /// The git commit the program was built from, with `-dirty` if files had changed.
    pub git_commit: Option<String>,
    /// Name of the backend that trained.
    pub backend: String,
    /// The device that trained, in words; of a GPU the adapter and the graphics API.
    pub device: String,
    /// The device that measured the loss landscape, in words.
    pub landscape_device: String,
    /// SHA-256 of the data files.
    pub data: Vec<FileChecksum>,
    /// The name of the data set, where its files were recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_set: Option<String>,
    /// Where a relative `data.folder` was when the run began: from elsewhere its images are looked for here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_folder: Option<PathBuf>,
    /// Optimizer steps taken.
    pub steps: u64,
    /// Epochs finished.
    pub epochs: u64,
    /// Why training ended.
    pub stop_reason: Option<StopReason>,
    /// `config.toml` as it was when the last stage ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<FileSum>,
    /// Finished stages, their wall times and their files.
    pub stages: BTreeMap<String, StageRecord>,
}

impl RunRecord {
    /// What a file was when the stage that wrote it ended, if that was noted.
    pub(crate) fn sum(&self, name: &str) -> Option<&FileSum> {
        if name == names::CONFIG {
            return self.config.as_ref();
        }
        self.stages.values().find_map(|stage| stage.files.get(name))
    }

    /// Whether any checksum was noted.
    pub(crate) fn has_sums(&self) -> bool {
        self.stages.values().any(|stage| !stage.files.is_empty())
    }

    /// `run.json`, which must be as it was written. Only one from before checksums were kept has no seal.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let record: Self = read_sealed(path)?;
        match record.has_sums() && seal(&read_text(path)?) == Seal::None {
            true => Err(FileError::malformed(path, BROKEN).into()),
            false => Ok(record),
        }
    }
}
