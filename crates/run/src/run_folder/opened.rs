//! A folder that was opened as that of a run, and what may be read in it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use varflat_files::{FileError, FileSum, check_files, make_folder};

use super::config::read_config;
use super::foreign::{NOT_OURS, check_no_sweep, is_ours, unknown_result, visible};
use super::lock::{FolderLock, lock_exclusive};
use crate::artifacts::{Artifact, Stage, names};
use crate::error::{Error, Remedy, Result};
use crate::experiment::Experiment;
use crate::guard;
use crate::run_record::RunRecord;

/// A run folder: its experiment, and what may be read of its files. Whoever writes does so as [a stage](crate::stages), in a folder
/// that was not only [viewed](Self::view).
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    experiment: Experiment,
    /// Held while the run folder is open for work; other processes that want to work there are refused.
    pub(super) lock: Option<FolderLock>,
    /// What the folder holds is to be thrown away, as soon as it is certain that something can take its place. Until then nothing of
    /// it is read as this run's.
    pub(super) replacing: AtomicBool,
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
        let lock = lock_exclusive(path)?;
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

    /// Look into an existing run folder, be it finished, at work or read-only. Nothing can be written through it.
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
        let lock = lock_exclusive(path)?;
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
        if path.exists() && !self.is_to_be_replaced() {
            RunRecord::read(&path)
        } else {
            Ok(RunRecord::default())
        }
    }

    fn is_to_be_replaced(&self) -> bool {
        self.replacing.load(Ordering::Relaxed)
    }

    /// Whether a run was begun here and can go on.
    pub(crate) fn is_begun(&self) -> bool {
        self.file(names::CONFIG).exists() && !self.is_to_be_replaced()
    }

    /// Whether a stage is finished and all its files are there.
    ///
    /// # Errors
    /// As [`RunFolder::record`].
    pub fn is_done(&self, stage: Stage) -> Result<bool> {
        let files = stage.required().all(|name| self.file(name).exists());
        Ok(files && self.is_begun() && self.record()?.stages.contains_key(stage.name()))
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

    /// What a result of a finished stage holds; the file must be the one that the stage wrote.
    ///
    /// # Errors
    /// As [`RunFolder::checked`], and if it does not hold what it should.
    pub fn read<T, W>(&self, artifact: &Artifact<T, W>) -> Result<T> {
        artifact.read(&self.checked(artifact.file.name)?, &self.experiment)
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
}
