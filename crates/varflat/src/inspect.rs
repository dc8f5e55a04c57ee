//! A run folder in words.

use std::fmt::Write;

use varflat_analysis::Estimate;
use varflat_model::Metrics;

use crate::error::Result;
use crate::figures::estimate;
use crate::files::{read_csv, read_json};
use crate::run_folder::{RunFolder, Stage, names};
use crate::stages::FitReport;

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
    line("device", if record.device.is_empty() { "-".to_owned() } else { record.device.clone() });
    if let Some(commit) = &record.git_commit {
        line("commit", commit.clone());
    }
    for stage in Stage::ALL {
        let state = match (run.is_done(stage)?, record.stages.get(stage.name())) {
            (true, Some(stage)) => format!("done in {:.1} s", stage.seconds),
            _ => "not done".to_owned(),
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
    if run.is_done(Stage::Fit)? {
        let fit: FitReport = read_json(&run.checked(names::FIT)?)?;
        text.push_str(&report(&fit));
    }
    Ok(text)
}

/// What an interval covers, or why there is none.
fn covered(estimate: &Estimate) -> String {
    match estimate.interval {
        Some(_) => format!("95 % interval over {}", estimate.about()),
        None => estimate.about(),
    }
}

/// Where one ψ does not describe the relation, by how much it varies.
fn bent(fit: &FitReport) -> String {
    fit.bend()
        .map_or_else(String::new, |[least, largest]| format!("; bent: {least:.1} to {largest:.1} by range"))
}

/// The fitted numbers, one a line.
pub fn report(fit: &FitReport) -> String {
    let psi = fit.psi_estimate();
    let [first, last] = fit.range;
    let mut lines = vec![
        ("ψ", format!("{} (components {first}–{last}{})", estimate(&psi), bent(fit))),
        ("", covered(&psi)),
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
            format!("{} over components {first}–{last}{left_out}; {}", estimate(&gamma), covered(&gamma)),
        ));
    }
    if let Some(reason) = &fit.decay_missing {
        lines.push(("γ", format!("none: {reason}")));
    }
    if let Some(share) = fit.share_35 {
        lines.push(("share", format!("{share:.3} of the rest in the 35 components after the first")));
    }
    lines.into_iter().map(|(name, value)| format!("{name:<12} {value}\n")).collect()
}
