//! A run folder in words.

use std::fmt::Write;

use varflat_model::{Metrics, OptimizerKind, StopReason, TrainingConfig};

use crate::checkpoint;
use crate::error::Result;
use crate::experiment::{Centre, Experiment, LangevinSection, Window};
use crate::files::{read_csv, read_json, read_text};
use crate::report::count;
use crate::run_folder::{RunFolder, Stage, names};
use crate::stages::{self, FitReport};

/// What a run is, how far it has come, and what it found.
///
/// # Errors
/// If a file of the run is damaged.
pub fn inspect(run: &RunFolder) -> Result<String> {
    let (experiment, record) = (run.experiment(), run.record()?);
    let mut text = String::new();
    // Writing to a String cannot fail.
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line("experiment", format!("{} (seed {})", experiment.name, experiment.seed));
    settings(experiment).into_iter().for_each(|(name, value)| line(name, value));
    line("device", if record.device.is_empty() { "-".to_owned() } else { record.device.clone() });
    if let Some(commit) = &record.git_commit {
        line("commit", commit.clone());
    }
    for stage in Stage::ALL {
        let state = match (run.is_done(stage)?, record.stages.get(stage.name())) {
            (true, Some(stage)) => format!("done in {:.1} s", stage.seconds),
            _ => format!("not done{}", begun(run, stage)?),
        };
        line(stage.name(), state);
    }
    if run.file(names::METRICS).exists() {
        let metrics: Vec<Metrics> = read_csv(&run.checked(names::METRICS)?)?;
        if let Some(last) = metrics.last() {
            line("epochs", format!("{} ({} steps)", last.epoch, last.step));
            line("training", format!("loss {:.3e}, error {:.4}", last.train_loss, last.train_error));
            line("test", format!("loss {:.4}, error {:.4}", last.test_loss, last.test_error));
        }
    }
    if let Some(words) = unreached(run)? {
        line("note", words);
    }
    if run.is_done(Stage::Fit)? {
        let fit: FitReport = read_json(&run.checked(names::FIT)?)?;
        text.push_str(&report(&fit));
    }
    Ok(text)
}

/// That a training ended at `training.max_epochs` without its loss having come below `training.loss_below`, if it did.
///
/// # Errors
/// If a file of the run is damaged.
pub(crate) fn unreached(run: &RunFolder) -> Result<Option<String>> {
    let training = &run.experiment().training;
    let ended = run.is_done(Stage::Train)? && run.record()?.stop_reason == Some(StopReason::MaxEpochs);
    // A walk has no threshold, and 0 is none.
    if !ended || run.experiment().langevin.is_some() || training.loss_below <= 0.0 {
        return Ok(None);
    }
    let metrics: Vec<Metrics> = read_csv(&run.checked(names::METRICS)?)?;
    let loss = metrics.last().map_or(f64::NAN, |last| last.train_loss);
    Ok(Some(format!(
        "the training ended at training.max_epochs = {}: its loss, {loss:.3e}, did not reach training.loss_below = {}",
        training.max_epochs,
        number(training.loss_below)
    )))
}

/// Where an unfinished stage would go on, if it was begun.
fn begun(run: &RunFolder, stage: Stage) -> Result<String> {
    let words = match stage {
        Stage::Train if run.experiment().langevin.is_some() => {
            stages::unfinished_walk(run)?.filter(|step| *step > 0).map(|step| format!("after step {step}"))
        }
        Stage::Train => checkpoint::step(run.path())?.map(|step| format!("after step {step}")),
        Stage::Flatness if run.file(names::FLATNESS_PARTIAL).exists() => {
            let rows = read_text(&run.file(names::FLATNESS_PARTIAL))?;
            let rows = rows.lines().filter(|line| !line.starts_with('#')).count();
            Some(format!("after {}", count(rows, "direction")))
        }
        Stage::Pca | Stage::Flatness | Stage::Fit => None,
    };
    Ok(words.map_or_else(String::new, |words| format!("; continues {words}")))
}

/// What decides the result, a line each.
fn settings(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let Experiment { data, model, training, recorder, landscape, .. } = experiment;
    let mut network = match model.channels {
        Some([first, second]) => {
            format!("convolutions of {first} and {second} channels, hidden = {:?}", model.hidden)
        }
        None => format!("hidden = {:?}", model.hidden),
    };
    network += if model.bias { ", with biases" } else { ", no biases" };
    let samples = data.samples.map_or_else(String::new, |samples| format!(", the first {samples} images"));
    let window = match recorder.window {
        Window::Last(rows) => format!("the last {rows} rows"),
        Window::All(_) => "all rows".to_owned(),
    };
    let steps =
        if recorder.every == 1 { "every step".to_owned() } else { format!("every {} steps", recorder.every) };
    let centre = match landscape.around {
        Centre::Mean => "the mean of the window",
        Centre::Final => "the final weights",
    };
    vec![
        ("data", format!("{}{samples}", data.label())),
        ("network", network),
        ("learning", experiment.langevin.as_ref().map_or_else(|| learning(training), walk)),
        ("recorded", format!("layer {}, {steps}, {window}", recorder.layer)),
        ("landscape", format!("around {centre}, level {}·L_0", number(landscape.factor))),
    ]
}

fn learning(training: &TrainingConfig) -> String {
    let TrainingConfig { optimizer, learning_rate, momentum, weight_decay, batch_size, .. } = training;
    let mut words = match optimizer {
        OptimizerKind::Sgd => "SGD",
        OptimizerKind::Adam => "Adam",
    }
    .to_owned();
    words += &format!(", α = {}, B = {batch_size}", number(*learning_rate));
    for (name, value) in [("momentum", momentum), ("weight decay", weight_decay)] {
        if *value != 0.0 {
            words += &format!(", {name} {}", number(*value));
        }
    }
    words
}

fn walk(section: &LangevinSection) -> String {
    let LangevinSection { temperature, learning_rate, trap, .. } = section;
    let (t, alpha, trap) = (number(*temperature), number(*learning_rate), number(*trap));
    format!("Langevin walk, T = {t}, α = {alpha}, trap {trap}")
}

/// With as many digits as it has, and no more zeros than can be counted.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        1e-4..1e6 => format!("{:.4}", value).trim_end_matches('0').trim_end_matches('.').to_owned(),
        _ => format!("{value:e}"),
    }
}

/// The fitted numbers, one a line.
pub fn report(fit: &FitReport) -> String {
    let interval = match (&fit.psi_interval, &fit.psi_interval_missing) {
        (Some([low, high]), _) => format!(", 95 % interval [{low:.3}, {high:.3}]"),
        (None, Some(reason)) => format!(", no interval: {reason}"),
        (None, None) => String::new(),
    };
    let [first, last] = fit.range;
    let mut lines = vec![
        ("ψ", format!("{:.3} ± {:.3}{interval}", fit.psi, fit.psi_standard_error)),
        (
            "",
            format!(
                "over {} of the components {first}–{last}, r = {:.4}; Theil–Sen {:.3}",
                fit.n, fit.r, fit.psi_theil_sen
            ),
        ),
        (
            "left out",
            format!(
                "{} censored or not monotone, {} under the floor {:.1e}",
                fit.left_out, fit.under_floor, fit.floor
            ),
        ),
        ("L_0", format!("{:.4e}", fit.l0)),
        ("gap", format!("σ_1²/σ_2² = {:.1}", fit.gap)),
        ("alignment", format!("|cos(p_1, w_0)| = {:.3}", fit.alignment)),
    ];
    if let Some(decay) = &fit.decay {
        let (first, last) = (decay.first, decay.last);
        lines.push((
            "γ",
            format!("{:.3} ± {:.3} over components {first}–{last}", decay.gamma, decay.standard_error),
        ));
    }
    if let Some(share) = fit.share_35 {
        lines.push(("share", format!("{share:.3} of the rest in the 35 components after the first")));
    }
    lines.into_iter().map(|(name, value)| format!("{name:<12} {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_digits_and_few_zeros() {
        let said = [0.0, 0.1, 0.05, 2.0, std::f64::consts::E, 5e-5, 1e308].map(number);
        assert_eq!(said, ["0", "0.1", "0.05", "2", "2.7183", "5e-5", "1e308"]);
    }
}
