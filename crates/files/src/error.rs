//! What can go wrong with a file, as data: where, what was tried, and what is wrong. What to do about it is for whoever asked.

use std::io;
use std::path::{Path, PathBuf};

/// The result of everything here.
pub type Result<T> = std::result::Result<T, FileError>;

/// A file or folder that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was tried: `reading`, `writing`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A file is there but is not what it should be.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// Folders are made with all that are above them: that one is missing says that the system makes none there.
pub const MAKING: &str = "making the folder";

impl FileError {
    /// The file or folder that cannot be used.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. } | Self::Malformed { path, .. } => path,
        }
    }

    /// A failed read.
    pub fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io("reading", path)
    }

    /// A failed write.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io("writing", path)
    }

    /// A failed removal.
    pub fn removing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io("removing", path)
    }

    /// A folder that could not be made.
    pub fn making(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(MAKING, path)
    }

    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// A file whose content is wrong.
    pub fn malformed(path: &Path, problem: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_path_buf(), problem: problem.into() }
    }
}
