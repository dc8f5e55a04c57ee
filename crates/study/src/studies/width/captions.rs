//! The captions of the figures.

use varflat_run::error::Result;

use super::measure::WidthReport;
use crate::part::Tables;
use crate::words::fixed;

pub(super) fn figure(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<WidthReport>("width")? else { return Ok(None) };
    let report = &record.report;
    let stride = match (report.stride_components, report.stride_psi) {
        (Some(components), Some(psi)) => {
            let (least, largest) = (components.least, components.largest);
            let count = if least == largest { format!("{least}") } else { format!("{least} to {largest}") };
            format!(
                " At one width, the runs that are recorded at other strides have {count} components and ψ from {} to {}.",
                fixed(psi.least, 2),
                fixed(psi.largest, 2)
            )
        }
        _ => String::new(),
    };
    Ok(Some(format!(
        "{} trainings with other widths H of both hidden layers, N = H² recorded weights, each stopped at the same training loss ({}): the \
                 number of components that hold 90 % of the variance, with and without the first; ψ over the same components everywhere; the \
                 final test error; the norm of ⟨w⟩_{{T}}. Hollow: not trusted (see width.csv for why).{stride}",
        report.runs,
        record.study.changes()
    )))
}
