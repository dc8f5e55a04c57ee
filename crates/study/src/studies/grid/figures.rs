//! ψ for every batch size and learning rate.

use varflat_plot::Figure;
use varflat_run::error::Result;

use super::captions;
use super::measure::{EXPONENTS, GridReport, POINTS};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::studies::exponents::figures::{clouds, forest, groups, without};
use crate::studies::exponents::{ExponentRow, PointRow};

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "grid",
        title: "The relation for every batch size and learning rate",
        tables: &[POINTS, EXPONENTS],
        draw: points,
        caption: captions::points,
    },
    FigureEntry {
        name: "grid_exponents",
        title: "ψ for every batch size and learning rate",
        tables: &[EXPONENTS, "grid.json"],
        draw: exponents,
        caption: captions::exponents,
    },
];

fn points(tables: &Source) -> Result<Figure> {
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let points: Vec<PointRow> = tables.csv(POINTS)?;
    clouds(&rows, &points, settings)
}

fn settings(row: &ExponentRow) -> String {
    format!("B = {}, α = {}", row.batch_size, row.learning_rate)
}

fn exponents(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<GridReport> = tables.json("grid.json")?;
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let (groups, missing) = groups(&rows, |row| format!("α = {}, seed {}", row.learning_rate, row.seed));
    let report = &record.report;
    let found = report.psi.map_or_else(String::new, |psi| {
        format!(": mean ψ = {:.2}, standard deviation {:.2} among runs", psi.mean, psi.standard_deviation)
    });
    let title = format!("{} of {} runs trusted{found}{}", report.trusted, report.runs, without(&missing));
    forest(groups, title)
}
