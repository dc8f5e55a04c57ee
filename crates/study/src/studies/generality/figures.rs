//! ψ of other layers, networks, data and optimizers.

use varflat_plot::Figure;
use varflat_run::error::Result;

use super::captions;
use super::measure::{EXPONENTS, GeneralityReport, POINTS};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::studies::exponents::figures::{clouds, forest, groups, without};
use crate::studies::exponents::{ExponentRow, PointRow};

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "generality",
        title: "ψ of other layers, networks, data and optimizers",
        tables: &[EXPONENTS, "generality.json"],
        draw: exponents,
        caption: captions::exponents,
    },
    FigureEntry {
        name: "generality_points",
        title: "The relation of each",
        tables: &[POINTS, EXPONENTS],
        draw: points,
        caption: captions::points,
    },
];

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
