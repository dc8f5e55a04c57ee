//! The captions of the figures.

use varflat_run::error::Result;

use super::measure::{EXPONENTS, SensitivityReport};
use crate::part::Tables;
use crate::studies::exponents::intervals;
use crate::words::fixed;

pub(super) fn figure(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<SensitivityReport>("sensitivity")? else { return Ok(None) };
    Ok(Some(format!(
        "ψ of the same training with another centre, level, window and end ({}), and of the headline run fitted over other ranges of \
                 components; 95 % intervals {}. By definition alone ψ lies between {} and {}.",
        record.study.changes(),
        intervals(&tables.rows(EXPONENTS)?),
        fixed(record.report.least, 2),
        fixed(record.report.largest, 2)
    )))
}
