//! The tables of a run in a figure folder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use varflat_analysis::Phases;
use varflat_files::FileSum;
use varflat_run::error::Result;
use varflat_run::experiment::Experiment;
use varflat_run::run_folder::RunRecord;
use varflat_run::stages::FitReport;

use crate::part::Tables;

pub(crate) const LEARNING: &str = "learning_phases.csv";
pub(crate) const SPECTRUM: &str = "pca_spectrum.csv";
pub(crate) const TRAJECTORIES: &str = "trajectories.csv";
pub(crate) const LANDSCAPE: &str = "landscape.csv";
pub(crate) const FLATNESS: &str = "flatness.csv";
pub(crate) const SUMMARY: &str = "summary.json";
/// All but the summary.
pub(crate) const TABLES: &[&str] = &[LEARNING, SPECTRUM, TRAJECTORIES, LANDSCAPE, FLATNESS];

/// Numbers that belong to a whole run rather than to a row of a table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// The resolved experiment.
    pub(crate) experiment: Experiment,
    /// How it was run.
    pub(crate) run: RunRecord,
    /// The fitted numbers.
    pub(crate) fit: FitReport,
    /// The two phases of learning.
    #[serde(default)]
    pub(crate) phases: Option<Phases>,
    /// First and last epoch of the analysed window.
    pub(crate) window_epochs: [f64; 2],
    /// The tables beside it, as they were written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tables: BTreeMap<String, FileSum>,
}

/// That of the run whose tables lie in a folder, if they do.
pub(crate) fn summary(tables: &Tables) -> Result<Option<Summary>> {
    tables.json(SUMMARY)
}

/// A row of `pca_spectrum.csv`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SpectrumRow {
    pub(crate) index: usize,
    pub(crate) variance: f64,
}

/// A row of `trajectories.csv`: one component at one step.
#[derive(Serialize, Deserialize)]
pub(crate) struct TrajectoryRow {
    pub(crate) component: usize,
    pub(crate) step: u64,
    pub(crate) theta: f64,
}

/// A row of `landscape.csv`: one point of one profile.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProfileRow {
    pub(crate) index: usize,
    pub(crate) offset: f64,
    pub(crate) loss: f64,
}
