//! Everything that can go wrong while a trajectory is recorded or read back.

use std::{fmt::Display, io, path::PathBuf, sync::Arc};

use varflat_files::FileError;

/// What went wrong, where, and what to do next.
///
/// The type is [`Clone`] so that a failure inside an optimizer step, which cannot return an error, can be kept and reported
/// each time the training loop asks ([`SharedSink::check`](crate::SharedSink::check)).
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RecorderError {
    /// The operating system refused a write: disk full, no permission, no such folder.
    #[error(
        "cannot write {}: {source}; free space there or choose a folder that can be written (rows recorded before this stay readable)",
        path.display()
    )]
    Write {
        /// The file or folder being written.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The operating system refused a read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder being read.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// A file is not what its name says.
    #[error("{} is not a trajectory: expected {expected}, found {found}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What a trajectory file holds there.
        expected: String,
        /// What this file holds there.
        found: String,
    },
    /// A file that varflat wrote is no longer what it was.
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Neither a finished trajectory nor parts of one are in this folder.
    #[error("no trajectory in {}: expected trajectory.npy, or trajectory.part-*.npy of a run that has not finished", folder.display())]
    NotFound {
        /// The folder that was searched.
        folder: PathBuf,
    },
    /// A new recording would overwrite an older one.
    #[error("{} already holds a recording: choose another folder, delete it, or resume it", path.display())]
    AlreadyExists {
        /// The file that is in the way.
        path: PathBuf,
    },
    /// A recording is resumed from a checkpoint that is later than what is on disk.
    #[error(
        "cannot resume the recording in {} at step {next_step}: rows of steps {from} to {next_step} are needed, only {available} of them are there; resume from an earlier checkpoint or start again from step 0",
        folder.display()
    )]
    MissingRows {
        /// The run folder.
        folder: PathBuf,
        /// The first step that would be recorded after the resume.
        next_step: u64,
        /// The step of the first row that is needed.
        from: u64,
        /// The number of needed rows that are there.
        available: u64,
    },
    /// A recording is resumed with another layer, shape or stride than it was begun with.
    #[error("{} was recorded with {what} {recorded}, and is now asked for with {what} {asked}", path.display())]
    Mismatch {
        /// The file that says so.
        path: PathBuf,
        /// Which setting differs.
        what: &'static str,
        /// The setting on disk.
        recorded: String,
        /// The setting asked for.
        asked: String,
    },
    /// `Keep::Last(n)` with a training of fewer than n recorded steps.
    #[error(
        "window of {window} rows is longer than the training: only {recorded} were recorded; lower recorder.window or train longer"
    )]
    WindowTooLong {
        /// Rows asked for.
        window: u64,
        /// Rows recorded.
        recorded: u64,
    },
    /// The mean of a window was asked for at a step where no window was planned to end.
    #[error(
        "no window of {window} rows ends at step {end}: a window ends at multiples of {epoch} steps and at the announced end; train to one of them, or announce the end before the training"
    )]
    WindowNotPlanned {
        /// Rows in the window.
        window: u64,
        /// The step asked for.
        end: u64,
        /// Steps per epoch.
        epoch: u64,
    },
    /// The mean of a window was asked for at another step than the one the recording stands at.
    #[error(
        "the mean after {end} steps takes {expected} recorded rows, the recording has {recorded}: ask for it right after that step"
    )]
    WindowElsewhere {
        /// The step count asked for.
        end: u64,
        /// Rows recorded in so many steps.
        expected: u64,
        /// Rows recorded so far.
        recorded: u64,
    },
    /// A setting that makes no sense.
    #[error("{what} is {value}: {expected}")]
    InvalidSetting {
        /// Which setting.
        what: &'static str,
        /// Its value.
        value: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// Rows come in another order than that of the schedule.
    #[error(
        "expected the weights of step {expected}, got step {got}: start the step counter where the recording stands (SharedSink::starting_at)"
    )]
    UnexpectedStep {
        /// The next step on the schedule.
        expected: u64,
        /// The step that came.
        got: u64,
    },
    /// A row has another number of weights than the trajectory.
    #[error("expected {expected} weights in a row, got {got}: a sink records one parameter only")]
    WrongLength {
        /// Weights per row of the trajectory.
        expected: usize,
        /// Weights in the row that came.
        got: usize,
    },
    /// Rows outside the trajectory were asked for.
    #[error("rows {start}..{end} of {} were asked for, it has {rows}", path.display())]
    RowsOutOfRange {
        /// The trajectory.
        path: PathBuf,
        /// First row asked for.
        start: u64,
        /// One past the last row asked for.
        end: u64,
        /// Rows there are.
        rows: u64,
    },
    /// The recording was finished or stopped at an earlier error.
    #[error("the recording in {} is closed: it was finished, or stopped at an earlier error", folder.display())]
    Closed {
        /// The run folder.
        folder: PathBuf,
    },
    /// The module has no float parameter of this path.
    #[error("the module has no parameter \"{asked}\"; it has: {}", available.join(", "))]
    UnknownPath {
        /// The path asked for.
        asked: String,
        /// The paths there are.
        available: Vec<String>,
    },
    /// Two sinks for one parameter: the optimizer would feed the last one only.
    #[error(
        "parameter \"{path}\" is recorded twice: put both sinks into a tuple, `SharedSink::new((first, second))`"
    )]
    RecordedTwice {
        /// The parameter's path.
        path: String,
    },
    /// The recorded parameter is not in single precision.
    #[error("the recorded parameter is {dtype}, trajectories are F32: train this layer in f32")]
    NotF32 {
        /// The parameter's element type, as burn names it.
        dtype: String,
    },
    /// The backend could not hand the values over.
    #[error("the backend could not hand over the values of the recorded parameter: {reason}")]
    Backend {
        /// What the backend said.
        reason: String,
    },
    /// A sink panicked in an earlier step; nothing was recorded since.
    #[error(
        "a sink panicked at an earlier step and nothing was recorded since: see the panic's message above"
    )]
    SinkPanicked,
    /// The optimizer made another number of steps than the recorder saw.
    #[error(
        "the optimizer made {expected} steps, the recorder saw {seen}: the parameter got no gradient in the others (frozen, or not used by the loss), or another optimizer was stepped"
    )]
    MissedSteps {
        /// Steps that the training made.
        expected: u64,
        /// Steps that the recorder saw.
        seen: u64,
    },
    /// A user's own sink failed.
    #[error("{0}")]
    Sink(String),
}

impl RecorderError {
    /// The error of a user's own sink.
    pub fn sink(reason: impl Display) -> Self {
        Self::Sink(reason.to_string())
    }

    pub(crate) fn write(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source: Arc::new(source) }
    }

    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source: Arc::new(source) }
    }
}

impl From<FileError> for RecorderError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io { action: "reading", path, source } => Self::read(path)(source),
            FileError::Io { path, source, .. } => Self::write(path)(source),
            FileError::Malformed { path, problem } => Self::Damaged { path, problem },
            other => Self::Damaged { path: other.path().to_owned(), problem: other.to_string() },
        }
    }
}
