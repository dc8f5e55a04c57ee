//! Which data an experiment asks for.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Data, DataError, Verify, folder, load};

/// The data of an experiment; written `"mnist"` or `"fashion-mnist"`, or as the path of a folder (one that is called `mnist` as
/// `"./mnist"`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DataSource {
    /// The MNIST files that come with the project, found by [`default_folder`](super::default_folder).
    #[default]
    Mnist,
    /// Fashion-MNIST (Xiao, Rasul & Vollgraf, arXiv 1708.07747): from `data/fashion-mnist`, looked for as MNIST is, or from Debian's
    /// package `dataset-fashion-mnist`.
    FashionMnist,
    /// A folder with four IDX files of its own.
    Folder(PathBuf),
}

impl DataSource {
    /// The folder to load from.
    ///
    /// # Errors
    /// [`DataError::SetNotFound`] if a set is asked for by its name and is not there.
    pub fn folder(&self) -> Result<PathBuf, DataError> {
        match self {
            Self::Mnist => folder::default_folder(),
            Self::FashionMnist => folder::fashion_mnist(),
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
        match text.as_str() {
            folder::MNIST => Self::Mnist,
            folder::FASHION_MNIST => Self::FashionMnist,
            _ => Self::Folder(text.into()),
        }
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
            Self::Mnist => f.write_str(folder::MNIST),
            Self::FashionMnist => f.write_str(folder::FASHION_MNIST),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}
