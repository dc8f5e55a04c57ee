//! A run folder: the names of its files, its experiment, and its record of what was done.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use varflat_files::{
    FileError, FileSum, Lock, check_files, lock_exclusive, lock_shared, make_folder, read_csv, read_json,
    read_text, remove, remove_drafts, sync_folder, write_sealed, write_whole,
};
use varflat_model::{DenseNetwork, Metrics};

use crate::artifacts::{RECORDS, is_part_of_trajectory, is_partial};
use crate::error::{Error, Remedy, Result};
use crate::experiment::{Centre, Experiment};
use crate::guard;
use crate::network_file::read_network;
use crate::weights::{self, NamedWeights};

pub use crate::artifacts::{Stage, names};
pub use crate::run_record::{RunRecord, StageRecord};

/// A run folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    experiment: Experiment,
    /// Held while the run folder is open for work; other processes that want to work there are refused.
    lock: Option<FolderLock>,
    /// What the folder holds is to be thrown away, as soon as it is certain that something can take its place.
    replacing: AtomicBool,
}

impl RunFolder {
    /// Create a folder for an experiment, or reopen one that holds the same experiment.
    ///
    /// With `force` the folder may hold another experiment or damaged results; they are thrown away when
    /// training begins, after everything that can be checked has been. Files that are not a run's stay.
    ///
    /// # Errors
    /// [`Error::OtherExperiment`] if it holds another; [`Error::Locked`] if another process is at work there;
    /// [`Error::Malformed`] if it holds something else; [`Error::File`] if it cannot be written.
    pub fn create(path: &Path, experiment: &Experiment, force: bool) -> Result<Self> {
        make_folder(path)?;
        check_files(path)?;
        if !is_ours(path)? && !visible(path)?.is_empty() {
            check_no_sweep(path)?;
            return Err(Error::malformed(path, NOT_OURS, Remedy::OtherFolder));
        }
        if !force && let Some(file) = unknown_result(path) {
            guard::check_links(path, false)?;
            let problem = "is not known to be a result of varflat's, because run.json, which would say so, is missing or names no run";
            return Err(Error::malformed(&file, problem, Remedy::MoveAwayOrReplace));
        }
        let lock = lock(path)?;
        if path.join(names::CONFIG).exists() && !force {
            let differences = experiment.differences(&read_config(path, &[])?);
            if !differences.is_empty() {
                let (folder, differences) = (path.to_path_buf(), differences.join(", "));
                return Err(Error::OtherExperiment { folder, differences });
            }
        }
        Ok(Self::at(path, experiment.clone(), Some(lock), force))
    }

    fn at(path: &Path, experiment: Experiment, lock: Option<FolderLock>, replacing: bool) -> Self {
        Self { path: path.to_path_buf(), experiment, lock, replacing: AtomicBool::new(replacing) }
    }

    /// Look into an existing run folder, be it finished, at work or read-only. Nothing may be written through it.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the folder holds no run.
    pub fn view(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            check_files(path)?;
        }
        Ok(Self::at(path, read_config(path, &[])?, None, false))
    }

    /// Open an existing run folder for work, its experiment changed by `section.key=value` overrides.
    ///
    /// # Errors
    /// As [`RunFolder::create`], and if the folder holds no run.
    pub fn open(path: &Path, overrides: &[String]) -> Result<Self> {
        // Before the lock, which would leave a file in a folder that is no run.
        Self::view(path)?;
        let lock = lock(path)?;
        Ok(Self::at(path, read_config(path, overrides)?, Some(lock), false))
    }

    /// Whether the overrides given to [`RunFolder::open`] leave earlier stages as they are.
    ///
    /// # Errors
    /// [`Error::UsedAlready`] for a change of a section that an earlier stage has used already.
    pub fn check_overrides(&self, stage: Stage) -> Result<()> {
        let held = read_config(&self.path, &[])?;
        let differences = self.experiment.differences(&held);
        match differences.iter().find(|key| !stage.leaves_earlier_stages(std::slice::from_ref(key))) {
            None => Ok(()),
            Some(used) => Err(Error::UsedAlready { stage, difference: used.clone() }),
        }
    }

    /// Make room for the results of a stage: its own earlier ones and those that follow from them go, and the
    /// experiment is written down. To be called when the stage has read its inputs and can no longer be refused.
    ///
    /// Partial results of the stage itself stay if the experiment is the one they belong to.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be removed or written.
    pub(crate) fn begin(&self, stage: Stage) -> Result<()> {
        if self.replacing.load(Ordering::Relaxed) {
            // Wherever a kill comes, the folder is known as a run of varflat's (by its record), of which nothing is done; and the
            // checkpoint goes before the rows that it needs.
            let name = self.experiment.name.clone();
            write_sealed(&self.file(names::RUN), &RunRecord { name, ..RunRecord::default() })?;
            remove_partial_training(&self.path)?;
            remove(&self.file(names::FLATNESS_PARTIAL))?;
            Stage::ALL.into_iter().try_for_each(|stage| remove_results(&self.path, stage))?;
            write_config(&self.path, &self.experiment)?;
            self.replacing.store(false, Ordering::Relaxed);
        }
        self.invalidate(stage)?;
        let held = self.file(names::CONFIG).exists().then(|| read_config(&self.path, &[])).transpose()?;
        if held.as_ref() != Some(&self.experiment) {
            if held.is_none_or(|held| held.landscape != self.experiment.landscape) {
                remove(&self.file(names::FLATNESS_PARTIAL))?;
            }
            write_config(&self.path, &self.experiment)?;
        }
        Ok(())
    }

    /// What whoever works in the folder should know, once: that nothing keeps others away, say.
    pub(crate) fn take_notice(&self) -> Option<String> {
        self.lock.as_ref()?.take_notice()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The resolved experiment.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// `run.json`, or an empty record before the first stage.
    ///
    /// # Errors
    /// [`Error::File`] if the file is damaged.
    pub fn record(&self) -> Result<RunRecord> {
        let path = self.file(names::RUN);
        if path.exists() && !self.replacing.load(Ordering::Relaxed) {
            RunRecord::read(&path)
        } else {
            Ok(RunRecord::default())
        }
    }

    /// Change `run.json`.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be written.
    pub(crate) fn update(&self, change: impl FnOnce(&mut RunRecord)) -> Result<()> {
        let mut record = self.record()?;
        change(&mut record);
        // What is noted as done has to be there after a power cut, and so has the note when what it makes needless is removed.
        sync_folder(&self.path)?;
        write_sealed(&self.file(names::RUN), &record)?;
        Ok(sync_folder(&self.path)?)
    }

    /// Note a stage as done, with what its files are.
    ///
    /// # Errors
    /// [`Error::File`] if one cannot be read or the record cannot be written.
    pub(crate) fn note_done(&self, stage: Stage, seconds: impl FnOnce() -> f64) -> Result<f64> {
        let files = FileSum::of_all(&self.path, stage.results())?;
        let config = FileSum::of(&self.file(names::CONFIG))?;
        let seconds = seconds();
        self.update(|record| {
            record.config = Some(config);
            record.stages.insert(stage.name().to_owned(), StageRecord { seconds, files });
        })?;
        Ok(seconds)
    }

    /// A file of a finished stage, which must be the one that the stage wrote.
    ///
    /// Without a checksum on record, from a stage that is not finished or was done before they were kept, it is taken as it is.
    ///
    /// # Errors
    /// [`Error::File`] if it is another or cannot be read.
    pub fn checked(&self, name: &str) -> Result<PathBuf> {
        let path = self.file(name);
        let Some(known) = self.record()?.sum(name).cloned() else { return Ok(path) };
        match known.difference(&FileSum::of(&path)?) {
            None => Ok(path),
            Some(difference) => Err(FileError::malformed(
                &path,
                format!("is not the file that was written here ({difference}): damaged or changed since"),
            )
            .into()),
        }
    }

    /// Whether a stage is finished and all its files are there.
    ///
    /// # Errors
    /// As [`RunFolder::record`].
    pub fn is_done(&self, stage: Stage) -> Result<bool> {
        let files = stage.required().all(|name| self.file(name).exists());
        Ok(files && self.is_begun() && self.record()?.stages.contains_key(stage.name()))
    }

    /// Forget a stage and all that follow from it.
    fn invalidate(&self, stage: Stage) -> Result<()> {
        let later = || Stage::ALL.into_iter().filter(|later| *later >= stage);
        if self.file(names::RUN).exists() {
            self.update(|record| {
                record.stages.retain(|name, _| later().all(|later| later.name() != name));
                // It may be about to change.
                record.config = None;
            })?;
        }
        if stage < Stage::Flatness {
            remove(&self.file(names::FLATNESS_PARTIAL))?;
        }
        if stage == Stage::Train {
            remove_partial_training(&self.path)?;
        }
        later().try_for_each(|later| remove_results(&self.path, later))
    }

    /// Take over the stages that another run has done with the same settings. Its files are linked, or copied where they cannot be:
    /// no file of a run is ever changed in place.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be linked nor copied.
    pub fn adopt(&self, source: &Self) -> Result<()> {
        let differences = self.experiment.differences(&source.experiment);
        let Some(first) =
            [Stage::Fit, Stage::Flatness].into_iter().find(|stage| stage.leaves_earlier_stages(&differences))
        else {
            return Ok(());
        };
        let shared = || Stage::ALL.into_iter().filter(move |stage| *stage < first);
        if self.is_done(Stage::Train)? {
            return Ok(());
        }
        self.begin(Stage::Train)?;
        for name in shared().flat_map(Stage::results) {
            let (from, to) = (source.checked(name)?, self.file(name));
            // A link to a file that is kept elsewhere would lead nowhere from here.
            let from = from.canonicalize().map_err(FileError::reading(&from))?;
            if std::fs::hard_link(&from, &to).is_err() {
                let mut source = File::open(&from).map_err(FileError::reading(&from))?;
                write_whole(&to, |copy| std::io::copy(&mut source, copy).map(drop))?;
            }
        }
        let mut record = source.record()?;
        record.stages.retain(|name, _| shared().any(|stage| stage.name() == name));
        record.config = Some(FileSum::of(&self.file(names::CONFIG))?);
        self.update(|new| *new = record)
    }

    /// Remove what only an unfinished stage needs, after it was noted as done.
    pub fn remove_partial(&self, stage: Stage) -> Result<()> {
        match stage {
            Stage::Train => remove_partial_training(&self.path),
            Stage::Flatness => Ok(remove(&self.file(names::FLATNESS_PARTIAL))?),
            Stage::Pca | Stage::Fit => Ok(()),
        }
    }

    /// Whether a run was begun here and can go on.
    pub(crate) fn is_begun(&self) -> bool {
        self.file(names::CONFIG).exists() && !self.replacing.load(Ordering::Relaxed)
    }

    /// Fail clearly when a file of an earlier stage is missing.
    ///
    /// # Errors
    /// [`Error::StageMissing`] names the stage to run; [`Error::File`] if the experiment is no longer the one it was done with.
    pub fn require(&self, stage: Stage) -> Result<()> {
        if self.is_done(stage)? {
            return self.checked(names::CONFIG).map(drop);
        }
        let missing = stage.required().find(|name| !self.file(name).exists());
        Err(Error::StageMissing { folder: self.path.clone(), missing: missing.unwrap_or(names::RUN), stage })
    }

    /// The network at the centre of the landscape, if its layers are dense.
    ///
    /// # Errors
    /// [`Error::File`] if the weights are missing or damaged.
    pub fn centre(&self, centre: Centre) -> Result<DenseNetwork> {
        read_network(self.checked(centre_file(centre))?)
    }

    /// The same of any network.
    pub fn centre_weights(&self, centre: Centre) -> Result<Vec<NamedWeights>> {
        weights::read(&self.checked(centre_file(centre))?)
    }
}

/// The weights at the centre of the landscape.
const fn centre_file(centre: Centre) -> &'static str {
    match centre {
        Centre::Mean => names::WEIGHTS_MEAN,
        Centre::Final => names::WEIGHTS_FINAL,
    }
}

/// The experiment of a run folder, if the folder holds a run.
fn read_config(path: &Path, overrides: &[String]) -> Result<Experiment> {
    let config = path.join(names::CONFIG);
    if !config.exists() {
        check_no_sweep(path)?;
        check_no_tables(path)?;
        return Err(Error::malformed(path, "there is no run here (no config.toml)", Remedy::MakeRun));
    }
    // Errors of the file itself come with the remedy for a damaged run, those of overrides name the override.
    match Experiment::read(&config, &[]) {
        Err(Error::Experiment { problem, .. }) if is_ours(path)? => {
            return Err(FileError::malformed(&config, problem).into());
        }
        Err(Error::Experiment { problem, .. }) => {
            return Err(Error::malformed(&config, format!("{problem}; {NO_RUN}"), Remedy::RestoreOrMakeRun));
        }
        Err(error) => return Err(error),
        Ok(experiment) if overrides.is_empty() => return Ok(experiment),
        Ok(_) => {}
    }
    Experiment::read(&config, overrides)
}

/// Why nothing is made in a folder that holds something else.
const NOT_OURS: &str = "the folder is not empty and not a run of varflat's";
/// The same of a folder that is looked into.
const NO_RUN: &str = "nothing else in the folder says that it is a run of varflat's";

/// Refuse the folder of a study or of figures where that of a run is needed.
fn check_no_tables(path: &Path) -> Result<()> {
    match RECORDS.iter().find(|record| path.join(record).exists()) {
        None => Ok(()),
        Some(record) => {
            let problem = format!("is no run but holds tables ({record})");
            Err(Error::malformed(path, problem, Remedy::UseAsTables))
        }
    }
}

/// Whether a run of varflat's was made in the folder: its record or its experiment says so or, where both are damaged, its
/// measurements do, and there is nothing that is not a run's.
fn is_ours(path: &Path) -> Result<bool> {
    let config = path.join(names::CONFIG);
    if has_record(path) || Experiment::read(&config, &[]).is_ok() {
        return Ok(true);
    }
    Ok(!is_foreign(&config) && has_metrics(path) && is_all_a_runs(path)?)
}

/// Whether a file has settings that are no experiment's: somebody else's, and no damage. An experiment has a name.
fn is_foreign(config: &Path) -> bool {
    let settings = read_text(config).ok().and_then(|text| text.parse::<toml::Table>().ok());
    settings.is_some_and(|keys| !keys.is_empty() && !keys.get("name").is_some_and(toml::Value::is_str))
}

/// Whether the measurements of a training are those that varflat writes; names alone could be those of anybody's files.
fn has_metrics(path: &Path) -> bool {
    read_csv::<Metrics>(&path.join(names::METRICS)).is_ok_and(|rows| !rows.is_empty())
}

/// Whether `run.json` says that a run was begun here; it does before any result is written.
fn has_record(path: &Path) -> bool {
    let record = read_json::<RunRecord>(&path.join(names::RUN));
    record.is_ok_and(|record| !record.name.is_empty())
}

/// A file in the place of a result of which no record says that varflat wrote it. A damaged record is named by whoever reads it.
fn unknown_result(path: &Path) -> Option<PathBuf> {
    let damaged = || {
        let record = path.join(names::RUN);
        record.exists() && read_json::<RunRecord>(&record).is_err()
    };
    if has_record(path) || damaged() {
        return None;
    }
    let results = Stage::ALL.iter().flat_map(|stage| stage.results());
    let partial = [names::FLATNESS_PARTIAL, names::WALK];
    results.chain(&partial).map(|name| path.join(name)).find(|file| file.symlink_metadata().is_ok())
}

/// Refuse the folder of a sweep where that of a run is needed.
///
/// # Errors
/// [`Error::Malformed`].
pub fn check_no_sweep(path: &Path) -> Result<()> {
    if path.join(names::SWEEP).exists() && !path.join(names::CONFIG).exists() {
        let problem = "is the folder of a sweep, whose points are runs";
        return Err(Error::malformed(path, problem, Remedy::UseAsSweep));
    }
    Ok(())
}

fn is_all_a_runs(path: &Path) -> Result<bool> {
    let names = visible(path)?;
    let is_result = |name: &str| Stage::of_file(name).is_some() || name == names::FLATNESS_PARTIAL;
    let known = |name: &String| {
        is_result(name) || is_partial(name) || [names::CONFIG, names::RUN].contains(&name.as_str())
    };
    Ok(names.iter().all(known) && names.iter().any(|name| is_result(name)))
}

/// Keeps others from working in a folder as long as it lives.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
    /// What to know where the folder cannot be locked.
    notice: Mutex<Option<String>>,
}

impl FolderLock {
    /// What to know where the folder cannot be locked, once.
    pub fn take_notice(&self) -> Option<String> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Take the folder's lock, which is released when the file closes, however the process ends; then clear away
/// what a killed process was writing.
pub fn lock(path: &Path) -> Result<FolderLock> {
    check_files(path)?;
    let record = read_json::<RunRecord>(&path.join(names::RUN));
    guard::check_links(path, record.is_ok_and(|record| record.stages.contains_key(Stage::Train.name())))?;
    let lock = match lock_exclusive(&path.join(names::LOCK))? {
        Lock::Held(file) => FolderLock { _file: file, notice: Mutex::default() },
        Lock::Taken => return Err(Error::Locked(path.to_path_buf())),
        Lock::Unknown(file, reason) => {
            let folder = path.display();
            let notice =
                format!("{folder} cannot be locked ({reason}): let no other varflat work there meanwhile");
            FolderLock { _file: file, notice: Mutex::new(Some(notice)) }
        }
    };
    remove_drafts(path)?;
    Ok(lock)
}

/// Keeps others from changing a folder as long as the file is open, where a lock file is there to do so; nothing is written.
///
/// # Errors
/// [`Error::Locked`] if another process is at work there.
pub(crate) fn hold(path: &Path) -> Result<Option<File>> {
    match lock_shared(&path.join(names::LOCK)) {
        None => Ok(None),
        Some(Lock::Taken) => Err(Error::Locked(path.to_path_buf())),
        // A file system without locks: who looks finds what there is.
        Some(Lock::Held(lock) | Lock::Unknown(lock, _)) => Ok(Some(lock)),
    }
}

/// Whether another process is at work in a folder.
pub fn is_locked(path: &Path) -> bool {
    matches!(hold(path), Err(Error::Locked(_)))
}

fn entries(path: &Path) -> Result<Vec<std::fs::DirEntry>> {
    let entries = std::fs::read_dir(path).map_err(FileError::reading(path))?;
    Ok(entries.collect::<std::io::Result<_>>().map_err(FileError::reading(path))?)
}

/// Names of what is not hidden.
fn visible(path: &Path) -> Result<Vec<String>> {
    let names = entries(path)?.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| !name.starts_with('.')).collect())
}

fn write_config(path: &Path, experiment: &Experiment) -> Result<()> {
    let file = path.join(names::CONFIG);
    let text = toml::to_string(experiment).map_err(|error| FileError::malformed(&file, error.to_string()))?;
    Ok(write_whole(&file, |out| std::io::Write::write_all(out, text.as_bytes()))?)
}

/// Remove the finished files of a stage.
fn remove_results(folder: &Path, stage: Stage) -> Result<()> {
    Ok(stage.results().iter().try_for_each(|name| remove(&folder.join(name)))?)
}

/// Remove checkpoints and the parts of a trajectory.
fn remove_partial_training(folder: &Path) -> Result<()> {
    crate::checkpoint::discard_all(folder)?;
    remove(&folder.join(names::WALK))?;
    let parts = entries(folder)?.into_iter();
    Ok(parts
        .filter(|entry| is_part_of_trajectory(&entry.file_name().to_string_lossy()))
        .try_for_each(|entry| remove(&entry.path()))?)
}
