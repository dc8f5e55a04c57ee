//! The caption of the figure.

use varflat_run::error::Result;

use super::tables::{PrecisionReport, rank};
use crate::part::Tables;
use crate::words::{fixed, two_digits};

pub(super) fn figure(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<PrecisionReport>("precision")? else { return Ok(None) };
    let report = record.report;
    let twins: Vec<String> = report
        .twins
        .iter()
        .map(|twin| {
            format!(
                "about {} (ulp {}) to 1 % up to rank {}, {} components above the floor and all of these within {} %",
                twin.constant,
                two_digits(twin.ulp),
                twin.agree_1_percent,
                twin.trusted,
                fixed(100.0 * twin.largest_deviation, 1)
            )
        })
        .collect();
    let difference = report.twins.first().map_or_else(String::new, |twin| {
        format!(
            " The difference of the first holds 1 % of σ² from rank {} on, half from {}, all from {}.",
            rank(twin.difference_1_percent),
            rank(twin.difference_half),
            rank(twin.difference_all)
        )
    });
    Ok(Some(format!(
        "The training of the run goes on from step {} for one more window of {} rows, in f64 and in f32, with the same mini-batches; weights \
         about a constant are rounded as if they were larger by it, and everything else is the same. (a) σ² of the components \
         of each, and the variance of rounding a row to the nearest number, ⟨ulp²⟩/12. (b) Their ratio to σ² in f64. (c) Variance of w(f32) − w(f64) along \
         the components in f64, over σ²; dashed the (T² − 1)/6T times ⟨ulp²⟩/12 that T roundings add up to where nothing returns. The spectra agree with \
         that in f64: {}.{difference}",
        report.from_step,
        report.rows,
        twins.join("; ")
    )))
}
