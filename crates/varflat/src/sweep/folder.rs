//! The folder of a sweep: its resolved file, and one run folder a point.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::file::SweepFile;
use super::point::Point;
use crate::error::{Error, Result};
use crate::files::write_whole;

/// The resolved sweep, its base experiment within.
const SWEEP: &str = "sweep.toml";

/// The folder of a sweep.
#[derive(Clone, Debug)]
pub struct SweepFolder {
    path: PathBuf,
    file: SweepFile,
    points: Vec<Point>,
}

impl SweepFolder {
    /// Make the folder of a sweep, or reopen it. The sweep may have gained or lost points since, the base experiment is the same. With
    /// `keeps` the folder keeps the sweep it holds: tasks of a job array work on the sweep as it was when they were submitted.
    ///
    /// # Errors
    /// [`Error::OtherExperiment`] if the folder holds a sweep around another experiment, [`Error::Malformed`] if it holds something
    /// else, [`Error::Io`] if it cannot be written.
    pub fn begin(path: &Path, file: SweepFile, keeps: bool) -> Result<Self> {
        let sweep = Self::at(path, file)?;
        let file = &sweep.file;
        let resolved = path.join(SWEEP);
        let held = resolved.exists().then(|| SweepFile::read_settings(&resolved)).transpose()?;
        if let Some(held) = &held {
            let mut differences = file.base()?.differences(held.base()?);
            if held.name != file.name {
                differences.insert(0, format!("name ({} here, {} asked for)", held.name, file.name));
            }
            if !differences.is_empty() {
                let (folder, differences) = (path.to_path_buf(), differences.join(", "));
                return Err(Error::OtherSweep { folder, differences });
            }
        } else if sweep.is_occupied() {
            let problem = "the folder is not empty and not a sweep of varflat's; choose another --out";
            return Err(Error::malformed(path, problem));
        }
        std::fs::create_dir_all(path).map_err(Error::writing(path))?;
        if held.is_none() || (!keeps && held.as_ref() != Some(file)) {
            write(&resolved, file)?;
        }
        Ok(sweep)
    }

    /// What the folder of a sweep is or would be; nothing is read or written.
    ///
    /// # Errors
    /// As [`SweepFile::points`].
    pub fn at(path: &Path, file: SweepFile) -> Result<Self> {
        Ok(Self { path: path.to_path_buf(), points: file.points()?, file })
    }

    /// Whether there is anything but what other processes that begin the same sweep, or a workflow manager, have just put there.
    fn is_occupied(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return false };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut others = names.filter(|name| !name.starts_with('.') && name != SWEEP);
        others.any(|name| !self.points.iter().any(|point| point.name == name))
    }

    /// Open a folder that a sweep was begun in.
    ///
    /// # Errors
    /// [`Error::Malformed`] if there is none.
    pub fn open(path: &Path) -> Result<Self> {
        let resolved = path.join(SWEEP);
        if !resolved.exists() {
            let problem = "there is no sweep here (no sweep.toml); begin one with `varflat sweep run SWEEP.toml --out FOLDER`";
            return Err(Error::malformed(path, problem));
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

    /// The run folder of a point.
    pub fn run_folder(&self, point: &Point) -> PathBuf {
        self.path.join(&point.name)
    }
}

/// Write the resolved sweep.
pub(super) fn write(path: &Path, file: &SweepFile) -> Result<()> {
    let text = toml::to_string(file).map_err(|error| Error::malformed(path, error.to_string()))?;
    write_whole(path, |out| out.write_all(text.as_bytes()))
}
