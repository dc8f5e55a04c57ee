//! Studies: what is asked beyond one run and its fit. Each leaves small tables in a folder of its own.

pub(crate) mod drift;
pub(crate) mod exponents;
pub(crate) mod forgetting;
pub(crate) mod generality;
pub(crate) mod grid;
mod groups;
pub(crate) mod langevin;
pub(crate) mod sensitivity;
pub(crate) mod temperature;
pub(crate) mod width;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use varflat_files::{
    FileError, FileSum, make_folder, read_bytes, read_json, read_text, remove, write_json, write_whole,
};
use varflat_model::data::FileChecksum;

use crate::context::Context;
use crate::error::{Error, Remedy, Result};
use crate::experiment::{Experiment, Kind, check_name, parsed};
use crate::figures::{Unfinished, check_apart, claim_new, is_record};
use crate::run_folder::{self, RunFolder, RunRecord, Stage, names};
use crate::versions;

pub use drift::DriftStudy;
pub use forgetting::{ForgettingStudy, Heads};
pub use groups::{PointGroup, Trainings};
pub use langevin::LangevinStudy;
pub use sensitivity::SensitivityStudy;
pub use temperature::TemperatureStudy;

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
/// let study = varflat::Study::parse(text, "mine.toml")?;
/// assert_eq!(study.study.name(), "drift");
/// # Ok::<(), varflat::Error>(())
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

/// What a study does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StudyKind {
    /// ψ of many trainings (claim 6: for every batch size and learning rate).
    Grid(Trainings),
    /// Walks in thermal equilibrium (claim 7).
    Langevin(LangevinStudy),
    /// The noise of SGD and its temperature (claims 8 and 9).
    Temperature(TemperatureStudy),
    /// Drift against diffusion (claims 2 to 4).
    Drift(DriftStudy),
    /// ψ under other definitions.
    Sensitivity(SensitivityStudy),
    /// How the solution changes with the width of the network (claim 10).
    Width(Trainings),
    /// ψ of other layers, networks, data and optimizers.
    Generality(Trainings),
    /// Catastrophic forgetting (claim 11).
    Forgetting(ForgettingStudy),
}

impl StudyKind {
    /// The names of all.
    pub(crate) const NAMES: [&'static str; 8] =
        ["grid", "langevin", "temperature", "drift", "sensitivity", "width", "generality", "forgetting"];

    /// Its section in a study file, and the first word of its tables and figures.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Grid(_) => "grid",
            Self::Langevin(_) => "langevin",
            Self::Temperature(_) => "temperature",
            Self::Drift(_) => "drift",
            Self::Sensitivity(_) => "sensitivity",
            Self::Width(_) => "width",
            Self::Generality(_) => "generality",
            Self::Forgetting(_) => "forgetting",
        }
    }

    /// Whether it looks into the finished run, or only varies its experiment.
    pub const fn needs_the_run(&self) -> bool {
        !matches!(self, Self::Grid(_) | Self::Width(_) | Self::Generality(_) | Self::Forgetting(_))
    }

    /// The tables it leaves, but for the report.
    fn tables(&self) -> &'static [&'static str] {
        tables_of(&self.record())
    }

    /// The file of its report.
    pub(crate) fn record(&self) -> String {
        format!("{}.json", self.name())
    }
}

/// The tables beside the report of a study, by the report's file.
pub(crate) fn tables_of(report: &str) -> &'static [&'static str] {
    match report.strip_suffix(".json") {
        Some("grid") => grid::TABLES,
        Some("langevin") => langevin::TABLES,
        Some("temperature") => temperature::TABLES,
        Some("drift") => drift::TABLES,
        Some("sensitivity") => sensitivity::TABLES,
        Some("width") => width::TABLES,
        Some("generality") => generality::TABLES,
        Some("forgetting") => forgetting::TABLES,
        _ => &[],
    }
}

/// `NAME.json` of a finished study, written last: what was asked, of which run, by which program, and the numbers found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StudyRecord<R> {
    pub(crate) study: Study,
    /// The experiment of the run it looks at.
    pub(crate) experiment: Experiment,
    /// How that run was made, if the study looked into it.
    pub(crate) source: Option<RunRecord>,
    /// The program that did the study.
    pub(crate) made: Made,
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
pub(crate) struct Made {
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) git_commit: Option<String>,
    /// Wall time in seconds; of an interrupted study only the last attempt.
    pub(crate) seconds: f64,
}

/// What a study was made from, beside the run it looks at.
#[derive(Default)]
struct Used {
    runs: BTreeMap<String, String>,
    data: BTreeMap<String, Vec<FileChecksum>>,
}

/// Everything a study works with.
pub(crate) struct Work<'a> {
    study: &'a Study,
    /// The experiment of the run it looks at.
    base: &'a Experiment,
    /// The finished run, where the study looks into it.
    source: Option<RunFolder>,
    folder: PathBuf,
    context: &'a Context<'a>,
    force: bool,
    /// The share of the study that is done, and who is told of it.
    share: Mutex<f64>,
    /// The runs it did and the images they were done with.
    used: Mutex<Used>,
    reached: &'a (dyn Fn(f64) + Sync),
}

impl Study {
    /// Read a study from the text of its file; `origin` names it in errors.
    ///
    /// # Errors
    /// TOML that does not parse, an unknown or missing key, an impossible value.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let complain = |problem: String| Error::Experiment { origin: origin.to_owned(), problem };
        let study: Self = parsed(text, origin, Kind::Study)?;
        for (key, name) in [("name", &study.name), ("run", &study.run)] {
            check_name(key, name).map_err(complain)?;
        }
        if study.name == study.run {
            return Err(complain(format!(
                "name and run are both {:?}, but what a study finds needs a folder of its own: choose another name",
                study.name
            )));
        }
        let checked = match &study.study {
            StudyKind::Grid(trainings) | StudyKind::Width(trainings) | StudyKind::Generality(trainings) => {
                trainings.check()
            }
            StudyKind::Langevin(langevin) => langevin.check(),
            StudyKind::Temperature(temperature) => temperature.check(),
            StudyKind::Drift(drift) => drift.check(),
            StudyKind::Sensitivity(sensitivity) => sensitivity.check(),
            StudyKind::Forgetting(forgetting) => forgetting.check(),
        };
        checked.map_err(|problem| complain(format!("[study.{}] {problem}", study.study.name())))?;
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
        self.check_own(&folder, &report, force)?;
        let lock = run_folder::lock(&folder)?;
        if let Some(notice) = lock.take_notice() {
            context.warn(notice);
        }
        let record = source.as_ref().map(RunFolder::record).transpose()?;
        if !force && self.is_done(&folder, base, record.as_ref()) {
            context.say("  already finished; nothing to compute\n");
            return self.tell(&report, context);
        }
        let begun = Instant::now();
        remove(&report)?;
        let work = Work {
            study: self,
            base,
            source,
            folder,
            context,
            force,
            share: Mutex::new(0.0),
            used: Mutex::default(),
            reached,
        };
        let numbers = match &self.study {
            StudyKind::Grid(trainings) => json(&report, grid::measure(trainings, &work)?),
            StudyKind::Langevin(langevin) => json(&report, langevin.measure(&work)?),
            StudyKind::Temperature(temperature) => json(&report, temperature.measure(&work)?),
            StudyKind::Drift(drift) => json(&report, drift.measure(&work)?),
            StudyKind::Sensitivity(sensitivity) => json(&report, sensitivity.measure(&work)?),
            StudyKind::Width(trainings) => json(&report, width::measure(trainings, &work)?),
            StudyKind::Generality(trainings) => json(&report, generality::measure(trainings, &work)?),
            StudyKind::Forgetting(forgetting) => json(&report, forgetting.measure(&work)?),
        };
        let made = Made {
            versions: versions::versions(),
            git_commit: versions::git_commit(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        let numbers = numbers?;
        let tables = FileSum::of_all(&work.folder, self.study.tables())?;
        let Used { runs, data } = work.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (study, experiment, source) = (self.clone(), base.clone(), record);
        write_json(
            &report,
            &StudyRecord { study, experiment, source, made, runs, data, tables, report: numbers },
        )?;
        self.tell(&report, context)
    }

    /// Refuse a folder in which the study's tables would replace what is not a study's.
    fn check_own(&self, folder: &Path, report: &Path, force: bool) -> Result<()> {
        if folder.join(names::CONFIG).exists() {
            let problem = format!("is the folder of a run, and the study is called {:?}", self.name);
            return Err(Error::malformed(folder, problem, Remedy::RenameStudy));
        }
        // The lock file stays where a study was begun; the report may be all that was copied from elsewhere.
        let begun = folder.join(names::LOCK).exists() || is_record(report)?;
        let ours = force || (begun && (!report.exists() || is_record(report)?));
        let mut files = self.study.tables().iter().map(|table| folder.join(table)).chain([report.to_owned()]);
        match files.find(|file| !ours && file.exists()) {
            None => Ok(()),
            Some(file) => {
                let problem = "was not written by this study and would be overwritten";
                Err(Error::malformed(&file, problem, Remedy::MoveAwayOrRename))
            }
        }
    }

    /// Say what a finished study found.
    fn tell(&self, report: &Path, context: &Context<'_>) -> Result<()> {
        context.say(match &self.study {
            StudyKind::Grid(_) => numbers::<grid::GridReport>(report)?.words(),
            StudyKind::Langevin(_) => numbers::<langevin::LangevinReport>(report)?.words(),
            StudyKind::Temperature(_) => numbers::<temperature::TemperatureReport>(report)?.words(),
            StudyKind::Drift(_) => numbers::<drift::DriftReport>(report)?.words(),
            StudyKind::Sensitivity(_) => numbers::<sensitivity::SensitivityReport>(report)?.words(),
            StudyKind::Width(_) => numbers::<width::WidthReport>(report)?.words(),
            StudyKind::Generality(_) => numbers::<generality::GeneralityReport>(report)?.words(),
            StudyKind::Forgetting(_) => numbers::<forgetting::ForgettingReport>(report)?.words(),
        });
        Ok(())
    }

    /// Whether the folder holds all tables of this very study of this very run.
    fn is_done(&self, folder: &Path, base: &Experiment, source: Option<&RunRecord>) -> bool {
        let record = read_json::<StudyRecord<serde_json::Value>>(&self.report(folder));
        self.study.tables().iter().all(|table| folder.join(table).exists())
            && record.is_ok_and(|record| {
                record.study == *self
                    && record.experiment == *base
                    && record.source.as_ref() == source
                    && !lacks_data(&record.report)
            })
    }

    /// Refuse what the finished run has no room for: components and lags beyond those there are.
    fn check_run(&self, run: &RunFolder) -> Result<()> {
        let checked = match &self.study {
            StudyKind::Temperature(temperature) => temperature.check_run(run)?,
            StudyKind::Drift(drift) => drift.check_run(run)?,
            StudyKind::Sensitivity(sensitivity) => sensitivity.check_run(run)?,
            _ => Ok(()),
        };
        checked.map_err(|problem| Error::Experiment {
            origin: format!("study `{}`", self.name),
            problem: format!("[study.{}] {problem}", self.study.name()),
        })
    }

    fn report(&self, folder: &Path) -> PathBuf {
        folder.join(self.study.record())
    }

    /// Copy the tables of the finished study below `runs` into a figure folder.
    ///
    /// # Errors
    /// [`Error::File`] if one cannot be read or written.
    pub fn copy_tables(&self, runs: &Path, figures: &Path) -> Result<()> {
        let folder = runs.join(&self.name);
        check_apart(figures, &folder)?;
        let report = self.report(Path::new(""));
        let record: StudyRecord<serde_json::Value> = read_json(&folder.join(&report))?;
        let tables = self.study.tables().iter().map(Path::new);
        let _claim = claim_new(figures)?;
        let unfinished = Unfinished::begin(figures, &self.study.record())?;
        for name in tables.chain([report.as_path()]) {
            let from = folder.join(name);
            let bytes = read_bytes(&from)?;
            let known = record.tables.get(&*name.to_string_lossy());
            if let Some(difference) = known.and_then(|known| known.difference(&FileSum::of_bytes(&bytes))) {
                let problem = format!("is not the table that the study wrote ({difference})");
                return Err(Error::malformed(&from, problem, Remedy::RedoStudy));
            }
            write_whole(&figures.join(name), |file| std::io::Write::write_all(file, &bytes))?;
        }
        unfinished.end()
    }
}

impl Work<'_> {
    /// So much more of the study is done.
    fn advance(&self, share: f64) {
        let mut sum = self.share.lock().unwrap_or_else(PoisonError::into_inner);
        *sum += share;
        (self.reached)(*sum);
    }

    /// A finished run that the study's numbers come from.
    fn note_run(&self, name: &str, run: &RunFolder) -> Result<()> {
        let sum = FileSum::of(&run.file(names::RUN))?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.runs.insert(name.to_owned(), sum.sha256);
        used.data.insert(run.experiment().data.label(), run.record()?.data);
        Ok(())
    }

    /// Images that the study itself has loaded.
    #[cfg(feature = "train")]
    fn note_data(&self, data: &varflat_model::data::Data) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.data.insert(self.base.data.label(), data.checksums.clone());
    }

    /// A table of the study.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The finished run.
    fn source(&self) -> Result<&RunFolder> {
        self.source.as_ref().ok_or_else(|| self.complain("it needs a finished run".to_owned()))
    }

    /// An error in the study's own settings.
    fn complain(&self, problem: String) -> Error {
        Error::Experiment { origin: format!("study `{}`", self.study.name), problem }
    }
}

/// Whether runs of a study were left out because their data was not there, which may have changed.
fn lacks_data(report: &serde_json::Value) -> bool {
    report["missing_data"].as_array().is_some_and(|missing| !missing.is_empty())
}

/// The numbers of a finished study.
fn numbers<R: DeserializeOwned>(report: &Path) -> Result<R> {
    Ok(read_json::<StudyRecord<R>>(report)?.report)
}

fn json(path: &Path, report: impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(report).map_err(|error| FileError::malformed(path, error.to_string()).into())
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
