//! The noise of SGD around a finished run's w_0: temperatures, mini-batch losses, correlation times.

use ndarray::Array1;
use serde::{Deserialize, Serialize};
use varflat_analysis::{
    MiniBatchScatter, TrajectoryPca, correlation_times, points_between, temperature_along,
};
use varflat_files::write_csv;
use varflat_model::{MiniBatchesOnLine, MovingLayer, RecordedBatches};
use varflat_recorder::Trajectory;
use varflat_run::artifacts::{FLATNESS, PCA, TRAJECTORY};
use varflat_run::error::Result;
use varflat_run::experiment::{
    Checked, MOST, MOST_COMPONENTS, MOST_POINTS, all_within, not_too_many, range, within,
};
use varflat_run::run_folder::{RunFolder, names};
use varflat_run::stages::{self, FlatnessRow};

use super::laws::{caveat, profiles_of, report, uncorrelated_integral};
use super::noise::{Noise, batches, path_times, slopes_of};
use super::tables::{
    COMPONENTS, MINI_BATCHES, MiniBatchRow, PROFILES, TemperatureProfileRow, TemperatureReport,
    TemperatureRow,
};
use crate::studies::context::{Measure, StudyContext};

/// Profiles go this much further than the crossings.
const TEMPERATURE_MARGIN: f64 = 1.2;

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
            ..report(&table, &self.ranges, run, l0, steps)
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
