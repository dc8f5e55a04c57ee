//! The twins beside each other.

use varflat_plot::{Figure, RoundedTwin, TwinFigure};
use varflat_run::error::Result;

use super::captions;
use super::tables::{COMPONENTS, ComponentRow, PrecisionReport};
use crate::part::{FigureEntry, Source, StudyRecord};

pub(super) const FIGURES: &[FigureEntry] = &[FigureEntry {
    name: "precision",
    title: "Twins in f32 and f64",
    tables: &[COMPONENTS, "precision.json"],
    draw: figure,
    caption: captions::figure,
}];

fn figure(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<PrecisionReport> = tables.json("precision.json")?;
    let rows: Vec<ComponentRow> = tables.csv(COMPONENTS)?;
    let of = |constant: f64, value: fn(&ComponentRow) -> f64| {
        let own = rows.iter().filter(|row| row.constant == constant);
        let points = own.map(|row| (row.index as f64, value(row)));
        points.filter(|(_, value)| *value > 0.0 && value.is_finite()).collect::<Vec<_>>()
    };
    let twins = record.report.twins.iter().map(|twin| {
        let constant = twin.constant;
        RoundedTwin {
            label: match constant == 0.0 {
                true => "f32".to_owned(),
                false => format!("f32 about {constant}"),
            },
            variance: of(constant, |row| row.variance),
            rounding: of(constant, |row| row.rounding),
            ratio: of(constant, |row| row.ratio),
            share: of(constant, |row| row.share),
            expected: of(constant, |row| row.expected_share),
        }
    });
    Ok(varflat_plot::twins(&TwinFigure {
        label: "f64".to_owned(),
        exact: of(0.0, |row| row.variance_f64),
        twins: twins.collect(),
        title: None,
    })?)
}
