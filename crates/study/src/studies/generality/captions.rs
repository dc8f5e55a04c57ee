//! The captions of the figures.

use varflat_run::error::Result;

use super::measure::{EXPONENTS, GeneralityReport};
use crate::part::Tables;
use crate::studies::exponents::intervals;

pub(super) fn exponents(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<GeneralityReport>("generality")? else { return Ok(None) };
    let report = &record.report;
    Ok(Some(format!(
        "ψ of {} configurations, a row a seed, with 95 % intervals {}. All differ from the headline ({}) in what they are called by; L_{{0}} is the full training loss at the centre. Hollow: not trusted (see generality.csv for why). \
                 The relation is inverse, with every interval above 0, in {} of the {} that have a trusted run.",
        report.configurations.len(),
        intervals(&tables.rows(EXPONENTS)?),
        record.study.changes(),
        report.inverse,
        report.trusted
    )))
}

pub(super) fn points(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<GeneralityReport>("generality")? else { return Ok(None) };
    Ok(Some(format!(
        "σ² against F of the first trusted run of each of {} configurations. F is a length in the weights of the layer that moves, and scales with \
                 √L_{{0}}: clouds of other layers and losses are shifted against each other, and only their slopes can be compared.",
        record.report.trusted
    )))
}
