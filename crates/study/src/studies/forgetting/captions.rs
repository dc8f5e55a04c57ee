//! The captions of the figures.

use varflat_run::error::Result;

use super::report::ForgettingReport;
use super::settings::ForgettingStudy;
use crate::part::Tables;

pub(super) fn trade_off(tables: &Tables) -> Result<Option<String>> {
    let Some((study, seeds)) = forgetting(tables)? else { return Ok(None) };
    let pairs = study.pairs.iter().take(2).map(|[a, b]| format!("{a} and {b}")).collect::<Vec<_>>();
    Ok(Some(format!(
        "Test errors of both tasks after digits {} were learnt, {} epochs each, all layers training: each curve is a method over strengths s = λ·max k from \
                 {:e} to {:e}, with 95 % intervals over {seeds} seeds (Student’s t). L2 and EWC hold single weights, LDC the {} principal components of most variance of \
                 every layer, with stiffness F^{{−{}}}. The last two hold single weights by their variance σ² on the plateau of the first task, with opposite \
                 premises: PPAP those that move least, with damping d = {}, the other those that move most. Towards the lower left nothing is forgotten and everything learnt.",
        pairs.join(" before "),
        study.epochs,
        study.strengths.iter().copied().fold(f64::INFINITY, f64::min),
        study.strengths.iter().copied().fold(0.0, f64::max),
        study.shown,
        study.exponent,
        study.dampings.first().copied().unwrap_or_default(),
    )))
}

pub(super) fn constraints(tables: &Tables) -> Result<Option<String>> {
    let Some((_, seeds)) = forgetting(tables)? else { return Ok(None) };
    Ok(Some(format!(
        "Mean test error of both tasks against the number of constraints: principal components for LDC, weights of most Fisher information for EWC, all weights \
                 for L2, all that moved for k ∝ σ². Every method at the strength with the least mean training error of both tasks; 95 % intervals over {seeds} seeds."
    )))
}

pub(super) fn in_sequence(tables: &Tables) -> Result<Option<String>> {
    let Some((study, seeds)) = forgetting(tables)? else { return Ok(None) };
    Ok(Some(format!(
        "Mean test error over all tasks learnt so far against their number, of {} pairs of digits one after the other; every task adds its own constraints. Every \
                 method at the strength that two tasks chose; 95 % intervals over {seeds} seeds.",
        study.pairs.len()
    )))
}

pub(super) fn by_weight(tables: &Tables) -> Result<Option<String>> {
    let Some((study, seeds)) = forgetting(tables)? else { return Ok(None) };
    let Some(record) = tables.study::<ForgettingReport>("forgetting")? else { return Ok(None) };
    if record.report.weights.is_empty() {
        return Ok(None);
    }
    let left_out: f64 = record.report.weights.iter().map(|layer| layer.weights as f64 - layer.used).sum();
    let [a, b] = study.pairs.first().copied().unwrap_or_default();
    Ok(Some(format!(
        "σ_{{j}}² of single weights over the last {} epochs of digits {a} and {b}, a line in time removed, against the exact curvature H_{{jj}} of the loss at the \
                 last weights, {seeds} seeds. Each point is the median of a tenth of the layer’s weights in the order of their curvature, with the range of 80 % of \
                 them. Were the weights that move most the free ones, the points would fall. Left out are the {left_out:.0} weights, mean over seeds, that moved by less \
                 than f32 can tell apart or have no curvature.",
        study.window,
    )))
}

/// The study of forgetting and its number of seeds, if it is there.
fn forgetting(tables: &Tables) -> Result<Option<(ForgettingStudy, usize)>> {
    let Some(record) = tables.study::<ForgettingReport>("forgetting")? else { return Ok(None) };
    Ok(record.study.settings().map(|study| (study, record.report.seeds)))
}
