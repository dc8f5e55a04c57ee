//! The captions of the figures.

use varflat_run::error::Result;

use super::measure::{EXPONENTS, GridReport};
use crate::part::Tables;
use crate::studies::exponents::intervals;
use crate::words::fixed;

pub(super) fn points(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<GridReport>("grid")? else { return Ok(None) };
    Ok(Some(format!(
        "σ² against F of {} of {} trainings with other B and α, those that are trusted; each stopped at the same training loss ({}). Where none \
                 is, all that have an exponent are drawn.",
        record.report.trusted,
        record.report.runs,
        record.study.changes()
    )))
}

pub(super) fn exponents(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<GridReport>("grid")? else { return Ok(None) };
    let spread = record.report.psi.map_or_else(String::new, |psi| {
        format!(
            " Those trusted: mean {}, standard deviation {} ({} runs).",
            fixed(psi.mean, 2),
            fixed(psi.standard_deviation, 2),
            psi.n
        )
    });
    Ok(Some(format!(
        "ψ of each run of the grid with its 95 % interval {}. Open marks are not trusted: the loss did not reach its threshold, or rose to more than {} times an earlier value within \
                 the window, or the window is too short for an interval.{spread}",
        intervals(&tables.rows(EXPONENTS)?),
        fixed(record.report.most_rise, 0)
    )))
}
