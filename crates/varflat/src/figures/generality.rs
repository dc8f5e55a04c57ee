//! ψ of other layers, networks, data and optimizers.

use varflat_plot::Figure;

use super::exponents::{clouds, forest, groups, without};
use super::{Figures, Source};
use crate::error::Result;
use crate::study::StudyRecord;
use crate::study::exponents::{ExponentRow, PointRow};
use crate::study::generality::{EXPONENTS, GeneralityReport, POINTS};

pub(super) const FIGURES: Figures = &[("generality", exponents), ("generality_points", points)];

fn points(tables: &Source) -> Result<Figure> {
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let points: Vec<PointRow> = tables.csv(POINTS)?;
    clouds(&rows, &points, |row| row.group.clone())
}

fn exponents(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<GeneralityReport> = tables.json("generality.json")?;
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let (groups, missing) = groups(&rows, |row| match row.l0 {
        Some(l0) => format!("seed {}, L₀ = {l0:.1e}", row.seed),
        None => format!("seed {}", row.seed),
    });
    let GeneralityReport { inverse, trusted, .. } = record.report;
    let title =
        format!("inverse in {inverse} of {trusted} configurations with a trusted run{}", without(&missing));
    forest(groups, title)
}
