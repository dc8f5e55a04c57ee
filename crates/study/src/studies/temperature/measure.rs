//! The noise of SGD around a finished run's w_0: temperatures, mini-batch losses, correlation times.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use varflat_analysis::{
    ComponentTimes, FlatnessStatus, GeneratedRows, MiniBatchProfiles, MiniBatchScatter, PathNoise, Scaling,
    TrajectoryPca, correlation_times, median, points_between, reshuffled_integral_time, scaling,
    temperature_along,
};
use varflat_files::write_csv;
use varflat_model::{
    MiniBatchesOnLine, MovingLayer, OptimizerKind, RecordedBatches, Shuffle, TrainingConfig,
};
use varflat_recorder::Trajectory;
use varflat_run::artifacts::{FLATNESS, PCA, TRAJECTORY};
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{
    Checked, Experiment, MOST, MOST_COMPONENTS, MOST_POINTS, all_within, not_too_many, range, within,
};
use varflat_run::recorded::RecordedWindow;
use varflat_run::run_folder::{RunFolder, names};
use varflat_run::stages::{self, FlatnessRow};

use crate::studies::context::{Measure, StudyContext};
use crate::words::exponent;

pub(crate) const TABLES: &[&str] = &[COMPONENTS, PROFILES, MINI_BATCHES];
/// One row a component.
pub(crate) const COMPONENTS: &str = "temperature.csv";
/// One row a point of T_i(δθ).
pub(crate) const PROFILES: &str = "temperature_profiles.csv";
/// One row a point of L^μ(δθ).
pub(crate) const MINI_BATCHES: &str = "temperature_mini_batches.csv";

/// Profiles go this much further than the crossings.
const TEMPERATURE_MARGIN: f64 = 1.2;

/// Components at each end of the spectrum, after the first, whose times are compared.
const ENDS: usize = 50;

/// The most rows of a table for one direction.
const MOST_ROWS: usize = 10_000_000;

/// `[study.temperature]`: where the noise is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemperatureStudy {
    /// Components whose profile T_i(δθ) is measured, from 1.
    pub profiled: Vec<usize>,
    /// Components along which mini-batch losses are measured: a sharp one and a flat one.
    pub mini_batches_along: Vec<usize>,
    /// Mini-batches whose losses are written out.
    pub mini_batches: usize,
    /// Points of a profile, from 1.2 times one crossing to 1.2 times the other.
    pub points: usize,
    /// Steps between two full gradients along the path; between them ∇L is interpolated.
    pub full_gradient_every: usize,
    /// First and last component of further fits of T_i(0) ∝ F_i^x: the line is bent.
    #[serde(default)]
    pub ranges: Vec<[usize; 2]>,
}

/// A row of `temperature.csv`: one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemperatureRow {
    pub(crate) index: usize,
    pub(crate) variance: f64,
    pub(crate) flatness: Option<f64>,
    /// Crossings of the level that defines F.
    pub(crate) left: Option<f64>,
    pub(crate) right: Option<f64>,
    pub(crate) status: FlatnessStatus,
    /// Whether σ_i² lies above the floor. What does not, is rounding: no fit takes it, and its times are not trusted.
    #[serde(default = "yes")]
    pub(crate) above_floor: bool,
    /// T_i(0), over all mini-batches of the window at fixed w_0.
    pub(crate) temperature: f64,
    /// Times of θ_i(t), in steps; the 1/e time with its 95 % interval over other windows of the training.
    pub(crate) theta_one_over_e: Option<f64>,
    #[serde(default)]
    pub(crate) theta_low: Option<f64>,
    #[serde(default)]
    pub(crate) theta_high: Option<f64>,
    pub(crate) theta_integral: Option<f64>,
    pub(crate) theta_trusted: bool,
    /// Times of η at fixed w_0 in the order in which the batches came.
    pub(crate) fixed_one_over_e: Option<f64>,
    #[serde(default)]
    pub(crate) fixed_low: Option<f64>,
    #[serde(default)]
    pub(crate) fixed_high: Option<f64>,
    pub(crate) fixed_integral: Option<f64>,
    pub(crate) fixed_trusted: bool,
    /// Times of η along the path; missing where it cannot be told from w alone (not plain SGD, not every step recorded).
    pub(crate) path_one_over_e: Option<f64>,
    #[serde(default)]
    pub(crate) path_low: Option<f64>,
    #[serde(default)]
    pub(crate) path_high: Option<f64>,
    pub(crate) path_integral: Option<f64>,
    pub(crate) path_trusted: bool,
}

const fn yes() -> bool {
    true
}

/// A row of `temperature_profiles.csv`: one point of T_i(δθ).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemperatureProfileRow {
    pub(crate) index: usize,
    pub(crate) offset: f64,
    pub(crate) temperature: f64,
    pub(crate) loss: f64,
}

/// A row of `temperature_mini_batches.csv`: one point of L^μ(δθ), or of L where `batch` is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MiniBatchRow {
    pub(crate) index: usize,
    pub(crate) batch: Option<usize>,
    pub(crate) offset: f64,
    pub(crate) loss: f64,
}

/// T_i(0) ∝ F_i^x over a range of components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeOfComponents {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) scaling: Scaling,
}

/// `temperature.json`: the exponents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemperatureReport {
    pub(crate) learning_rate: f64,
    pub(crate) batch_size: usize,
    /// What T_i is not, if the training was not plain SGD.
    #[serde(default)]
    pub(crate) caveat: Option<String>,
    /// Mini-batches that the noise is taken over.
    pub(crate) batches: usize,
    /// L_0.
    pub(crate) l0: f64,
    /// First component in the fits; all later ones with a flatness and a trusted value are in them.
    pub(crate) first: usize,
    /// T_i(0) ∝ F_i^x.
    pub(crate) temperature: Option<Scaling>,
    /// The same over ranges of components.
    pub(crate) temperature_ranges: Vec<RangeOfComponents>,
    /// The 1/e time of θ_i ∝ F_i^x.
    pub(crate) theta: Option<Scaling>,
    /// The 1/e time of η along the path ∝ F_i^x.
    pub(crate) path: Option<Scaling>,
    /// The 1/e time of η at fixed w_0 ∝ F_i^x.
    pub(crate) fixed: Option<Scaling>,
    /// Median of the 1/e time of η along the path (at fixed w_0 where there is none along the path) over the fifty components after
    /// the first.
    #[serde(default)]
    pub(crate) sharp_one_over_e: Option<f64>,
    /// Medians of the integral time of η at fixed w_0 over the fifty components after the first, and over the last fifty.
    #[serde(default)]
    pub(crate) fixed_integral: Option<[f64; 2]>,
    /// The integral time that noise has which nothing but the order of its mini-batches correlates, and the standard error of that of
    /// one component.
    #[serde(default)]
    pub(crate) uncorrelated_integral: Option<[f64; 2]>,
    /// How the losses of mini-batches scatter in a sharp and in a flat direction.
    #[serde(default)]
    pub(crate) mini_batches: Option<MiniBatchScatter>,
}

impl TemperatureReport {
    /// [`uncorrelated_integral`](Self::uncorrelated_integral), or that of white noise in files from before it was noted: reshuffling
    /// changes it by less than its error.
    pub(super) fn expected_integral(&self) -> [f64; 2] {
        self.uncorrelated_integral.unwrap_or_else(|| reshuffled_integral_time(usize::MAX, self.batches))
    }
}

/// In words, a number a line.
impl fmt::Display for TemperatureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut laws = vec![("T_i(0)".to_owned(), self.temperature)];
        laws.extend(self.temperature_ranges.iter().map(|range| {
            (format!("T_i(0) of components {}–{}", range.first, range.last), Some(range.scaling))
        }));
        laws.push(("1/e time of θ_i".to_owned(), self.theta));
        laws.push(("1/e time of η along the path".to_owned(), self.path));
        laws.push(("1/e time of η at fixed w".to_owned(), self.fixed));
        self.caveat.iter().try_for_each(|caveat| writeln!(f, "  note: {caveat}"))?;
        for (what, law) in laws.into_iter().filter_map(|(what, law)| Some((what, law?))) {
            let Scaling { r, n, .. } = law;
            writeln!(f, "  {what} ∝ F^x with x = {} ({n} directions, r = {r:.3})", exponent(&law))?;
        }
        Ok(())
    }
}

impl Measure for TemperatureStudy {
    type Report = TemperatureReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        for (key, components) in
            [("profiled", &self.profiled), ("mini_batches_along", &self.mini_batches_along)]
        {
            if components.is_empty() {
                return Err(format!("{key} needs components, counted from 1"));
            }
            all_within(key, components, 1, MOST_COMPONENTS)?;
        }
        within("points", self.points, 3, MOST_POINTS)?;
        within("mini_batches", self.mini_batches, 1, MOST)?;
        within("full_gradient_every", self.full_gradient_every, 1, MOST)?;
        let rows = self.points.saturating_mul(self.mini_batches);
        if rows > MOST_ROWS {
            return Err(format!(
                "points = {} and mini_batches = {} make tables of {rows} rows for a direction, more than {MOST_ROWS}: lower one",
                self.points, self.mini_batches
            ));
        }
        not_too_many("ranges", self.ranges.len())?;
        self.ranges.iter().try_for_each(|&components| range("ranges", components, 3))
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        let components = stages::read_variance(run)?.0.len();
        let rows = run.read(&FLATNESS)?;
        let steps = Trajectory::open(run.file(names::TRAJECTORY))?.steps();
        let beyond = self.ranges.iter().find(|[_, last]| *last > components);
        if let Some([first, last]) = beyond {
            return Ok(Err(format!("ranges: [{first}, {last}], but the run has {components} components")));
        }
        for (key, indices) in [("profiled", &self.profiled), ("mini_batches_along", &self.mini_batches_along)]
        {
            if let Some(index) = indices.iter().find(|index| !rows.iter().any(|row| row.index == **index)) {
                return Ok(Err(format!(
                    "{key}: component {index} was not measured in {}, which has {components}",
                    run.path().display()
                )));
            }
        }
        Ok(within("mini_batches", self.mini_batches, 1, steps as u64)
            .and_then(|()| within("full_gradient_every", self.full_gradient_every, 1, steps as u64))
            .map_err(|problem| format!("{problem}, the recorded steps")))
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<TemperatureReport> {
        let run = work.source()?;
        let experiment = run.experiment();
        let (learning_rate, block) = (experiment.training.learning_rate, experiment.fit.block);
        let pca = run.read(&PCA)?;
        let rows = stages::read_rows_along(run, &pca)?;
        if let Some(index) = self.without_flatness(&rows) {
            return Err(
                work.invalid(format!("component {index} has no flatness in {}", run.path().display()))
            );
        }
        let network = stages::centre(run, experiment.landscape.around)?;
        let images = stages::load_data(run)?.train;
        let layer = MovingLayer::new(&network, &experiment.recorder.layer, &images)?;
        stages::check_weights(run, &pca, layer.weights().len())?;
        drop(images);
        let window = run.read(&TRAJECTORY)?;
        let batches = batches(run, window.trajectory(), layer.samples());
        let bar = work.context.bar("temperature", 4 + self.directions().len() as u64);
        let done = || {
            bar.inc(1);
            work.advance(1.0 / (4 + self.directions().len()) as f64);
            work.context.go_on("temperature")
        };

        let l0 = layer.performance(layer.weights())?.loss;
        let full = pca.components().dot(&Array1::from(layer.full_gradient(layer.weights())?));
        let (temperature, fixed) = {
            let slopes = slopes_of(&batches, &layer, &pca)?;
            done()?;
            let temperature = varflat_analysis::temperature(slopes.view(), full.view(), learning_rate)?;
            (temperature, correlation_times(slopes.view(), block)?)
        };
        done()?;
        let theta = correlation_times(pca.project(&window, pca.variance().len())?.view(), block)?;
        done()?;
        let (caveat, every) = (caveat(experiment), self.full_gradient_every);
        let path = (caveat.is_none() && experiment.recorder.every == 1)
            .then(|| path_times(&window, &layer, &pca, &experiment.training, every, block))
            .transpose()?;
        done()?;

        let noise = Noise { temperature, theta, fixed, path };
        let table: Vec<TemperatureRow> =
            rows.iter().map(|row| noise.row(row, pca.trusted(row.index - 1))).collect();
        let (profiles, mini_batches) = self.profiles((&layer, &pca), &rows, &batches, learning_rate, done)?;
        drop(bar);

        write_csv(&work.file(COMPONENTS), &table)?;
        write_csv(&work.file(PROFILES), &profiles)?;
        write_csv(&work.file(MINI_BATCHES), &mini_batches)?;
        let steps = batches.each().len();
        Ok(TemperatureReport {
            caveat,
            uncorrelated_integral: Some(uncorrelated_integral(&experiment.training, layer.samples(), steps)),
            mini_batches: MiniBatchScatter::of(&profiles_of(&mini_batches)),
            ..report(&table, self, run, l0, steps)
        })
    }
}

impl TemperatureStudy {
    /// The first component along which something is to be measured and that has no flatness.
    fn without_flatness(&self, rows: &[FlatnessRow]) -> Option<usize> {
        let found = |index: usize| rows.iter().any(|row| row.index == index && row.is_found());
        self.profiled.iter().chain(&self.mini_batches_along).copied().find(|index| !found(*index))
    }

    /// T_i(δθ) and the losses of mini-batches along the components that ask for each.
    fn profiles(
        &self,
        (layer, pca): (&MovingLayer, &TrajectoryPca),
        rows: &[FlatnessRow],
        batches: &RecordedBatches,
        learning_rate: f64,
        done: impl Fn() -> Result<()>,
    ) -> Result<(Vec<TemperatureProfileRow>, Vec<MiniBatchRow>)> {
        let (mut profiles, mut mini_batches) = (Vec::new(), Vec::new());
        for index in self.directions() {
            let Some(row) = rows.iter().find(|row| row.index == index) else { continue };
            let (profile, losses) = direction(self, layer, pca, row, batches, learning_rate)?;
            if self.profiled.contains(&index) {
                profiles.extend(profile);
            }
            if self.mini_batches_along.contains(&index) {
                mini_batches.extend(losses);
            }
            done()?;
        }
        Ok((profiles, mini_batches))
    }

    /// Every component along which something is measured, once.
    fn directions(&self) -> Vec<usize> {
        let others = self.mini_batches_along.iter().filter(|index| !self.profiled.contains(index));
        self.profiled.iter().chain(others).copied().collect()
    }
}

/// ∂_i L^μ of every mini-batch at w_0 along every component, `[batches, components]`.
fn slopes_of(batches: &RecordedBatches, layer: &MovingLayer, pca: &TrajectoryPca) -> Result<Array2<f64>> {
    let each = batches.each();
    let made = |rows: Range<usize>| layer.batch_gradients(layer.weights(), &each[rows]).map_err(Error::from);
    let gradients = GeneratedRows::new(each.len(), layer.weights().len(), made);
    Ok(pca.slopes(gradients, pca.variance().len())?)
}

/// What was measured of every component, the first of which is that of most variance.
struct Noise {
    temperature: Array1<f64>,
    theta: Vec<Option<ComponentTimes>>,
    fixed: Vec<Option<ComponentTimes>>,
    path: Option<Vec<Option<ComponentTimes>>>,
}

impl Noise {
    /// The row of a component.
    fn row(&self, row: &FlatnessRow, above_floor: bool) -> TemperatureRow {
        let of = |times: &[Option<ComponentTimes>]| times[row.index - 1];
        let (theta, fixed) = (of(&self.theta), of(&self.fixed));
        let path = self.path.as_deref().and_then(of);
        let trusted =
            |times: Option<ComponentTimes>| above_floor && times.is_some_and(|times| times.times.trusted);
        let one_over_e = |times: Option<ComponentTimes>| times.and_then(|times| times.times.one_over_e);
        let integral = |times: Option<ComponentTimes>| times.and_then(|times| times.times.integral);
        let end =
            |times: Option<ComponentTimes>, end: usize| times.and_then(|times| Some(times.interval?[end]));
        TemperatureRow {
            index: row.index,
            variance: row.variance,
            flatness: row.flatness,
            left: row.left,
            right: row.right,
            status: row.status,
            above_floor,
            temperature: self.temperature[row.index - 1],
            theta_one_over_e: one_over_e(theta),
            theta_low: end(theta, 0),
            theta_high: end(theta, 1),
            theta_integral: integral(theta),
            theta_trusted: trusted(theta),
            fixed_one_over_e: one_over_e(fixed),
            fixed_low: end(fixed, 0),
            fixed_high: end(fixed, 1),
            fixed_integral: integral(fixed),
            fixed_trusted: trusted(fixed),
            path_one_over_e: one_over_e(path),
            path_low: end(path, 0),
            path_high: end(path, 1),
            path_integral: integral(path),
            path_trusted: trusted(path),
        }
    }
}

/// The mini-batches of the recorded steps.
fn batches(run: &RunFolder, trajectory: &Trajectory, samples: usize) -> RecordedBatches {
    let training = &run.experiment().training;
    let steps = (0..trajectory.steps()).map(|row| trajectory.step(row));
    RecordedBatches::of(run.experiment().seed, training.shuffle, samples, training.batch_size, steps)
}

fn report(
    table: &[TemperatureRow],
    config: &TemperatureStudy,
    run: &RunFolder,
    l0: f64,
    batches: usize,
) -> TemperatureReport {
    let training = &run.experiment().training;
    let first = run.experiment().fit.skip_first + 1;
    let fit = |range: [usize; 2], value: fn(&TemperatureRow) -> Option<f64>| -> Option<Scaling> {
        // What does not move has the temperature of rounding.
        let usable = |row: &&TemperatureRow| row.status == FlatnessStatus::Found && row.above_floor;
        let found = table.iter().filter(usable).filter(|row| (range[0]..=range[1]).contains(&row.index));
        scaling(found.filter_map(|row| Some((row.flatness?, value(row).filter(|value| *value > 0.0)?)))).ok()
    };
    let all = [first, usize::MAX];
    let ranges = config.ranges.iter().filter_map(|&[first, last]| {
        let scaling = fit([first, last], |row| Some(row.temperature))?;
        Some(RangeOfComponents { first, last, scaling })
    });
    TemperatureReport {
        learning_rate: training.learning_rate,
        batch_size: training.batch_size,
        caveat: None,
        batches,
        l0,
        first,
        temperature: fit(all, |row| Some(row.temperature)),
        temperature_ranges: ranges.collect(),
        theta: fit(all, |row| row.theta_one_over_e.filter(|_| row.theta_trusted)),
        path: fit(all, |row| row.path_one_over_e.filter(|_| row.path_trusted)),
        fixed: fit(all, |row| row.fixed_one_over_e.filter(|_| row.fixed_trusted)),
        sharp_one_over_e: sharp_one_over_e(table),
        fixed_integral: fixed_integral(table),
        uncorrelated_integral: None,
        mini_batches: None,
    }
}

/// The median of the noise's 1/e time in sharp directions; without the path (no plain SGD, or not every step recorded) that of the same
/// batches at fixed w.
fn sharp_one_over_e(table: &[TemperatureRow]) -> Option<f64> {
    let by_path = table.iter().any(|row| row.path_one_over_e.is_some());
    let time = |row: &TemperatureRow| match by_path {
        true => row.path_one_over_e.filter(|_| row.path_trusted),
        false => row.fixed_one_over_e.filter(|_| row.fixed_trusted),
    };
    median(table.iter().filter(|row| (2..2 + ENDS).contains(&row.index)).filter_map(time).collect())
}

/// Medians of the noise's integral time at fixed w, of the components of largest and of least variance.
fn fixed_integral(table: &[TemperatureRow]) -> Option<[f64; 2]> {
    let trusted = table.iter().filter(|row| row.index > 1 && row.fixed_trusted);
    let times: Vec<f64> = trusted.filter_map(|row| row.fixed_integral).collect();
    let sharp = median(times.iter().copied().take(ENDS).collect())?;
    Some([sharp, median(times.iter().rev().copied().take(ENDS).collect())?])
}

/// The integral time of noise that nothing but the order of its mini-batches correlates; see [`reshuffled_integral_time`].
fn uncorrelated_integral(training: &TrainingConfig, samples: usize, steps: usize) -> [f64; 2] {
    let batches_per_epoch = match training.shuffle {
        Shuffle::Epoch => training.steps_per_epoch(samples) as usize,
        // Drawn anew at every step: white.
        Shuffle::Independent => usize::MAX,
    };
    reshuffled_integral_time(batches_per_epoch, steps)
}

/// The losses of mini-batches, direction by direction.
fn profiles_of(rows: &[MiniBatchRow]) -> Vec<MiniBatchProfiles> {
    type Profiles = BTreeMap<usize, Vec<(f64, f64)>>;
    let mut directions: Vec<(usize, Profiles)> = Vec::new();
    for row in rows {
        if directions.last().is_none_or(|(index, _)| *index != row.index) {
            directions.push((row.index, BTreeMap::new()));
        }
        if let (Some(batch), Some((_, profiles))) = (row.batch, directions.last_mut()) {
            profiles.entry(batch).or_default().push((row.offset, row.loss));
        }
    }
    let profiles = directions.into_iter();
    profiles
        .map(|(index, profiles)| MiniBatchProfiles { index, profiles: profiles.into_values().collect() })
        .collect()
}

/// Why T_i = (α/2) Var_μ(p_i·∇L^μ) is not the temperature of a training: it is defined for plain SGD.
fn caveat(experiment: &Experiment) -> Option<String> {
    let training = &experiment.training;
    let what = match training.optimizer {
        _ if experiment.langevin.is_some() => {
            return Some(
                "the weights made a Langevin walk at a temperature of its own; T_i is the one that mini-batches of plain SGD would have".to_owned(),
            );
        }
        OptimizerKind::Sgd if training.momentum == 0.0 => return None,
        OptimizerKind::Sgd => format!(
            "with momentum β = {} the weights move at about T_i/(1 − β), {:.3} times as much",
            training.momentum,
            1.0 / (1.0 - training.momentum)
        ),
        OptimizerKind::Adam => {
            "Adam rescales every direction, and has no temperature of this kind".to_owned()
        }
    };
    Some(format!("T_i = (α/2)·Var(p_i·∇L^μ) is the temperature of plain SGD; {what}"))
}

/// Correlation times of ∇L^μ − ∇L along the path. `None` where this is no more than the rounding of w.
fn path_times(
    window: &RecordedWindow,
    layer: &MovingLayer,
    pca: &TrajectoryPca,
    training: &TrainingConfig,
    every: usize,
    block: usize,
) -> Result<Vec<Option<ComponentTimes>>> {
    let full = |w: &[f32]| Ok::<_, Error>(layer.full_gradient(w)?);
    let noise = PathNoise::new(window, every, full, training.learning_rate, training.weight_decay)?;
    let slopes = pca.slopes(&noise, pca.variance().len())?;
    let found = correlation_times(slopes.view(), block)?;
    let variance = slopes.var_axis(Axis(0), 0.0);
    Ok(found
        .into_iter()
        .zip(variance)
        .map(|(times, variance)| times.filter(|_| noise.is_above_rounding(variance)))
        .collect())
}

/// T_i(δθ), and L^μ(δθ) of some mini-batches, along one component.
fn direction(
    config: &TemperatureStudy,
    layer: &MovingLayer,
    pca: &TrajectoryPca,
    row: &FlatnessRow,
    batches: &RecordedBatches,
    learning_rate: f64,
) -> Result<(Vec<TemperatureProfileRow>, Vec<MiniBatchRow>)> {
    let p = pca.components().row(row.index - 1).to_vec();
    let (left, right) =
        (TEMPERATURE_MARGIN * row.left.unwrap_or(0.0), TEMPERATURE_MARGIN * row.right.unwrap_or(0.0));
    let (mut profile, mut mini_batches) = (Vec::new(), Vec::new());
    let index = row.index;
    for offset in points_between(left, right, config.points) {
        let MiniBatchesOnLine { loss, slope, losses, slopes } =
            MiniBatchesOnLine::at(layer, batches, &p, offset)?;
        let temperature = temperature_along(&slopes, slope, learning_rate)?;
        profile.push(TemperatureProfileRow { index, offset, temperature, loss });
        mini_batches.push(MiniBatchRow { index, batch: None, offset, loss });
        let of_batches = losses.into_iter().take(config.mini_batches).enumerate();
        mini_batches.extend(of_batches.map(|(batch, loss)| MiniBatchRow {
            index,
            batch: Some(batch),
            offset,
            loss,
        }));
    }
    Ok((profile, mini_batches))
}
