//! ψ of other layers, networks, data and optimizers.

use std::path::Path;

use varflat_plot::{Figure, Forest};

use super::exponents::{clouds, groups, paper, without};
use crate::error::Result;
use crate::files::{read_csv, read_json};
use crate::study::StudyRecord;
use crate::study::exponents::{ExponentRow, PointRow};
use crate::study::generality::{EXPONENTS, GeneralityReport, POINTS};

pub(super) fn figures(folder: &Path) -> Result<Vec<(&'static str, Figure)>> {
    let record: StudyRecord<GeneralityReport> = read_json(&folder.join("generality.json"))?;
    let rows: Vec<ExponentRow> = read_csv(&folder.join(EXPONENTS))?;
    let points: Vec<PointRow> = read_csv(&folder.join(POINTS))?;
    let (groups, missing) = groups(&rows, |row| match row.l0 {
        Some(l0) => format!("seed {}, L₀ = {l0:.1e}", row.seed),
        None => format!("seed {}", row.seed),
    });
    let GeneralityReport { inverse, trusted, .. } = record.report;
    let exponents = varflat_plot::forest(&Forest {
        groups,
        quantity: "ψ".to_owned(),
        reference: Some(paper()),
        title: Some(format!(
            "inverse in {inverse} of {trusted} configurations with a trusted run{}",
            without(&missing)
        )),
    })?;
    Ok(vec![
        ("generality", exponents),
        ("generality_points", clouds(&rows, &points, |row| row.group.clone())?),
    ])
}
