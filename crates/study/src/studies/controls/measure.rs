//! The measurement: the recorded window, replayed windows, and the same reading of each.

use ndarray::Array1;
use serde::{Deserialize, Serialize};
use varflat_analysis::{
    Along, Basis, QuadraticDirection, WindowSource, flatness_of_curvature, median, quantile,
};
use varflat_files::write_csv;
use varflat_model::OptimizerKind;
use varflat_run::artifacts::{FIT, PCA, TRAJECTORY};
use varflat_run::error::Result;
use varflat_run::experiment::{
    Checked, Experiment, MOST_COMPONENTS, all_within, not_too_many, range, within,
};
use varflat_run::memory;
use varflat_run::run_folder::RunFolder;
use varflat_run::stages::{self, FitReport, FlatnessRow};

use super::frozen::Frozen;
use super::reading::{LEADING, Reader, Reading, TIMED};
use super::replays::Windows;
use super::tables::{Band, ControlsReport, DIRECTIONS, DirectionRow, NUMBERS, NumberRow, Quantity, words_of};
use crate::studies::cached;
use crate::studies::context::{Measure, StudyContext};

/// The most weights of a layer whose whole Hessian is made.
const MOST_WEIGHTS: usize = 4000;
/// More replays than anyone waits for.
const MOST_REPLAYS: u64 = 1000;
const MOST_BURN_IN: u64 = 1000;

/// Eigenvectors of the Hessian whose amplitudes are summed up.
const AMPLITUDES: [usize; 2] = [1, 500];
/// Bands of ranks of the equilibrium ratio.
const BANDS: [[usize; 2]; 5] = [[1, 5], [6, 20], [21, 50], [51, 200], [201, 500]];

/// `[study.controls]`: how many replays, and where ψ is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlsStudy {
    /// Realisations of the replay.
    pub replays: usize,
    /// Epochs that a replay makes before its window begins.
    #[serde(default = "two")]
    pub burn_in: usize,
    /// First and last direction of each fit of ψ, counted from 1.
    pub ranges: Vec<[usize; 2]>,
    /// Directions whose correlation time is taken, counted from 1.
    pub times: Vec<usize>,
    /// Kinds of directions, the window's own components among them.
    #[serde(default = "all_bases")]
    pub bases: Vec<Basis>,
}

fn all_bases() -> Vec<Basis> {
    Basis::ALL.to_vec()
}

const fn two() -> usize {
    2
}

impl ControlsStudy {
    /// What a run with so many components has room for: the usual ranges and ranks as far as they go, and all components.
    pub fn suited(components: usize, replays: usize) -> Self {
        let ranges =
            [[2, 50], [10, 500], [2, 500], [500, 2000]].into_iter().filter(|[_, last]| *last < components);
        let times = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
        Self {
            replays,
            burn_in: two(),
            ranges: ranges.chain([[2, components]]).collect(),
            times: times.into_iter().filter(|index| *index <= components).collect(),
            bases: all_bases(),
        }
    }
}

impl Measure for ControlsStudy {
    type Report = ControlsReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        within("replays", self.replays, 1, MOST_REPLAYS)?;
        within("burn_in", self.burn_in, 0, MOST_BURN_IN)?;
        if self.ranges.is_empty() {
            return Err("ranges needs at least one [first, last]".to_owned());
        }
        not_too_many("ranges", self.ranges.len())?;
        self.ranges.iter().try_for_each(|&directions| range("ranges", directions, 3))?;
        if self.times.is_empty() {
            return Err("times needs directions, counted from 1".to_owned());
        }
        all_within("times", &self.times, 1, MOST_COMPONENTS)?;
        if ![Basis::Components, Basis::Hessian].iter().all(|basis| self.bases.contains(basis)) {
            return Err("bases needs \"components\" and \"hessian\", which the figures compare".to_owned());
        }
        match self.bases.iter().enumerate().find(|(place, basis)| self.bases[..*place].contains(basis)) {
            Some((_, basis)) => Err(format!("bases: {} is there twice", words_of(*basis))),
            None => Ok(()),
        }
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        if let Err(problem) = replayable(run.experiment()) {
            return Ok(Err(problem));
        }
        let components = stages::read_variance(run)?.0.len();
        let beyond = |last: usize| last > components;
        if let Some([first, last]) = self.ranges.iter().find(|[_, last]| beyond(*last)) {
            return Ok(Err(format!("ranges: [{first}, {last}], but the run has {components} components")));
        }
        if let Some(index) = self.times.iter().copied().find(|index| beyond(*index)) {
            return Ok(Err(format!("times: {index}, but the run has {components} components")));
        }
        let window = run.read(&TRAJECTORY)?;
        let (steps, weights) = (window.steps(), window.weights());
        if weights > MOST_WEIGHTS {
            return Ok(Err(format!(
                "the layer has {weights} weights: its whole Hessian is made, of at most {MOST_WEIGHTS} weights"
            )));
        }
        Ok(memory::lacking(bytes(steps, weights)).map_or(Ok(()), |lacking| {
            Err(format!("{steps} steps of {weights} weights need {lacking}: record a shorter window"))
        }))
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<ControlsReport> {
        let run = work.source()?;
        let bar = work.context.bar("controls", self.replays as u64 + 2);
        let done = || {
            bar.inc(1);
            work.advance(1.0 / (self.replays + 2) as f64);
            work.context.go_on("controls")
        };
        let frozen = Frozen::of(run)?;
        done()?;
        let window = run.read(&TRAJECTORY)?;
        let pca = run.read(&PCA)?;
        stages::check_weights(run, &pca, frozen.layer.weights().len())?;
        let [first, last] = run.experiment().fit.decay;
        let decay = [first, last.min(pca.variance().len())];
        let reader = Reader { frame: &frozen.frame, decay, times: &self.times };
        let data = reader.read(&window, pca.mean(), &self.bases)?;
        done()?;
        let (mut replays, mut noise) = (Vec::new(), Vec::new());
        let span = (self.burn_in, window.steps());
        let source = run.record()?;
        for number in 0..self.replays {
            // All that a replay depends on: neither the others, nor where ψ is fitted.
            let of = (number, self.burn_in, self.times.clone(), self.bases.clone(), source.clone());
            let (replay, alone) = cached::or_make(work, of, &format!("replay-{number}.json"), || {
                let made = Windows::replayed(&frozen, number, span, || work.context.go_on("controls"))?;
                let origin = Array1::zeros(window.weights());
                let replay = reader.read(&made.parabola, &origin, &self.bases)?;
                Ok((replay, reader.read(&made.noise_alone, &origin, &[Basis::Components])?))
            })?;
            replays.push(replay);
            noise.push(alone);
            done()?;
        }
        drop(bar);

        let fit: FitReport = run.read(&FIT)?;
        let rows = stages::read_rows_along(run, &pca)?;
        let found = Found { data, replays, noise };
        let table =
            found.directions(&frozen, &fit, &rows, (window.steps(), run.experiment().landscape.factor));
        let numbers = self.numbers(&found, decay);
        write_csv(&work.file(DIRECTIONS), &table)?;
        write_csv(&work.file(NUMBERS), &numbers)?;
        Ok(self.report(&frozen, &fit, window.steps(), (&table, numbers)))
    }
}

/// The two windows of a replay in f32; H, S and their eigenvectors, and what the principal components and the forms along them take, in
/// f64: sixteen matrices `[weights, weights]`.
fn bytes(steps: usize, weights: usize) -> u64 {
    let (steps, weights) = (steps as u64, weights as u64);
    8u64.saturating_mul(steps).saturating_mul(weights).saturating_add(16 * 8 * weights * weights)
}

/// Whether the linear dynamics are those of the training.
fn replayable(experiment: &Experiment) -> Checked {
    let training = &experiment.training;
    let problem = if experiment.langevin.is_some() {
        "the run is a Langevin walk, whose noise is not that of mini-batches"
    } else if training.optimizer != OptimizerKind::Sgd || training.momentum != 0.0 {
        "the replay is that of plain SGD: without momentum, and not Adam"
    } else if !experiment.model.is_dense() {
        "the exact curvature is that of a network of dense layers"
    } else if experiment.recorder.every != 1 {
        "the window has to hold every step (recorder.every = 1)"
    } else {
        return Ok(());
    };
    Err(problem.to_owned())
}

/// Everything that was read.
struct Found {
    data: Reading,
    replays: Vec<Reading>,
    noise: Vec<Reading>,
}

impl Found {
    /// A number of the data, and of all nulls that have it.
    fn row(&self, key: (Quantity, Basis, [usize; 2]), of: impl Fn(&Reading) -> Option<f64>) -> NumberRow {
        let replays: Vec<f64> = self.replays.iter().filter_map(&of).collect();
        let noise: Vec<f64> = self.noise.iter().filter_map(&of).collect();
        NumberRow::of(key, of(&self.data), &replays, &noise)
    }

    fn directions(
        &self,
        frozen: &Frozen,
        fit: &FitReport,
        measured: &[FlatnessRow],
        (steps, factor): (usize, f64),
    ) -> Vec<DirectionRow> {
        let flatness = |curvature: f64| flatness_of_curvature(curvature, fit.l0, factor);
        let mut table = Vec::new();
        for of_basis in &self.data.of_bases {
            let basis = of_basis.basis;
            for (place, along) in of_basis.view.along.iter().enumerate() {
                let index = place + 1;
                let found = Some(along).filter(|along| along.trusted);
                let direction = found.map(|along| QuadraticDirection {
                    learning_rate: frozen.learning_rate(),
                    curvature: along.curvature,
                    noise: along.noise * frozen.batch_share(),
                });
                let own = measured.iter().find(|row| basis == Basis::Components && row.index == index);
                let mean = |replays: &[Reading], of: fn(&Along) -> f64| {
                    found.and_then(|_| mean_of(replays, basis, place, of))
                };
                let (variance, curvature) = (|along: &Along| along.variance, |along: &Along| along.curvature);
                table.push(DirectionRow {
                    basis,
                    index,
                    trusted: along.trusted,
                    variance: found.map(variance),
                    curvature: found.map(curvature),
                    noise: direction.map(|direction| direction.noise),
                    expected: direction
                        .and_then(|direction| direction.window_variance(frozen.sampling(), steps)),
                    equilibrium_ratio: direction.and_then(|direction| direction.ratio_of(along.variance)),
                    expected_ratio: direction
                        .and_then(|direction| direction.equilibrium_ratio(frozen.sampling(), steps)),
                    flatness: own.and_then(|row| row.flatness),
                    flatness_of_curvature: found.and_then(|along| flatness(along.curvature)),
                    replay_variance: mean(&self.replays, variance),
                    replay_flatness: mean(&self.replays, curvature).and_then(flatness),
                    noise_variance: mean(&self.noise, variance),
                    noise_flatness: mean(&self.noise, curvature).and_then(flatness),
                });
            }
        }
        table
    }
}

/// The mean over replays of what their direction of this rank has.
fn mean_of(replays: &[Reading], basis: Basis, place: usize, of: impl Fn(&Along) -> f64) -> Option<f64> {
    let values: Vec<f64> =
        replays.iter().filter_map(|replay| Some(of(replay.of(basis)?.view.along.get(place)?))).collect();
    varflat_analysis::Estimate::mean(&values).map(|mean| mean.value)
}

impl ControlsStudy {
    fn numbers(&self, found: &Found, decay: [usize; 2]) -> Vec<NumberRow> {
        let mut rows = Vec::new();
        for &basis in &self.bases {
            for &range in &self.ranges {
                rows.push(
                    found.row((Quantity::Psi, basis, range), |reading| reading.of(basis)?.view.psi(range)),
                );
                // Nothing that could scatter: H and C are the same in every replay.
                let gamma = found.data.of(basis).and_then(|of_basis| of_basis.view.gamma(range));
                rows.push(NumberRow::of((Quantity::Gamma, basis, range), gamma, &[], &[]));
            }
        }
        let own = Basis::Components;
        rows.push(found.row((Quantity::Gap, own, [1, 2]), |reading| reading.gap));
        rows.push(found.row((Quantity::Decay, own, decay), |reading| reading.decay));
        rows.push(found.row((Quantity::Share, own, [2, LEADING + 1]), |reading| reading.share));
        rows.push(found.row((Quantity::ShareOutOfSample, Basis::Halves, [2, LEADING + 1]), |reading| {
            reading.share_out_of_sample
        }));
        for basis in TIMED.into_iter().filter(|basis| self.bases.contains(basis)) {
            for &index in &self.times {
                let time = |reading: &Reading| {
                    let times = &reading.of(basis)?.times;
                    times.iter().find(|(of, _)| *of == index).map(|(_, time)| *time)
                };
                rows.push(found.row((Quantity::Time, basis, [index, index]), time));
            }
        }
        rows
    }

    fn report(
        &self,
        frozen: &Frozen,
        fit: &FitReport,
        steps: usize,
        (table, numbers): (&[DirectionRow], Vec<NumberRow>),
    ) -> ControlsReport {
        let hessian = || table.iter().filter(|row| row.basis == Basis::Hessian);
        let within =
            |[first, last]: [usize; 2]| hessian().filter(move |row| (first..=last).contains(&row.index));
        let amplitudes: Vec<f64> =
            within(AMPLITUDES).filter_map(|row| Some(row.variance? / row.expected?)).collect();
        let at = |q: f64| quantile(amplitudes.clone(), q);
        let bands = BANDS.iter().filter_map(|&[first, last]| {
            let measured = within([first, last]).filter_map(|row| row.equilibrium_ratio).collect();
            let expected = within([first, last]).filter_map(|row| row.expected_ratio).collect();
            Some(Band { first, last, measured: median(measured)?, expected: median(expected)? })
        });
        let (alpha, length) = (frozen.learning_rate(), frozen.steps_per_epoch());
        let largest = frozen.curvature.first().copied().unwrap_or(f64::NAN);
        ControlsReport {
            replays: self.replays,
            steps,
            steps_per_epoch: length,
            l0: fit.l0,
            largest_curvature: largest,
            lateness: alpha * largest * length as f64,
            crossover: 3.0 / (alpha * length as f64),
            alignment: frozen.frame.alignment(),
            amplitude: at(0.1).zip(at(0.5)).zip(at(0.9)).map(|((low, middle), high)| [low, middle, high]),
            amplitude_of: AMPLITUDES,
            bands: bands.collect(),
            psi: numbers.into_iter().filter(|row| row.quantity == Quantity::Psi).collect(),
        }
    }
}
