//! A run folder in words.

mod settings;

use std::fmt::Write;

use varflat_analysis::Estimate;
use varflat_files::read_text;
use varflat_model::{Metrics, StopReason};
use varflat_run::artifacts::{FIT, METRICS};
use varflat_run::checkpoint;
use varflat_run::error::Result;
use varflat_run::run_folder::{RunFolder, Stage, names};
use varflat_run::stages::{self, FitReport};

use crate::words::{self, by_range, count, estimate};

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
    settings::lines(experiment).into_iter().for_each(|(name, value)| line(name, value));
    line("device", if record.device.is_empty() { "-".to_owned() } else { record.device.clone() });
    if let Some(commit) = &record.git_commit {
        line("commit", commit.clone());
    }
    if let Some(set) = &record.data_set {
        line("data", set.clone());
    }
    for stage in Stage::ALL {
        let state = match (run.is_done(stage)?, record.stages.get(stage.name())) {
            (true, Some(stage)) => format!("done in {:.1} s", stage.seconds),
            _ => format!("not done{}", begun(run, stage)?),
        };
        line(stage.name(), state);
    }
    if run.file(names::METRICS).exists() {
        let metrics: Vec<Metrics> = run.read(&METRICS)?;
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
        let fit: FitReport = run.read(&FIT)?;
        text.push_str(&report(&fit));
    }
    Ok(text)
}

/// That a training ended at `training.max_epochs` without its loss having come below `training.loss_below`, if it did.
///
/// # Errors
/// If a file of the run is damaged.
pub fn unreached(run: &RunFolder) -> Result<Option<String>> {
    let training = &run.experiment().training;
    let ended = run.is_done(Stage::Train)? && run.record()?.stop_reason == Some(StopReason::MaxEpochs);
    // A walk has no threshold, and 0 is none.
    if !ended || run.experiment().langevin.is_some() || training.loss_below <= 0.0 {
        return Ok(None);
    }
    let metrics: Vec<Metrics> = run.read(&METRICS)?;
    let loss = metrics.last().map_or(f64::NAN, |last| last.train_loss);
    Ok(Some(format!(
        "the training ended at training.max_epochs = {}: its loss, {loss:.3e}, did not reach training.loss_below = {}",
        training.max_epochs,
        settings::number(training.loss_below)
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

/// What an interval covers, or why there is none.
fn covered(estimate: &Estimate) -> String {
    match estimate.interval {
        Some(_) => format!("95 % interval over {}", estimate.about()),
        None => estimate.about(),
    }
}

/// Where one exponent does not describe the points, by how much it varies.
fn bent(bend: Option<[f64; 2]>) -> String {
    words::pair(bend).map_or_else(String::new, |bend| format!("; {}", by_range(bend)))
}

/// The fitted numbers, one a line.
pub fn report(fit: &FitReport) -> String {
    let psi = fit.psi_estimate();
    let [first, last] = fit.range;
    let mut lines = vec![
        ("ψ", format!("{} (components {first}–{last}{})", words::psi(fit), bent(fit.bend()))),
        ("", covered(&psi)),
        ("", fit.mostly_censored().map_or_else(String::new, |few| format!("not to be trusted: {few}"))),
        (
            "",
            format!(
                "over {} of these components, r = {:.3}; Theil–Sen {:.2}",
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
        ("gap", format!("σ_1²/σ_2² = {}; {}", estimate(&fit.gap_estimate()), covered(&fit.gap_estimate()))),
        ("alignment", format!("|cos(p_1, w_0)| = {:.3}", fit.alignment)),
    ];
    if let (Some(decay), Some(gamma)) = (&fit.decay, fit.gamma_estimate()) {
        let (first, last) = (decay.first, decay.last);
        let left_out = match decay.under_floor {
            0 => String::new(),
            n => format!(", {n} under the floor left out"),
        };
        lines.push((
            "γ",
            format!(
                "{} over components {first}–{last}{left_out}{}; {}",
                estimate(&gamma),
                bent(decay.bend),
                covered(&gamma)
            ),
        ));
    }
    if let Some(reason) = &fit.decay_missing {
        lines.push(("γ", format!("none: {reason}")));
    }
    if let Some(share) = fit.share_35 {
        lines.push(("share", format!("{share:.3} of the rest in the 35 components after the first")));
    }
    let said = lines.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("{name:<12} {value}\n")).collect()
}
