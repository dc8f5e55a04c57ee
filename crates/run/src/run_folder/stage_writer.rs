//! A stage at work in a run folder.

use std::ops::Deref;
use std::path::PathBuf;
use std::time::Instant;

use varflat_files::FileSum;

use super::opened::RunFolder;
use super::writer::RunWriter;
use crate::artifacts::{Artifact, Stage, Streamed, is_partial, names};
use crate::error::Result;
use crate::run_record::{RunRecord, StageRecord};

/// A stage at work: it alone can write its results. They are its results once it is [finished](Self::finish); dropped before, the stage
/// is an unfinished one, which can go on or be begun again.
#[must_use]
#[derive(Debug)]
pub(crate) struct StageWriter<'a> {
    run: RunWriter<'a>,
    stage: Stage,
    since: Instant,
    /// Seconds of earlier, interrupted attempts.
    earlier: f64,
}

/// Whoever may write may read.
impl Deref for StageWriter<'_> {
    type Target = RunFolder;

    fn deref(&self) -> &RunFolder {
        &self.run
    }
}

impl<'a> RunWriter<'a> {
    /// Make room for the results of a stage: its own earlier ones and those that follow from them go, and the
    /// experiment is written down. To be called when the stage has read its inputs and can no longer be refused.
    ///
    /// Partial results of the stage itself stay if the experiment is the one they belong to.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if a file cannot be removed or written.
    pub(crate) fn begin(self, stage: Stage) -> Result<StageWriter<'a>> {
        self.make_room(stage)?;
        Ok(self.go_on(stage))
    }

    /// Go on with a stage that was begun and not finished.
    pub(crate) fn go_on(self, stage: Stage) -> StageWriter<'a> {
        StageWriter { run: self, stage, since: self.since(), earlier: 0.0 }
    }
}

impl StageWriter<'_> {
    /// Count the seconds of earlier, interrupted attempts.
    pub(crate) fn after(mut self, earlier: f64) -> Self {
        self.earlier = earlier;
        self
    }

    /// Seconds that the stage has taken, with those of earlier attempts.
    pub(crate) fn seconds(&self) -> f64 {
        self.earlier + self.since.elapsed().as_secs_f64()
    }

    /// Write a result.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if it cannot be written.
    pub(crate) fn write<T>(&self, artifact: &Artifact<T>, contents: &T) -> Result<()> {
        artifact.write(&self.place(artifact), contents)
    }

    /// Where a result goes that is written as it comes.
    pub(crate) fn stream<T>(&self, artifact: &Artifact<T, Streamed>) -> PathBuf {
        self.place(artifact)
    }

    /// A file that the stage goes on from when it was interrupted; it is no result.
    pub(crate) fn partial(&self, name: &str) -> PathBuf {
        debug_assert!(is_partial(name), "{name} is no file of an unfinished stage");
        self.file(name)
    }

    fn place<T, W>(&self, artifact: &Artifact<T, W>) -> PathBuf {
        debug_assert_eq!(artifact.file.stage, Some(self.stage), "{} is another's", artifact.file.name);
        self.file(artifact.file.name)
    }

    /// Note in `run.json` how the run is made.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if it cannot be written.
    pub(crate) fn note(&self, change: impl FnOnce(&mut RunRecord)) -> Result<()> {
        self.run.update(change)
    }

    /// Note the stage as done, with what its files are; then what only an unfinished stage needs goes. Returns the seconds it took.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if a file cannot be read or the record cannot be written.
    pub(crate) fn finish(self) -> Result<f64> {
        let results: Vec<&str> = self.stage.results().collect();
        let files = FileSum::of_all(self.path(), &results)?;
        let config = FileSum::of(&self.file(names::CONFIG))?;
        let seconds = self.seconds();
        self.note(|record| {
            record.config = Some(config);
            record.stages.insert(self.stage.name().to_owned(), StageRecord { seconds, files });
        })?;
        // Only now is a checkpoint worth less than what it led to.
        self.run.remove_partial(self.stage)?;
        Ok(seconds)
    }
}
