//! The right to write into a run folder.

use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::time::Instant;

use varflat_files::{remove, sync_folder, write_sealed};

use super::config::{read_config, write_config};
use super::give_up::{remove_partial, remove_partial_training, remove_results};
use super::opened::RunFolder;
use crate::artifacts::{Stage, names};
use crate::error::{Error, Result};
use crate::run_record::RunRecord;

/// A run folder whose lock is held: here stages are begun, or gone on with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunWriter<'a> {
    run: &'a RunFolder,
    /// When the work of a stage began.
    since: Instant,
}

/// Whoever may write may read.
impl Deref for RunWriter<'_> {
    type Target = RunFolder;

    fn deref(&self) -> &RunFolder {
        self.run
    }
}

impl RunFolder {
    /// The right to write here, for a stage whose work begins now.
    ///
    /// # Errors
    /// [`Error::Viewed`] if the folder was opened to be looked into.
    pub(crate) fn writer(&self) -> Result<RunWriter<'_>> {
        match self.lock {
            Some(_) => Ok(RunWriter { run: self, since: Instant::now() }),
            None => Err(Error::Viewed(self.path().to_path_buf())),
        }
    }

    /// Remove what only an unfinished stage needs, after it was noted as done.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be removed; [`Error::Viewed`] if the folder was opened to be looked into.
    pub fn remove_partial(&self, stage: Stage) -> Result<()> {
        self.writer()?.remove_partial(stage)
    }

    /// What whoever works in the folder should know, once: that nothing keeps others away, say.
    pub(crate) fn take_notice(&self) -> Option<String> {
        self.lock.as_ref()?.take_notice()
    }
}

impl RunWriter<'_> {
    /// When the work began.
    pub(super) fn since(self) -> Instant {
        self.since
    }

    /// Make room for the results of a stage: its own earlier ones and those that follow from them go, and the experiment is written
    /// down.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be removed or written.
    pub(super) fn make_room(self, stage: Stage) -> Result<()> {
        if self.replacing.load(Ordering::Relaxed) {
            self.replace()?;
        }
        self.give_up(stage)?;
        let held = self.file(names::CONFIG).exists().then(|| read_config(self.path(), &[])).transpose()?;
        if held.as_ref() != Some(self.experiment()) {
            if held.is_none_or(|held| held.landscape != self.experiment().landscape) {
                remove(&self.file(names::FLATNESS_PARTIAL))?;
            }
            write_config(self.path(), self.experiment())?;
        }
        Ok(())
    }

    /// Throw away what the folder holds.
    fn replace(self) -> Result<()> {
        // Wherever a kill comes, the folder is known as a run of varflat's (by its record), of which nothing is done; and the
        // checkpoint goes before the rows that it needs.
        let name = self.experiment().name.clone();
        write_sealed(&self.file(names::RUN), &RunRecord { name, ..RunRecord::default() })?;
        remove_partial_training(self.path())?;
        remove(&self.file(names::FLATNESS_PARTIAL))?;
        Stage::ALL.into_iter().try_for_each(|stage| remove_results(self.path(), stage))?;
        write_config(self.path(), self.experiment())?;
        self.replacing.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Forget a stage and all that follow from it.
    fn give_up(self, stage: Stage) -> Result<()> {
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
            remove_partial_training(self.path())?;
        }
        later().try_for_each(|later| remove_results(self.path(), later))
    }

    /// Change `run.json`.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be written.
    pub(super) fn update(self, change: impl FnOnce(&mut RunRecord)) -> Result<()> {
        let mut record = self.record()?;
        change(&mut record);
        // What is noted as done has to be there after a power cut, and so has the note when what it makes needless is removed.
        sync_folder(self.path())?;
        write_sealed(&self.file(names::RUN), &record)?;
        Ok(sync_folder(self.path())?)
    }

    /// Remove what only an unfinished stage needs, after it was noted as done.
    pub(super) fn remove_partial(self, stage: Stage) -> Result<()> {
        remove_partial(self.path(), stage)
    }
}
