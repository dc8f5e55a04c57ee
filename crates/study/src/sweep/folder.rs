//! The folder of a sweep: its resolved file, and one run folder a point.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use varflat_files::{FileError, make_folder, read_text, write_whole};
use varflat_run::artifacts::names;
use varflat_run::error::{Error, Remedy, Result};

use super::file::SweepFile;
use super::point::Point;
use crate::part::claim;

/// The folder of a sweep.
#[derive(Clone, Debug)]
pub struct SweepFolder {
    path: PathBuf,
    file: SweepFile,
    points: Vec<Point>,
    /// Points of the folder that are none of these.
    others: usize,
}

impl SweepFolder {
    /// Make the folder of a sweep, or reopen it. The folder keeps the points it has and gains those of this sweep, whose base experiment
    /// is the same; what comes back has the points of this sweep alone, counted as it counts them.
    ///
    /// # Errors
    /// [`Error::OtherSweep`] if the folder holds a sweep around another experiment, [`Error::Malformed`] if it holds something
    /// else, [`Error::File`] if it cannot be written.
    pub fn begin(path: &Path, file: SweepFile) -> Result<Self> {
        let mut sweep = Self::at(path, file)?;
        let resolved = path.join(names::SWEEP);
        if !resolved.exists() && sweep.is_occupied()? {
            let problem = "the folder is not empty and not a sweep of varflat's";
            return Err(Error::malformed(path, problem, Remedy::OtherFolder));
        }
        make_folder(path)?;
        // Two commands that add points at once must not lose each other's.
        let _claim = claim(path);
        let held = resolved.exists().then(|| SweepFile::read_settings(&resolved)).transpose()?;
        let Some(held) = held else {
            write(&resolved, &sweep.file)?;
            return Ok(sweep);
        };
        sweep.check_same_base(&held)?;
        if held != sweep.file {
            let joined = held.joined(&sweep.file)?;
            let all = joined.as_ref().unwrap_or(&held);
            sweep.others = all.points()?.len() - sweep.points.len();
            if let Some(joined) = joined {
                check_resolved(&resolved)?;
                write(&resolved, &joined)?;
            }
        }
        Ok(sweep)
    }

    /// Refuse to add to a sweep around another experiment.
    fn check_same_base(&self, held: &SweepFile) -> Result<()> {
        let mut differences = self.file.base()?.differences(held.base()?);
        if held.name != self.file.name {
            differences.insert(0, format!("name ({} here, {} asked for)", held.name, self.file.name));
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::OtherSweep { folder: self.path.clone(), differences: differences.join(", ") })
    }

    /// What the folder of a sweep is or would be; nothing is read or written.
    ///
    /// # Errors
    /// As [`SweepFile::points`].
    pub fn at(path: &Path, file: SweepFile) -> Result<Self> {
        Ok(Self { path: path.to_path_buf(), points: file.points()?, file, others: 0 })
    }

    /// Whether there is anything but what other processes that begin the same sweep, or a workflow manager, have just put there.
    fn is_occupied(&self) -> Result<bool> {
        if !self.path.exists() {
            return Ok(false);
        }
        let names = self.names()?;
        let mut others = names.iter().filter(|name| !name.starts_with('.') && *name != names::SWEEP);
        Ok(others.any(|name| !self.points.iter().any(|point| point.name == *name)))
    }

    /// Names of what lies in the folder.
    fn names(&self) -> Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path).map_err(FileError::reading(&self.path))?;
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            Ok(entry.map_err(FileError::reading(&self.path))?.file_name().to_string_lossy().into_owned())
        };
        entries.map(name).collect()
    }

    /// Runs in the folder that are no point of the sweep.
    ///
    /// # Errors
    /// [`Error::File`] if the folder cannot be read.
    pub fn strangers(&self) -> Result<Vec<String>> {
        let known: BTreeSet<&str> = self.points.iter().map(|point| point.name.as_str()).collect();
        let mut names = self.names()?;
        names.retain(|name| {
            !known.contains(name.as_str()) && self.path.join(name).join(names::CONFIG).exists()
        });
        names.sort();
        Ok(names)
    }

    /// Open a folder that a sweep was begun in.
    ///
    /// # Errors
    /// [`Error::Malformed`] if there is none.
    pub fn open(path: &Path) -> Result<Self> {
        let resolved = path.join(names::SWEEP);
        if !resolved.exists() {
            return Err(Error::malformed(path, "there is no sweep here (no sweep.toml)", Remedy::MakeSweep));
        }
        Self::at(path, SweepFile::read(&resolved)?)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The resolved sweep.
    pub fn file(&self) -> &SweepFile {
        &self.file
    }

    /// Its points.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// How many points the folder has that are none of these.
    pub fn others(&self) -> usize {
        self.others
    }

    /// The run folder of a point.
    pub fn run_folder(&self, point: &Point) -> PathBuf {
        self.path.join(&point.name)
    }
}

/// Refuse to write over a sweep file of the user's own, which names its experiment where a resolved one holds it.
fn check_resolved(path: &Path) -> Result<()> {
    let text = read_text(path)?;
    let table: toml::Table =
        toml::from_str(&text).map_err(|error| FileError::malformed(path, error.to_string()))?;
    if table.contains_key("base") && !table.contains_key("experiment") {
        return Ok(());
    }
    Err(Error::malformed(
        path,
        "is a sweep file of your own, which other points would have to be added to",
        Remedy::OtherFolder,
    ))
}

/// Write the resolved sweep.
pub(super) fn write(path: &Path, file: &SweepFile) -> Result<()> {
    let text = toml::to_string(file).map_err(|error| FileError::malformed(path, error.to_string()))?;
    Ok(write_whole(path, |out| out.write_all(text.as_bytes()))?)
}
