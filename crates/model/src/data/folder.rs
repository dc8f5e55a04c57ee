//! Where the data is: the folder, and the four files in it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::{Content, DataError};

/// Names of sets, and of their folders in `data`.
pub(super) const MNIST: &str = "mnist";
pub(super) const FASHION_MNIST: &str = "fashion-mnist";

/// Where Debian's packages of data sets put theirs.
const DEBIAN: &str = "/usr/share/datasets";

/// MNIST's folder for a program started in the current directory: [`find_mnist`] from there.
///
/// # Errors
/// [`DataError::SetNotFound`] with every folder tried; [`DataError::Unreadable`] if there is no current directory.
pub fn default_folder() -> Result<PathBuf, DataError> {
    find_mnist(&current()?)
}

/// The first folder `data/mnist` in `start`, in its ancestors, or in the workspace this crate was compiled in.
///
/// # Errors
/// [`DataError::SetNotFound`] with every folder tried.
pub fn find_mnist(start: &Path) -> Result<PathBuf, DataError> {
    find(MNIST, start, &[])
}

/// Fashion-MNIST's folder, likewise, or that of Debian's package.
pub(super) fn fashion_mnist() -> Result<PathBuf, DataError> {
    find(FASHION_MNIST, &current()?, &[Path::new(DEBIAN).join(FASHION_MNIST)])
}

fn current() -> Result<PathBuf, DataError> {
    env::current_dir().map_err(|cause| DataError::Unreadable { file: ".".into(), cause })
}

fn find(set: &'static str, start: &Path, elsewhere: &[PathBuf]) -> Result<PathBuf, DataError> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    find_from(set, start, workspace, elsewhere)
}

fn find_from(
    set: &'static str,
    start: &Path,
    workspace: &Path,
    elsewhere: &[PathBuf],
) -> Result<PathBuf, DataError> {
    let start = std::path::absolute(start).unwrap_or_else(|_| start.into());
    let ours = start.ancestors().chain([workspace]).map(|folder| folder.join("data").join(set));
    let looked_in: Vec<PathBuf> = ours.chain(elsewhere.iter().cloned()).collect();
    match looked_in.iter().find(|folder| folder.is_dir()) {
        Some(folder) => Ok(folder.canonicalize().unwrap_or_else(|_| folder.clone())),
        None => Err(DataError::SetNotFound { set, looked_in }),
    }
}

/// The training or the test half of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Train,
    Test,
}

impl Half {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Test => "test",
        }
    }

    /// The names under which a file of this half is accepted, the preferred one first.
    fn accepted(self, content: Content) -> Vec<String> {
        let half = match self {
            Self::Train => "train",
            Self::Test => "t10k",
        };
        let dimensions = content.dimensions();
        ["-", "."]
            .iter()
            .flat_map(|separator| {
                let name = format!("{half}-{content}{separator}idx{dimensions}-ubyte");
                [format!("{name}.gz"), name]
            })
            .collect()
    }
}

/// A file as stored.
pub(super) struct Stored {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

/// Reads the first file that is there under an accepted name.
pub(super) fn read_stored(folder: &Path, half: Half, content: Content) -> Result<Stored, DataError> {
    let accepted = half.accepted(content);
    for name in &accepted {
        let path = folder.join(name);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => {
                let bytes =
                    fs::read(&path).map_err(|cause| DataError::Unreadable { file: path.clone(), cause })?;
                return Ok(Stored { name: name.clone(), path, bytes });
            }
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(DataError::Unreadable { file: path, cause });
            }
            _ => {}
        }
    }
    Err(DataError::MissingFile { folder: folder.into(), set: half.name(), content, accepted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnist_is_looked_for_in_the_start_then_its_ancestors_then_the_workspace() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let (start, workspace) = (root.join("a/b"), root.join("workspace"));
        let folder = |place: &Path| place.join("data/mnist");
        fs::create_dir_all(&start).unwrap();

        let error = find_from(MNIST, &start, &workspace, &[]).unwrap_err();
        let DataError::SetNotFound { looked_in, .. } = &error else { panic!("{error}") };
        assert_eq!(looked_in[..3], [folder(&start), folder(&root.join("a")), folder(&root)]);
        assert_eq!(looked_in.last(), Some(&folder(&workspace)));
        assert!(error.to_string().contains(&folder(&workspace).display().to_string()), "{error}");

        for place in [&workspace, &root, &root.join("a"), &start] {
            fs::create_dir_all(folder(place)).unwrap();
            assert_eq!(find_from(MNIST, &start, &workspace, &[]).unwrap(), folder(place));
        }
    }

    #[test]
    fn a_package_of_the_system_is_the_last_place() {
        let root = tempfile::tempdir().unwrap();
        let package = root.path().join("package");
        let find = || {
            find_from(
                FASHION_MNIST,
                &root.path().join("a"),
                &root.path().join("b"),
                std::slice::from_ref(&package),
            )
        };
        let error = find().unwrap_err().to_string();
        assert!(error.contains("fashion-mnist") && error.contains("apt-get install"), "{error}");
        assert!(error.contains(&package.display().to_string()), "{error}");
        fs::create_dir_all(&package).unwrap();
        assert_eq!(find().unwrap(), package.canonicalize().unwrap());
    }
}
