//! What a collected sweep leaves: its record and the names of its tables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use varflat_files::FileSum;
use varflat_model::data::FileChecksum;

use super::file::SweepFile;

/// One row a point that is finished or failed.
pub(crate) const EXPONENTS: &str = "sweep.csv";
/// One row a component of a finished point.
pub(crate) const POINTS: &str = "sweep_points.csv";
/// What was swept; says that the tables are whole.
pub(crate) const RECORD: &str = "sweep.json";

/// `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SweepRecord {
    /// The sweep, its base experiment within.
    pub(crate) sweep: SweepFile,
    /// Points in all, and in the table.
    pub(crate) points: usize,
    pub(crate) collected: usize,
    /// The program that collected them; what made each point is in its own `run.json`.
    pub(crate) made: Collector,
    /// SHA-256 of the files of images that the points learnt, by the name or folder of the set.
    pub(crate) data: BTreeMap<String, Vec<FileChecksum>>,
    /// The tables beside it.
    pub(crate) tables: BTreeMap<String, FileSum>,
}

/// The program that collected a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Collector {
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) git_commit: Option<String>,
}
