//! Which data an experiment asks for.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Data, DataError, Verify, default_folder, load};

/// The data of an experiment; written `"mnist"`, or as the path of a folder (one that is called `mnist` as `"./mnist"`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DataSource {
    /// The MNIST files that come with the project, found by [`default_folder`].
    #[default]
    Mnist,
    /// A folder with four IDX files of its own.
    Folder(PathBuf),
}

impl DataSource {
    /// The folder to load from.
    ///
    /// # Errors
    /// [`DataError::MnistNotFound`] if MNIST is asked for and is not there.
    pub fn folder(&self) -> Result<PathBuf, DataError> {
        match self {
            Self::Mnist => default_folder(),
            Self::Folder(folder) => Ok(folder.clone()),
        }
    }

    /// Finds the folder and loads it with [`load`].
    ///
    /// # Errors
    /// Those of [`DataSource::folder`] and [`load`].
    pub fn load(&self, verify: Verify) -> Result<Data, DataError> {
        load(&self.folder()?, verify)
    }
}

impl From<String> for DataSource {
    fn from(text: String) -> Self {
        if text == "mnist" { Self::Mnist } else { Self::Folder(text.into()) }
    }
}

impl FromStr for DataSource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text.to_string()))
    }
}

impl From<DataSource> for String {
    fn from(source: DataSource) -> Self {
        source.to_string()
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mnist => f.write_str("mnist"),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}
