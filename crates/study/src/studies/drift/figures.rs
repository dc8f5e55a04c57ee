//! Drift against diffusion.

use varflat_plot::{DisplacementCurve, DriftFigure, Figure, TrainingCurve};
use varflat_run::error::Result;

use super::captions;
use super::tables::{DISPLACEMENTS, DisplacementRow, DriftReport, DriftRow, EXPONENTS, GROWTH, GrowthRow};
use crate::part::{FigureEntry, Source, StudyRecord};

pub(super) const FIGURES: &[FigureEntry] = &[FigureEntry {
    name: "drift",
    title: "Drift against diffusion",
    tables: &[EXPONENTS, DISPLACEMENTS, GROWTH, "drift.json"],
    draw: figure,
    caption: captions::figure,
}];

fn figure(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<DriftReport> = tables.json("drift.json")?;
    let exponents: Vec<DriftRow> = tables.csv(EXPONENTS)?;
    let displacements: Vec<DisplacementRow> = tables.csv(DISPLACEMENTS)?;
    let growth: Vec<GrowthRow> = tables.csv(GROWTH)?;

    let mut curves: Vec<DisplacementCurve> = Vec::new();
    for row in displacements {
        if curves.last().is_none_or(|curve| curve.index != row.index) {
            curves.push(DisplacementCurve { index: row.index, lag: Vec::new(), mean_square: Vec::new() });
        }
        if let Some(curve) = curves.last_mut() {
            curve.lag.push(row.lag as f64);
            curve.mean_square.push(row.displacement);
        }
    }
    // The first range of lags that the study names.
    let range = exponents.first().map(|row| (row.shortest, row.longest));
    let shown: Vec<&DriftRow> =
        exponents.iter().filter(|row| Some((row.shortest, row.longest)) == range).collect();
    let epoch: Vec<f64> = growth.iter().map(|row| row.epoch).collect();
    let curve = |label: &str, of: fn(&GrowthRow) -> f64| {
        let last = growth.last().map_or(1.0, of);
        let value = growth.iter().map(|row| of(row) / last).collect();
        TrainingCurve { label: label.to_owned(), epoch: epoch.clone(), value }
    };
    let report = &record.report;
    let lags =
        range.map_or_else(String::new, |(shortest, longest)| format!("; (b) lags {shortest}–{longest}"));
    let title = format!("gap σ₁²/σ₂² = {:.0}, |cos(p₁, w₀)| = {:.2}{lags}", report.gap, report.alignment);
    Ok(varflat_plot::drift(&DriftFigure {
        displacements: curves,
        index: shown.iter().map(|row| row.index).collect(),
        exponent: shown.iter().map(|row| row.exponent).collect(),
        growth: vec![
            curve("‖w‖", |row| row.norm),
            curve("w·p₁", |row| row.along),
            curve("margin at w(t)", |row| row.margin),
            curve("margin at w₀ + θ₁p₁", |row| row.margin_along),
        ],
        window_epochs: None,
        title: Some(title),
    })?)
}
