//! ψ under other definitions.

use varflat_plot::{Figure, ForestGroup, ForestRow};
use varflat_run::error::Result;

use super::captions;
use super::measure::{EXPONENTS, RANGES, RangeRow, SensitivityReport};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::studies::exponents::ExponentRow;
use crate::studies::exponents::figures::{forest, groups, without};
use crate::words::fixed;

pub(super) const FIGURES: &[FigureEntry] = &[FigureEntry {
    name: "sensitivity",
    title: "ψ under other definitions",
    tables: &[EXPONENTS, RANGES, "sensitivity.json"],
    draw: figure,
    caption: captions::figure,
}];

fn figure(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<SensitivityReport> = tables.json("sensitivity.json")?;
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let ranges: Vec<RangeRow> = tables.csv(RANGES)?;
    let (mut groups, missing) = groups(&rows, |row| row.run.replace(',', ", "));
    groups.push(ForestGroup {
        title: "range of the fit, all directions measured".to_owned(),
        rows: ranges
            .iter()
            .map(|row| ForestRow {
                label: format!("components {}–{}", row.first, row.last),
                value: row.psi,
                interval: row.low.zip(row.high),
                trusted: true,
                note: None,
            })
            .collect(),
    });
    let SensitivityReport { least, largest } = record.report;
    let title = format!(
        "ψ from {} to {}, by its definition alone{}",
        fixed(least, 2),
        fixed(largest, 2),
        without(&missing)
    );
    forest(groups, title)
}
