//! What a study is, and what it is given to work with.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use varflat_files::{FileError, FileSum, read_json};
use varflat_model::data::FileChecksum;
use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Checked, Experiment};
use varflat_run::run_folder::{RunFolder, names};

use crate::part::StudyRecord;

/// A section `[study.KIND]` of a study file: what is asked, and how it is measured.
pub(crate) trait Measure {
    /// The numbers of its record; shown, they are words, a number a line.
    type Report: Serialize + DeserializeOwned + Display;

    /// Whether it looks into the finished run, or only varies its experiment.
    const NEEDS_THE_RUN: bool;

    /// The complaint about impossible settings.
    fn check(&self) -> Checked;

    /// The complaint about what the finished run has no room for: components and lags beyond those there are.
    ///
    /// # Errors
    /// A run that cannot be read.
    fn check_run(&self, _run: &RunFolder) -> Result<Checked> {
        Ok(Ok(()))
    }

    /// Do the study and write its tables.
    ///
    /// # Errors
    /// Whatever it meets.
    fn measure(&self, work: &StudyContext<'_>) -> Result<Self::Report>;
}

/// A [`Measure`] whose report is JSON: what all studies have in common.
pub(crate) trait AnyStudy {
    fn needs_the_run(&self) -> bool;
    fn check(&self) -> Checked;
    fn check_run(&self, run: &RunFolder) -> Result<Checked>;
    fn measure(&self, work: &StudyContext<'_>) -> Result<serde_json::Value>;
    /// What the study of this record found, in words.
    fn found(&self, record: &Path) -> Result<String>;
}

impl<S: Measure> AnyStudy for S {
    fn needs_the_run(&self) -> bool {
        S::NEEDS_THE_RUN
    }

    fn check(&self) -> Checked {
        Measure::check(self)
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        Measure::check_run(self, run)
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<serde_json::Value> {
        let report = serde_json::to_value(Measure::measure(self, work)?);
        report.map_err(|error| FileError::malformed(&work.folder, error.to_string()).into())
    }

    fn found(&self, record: &Path) -> Result<String> {
        Ok(read_json::<StudyRecord<S::Report>>(record)?.report.to_string())
    }
}

/// What a study was made from, beside the run it looks at.
#[derive(Default)]
pub(crate) struct Inputs {
    pub(crate) runs: BTreeMap<String, String>,
    pub(crate) data: BTreeMap<String, Vec<FileChecksum>>,
}

/// Everything a study works with.
pub(crate) struct StudyContext<'a> {
    /// Its name, and that of the run it looks at.
    pub(crate) name: &'a str,
    pub(crate) run: &'a str,
    /// The experiment of the run it looks at.
    pub(crate) base: &'a Experiment,
    /// The finished run, where the study looks into it.
    pub(crate) source: Option<RunFolder>,
    pub(crate) folder: PathBuf,
    pub(crate) context: &'a Context<'a>,
    pub(crate) force: bool,
    /// The share of the study that is done, and who is told of it.
    share: Mutex<f64>,
    /// The runs it did and the images they were done with.
    used: Mutex<Inputs>,
    reached: &'a (dyn Fn(f64) + Sync),
}

impl<'a> StudyContext<'a> {
    /// `reached` is told the share of the study that is done.
    pub(crate) fn new(
        (name, run): (&'a str, &'a str),
        (base, source): (&'a Experiment, Option<RunFolder>),
        (folder, force): (PathBuf, bool),
        context: &'a Context<'a>,
        reached: &'a (dyn Fn(f64) + Sync),
    ) -> Self {
        let (share, used) = (Mutex::new(0.0), Mutex::default());
        Self { name, run, base, source, folder, context, force, share, used, reached }
    }

    /// The runs it has done, and the images they and it were done with.
    pub(crate) fn used(self) -> Inputs {
        self.used.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// So much more of the study is done.
    pub(crate) fn advance(&self, share: f64) {
        let mut sum = self.share.lock().unwrap_or_else(PoisonError::into_inner);
        *sum += share;
        (self.reached)(*sum);
    }

    /// A finished run that the study's numbers come from.
    pub(crate) fn note_run(&self, name: &str, run: &RunFolder) -> Result<()> {
        let sum = FileSum::of(&run.file(names::RUN))?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.runs.insert(name.to_owned(), sum.sha256);
        used.data.insert(run.experiment().data.label(), run.record()?.data);
        Ok(())
    }

    /// Images that the study itself has loaded.
    #[cfg(feature = "train")]
    pub(crate) fn note_data(&self, data: &varflat_model::data::Data) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.data.insert(self.base.data.label(), data.checksums.clone());
    }

    /// A table of the study.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The finished run.
    pub(crate) fn source(&self) -> Result<&RunFolder> {
        self.source.as_ref().ok_or_else(|| self.invalid("it needs a finished run".to_owned()))
    }

    /// An error in the study's own settings.
    pub(crate) fn invalid(&self, problem: String) -> Error {
        Error::Experiment { origin: format!("study `{}`", self.name), problem }
    }
}
