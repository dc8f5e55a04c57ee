//! Points that failed: a small file each, so that whoever looks later knows why.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use varflat_files::{FileError, read_json, remove, write_json};
use varflat_run::error::{Error, Result};

use super::folder::SweepFolder;
use super::point::Point;

/// Its folder, in that of the sweep.
const FAILURES: &str = "failures";

/// `failures/POINT.json`, there until the point succeeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    /// The point.
    pub(super) point: String,
    /// What went wrong.
    pub(super) error: String,
    /// Whether it says something about the training (it diverged, say), so that another attempt would come to the same.
    pub(super) is_finding: bool,
}

fn file(sweep: &SweepFolder, point: &Point) -> PathBuf {
    sweep.path().join(FAILURES).join(format!("{}.json", point.name))
}

impl Failure {
    /// The failure of a point, if its last attempt was one.
    pub(super) fn read(sweep: &SweepFolder, point: &Point) -> Result<Option<Self>> {
        let file = file(sweep, point);
        Ok(file.exists().then(|| read_json(&file)).transpose()?)
    }

    /// Write down that a point failed.
    pub(super) fn write(sweep: &SweepFolder, point: &Point, error: &Error) -> Result<()> {
        let failure =
            Self { point: point.name.clone(), error: error.to_string(), is_finding: error.is_finding() };
        let folder = sweep.path().join(FAILURES);
        std::fs::create_dir_all(&folder).map_err(FileError::writing(&folder))?;
        Ok(write_json(&file(sweep, point), &failure)?)
    }

    /// The point has succeeded.
    pub(super) fn forget(sweep: &SweepFolder, point: &Point) -> Result<()> {
        Ok(remove(&file(sweep, point))?)
    }
}
