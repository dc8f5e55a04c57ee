//! From a run folder to its tables in a figure folder.

use std::path::Path;

use varflat_analysis::Phases;
use varflat_files::{FileSum, write_csv, write_json};
use varflat_model::Metrics;
use varflat_recorder::Trajectory;
use varflat_run::artifacts::{self, FIT, METRICS, PROJECTIONS};
use varflat_run::error::Result;
use varflat_run::run_folder::{RunFolder, Stage, names};
use varflat_run::stages::read_variance;

use super::PART;
use super::tables::{
    FLATNESS, LANDSCAPE, LEARNING, ProfileRow, SPECTRUM, SUMMARY, SpectrumRow, Summary, TABLES, TRAJECTORIES,
    TrajectoryRow,
};
use crate::part::{Unfinished, claim_new};

/// Most points of a trajectory that are drawn, but for the last step: more cannot be told apart.
const TRAJECTORY_POINTS: usize = 2399;

/// Write the tables of a finished run into a figure folder.
///
/// # Errors
/// [`Error::StageMissing`](varflat_run::Error::StageMissing) if the run is not finished; [`Error::Malformed`](varflat_run::Error::Malformed) if a
/// file is in the way that is not varflat's; reading and writing errors.
pub fn write_tables(run: &RunFolder, folder: &Path) -> Result<()> {
    run.require(Stage::Fit)?;
    let metrics: Vec<Metrics> = run.read(&METRICS)?;
    let trajectory = Trajectory::open(run.file(names::TRAJECTORY))?;
    let theta = run.read(&PROJECTIONS)?;
    let (variance, _) = read_variance(run)?;
    let (profiles, flatness) = (run.read(&artifacts::LANDSCAPE)?.directions, run.read(&artifacts::FLATNESS)?);
    let (record, fit) = (run.record()?, run.read(&FIT)?);
    // Everything is read: now the tables there, which may be another run's, give way. Without the summary they count for nothing.
    let _claim = claim_new(folder)?;
    let unfinished = Unfinished::begin(folder, &PART)?;
    write_csv(&folder.join(LEARNING), &metrics)?;
    write_trajectories(&theta, &trajectory, folder)?;
    let spectrum = variance.iter().zip(1..).map(|(&variance, index)| SpectrumRow { index, variance });
    write_csv(&folder.join(SPECTRUM), spectrum)?;
    let rows = profiles.iter().flat_map(|profile| {
        let points = profile.offset.iter().zip(&profile.loss);
        points.map(|(&offset, &loss)| ProfileRow { index: profile.index, offset, loss })
    });
    write_csv(&folder.join(LANDSCAPE), rows)?;
    write_csv(&folder.join(FLATNESS), flatness)?;
    let written = FileSum::of_all(folder, TABLES)?;
    let steps_per_epoch = record.steps as f64 / record.epochs.max(1) as f64;
    let summary = Summary {
        experiment: run.experiment().clone(),
        fit,
        phases: Phases::of(metrics.iter().map(|row| (row.epoch as f64, row.train_error, row.test_error))),
        window_epochs: [trajectory.step(0) as f64 / steps_per_epoch, record.epochs as f64],
        run: record,
        tables: written,
    };
    write_json(&folder.join(SUMMARY), &summary)?;
    unfinished.end()
}

/// θ of the pairs (1, 2) and (49, 50), thinned to what can be seen.
fn write_trajectories(theta: &ndarray::Array2<f64>, trajectory: &Trajectory, folder: &Path) -> Result<()> {
    let stride = theta.nrows().div_ceil(TRAJECTORY_POINTS);
    let shown = [1, 2, 49, 50].into_iter().filter(|component| *component <= theta.ncols());
    let rows = shown.flat_map(|component| {
        let last = theta.nrows().saturating_sub(1);
        let column = theta.column(component - 1).to_vec().into_iter().enumerate();
        column
            .filter(move |(row, _)| row % stride == 0 || *row == last)
            .map(move |(row, theta)| TrajectoryRow { component, step: trajectory.step(row), theta })
    });
    Ok(write_csv(&folder.join(TRAJECTORIES), rows)?)
}
