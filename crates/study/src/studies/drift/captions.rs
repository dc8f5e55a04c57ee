//! The captions of the figures.

use varflat_run::error::Result;

use super::tables::DriftReport;
use crate::part::Tables;
use crate::words::fixed;

pub(super) fn figure(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<DriftReport>("drift")? else { return Ok(None) };
    let ranges: Vec<String> = record
        .report
        .exponents
        .iter()
        .map(|range| {
            format!(
                "lags {} to {} steps: {} for θ_{{1}}, {} in the median of the others",
                range.shortest,
                range.longest,
                fixed(range.first, 2),
                fixed(range.median_of_others, 2)
            )
        })
        .collect();
    Ok(Some(format!(
        "Mean-square displacement ⟨(θ_{{i}}(t + h) − θ_{{i}}(t))²⟩ against the lag h in the window of the run; its exponent for every component \
                 ({}; 2 is drift, 1 diffusion); and ‖w‖, w·p_{{1}} and the mean margin over the window, each divided by its last value.",
        ranges.join("; ")
    )))
}
