//! One run beside its replays.

use ndarray::Array1;
use serde::{Deserialize, Serialize};
use varflat_analysis::{Basis, WindowSource, quantile};
use varflat_run::artifacts::{PCA, TRAJECTORY};
use varflat_run::error::Result;
use varflat_run::experiment::Components;
use varflat_run::run_folder::RunFolder;

use super::measure::NullsStudy;
use super::tables::{RunDirection, RunNumber, RunRow};
use crate::studies::cached;
use crate::studies::context::StudyContext;
use crate::studies::controls::frozen::Frozen;
use crate::studies::controls::levels::Levels;
use crate::studies::controls::reading::{Reader, Reading};
use crate::studies::controls::replays::Windows;
use crate::studies::controls::settings::{has_hessian, replayable};
use crate::studies::controls::tables::{Key, NumberRow, Quantity};
use crate::studies::exponents::ExponentRow;
use crate::studies::groups::GroupRun;

/// The bases in which a run is looked at, and its replays are.
const BASES: [Basis; 4] = [Basis::Components, Basis::Hessian, Basis::Steps, Basis::Halves];
const OF_REPLAYS: [Basis; 2] = [Basis::Components, Basis::Hessian];
/// Epochs that a replay makes before its window begins.
const BURN_IN: usize = 2;
/// Eigenvectors of the Hessian whose amplitudes are summed up, and how many of them the table shows.
const AMPLITUDES: usize = 500;
const SHOWN: Components = Components::Some(100);

/// What was found of one run.
#[derive(Serialize, Deserialize)]
pub(super) struct RunFound {
    pub(super) row: RunRow,
    pub(super) numbers: Vec<RunNumber>,
    pub(super) directions: Vec<RunDirection>,
}

/// A run of the study, from where it was kept if an interrupted attempt has it.
pub(super) fn of(work: &StudyContext<'_>, study: &NullsStudy, run: &GroupRun<'_>) -> Result<RunFound> {
    let row = unread(run)?;
    let Some(folder) = run.fitted() else { return Ok(alone(row)) };
    if let Err(problem) = has_hessian(folder)? {
        return Ok(alone(RunRow { missing: problem, ..row }));
    }
    let of = (study.replays, study.ranges.clone(), run.group.title.clone(), folder.record()?);
    cached::or_make(work, of, &format!("{}.json", run.point.name), || {
        work.context.reporter.label(&run.point.name);
        measured(work, study, row, folder)
    })
}

fn alone(row: RunRow) -> RunFound {
    RunFound { row, numbers: Vec::new(), directions: Vec::new() }
}

/// The row of a run into which nobody has looked.
fn unread(run: &GroupRun<'_>) -> Result<RunRow> {
    let found = ExponentRow::of(run)?;
    Ok(RunRow {
        group: found.group,
        run: found.run,
        seed: found.seed,
        batch_size: found.batch_size,
        learning_rate: found.learning_rate,
        weights: found.weights,
        l0: found.l0,
        trust: found.trust,
        note: found.note,
        replays: 0,
        missing: String::new(),
        lateness: None,
        crossover: None,
        alignment: None,
        amplitude_low: None,
        amplitude: None,
        amplitude_high: None,
    })
}

fn measured(work: &StudyContext<'_>, study: &NullsStudy, row: RunRow, run: &RunFolder) -> Result<RunFound> {
    let frozen = Frozen::of(run)?;
    let (window, pca) = (run.read(&TRAJECTORY)?, run.read(&PCA)?);
    let decay = run.experiment().fit.decay;
    let levels = Levels { landscape: &frozen.landscape, levels: Vec::new(), radius: 0.0, selected: SHOWN };
    let reader =
        Reader { frame: &frozen.frame, decay, times: &[], levels, own_level: 0.0, coordinates: None };
    let data = reader.read(&window, pca.mean(), &BASES)?;
    let span = (BURN_IN, window.steps());
    drop(window);
    let missing = replayable(run).err().unwrap_or_default();
    let count = if missing.is_empty() { study.replays } else { 0 };
    let mut replays = Vec::new();
    let turned = frozen.frame.in_eigenvectors()?;
    let reader = Reader { frame: &turned, coordinates: Some(&frozen.frame.hessian_directions), ..reader };
    for number in 0..count {
        let go_on = || work.context.go_on("nulls");
        let made = Windows::replayed(&frozen, number, span, go_on)?.parabola;
        replays.push(reader.read(&made, &Array1::zeros(made.ncols()), &OF_REPLAYS)?);
    }
    let name = row.run.clone();
    let numbers = numbers(&study.ranges, &data, &replays);
    let numbers = numbers.iter().map(|number| RunNumber::of(&name, number)).collect();
    let directions = directions(&row, &frozen, &data, span.1);
    let at = |q: f64| {
        let ratios = directions.iter().take_while(|along| along.index <= AMPLITUDES);
        quantile(ratios.filter_map(|along| Some(along.variance / along.expected?)).collect(), q)
    };
    let largest = frozen.curvature.first().copied().unwrap_or(f64::NAN);
    let epoch = frozen.learning_rate() * frozen.steps_per_epoch() as f64;
    let row = RunRow {
        replays: replays.len(),
        missing,
        lateness: Some(epoch * largest),
        crossover: Some(3.0 / epoch),
        alignment: Some(frozen.frame.alignment().cosine),
        amplitude_low: at(0.1),
        amplitude: at(0.5),
        amplitude_high: at(0.9),
        ..row
    };
    let shown = SHOWN.selected(directions.len());
    let directions = directions.into_iter().filter(|along| shown.contains(&along.index)).collect();
    Ok(RunFound { row, numbers, directions })
}

/// ψ and γ over each range, and the share of the 35 components in and out of sample.
fn numbers(ranges: &[[usize; 2]], data: &Reading, replays: &[Reading]) -> Vec<NumberRow> {
    let row = |key: Key, of: &dyn Fn(&Reading) -> Option<f64>| {
        let replays: Vec<f64> = replays.iter().filter_map(of).collect();
        NumberRow::of(key, of(data), &replays, &[])
    };
    let mut rows = Vec::new();
    for &range in ranges {
        for basis in BASES {
            rows.push(row((Quantity::Psi, basis, None, range), &|reading| {
                reading.of(basis)?.view.psi(range)
            }));
        }
        let gamma = data.of(Basis::Hessian).and_then(|found| found.view.gamma(range));
        rows.push(NumberRow::of((Quantity::Gamma, Basis::Hessian, None, range), gamma, &[], &[]));
    }
    let leading = [2, crate::studies::controls::reading::LEADING + 1];
    rows.push(row((Quantity::Share, Basis::Components, None, leading), &|reading| reading.share));
    rows.push(row((Quantity::ShareOutOfSample, Basis::Halves, None, leading), &|reading| {
        reading.share_out_of_sample
    }));
    rows
}

/// The trusted eigenvectors of the Hessian.
fn directions(run: &RunRow, frozen: &Frozen, data: &Reading, rows: usize) -> Vec<RunDirection> {
    let Some(found) = data.of(Basis::Hessian) else { return Vec::new() };
    let (batch, samples) = (run.batch_size as f64, frozen.layer.samples() as f64);
    let scale = batch * batch / (frozen.learning_rate().powi(2) * samples);
    let trusted = (1..).zip(&found.view.along).filter(|(_, along)| along.trusted);
    trusted
        .map(|(index, along)| RunDirection {
            run: run.run.clone(),
            index,
            curvature: along.curvature,
            sample_noise: along.noise,
            variance: along.variance,
            expected: frozen.quadratic(along).window_variance(frozen.sampling(), rows * frozen.every()),
            scaled: along.variance * scale,
        })
        .collect()
}
