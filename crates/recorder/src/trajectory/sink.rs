//! The trajectory file as a sink.

use std::path::{Path, PathBuf};

use super::{TrajectoryInfo, TrajectorySummary, TrajectoryWriter};
use crate::{RecorderError, Schedule, Sink, Step};

/// Records the weights after each scheduled step into `trajectory.npy`.
pub struct TrajectorySink {
    folder: PathBuf,
    writer: Option<TrajectoryWriter>,
}

impl TrajectorySink {
    /// Begins a recording from step 0 in `folder`.
    ///
    /// # Errors
    /// As [`TrajectoryWriter::create`].
    pub fn create(
        folder: impl AsRef<Path>,
        layer: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        schedule: Schedule,
    ) -> Result<Self, RecorderError> {
        let info = TrajectoryInfo { every: schedule.every, ..TrajectoryInfo::new(layer, shape) };
        TrajectoryWriter::create(folder, info, schedule.keep).map(Self::new)
    }

    /// Continues a recording begun with [`create`](Self::create) at `next_step`, where a checkpoint stands. The handle has to count
    /// from there too: [`SharedSink::starting_at`](crate::SharedSink::starting_at).
    ///
    /// # Errors
    /// As [`TrajectoryWriter::resume`].
    pub fn resume(
        folder: impl AsRef<Path>,
        layer: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        schedule: Schedule,
        next_step: u64,
    ) -> Result<Self, RecorderError> {
        let info = TrajectoryInfo { every: schedule.every, ..TrajectoryInfo::new(layer, shape) };
        TrajectoryWriter::resume(folder, info, schedule.keep, next_step).map(Self::new)
    }

    /// Records with any writer.
    pub fn new(writer: TrajectoryWriter) -> Self {
        Self { folder: writer.folder().to_path_buf(), writer: Some(writer) }
    }

    /// Writes the rows that are waiting: call it with every checkpoint.
    ///
    /// # Errors
    /// As [`TrajectoryWriter::flush`]; [`RecorderError::Closed`] after [`finish`](Self::finish).
    pub fn flush(&mut self) -> Result<(), RecorderError> {
        self.writer()?.flush()
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// As [`TrajectoryWriter::finish`]; [`RecorderError::Closed`] the second time.
    pub fn finish(&mut self) -> Result<TrajectorySummary, RecorderError> {
        match self.writer.take() {
            Some(writer) => writer.finish(),
            None => Err(RecorderError::Closed { folder: self.folder.clone() }),
        }
    }

    fn writer(&mut self) -> Result<&mut TrajectoryWriter, RecorderError> {
        self.writer.as_mut().ok_or_else(|| RecorderError::Closed { folder: self.folder.clone() })
    }
}

impl Sink for TrajectorySink {
    fn wants(&self, step: u64) -> bool {
        // A step after `finish` is wanted so that `record` can refuse it.
        self.writer.as_ref().is_none_or(|writer| writer.wants(step))
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        self.writer()?.append(step.step, step.weights)
    }
}
