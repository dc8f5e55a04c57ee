//! A run folder in words.

use std::fmt::Write;

use varflat_model::{Metrics, StopReason};

use crate::error::Result;
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
    if let Some(set) = &record.data_set {
        line("data", set.clone());
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
            let below = experiment.training.loss_below;
            // A walk has no threshold.
            let trained = experiment.langevin.is_none();
            if trained && record.stop_reason == Some(StopReason::MaxEpochs) && below > 0.0 {
                line("stopped", format!("by max_epochs: the loss did not reach loss_below = {below:e}"));
            }
        }
    }
    if run.is_done(Stage::Fit)? {
        let fit: FitReport = read_json(&run.checked(names::FIT)?)?;
        text.push_str(&report(&fit));
    }
    Ok(text)
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
