//! The captions of the figures.

use varflat_run::error::Result;

use super::tables::NullsReport;
use crate::part::Tables;
use crate::words::count;

pub(super) fn together(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<NullsReport>("nulls")? else { return Ok(None) };
    let NullsReport { runs, replayed, range: [first, last], .. } = record.report;
    Ok(Some(format!(
        "{} of which {replayed} had settled and were replayed. (a) ψ over directions {first} to {last}, F from the curvature, less the mean of frozen noise in \
         a frozen parabola, against the lateness αλ_{{1}}M: where it is large the landscape acts within an epoch. (b) ψ along the eigenvectors \
         of the Hessian, which were not chosen by the variance, and 2γ, what the noise alone gives flat directions (C ∝ κ^{{γ}}). (c) The \
         variance of every settled run in units of B, α and the number of samples N, against that of the gradients of single samples: reshuffled \
         mini-batches put flat directions on the line S/6, whatever B and α are. (d) σ² against the exact formula, every B and α. Along \
         fixed directions a line in time is taken away.",
        count(runs, "run")
    )))
}

pub(super) fn by_run(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<NullsReport>("nulls")? else { return Ok(None) };
    let [first, last] = record.report.range;
    Ok(Some(format!(
        "ψ over directions {first} to {last}, as far as a layer has them, with F of the parabola of κ: along the components of each run, and \
         along the eigenvectors of its Hessian; beside them the mean and the standard deviation of its replays. Hollow: the training had not \
         settled, or there are fewer than five replays."
    )))
}
