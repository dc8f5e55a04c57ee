//! How temperatures and times depend on flatness, and what they are not.

use std::collections::BTreeMap;

use varflat_analysis::{
    FlatnessStatus, MiniBatchProfiles, Scaling, median, reshuffled_integral_time, scaling,
};
use varflat_model::{OptimizerKind, Shuffle, TrainingConfig};
use varflat_run::experiment::Experiment;
use varflat_run::run_folder::RunFolder;

use super::tables::{MiniBatchRow, RangeOfComponents, TemperatureReport, TemperatureRow};

/// Components at each end of the spectrum, after the first, whose times are compared.
const ENDS: usize = 50;

/// The laws of T_i and of times against F_i; those over `ranges` of components as well.
pub(super) fn report(
    table: &[TemperatureRow],
    ranges: &[[usize; 2]],
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
    let ranges = ranges.iter().filter_map(|&[first, last]| {
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
pub(super) fn uncorrelated_integral(training: &TrainingConfig, samples: usize, steps: usize) -> [f64; 2] {
    let batches_per_epoch = match training.shuffle {
        Shuffle::Epoch => training.steps_per_epoch(samples) as usize,
        // Drawn anew at every step: white.
        Shuffle::Independent => usize::MAX,
    };
    reshuffled_integral_time(batches_per_epoch, steps)
}

/// The losses of mini-batches, direction by direction.
pub(super) fn profiles_of(rows: &[MiniBatchRow]) -> Vec<MiniBatchProfiles> {
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
pub(super) fn caveat(experiment: &Experiment) -> Option<String> {
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
