//! Studies: what is asked beyond one run and its fit. Each leaves small tables in a folder of its own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use varflat_files::{FileError, FileSum, make_folder, read_json, read_text, remove, write_json};
use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Experiment, Kind, check_name, parsed};
use varflat_run::run_folder::{self, RunFolder, RunRecord, Stage};
use varflat_run::versions;

use crate::part::{Build, StudyRecord, check_own, copy_tables};
use crate::studies::context::{Inputs, StudyContext};

pub use crate::registry::StudyKind;
pub use crate::registry::sections::*;
pub use crate::studies::forgetting::Heads;
pub use crate::studies::groups::{PointGroup, Trainings};
pub use crate::studies::surrogates::Surrogate;

/// A study file: its name, the run it looks at, and the one section `[study.…]` that says what is done.
///
/// ```
/// let text = r#"
///     name = "mine"
///     run = "headline"
///     [study.drift]
///     components = [1, 2, 10]
///     lags = [[10, 300]]
/// "#;
/// let study = varflat_study::Study::parse(text, "mine.toml")?;
/// assert_eq!(study.study.name(), "drift");
/// # Ok::<(), varflat_run::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Name of the study: the folder of its results beside those of the runs.
    pub name: String,
    /// The run it looks at, or whose experiment it varies: a folder beside its own.
    pub run: String,
    /// What is done.
    pub study: StudyKind,
}

impl Study {
    /// The study of a run folder, in a folder beside it that is named after both; with the folder that holds them.
    ///
    /// # Errors
    /// If the folder has no name of its own, and as [`Study::parse`].
    pub fn beside(run: &Path, study: StudyKind) -> Result<(PathBuf, Self)> {
        let whole = run.canonicalize().map_err(FileError::reading(run))?;
        let origin = run.display().to_string();
        let name = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let runs = run.parent().filter(|_| run.file_name().is_some()).or_else(|| whole.parent());
        let runs = runs.unwrap_or(Path::new("")).to_path_buf();
        let study = Self { name: format!("{name}-{}", study.name()), run: name, study };
        study.checked(&origin).map(|study| (runs, study))
    }

    /// Read a study from the text of its file; `origin` names it in errors.
    ///
    /// # Errors
    /// TOML that does not parse, an unknown or missing key, an impossible value.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        parsed::<Self>(text, origin, Kind::Study)?.checked(origin)
    }

    /// The study, if its names and values are possible.
    fn checked(self, origin: &str) -> Result<Self> {
        let invalid = |problem: String| Error::Experiment { origin: origin.to_owned(), problem };
        let study = self;
        for (key, name) in [("name", &study.name), ("run", &study.run)] {
            check_name(key, name).map_err(invalid)?;
        }
        if study.name == study.run {
            return Err(invalid(format!(
                "name and run are both {:?}, but what a study finds needs a folder of its own: choose another name",
                study.name
            )));
        }
        study
            .study
            .study()
            .check()
            .map_err(|problem| invalid(format!("[study.{}] {problem}", study.study.name())))?;
        Ok(study)
    }

    /// Read a study file.
    ///
    /// # Errors
    /// A missing file, and as [`Study::parse`].
    pub fn read(file: &Path) -> Result<Self> {
        let text = read_text(file)?;
        Self::parse(&text, &file.display().to_string())
    }

    /// Do the study below `runs`, unless it is finished, and say what was found. `base` is the experiment of the run it looks at; `reached` is told the share that is done. What has been done of an unfinished study is kept.
    ///
    /// # Errors
    /// [`Error::StageMissing`] if the run is not finished, and whatever the study meets.
    pub fn complete(
        &self,
        base: &Experiment,
        runs: &Path,
        context: &Context<'_>,
        force: bool,
        reached: &(dyn Fn(f64) + Sync),
    ) -> Result<()> {
        let source = if self.study.needs_the_run() {
            let source = RunFolder::view(runs.join(&self.run))?;
            source.require(Stage::Fit)?;
            Some(source)
        } else {
            None
        };
        source.as_ref().map_or(Ok(()), |run| self.check_run(run))?;
        let folder = runs.join(&self.name);
        make_folder(&folder)?;
        let report = self.report(&folder);
        check_own(&folder, self.study.part(), force)?;
        let lock = run_folder::lock_exclusive(&folder)?;
        if let Some(notice) = lock.take_notice() {
            context.warn(notice);
        }
        let record = source.as_ref().map(RunFolder::record).transpose()?;
        if !force && self.is_done(&folder, base, record.as_ref()) {
            context.message("  already finished; nothing to compute\n");
            return self.summarise(&report, context);
        }
        let begun = Instant::now();
        remove(&report)?;
        let (of, about) = ((self.name.as_str(), self.run.as_str()), (base, source));
        let work = StudyContext::new(of, about, (folder, force), context, reached);
        let numbers = self.study.study().measure(&work)?;
        let made = Build {
            versions: versions::versions(),
            git_commit: versions::git_commit(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        let tables = FileSum::of_all(&work.folder, self.study.part().tables)?;
        let Inputs { runs, data } = work.used();
        let (study, experiment, source) = (self.clone(), Some(base.clone()), record);
        write_json(
            &report,
            &StudyRecord { study, experiment, source, made, runs, data, tables, report: numbers },
        )?;
        self.summarise(&report, context)
    }

    /// Say what a finished study found.
    fn summarise(&self, report: &Path, context: &Context<'_>) -> Result<()> {
        context.message(self.study.study().found(report)?);
        Ok(())
    }

    /// Whether the folder holds all tables of this very study of this very run.
    fn is_done(&self, folder: &Path, base: &Experiment, source: Option<&RunRecord>) -> bool {
        let record = read_json::<StudyRecord<serde_json::Value, Self>>(&self.report(folder));
        self.study.part().tables.iter().all(|table| folder.join(table).exists())
            && record.is_ok_and(|record| {
                record.study == *self
                    && record.experiment.as_ref() == Some(base)
                    && record.source.as_ref() == source
                    && !lacks_data(&record.report)
            })
    }

    /// Why the study cannot look into a finished run; `None` if it can.
    ///
    /// # Errors
    /// A run that cannot be read.
    pub fn problem_with(&self, run: &RunFolder) -> Result<Option<String>> {
        Ok(self.study.study().check_run(run)?.err())
    }

    /// Refuse what the finished run has no room for: components and lags beyond those there are.
    fn check_run(&self, run: &RunFolder) -> Result<()> {
        self.study.study().check_run(run)?.map_err(|problem| Error::Experiment {
            origin: format!("study `{}`", self.name),
            problem: format!("[study.{}] {problem}", self.study.name()),
        })
    }

    fn report(&self, folder: &Path) -> PathBuf {
        folder.join(self.study.part().record)
    }

    /// Copy the tables of the finished study below `runs` into a figure folder.
    ///
    /// # Errors
    /// [`Error::File`] if one cannot be read or written.
    pub fn copy_tables(&self, runs: &Path, figures: &Path) -> Result<()> {
        let folder = runs.join(&self.name);
        copy_tables(&folder, figures, self.study.part())
    }
}

/// Whether runs of a study were left out because their data was not there, which may have changed.
fn lacks_data(report: &serde_json::Value) -> bool {
    report["missing_data"].as_array().is_some_and(|missing| !missing.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_file_says_what_is_wrong_with_it() {
        let message = |text: &str| Study::parse(text, "file.toml").unwrap_err().to_string();
        let head = "name = 'x'\nrun = 'y'\n";
        assert!(message("name = 'x'").contains("run"));
        assert!(message(&format!("{head}[study.weather]\n")).contains("weather"));
        let unknown = message(&format!("{head}[study.drift]\ncomponents = [1]\nlags = [[10, 300]]\nlag = 1"));
        assert!(unknown.contains("lag") && unknown.contains("file.toml"), "{unknown}");
        let two = "[study.drift]\ncomponents = [1]\nlags = [[10, 300]]\n[study.sensitivity]\ngroups = []";
        assert!(!message(&format!("{head}{two}")).is_empty());
        assert!(message(&format!("{head}[study.drift]\ncomponents = []\nlags = []")).contains("components"));
        // Twenty keys of two values are a million runs, which are not listed to find that out.
        let keys: Vec<String> = (0..20).map(|key| format!("'key{key}=1,2'")).collect();
        let vary = format!("title = 'x'\nvary = [{}]", keys.join(", "));
        let many = message(&format!("{head}[study.grid]\n[[study.grid.groups]]\n{vary}"));
        assert!(many.contains("1048576 runs"), "{many}");
    }
}
