//! ψ for every batch size and learning rate.

use std::path::Path;

use varflat_plot::{Figure, Forest};

use super::exponents::{clouds, groups, paper, without};
use crate::error::Result;
use crate::files::{read_csv, read_json};
use crate::study::StudyRecord;
use crate::study::exponents::{ExponentRow, PointRow};
use crate::study::grid::{EXPONENTS, GridReport, POINTS};

pub(super) fn figures(folder: &Path) -> Result<Vec<(&'static str, Figure)>> {
    let record: StudyRecord<GridReport> = read_json(&folder.join("grid.json"))?;
    let rows: Vec<ExponentRow> = read_csv(&folder.join(EXPONENTS))?;
    let points: Vec<PointRow> = read_csv(&folder.join(POINTS))?;
    Ok(vec![("grid", clouds(&rows, &points, settings)?), ("grid_exponents", exponents(&record, &rows)?)])
}

fn settings(row: &ExponentRow) -> String {
    format!("B = {}, α = {}", row.batch_size, row.learning_rate)
}

fn exponents(record: &StudyRecord<GridReport>, rows: &[ExponentRow]) -> Result<Figure> {
    let (groups, missing) = groups(rows, |row| format!("α = {}, seed {}", row.learning_rate, row.seed));
    let report = &record.report;
    let found = report.psi.map_or_else(String::new, |psi| {
        format!(": ψ = {:.2} ± {:.2} (standard deviation among runs)", psi.mean, psi.standard_deviation)
    });
    let title = format!("{} of {} runs settled{found}{}", report.trusted, report.runs, without(&missing));
    Ok(varflat_plot::forest(&Forest {
        groups,
        quantity: "ψ".to_owned(),
        reference: Some(paper()),
        title: Some(title),
    })?)
}
