//! The six figures of a run.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use varflat_analysis::{FlatnessStatus, Phases};
use varflat_files::{FileSum, read_csv, read_json, read_npy, write_csv, write_json};
use varflat_model::Metrics;
use varflat_plot::{
    Figure, FitLine, FlatnessByIndex, LandscapeProfiles, LearningPhases, Point, PointStatus, PowerLawLine,
    Profile, Spectrum, Trajectories, TrajectoryPair, VarianceFlatness,
};
use varflat_recorder::Trajectory;

use super::{Figures, Source, Unfinished, claim_new, pair};
use crate::error::Result;
use crate::experiment::Experiment;
use crate::run_folder::{RunFolder, RunRecord, Stage, names};
use crate::stages::{FitReport, FlatnessRow, read_profiles, read_rows, read_variance};

/// Names of the tables, beside the figures drawn from them.
pub(super) mod tables {
    pub(crate) const LEARNING: &str = "learning_phases.csv";
    pub(crate) const SPECTRUM: &str = "pca_spectrum.csv";
    pub(crate) const TRAJECTORIES: &str = "trajectories.csv";
    pub(crate) const LANDSCAPE: &str = "landscape.csv";
    pub(crate) const FLATNESS: &str = "flatness.csv";
    pub(crate) const SUMMARY: &str = "summary.json";
    /// All but the summary.
    pub(crate) const DRAWN: [&str; 5] = [LEARNING, SPECTRUM, TRAJECTORIES, LANDSCAPE, FLATNESS];
}

/// Most points of a trajectory that are drawn, but for the last step: more cannot be told apart.
const TRAJECTORY_POINTS: usize = 2399;

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

/// A row of `pca_spectrum.csv`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SpectrumRow {
    index: usize,
    pub(crate) variance: f64,
}

/// A row of `trajectories.csv`: one component at one step.
#[derive(Serialize, Deserialize)]
struct TrajectoryRow {
    component: usize,
    step: u64,
    theta: f64,
}

/// A row of `landscape.csv`: one point of one profile.
#[derive(Serialize, Deserialize)]
struct ProfileRow {
    index: usize,
    offset: f64,
    loss: f64,
}

/// Write the tables of a finished run into a figure folder.
///
/// # Errors
/// [`Error::StageMissing`](crate::Error::StageMissing) if the run is not finished; [`Error::Malformed`](crate::Error::Malformed) if a
/// file is in the way that is not varflat's; reading and writing errors.
pub fn write_tables(run: &RunFolder, folder: &Path) -> Result<()> {
    run.require(Stage::Fit)?;
    let metrics: Vec<Metrics> = read_csv(&run.checked(names::METRICS)?)?;
    let trajectory = Trajectory::open(run.file(names::TRAJECTORY))?;
    let theta = read_npy(&run.checked(names::PROJECTIONS)?)?;
    let (variance, _) = read_variance(run)?;
    let (profiles, flatness) = (read_profiles(run)?, read_rows(run)?);
    let (record, fit) = (run.record()?, read_json(&run.checked(names::FIT)?)?);
    // Everything is read: now the tables there, which may be another run's, give way. Without the summary they count for nothing.
    let _claim = claim_new(folder)?;
    let unfinished = Unfinished::begin(folder, tables::SUMMARY)?;
    write_csv(&folder.join(tables::LEARNING), &metrics)?;
    write_trajectories(&theta, &trajectory, folder)?;
    let spectrum = variance.iter().zip(1..).map(|(&variance, index)| SpectrumRow { index, variance });
    write_csv(&folder.join(tables::SPECTRUM), spectrum)?;
    let rows = profiles.iter().flat_map(|profile| {
        let points = profile.offset.iter().zip(&profile.loss);
        points.map(|(&offset, &loss)| ProfileRow { index: profile.index, offset, loss })
    });
    write_csv(&folder.join(tables::LANDSCAPE), rows)?;
    write_csv(&folder.join(tables::FLATNESS), flatness)?;
    let written = FileSum::of_all(folder, &tables::DRAWN)?;
    let steps_per_epoch = record.steps as f64 / record.epochs.max(1) as f64;
    let summary = Summary {
        experiment: run.experiment().clone(),
        fit,
        phases: Phases::of(metrics.iter().map(|row| (row.epoch as f64, row.train_error, row.test_error))),
        window_epochs: [trajectory.step(0) as f64 / steps_per_epoch, record.epochs as f64],
        run: record,
        tables: written,
    };
    write_json(&folder.join(tables::SUMMARY), &summary)?;
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
    Ok(write_csv(&folder.join(tables::TRAJECTORIES), rows)?)
}

/// The figures of the run whose tables lie in a figure folder.
pub(super) const FIGURES: Figures = &[
    ("learning_phases", learning_phases),
    ("pca_spectrum", spectrum),
    ("trajectories", trajectories),
    ("landscape", landscape),
    ("flatness", flatness_by_index),
    ("variance_flatness", variance_flatness),
];

fn summary(tables: &Source) -> Result<Summary> {
    tables.json(tables::SUMMARY)
}

fn learning_phases(tables: &Source) -> Result<Figure> {
    let summary = summary(tables)?;
    let rows: Vec<Metrics> = tables.csv(tables::LEARNING)?;
    let column = |pick: fn(&Metrics) -> f64| rows.iter().map(pick).collect();
    let [first, last] = summary.window_epochs;
    Ok(varflat_plot::learning_phases(&LearningPhases {
        epoch: column(|row| row.epoch as f64),
        train_loss: column(|row| row.train_loss),
        train_error: column(|row| row.train_error),
        test_loss: column(|row| row.test_loss),
        test_error: column(|row| row.test_error),
        window_epochs: Some((first, last)),
    })?)
}

fn spectrum(tables: &Source) -> Result<Figure> {
    let rows: Vec<SpectrumRow> = tables.csv(tables::SPECTRUM)?;
    let fit = summary(tables)?.fit;
    Ok(varflat_plot::spectrum(&Spectrum {
        // Weights that never moved have a variance of exactly zero, which a logarithm cannot show.
        variance: rows.iter().map(|row| row.variance).filter(|variance| *variance > 0.0).collect(),
        total: fit.total_variance,
        floor: Some(fit.floor),
        decay: fit.decay.map(|decay| {
            let interval = pair(fit.gamma_estimate().and_then(|gamma| gamma.interval));
            let gamma = varflat_plot::with_interval(decay.gamma, interval);
            PowerLawLine {
                slope: -decay.gamma,
                ln_prefactor: decay.ln_prefactor,
                from: decay.first as f64,
                to: decay.last as f64,
                text: format!("power law, i = {}–{}:  γ = {gamma}", decay.first, decay.last),
            }
        }),
        gap: fit.gap,
    })?)
}

fn trajectories(tables: &Source) -> Result<Figure> {
    let rows: Vec<TrajectoryRow> = tables.csv(tables::TRAJECTORIES)?;
    let theta = |component: usize| -> Vec<f64> {
        rows.iter().filter(|row| row.component == component).map(|row| row.theta).collect()
    };
    let pairs = [(1, 2), (49, 50)]
        .into_iter()
        .map(|(x_index, y_index)| TrajectoryPair { x_index, y_index, x: theta(x_index), y: theta(y_index) })
        .filter(|pair| !pair.y.is_empty())
        .collect();
    let (first, last) = (rows.first().map_or(0, |row| row.step), rows.last().map_or(0, |row| row.step));
    let window_steps = Some(last.saturating_sub(first) as f64).filter(|steps| *steps > 0.0);
    Ok(varflat_plot::trajectories(&Trajectories { pairs, window_steps })?)
}

fn landscape(tables: &Source) -> Result<Figure> {
    let summary = summary(tables)?;
    let flatness: Vec<FlatnessRow> = tables.csv(tables::FLATNESS)?;
    let rows: Vec<ProfileRow> = tables.csv(tables::LANDSCAPE)?;
    let mut profiles: Vec<Profile> = Vec::new();
    for row in rows {
        if profiles.last().is_none_or(|profile| profile.index != row.index) {
            let crossings = flatness.iter().find(|flatness| flatness.index == row.index);
            profiles.push(Profile {
                index: row.index,
                offset: Vec::new(),
                loss: Vec::new(),
                left: crossings.and_then(|row| row.left),
                right: crossings.and_then(|row| row.right),
            });
        }
        if let Some(profile) = profiles.last_mut() {
            profile.offset.push(row.offset);
            profile.loss.push(row.loss);
        }
    }
    let (reference_loss, factor) = (summary.fit.l0, summary.fit.factor);
    Ok(varflat_plot::landscape_profiles(&LandscapeProfiles { reference_loss, factor, profiles })?)
}

fn flatness_by_index(tables: &Source) -> Result<Figure> {
    let summary = summary(tables)?;
    let flatness: Vec<FlatnessRow> = tables.csv(tables::FLATNESS)?;
    let status = |row: &FlatnessRow| match row.status {
        FlatnessStatus::Found => PointStatus::Measured,
        FlatnessStatus::Censored => PointStatus::Censored,
        FlatnessStatus::NotMonotone => PointStatus::Doubtful,
    };
    Ok(varflat_plot::flatness_by_index(&FlatnessByIndex {
        index: flatness.iter().map(|row| row.index).collect(),
        flatness: flatness.iter().map(|row| row.flatness).collect(),
        status: flatness.iter().map(status).collect(),
        radius: summary.experiment.landscape.radius,
    })?)
}

fn variance_flatness(tables: &Source) -> Result<Figure> {
    let fit = summary(tables)?.fit;
    let flatness: Vec<FlatnessRow> = tables.csv(tables::FLATNESS)?;
    let points = flatness.iter().filter(|row| row.variance > 0.0).filter_map(|row| {
        Some(Point {
            index: row.index,
            flatness: row.flatness?,
            variance: row.variance,
            used_in_fit: fit.uses(row),
        })
    });
    Ok(varflat_plot::variance_flatness(&VarianceFlatness {
        points: points.collect(),
        fit: Some(FitLine {
            psi: fit.psi,
            interval: pair(fit.psi_estimate().interval),
            bend: pair(fit.bend()),
            ln_prefactor: fit.ln_prefactor,
            r: fit.r,
            first: fit.range[0],
            last: fit.range[1],
            n: fit.n,
            censored: fit.left_out,
        }),
        equilibrium: true,
        title: None,
    })?)
}
