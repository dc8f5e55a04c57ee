//! What can go wrong in a run: one message that says what, where and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use varflat_files::{FileError, MAKING};

use crate::run_folder::{Stage, names};
use crate::study::StudyKind;

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure on the way from an experiment to its figures.
#[derive(thiserror::Error)]
pub enum Error {
    /// The images or labels cannot be used.
    #[error("{source}{choice}", source = .0, choice = data_choice(.0))]
    Data(#[from] varflat_model::data::DataError),
    /// A relative folder of images is not here; it may be one of another place.
    #[error(
        "{} is not a folder, seen from {}; give the command from where it is, or name the folder that holds the four IDX files \
         (--data DIR, or data.folder)", folder.display(), here.display()
    )]
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
    /// Rows of a window are not where they should be.
    #[error(transparent)]
    Shape(#[from] ndarray::ShapeError),
    /// A figure cannot be drawn.
    #[error(transparent)]
    Plot(varflat_plot::PlotError),
    /// A file or folder cannot be read or written.
    #[error("{action} {path}: {source}{}", remedy(action, source))]
    Io {
        /// What was tried: `reading`, `writing`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A file is there but is not what it should be.
    #[error("{path}: {problem}{}", redo(path, problem))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the remedy.
        problem: String,
    },
    /// An experiment file, or a `--set`, has an impossible value.
    #[error("{origin}: {problem}")]
    Experiment {
        /// The file, or `--set …`.
        origin: String,
        /// The key and what is wrong with it.
        problem: String,
    },
    /// The output folder belongs to another experiment.
    #[error(
        "{folder} holds another experiment; it differs in {differences}. Choose another --out, or --force to throw the \
         old results away"
    )]
    OtherExperiment {
        /// The run folder.
        folder: PathBuf,
        /// The keys that differ, with both values.
        differences: String,
    },
    /// The folder belongs to a sweep around another experiment.
    #[error(
        "{folder} holds another sweep; it differs in {differences}. Choose another --out, or remove the folder"
    )]
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
    },
    /// An earlier stage has not been done.
    #[error(
        "{folder}: {missing} is not there yet; run `varflat {stage}` first (or `varflat run`, which does all stages)"
    )]
    StageMissing {
        /// The run folder.
        folder: PathBuf,
        /// The file that is missing.
        missing: &'static str,
        /// The stage that makes it.
        stage: &'static str,
    },
    /// Another process is at work in the folder.
    #[error("{0} is in use by another varflat process; wait for it, or choose another --out")]
    Locked(PathBuf),
    /// Some points of a sweep are not finished.
    #[error(
        "{} of {points} points are not finished, so the table lacks them; `varflat sweep status {folder}` says how far they are",
        left
    )]
    Unfinished {
        /// The folder of the sweep.
        folder: PathBuf,
        /// Points that are not finished.
        left: usize,
        /// All of them.
        points: usize,
    },
    /// Some runs failed; the others are finished.
    #[error("{} of the runs failed:\n  {}\n{again}", failures.len(), failures.join("\n  "))]
    Grid {
        /// The run and its error.
        failures: Vec<String>,
        /// What the same command would do about them.
        again: &'static str,
    },
    /// Results are not what they were, or do not follow from what they were made from.
    #[error("{place} is not what it was: {}", differences.join("; "))]
    Differs {
        /// The run folder, figure folder or figure.
        place: PathBuf,
        /// What differs, and by how much.
        differences: Vec<String>,
    },
    /// Ctrl-C.
    #[error("interrupted during {stage}; nothing is lost: the same command continues from here")]
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
            varflat_recorder::RecorderError::Write { path, source } => Self::writing(&path)(same(&source)),
            varflat_recorder::RecorderError::Read { path, source } => Self::reading(&path)(same(&source)),
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

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io { action, path, source } => Self::Io { action, path, source },
            FileError::Malformed { path, problem } => Self::Malformed { path, problem },
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
    pub(crate) fn is_finding(&self) -> bool {
        matches!(self, Self::Training(_) | Self::Diverged(_) | Self::Analysis(_))
    }

    /// A failed write.
    pub(crate) fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action: "writing", path, source }
    }

    /// Threads that could not be started.
    pub(crate) fn threads(source: io::Error) -> Self {
        Self::Io { action: "starting threads in", path: PathBuf::from("this process"), source }
    }

    /// A failed removal.
    pub(crate) fn removing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action: "removing", path, source }
    }

    /// A failed read.
    pub(crate) fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action: "reading", path, source }
    }

    /// A file whose content is wrong.
    pub(crate) fn malformed(path: &Path, problem: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_path_buf(), problem: problem.into() }
    }
}

/// Which key and option name other images, where none were found.
fn data_choice(error: &varflat_model::data::DataError) -> &'static str {
    use varflat_model::data::DataError::{MissingFile, MissingFolder, SetNotFound};
    match error {
        SetNotFound { .. } | MissingFolder { .. } | MissingFile { .. } => " (--data DIR, or data.folder)",
        _ => "",
    }
}

/// How to make a damaged file again, unless the problem says so itself.
fn redo(path: &Path, problem: &str) -> String {
    if problem.contains("--") || problem.contains("`varflat ") {
        return String::new();
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_table = path.extension().is_some_and(|kind| kind == "csv" || kind == "json");
    if !path.with_file_name(names::CONFIG).exists() {
        // In no run: a table of a figure folder, or a file of somebody's own.
        return if is_table { table_again(path, &name) } else { String::new() };
    }
    match Stage::of_file(&name) {
        Some(Stage::Train) => "; restore it, or run the experiment again with --force".to_owned(),
        Some(stage) => format!("; run `varflat {}` again", stage.name()),
        None if [names::CONFIG, names::RUN].contains(&name.as_str()) => {
            "; restore it, or run the experiment again with --force".to_owned()
        }
        None => String::new(),
    }
}

/// How to write a table of a figure folder again: that of a run, or of a study or sweep, which begins with the name of that.
fn table_again(path: &Path, name: &str) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.display();
    let of_study = StudyKind::NAMES.iter().any(|study| name.starts_with(study));
    let command = match name {
        _ if of_study => "study STUDY.toml",
        _ if name.starts_with("sweep") => "sweep collect SWEEP",
        _ => "plot RUN",
    };
    format!("; write the tables again with `varflat {command} --figures {folder}`")
}

/// EMFILE and ENFILE, for which the library has no name.
const TOO_MANY_FILES: [i32; 2] = if cfg!(unix) { [24, 23] } else { [4, 4] };

/// What to do about an error of the operating system, where there is something to do.
fn remedy(action: &str, source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound if action == MAKING => "; no folder can be made there: choose another",
        io::ErrorKind::IsADirectory if action == "reading" => {
            "; a folder stands where a file is needed: name the file that is meant"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space, then give the same command again: it continues where it stopped"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; choose a folder that you may write to"
        }
        io::ErrorKind::NotFound => "; check the path, or whether the folder was moved meanwhile",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "; a file stands where a folder is needed: choose another folder"
        }
        io::ErrorKind::IsADirectory => {
            "; a folder stands where a file is needed: name a file, or another folder for what is written"
        }
        io::ErrorKind::FileTooLarge => {
            "; files may not be larger here (`ulimit -f`, or the file system): raise the limit, then give the same command again"
        }
        io::ErrorKind::WouldBlock => {
            "; too few threads or too little memory are allowed here (`ulimit -u`, `ulimit -v`): raise the limit, or lower \
             RAYON_NUM_THREADS and --jobs"
        }
        io::ErrorKind::OutOfMemory => {
            "; use a machine with more memory, or raise the limit (`ulimit -v`), then give the same command again"
        }
        io::ErrorKind::ResourceBusy | io::ErrorKind::Unsupported => {
            "; the file system there cannot do it: choose a folder on another"
        }
        _ if source.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
            "; too few files may be open at a time: raise the limit (`ulimit -n 1024`) or lower --jobs, then give the same command \
             again"
        }
        _ => "",
    }
}
