//! The record of a finished study.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use varflat_files::FileSum;
use varflat_model::data::FileChecksum;
use varflat_run::experiment::Experiment;
use varflat_run::run_folder::RunRecord;

/// A study file, its section `[study.KIND]` as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) run: String,
    /// The one section, by the name of the study.
    study: BTreeMap<String, serde_json::Value>,
}

impl Asked {
    /// What the section asks for; `None` if it is not such a section.
    pub(crate) fn settings<S: DeserializeOwned>(&self) -> Option<S> {
        serde_json::from_value(self.study.values().next()?.clone()).ok()
    }

    /// What a study changes in all of its runs, in words.
    pub(crate) fn changes(&self) -> String {
        #[derive(Deserialize)]
        struct Changes {
            #[serde(default)]
            set: Vec<String>,
        }
        match self.settings::<Changes>() {
            Some(Changes { set }) if !set.is_empty() => format!("`{}`", set.join("`, `")),
            _ => "all else as in the run".to_owned(),
        }
    }
}

/// `NAME.json` of a finished study, written last: what was asked, of which run, by which program, and the numbers found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StudyRecord<R, S = Asked> {
    pub(crate) study: S,
    /// The experiment of the run it looks at; none of a trajectory alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) experiment: Option<Experiment>,
    /// How that run was made, if the study looked into it.
    pub(crate) source: Option<RunRecord>,
    /// The program that did the study.
    pub(crate) made: Build,
    /// SHA-256 of the `run.json` of every run it did, which has those of the run's files. Studies from before checksums were kept
    /// have none, and neither of the next two.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) runs: BTreeMap<String, String>,
    /// SHA-256 of the files of images that it or its runs loaded, by the name or folder of the set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) data: BTreeMap<String, Vec<FileChecksum>>,
    /// The tables beside it, as they were when the study ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tables: BTreeMap<String, FileSum>,
    /// The numbers.
    pub(crate) report: R,
}

/// The program that did a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Build {
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) git_commit: Option<String>,
    /// Wall time in seconds; of an interrupted study only the last attempt.
    pub(crate) seconds: f64,
}
