//! The captions of the figures.

use varflat_run::error::Result;

use super::tables::ControlsReport;
use crate::part::Tables;
use crate::words::{fixed, two_digits};

pub(super) fn beside_nulls(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<ControlsReport>("controls")? else { return Ok(None) };
    let report = record.report;
    let amplitude = report.amplitude.map_or_else(String::new, |[low, middle, high]| {
        format!(
            " Along the eigenvectors {} to {} σ² is {} times what the formula gives in the median, {} and {} times at the 10 and 90 % points.",
            report.amplitude_of[0],
            report.amplitude_of[1],
            fixed(middle, 2),
            fixed(low, 2),
            fixed(high, 2)
        )
    });
    Ok(Some(format!(
        "(a) σ² against F of the parabola of the exact curvature κ = pᵀHp: the window of the run along its own components and along the eigenvectors \
         of the Hessian H, and the mean of {} replays of the noise of its mini-batches, frozen at w_{{0}}, in the parabola of H and without any \
         landscape (H = 0), by the same code. (b) Variances of the run over those of the replays by rank. (c) σ² against the exact variance of a \
         weight of curvature κ and noise C in a window of {} steps. (d) R = σ²κ/T, T = αC/2, against κ; thermal equilibrium is R = 1; under κ_{{×}} = \
         3/αM = {} an epoch of M = {} steps returns to where it began, whatever the landscape is. Along fixed directions a line in time is taken \
         away.{amplitude}",
        report.replays,
        report.steps,
        two_digits(report.crossover),
        report.steps_per_epoch
    )))
}

pub(super) fn by_rank(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<ControlsReport>("controls")? else { return Ok(None) };
    Ok(Some(format!(
        "By rank, points of the run and lines of what would have come out anyway, means over {} replays. (a) Variances of the components; those of noise alone \
         are of mini-batch noise without any landscape. (b) 1/e times of θ_{{i}}(t): along components, and along the eigenvectors of the Hessian, \
         which were not chosen by the variance. (c) The local exponent: ψ over ranks i/1.6 to 1.6 i, with F of the curvature or, as said, as it \
         was measured.",
        record.report.replays
    )))
}

pub(super) fn by_basis(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<ControlsReport>("controls")? else { return Ok(None) };
    Ok(Some(format!(
        "ψ with F of the parabola of κ, over ranges of directions (of many the narrowest, one between and the widest), in bases that were chosen by the variance that is judged (principal \
         components) and in others; of the run, and of {} replays of frozen noise in the frozen parabola, with the 95 % interval of one further \
         replay. As the null: the run lies in it. 2γ, with γ the exponent of C ∝ κ^γ, is what flat directions give that were not chosen by their \
         variance.",
        record.report.replays
    )))
}
