//! The tables of a figure folder, and what a figure says about where it comes from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use varflat_files::{FileError, FileSum, read_csv, read_json};
use varflat_model::data::FileChecksum;
use varflat_plot::Figure;
use varflat_run::error::Result;
use varflat_run::versions;

/// A figure folder, which remembers what was read of it.
pub(crate) struct Source {
    folder: PathBuf,
    read: RefCell<BTreeMap<String, FileSum>>,
}

/// Where a figure comes from, as it stands in the `<metadata>` of its SVG, in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Provenance {
    /// Its file, without an ending.
    pub(crate) figure: String,
    /// The run or study it shows.
    pub(crate) of: String,
    /// The table that holds its whole configuration, versions, data and times.
    pub(crate) record: String,
    /// The commit of the program that computed the tables.
    pub(crate) git_commit: Option<String>,
    /// Its version and those of the libraries that decide numbers.
    pub(crate) versions: BTreeMap<String, String>,
    /// The files of images behind them.
    pub(crate) data: Vec<FileChecksum>,
    /// The tables it was drawn from.
    pub(crate) tables: BTreeMap<String, FileSum>,
    /// Versions of the program and the library that drew it.
    pub(crate) drawn_by: BTreeMap<String, String>,
}

/// What a record says about the run, study or sweep it belongs to: `summary.json`, a `StudyRecord` or a `SweepRecord`, whichever it is.
#[derive(Deserialize)]
pub(crate) struct Origin {
    run: Option<Made>,
    study: Option<Name>,
    sweep: Option<Name>,
    made: Option<Made>,
    source: Option<Made>,
    #[serde(default)]
    data: BTreeMap<String, Vec<FileChecksum>>,
    /// The tables beside it as they were when they were written.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, FileSum>,
}

#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    name: String,
    #[serde(default)]
    versions: BTreeMap<String, String>,
    git_commit: Option<String>,
    #[serde(default)]
    data: Vec<FileChecksum>,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

impl Origin {
    /// Name of the run or study.
    pub(crate) fn name(&self) -> &str {
        let run = self.run.as_ref().map(|run| run.name.as_str());
        self.study
            .as_ref()
            .or(self.sweep.as_ref())
            .map(|study| study.name.as_str())
            .or(run)
            .unwrap_or_default()
    }

    /// The files of images behind it, each once.
    pub(crate) fn data(&self) -> Vec<FileChecksum> {
        let runs = [&self.run, &self.source].into_iter().flatten().flat_map(|run| &run.data);
        let mut data: Vec<FileChecksum> = Vec::new();
        for file in runs.chain(self.data.values().flatten()) {
            if !data.contains(file) {
                data.push(file.clone());
            }
        }
        data
    }

    fn made(&self) -> Option<&Made> {
        self.made.as_ref().or(self.run.as_ref())
    }

    /// The commit of the program that did it.
    pub(crate) fn git_commit(&self) -> Option<String> {
        self.made()?.git_commit.clone()
    }

    /// The run that a study looked into: its name and commit.
    pub(crate) fn source(&self) -> Option<(&str, Option<&str>)> {
        self.source.as_ref().map(|run| (run.name.as_str(), run.git_commit.as_deref()))
    }
}

impl Source {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: RefCell::default() }
    }

    /// A table in JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, table: &str) -> Result<T> {
        Ok(read_json(&self.noted(table)?)?)
    }

    /// The rows of a table.
    pub(crate) fn csv<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<T>> {
        Ok(read_csv(&self.noted(table)?)?)
    }

    /// A file of the folder.
    pub(crate) fn path(&self, table: &str) -> PathBuf {
        self.folder.join(table)
    }

    fn noted(&self, table: &str) -> Result<PathBuf> {
        let path = self.path(table);
        self.read.borrow_mut().insert(table.to_owned(), FileSum::of(&path)?);
        Ok(path)
    }

    /// A figure of this name, made by `draw`, with what was read for it; `record` is the table that says what it is of.
    pub(crate) fn figure(
        &self,
        name: &str,
        record: &str,
        draw: impl FnOnce(&Self) -> Result<Figure>,
    ) -> Result<Figure> {
        self.read.borrow_mut().clear();
        let figure = draw(self)?;
        let origin: Origin = self.json(record)?;
        let drawn_by = versions::versions().into_iter().filter(|(name, _)| DRAWING.contains(&name.as_str()));
        let provenance = Provenance {
            figure: name.to_owned(),
            of: origin.name().to_owned(),
            record: record.to_owned(),
            git_commit: origin.git_commit(),
            versions: origin.made().map(|made| made.versions.clone()).unwrap_or_default(),
            data: origin.data(),
            tables: self.read.take(),
            drawn_by: drawn_by.collect(),
        };
        let text = serde_json::to_string(&provenance);
        let text = text.map_err(|error| FileError::malformed(&self.path(record), error.to_string()))?;
        Ok(figure.with_metadata(text))
    }
}

/// What decides how a figure looks.
const DRAWING: [&str; 2] = ["plotters", "varflat"];

impl Provenance {
    /// That of an SVG; `None` if it says nothing, or something else.
    pub(crate) fn of(svg: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(svg).ok()?;
        let metadata = document.root_element().children().find(|node| node.has_tag_name("metadata"))?;
        serde_json::from_str(metadata.text()?).ok()
    }

    /// Whether this program would draw it the same.
    pub(crate) fn is_ours(&self) -> bool {
        let here = versions::versions();
        self.drawn_by.iter().all(|(name, version)| here.get(name) == Some(version))
    }
}
