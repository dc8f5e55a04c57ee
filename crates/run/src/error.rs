//! What can go wrong in a run, as data: what, and where. What to do next is the command line's to say.

use std::io;
use std::path::{Path, PathBuf};

use varflat_files::FileError;

use crate::kind::Kind;
use crate::stage::Stage;

pub use crate::remedy::Remedy;

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure on the way from an experiment to its figures.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The images or labels cannot be used.
    #[error(transparent)]
    Data(#[from] varflat_model::data::DataError),
    /// A relative folder of images is not here; it may be one of another place.
    #[error("{} is not a folder, seen from {}", folder.display(), here.display())]
    DataElsewhere {
        /// The relative folder.
        folder: PathBuf,
        /// The working directory.
        here: PathBuf,
    },
    /// The network does not fit the experiment.
    #[error(transparent)]
    Network(#[from] varflat_model::NetworkError),
    /// Training cannot go on.
    #[error(transparent)]
    Training(#[from] varflat_model::TrainingError),
    /// The landscape cannot be measured.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Landscape(varflat_model::LandscapeError),
    /// The recorded weights are no longer numbers.
    #[error("{0}")]
    Diverged(String),
    /// There is no such device.
    #[error(transparent)]
    Device(#[from] varflat_model::device::DeviceError),
    /// The trajectory cannot be written or read.
    #[error(transparent)]
    Recorder(varflat_recorder::RecorderError),
    /// The numbers cannot be analysed.
    #[error(transparent)]
    Analysis(varflat_analysis::AnalysisError),
    /// The weights of a recorded window cannot be analysed.
    #[error("{}: {source}", path.display())]
    Window {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: varflat_analysis::AnalysisError,
    },
    /// Rows of a window are not where they should be.
    #[error(transparent)]
    Shape(#[from] ndarray::ShapeError),
    /// A figure cannot be drawn.
    #[error(transparent)]
    Plot(varflat_plot::PlotError),
    /// A file or folder cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file or folder is there but is not what it should be.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What can be done about it.
        remedy: Remedy,
    },
    /// An experiment is changed in what an earlier stage has used already.
    #[error("{difference}: an earlier stage has used it already")]
    UsedAlready {
        /// The stage that it was changed for.
        stage: Stage,
        /// The key, with both values.
        difference: String,
    },
    /// An experiment file has an impossible value.
    #[error("{origin}: {problem}")]
    Experiment {
        /// The file, or the name of the experiment.
        origin: String,
        /// The key and what is wrong with it.
        problem: String,
    },
    /// A setting beside the file has an impossible key or value.
    #[error("{}: {problem}", settings.iter().map(|setting| format!("{option} {setting}")).collect::<Vec<_>>().join(" "))]
    Setting {
        /// The option of the command line that gives such settings: `--set`, `--vary`.
        option: &'static str,
        /// `section.key=value`, one or all that were given.
        settings: Vec<String>,
        /// What is wrong with them.
        problem: String,
    },
    /// A file of keys and values is of another kind.
    #[error("{origin}: this is {found}, not {asked}")]
    OtherKind {
        /// The file.
        origin: String,
        /// What it is.
        found: Kind,
        /// What was asked for.
        asked: Kind,
    },
    /// The output folder belongs to another experiment.
    #[error("{} holds another experiment; it differs in {differences}", folder.display())]
    OtherExperiment {
        /// The run folder.
        folder: PathBuf,
        /// The keys that differ, with both values.
        differences: String,
    },
    /// The folder belongs to a sweep around another experiment.
    #[error("{} holds another sweep; it differs in {differences}", folder.display())]
    OtherSweep {
        /// The folder of the sweep.
        folder: PathBuf,
        /// The keys that differ, with both values.
        differences: String,
    },
    /// A training failed before, and would fail again.
    #[error("{error} (in an earlier attempt)")]
    FailedBefore {
        /// What went wrong then.
        error: String,
    },
    /// The program of a cluster's scheduler did not do what it was asked.
    #[error("{command}: {problem}")]
    Engine {
        /// The program.
        command: String,
        /// What it said.
        problem: String,
        /// What can be done about it.
        remedy: Remedy,
    },
    /// Every point that is not finished waits or runs already.
    #[error("every point that is not finished is in the queue already, submitted from here as array {}", arrays.join(","))]
    InQueue {
        /// The job numbers of the arrays.
        arrays: Vec<String>,
    },
    /// Two points of a sweep that differ would share a folder.
    #[error("{sweep}: two points that differ would be called {point}")]
    TwoPoints {
        /// The sweep.
        sweep: String,
        /// The name of both.
        point: String,
    },
    /// What has no steps of a training cannot be timed.
    #[error("{experiment}: a Langevin walk has no training whose steps could be timed")]
    NotTimed {
        /// The experiment.
        experiment: String,
    },
    /// An earlier stage has not been done.
    #[error("{}: {missing} is not there yet", folder.display())]
    StageMissing {
        /// The run folder.
        folder: PathBuf,
        /// The file that is missing.
        missing: &'static str,
        /// The stage that makes it.
        stage: Stage,
    },
    /// Another process is at work in the folder.
    #[error("{} is in use by another varflat process", .0.display())]
    Locked(PathBuf),
    /// Work is asked for in a folder that was opened to be looked into.
    #[error("{} was opened to be looked into, which writes nothing: open it for work", .0.display())]
    Viewed(PathBuf),
    /// Some points of a sweep are not finished.
    #[error("{left} of {points} points are not finished, so the table lacks them")]
    Unfinished {
        /// The folder of the sweep.
        folder: PathBuf,
        /// Points that are not finished.
        left: usize,
        /// All of them.
        points: usize,
    },
    /// Some runs failed; the others are finished.
    #[error("{} of the runs failed:\n  {}", failures.len(), lines(failures))]
    Runs {
        /// The name of each run, and its error.
        failures: Vec<(String, Self)>,
    },
    /// Results are not what they were, or do not follow from what they were made from.
    #[error("{place} is not what it was: {}", differences.join("; "))]
    Differs {
        /// The run folder, figure folder or figure.
        place: PathBuf,
        /// What differs, and by how much.
        differences: Vec<String>,
        /// The files among them that could not be read as what they should be.
        damaged: Vec<Self>,
    },
    /// Ctrl-C.
    #[error("interrupted during {stage}; nothing is lost")]
    Interrupted {
        /// The stage that was running.
        stage: &'static str,
    },
}

impl From<varflat_analysis::AnalysisError> for Error {
    /// Of a window that could not be read, the error of the reading.
    fn from(error: varflat_analysis::AnalysisError) -> Self {
        use varflat_analysis::AnalysisError::Source;
        match error {
            Source(source) => {
                source.downcast().map_or_else(|source| Self::Analysis(Source(source)), |error| *error)
            }
            error => Self::Analysis(error),
        }
    }
}

/// What the operating system refuses has one remedy, wherever it was met.
impl From<varflat_recorder::RecorderError> for Error {
    fn from(error: varflat_recorder::RecorderError) -> Self {
        match error {
            varflat_recorder::RecorderError::Write { path, source } => {
                FileError::writing(&path)(same(&source)).into()
            }
            varflat_recorder::RecorderError::Read { path, source } => {
                FileError::reading(&path)(same(&source)).into()
            }
            varflat_recorder::RecorderError::Damaged { path, problem } => {
                FileError::Malformed { path, problem }.into()
            }
            error => Self::Recorder(error),
        }
    }
}

impl From<varflat_plot::PlotError> for Error {
    fn from(error: varflat_plot::PlotError) -> Self {
        match error {
            varflat_plot::PlotError::File(error) => error.into(),
            error => Self::Plot(error),
        }
    }
}

/// The same error again.
fn same(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(feature = "train")]
impl From<varflat_model::LandscapeError> for Error {
    fn from(error: varflat_model::LandscapeError) -> Self {
        match error {
            varflat_model::LandscapeError::Network(error) => Self::Network(error),
            varflat_model::LandscapeError::Device(error) => Self::Training(error),
            error => Self::Landscape(error),
        }
    }
}

/// The message itself, because that is what a notebook, `unwrap` and a failing test show.
impl std::fmt::Debug for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

impl Error {
    /// Whether it says something about the training rather than about files and machines: another attempt would come to the same.
    pub fn is_finding(&self) -> bool {
        matches!(
            self,
            Self::Training(_)
                | Self::Diverged(_)
                | Self::Analysis(_)
                | Self::Window { .. }
                | Self::FailedBefore { .. }
        )
    }

    /// Threads that could not be started.
    pub fn threads(source: io::Error) -> Self {
        FileError::Io { action: "starting threads in", path: PathBuf::from("this process"), source }.into()
    }

    /// A file or folder that is not what it should be.
    pub fn malformed(path: &Path, problem: impl Into<String>, remedy: Remedy) -> Self {
        Self::Malformed { path: path.to_path_buf(), problem: problem.into(), remedy }
    }
}

/// A run a line.
fn lines(failures: &[(String, Error)]) -> String {
    let lines: Vec<String> = failures.iter().map(|(run, error)| format!("{run}: {error}")).collect();
    lines.join("\n  ")
}
