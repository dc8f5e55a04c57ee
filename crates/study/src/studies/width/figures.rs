//! How the solution changes with the width of the network.

use varflat_analysis::Trust;
use varflat_plot::{Figure, QuantitiesBySize, SizePanel, SizePoint, SizeSeries};
use varflat_run::error::Result;

use super::captions;
use super::measure::{WIDTHS, WidthReport, WidthRow};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::studies::exponents::figures::paper;
use crate::words::estimate;

pub(super) const FIGURES: &[FigureEntry] = &[FigureEntry {
    name: "width",
    title: "The solution at every width",
    tables: &[WIDTHS, "width.json"],
    draw: figure,
    caption: captions::figure,
}];

fn figure(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<WidthReport> = tables.json("width.json")?;
    let rows: Vec<WidthRow> = tables.csv(WIDTHS)?;
    let first = rows.first().map(|row| row.group.as_str());
    let widths: Vec<&WidthRow> = rows.iter().filter(|row| Some(row.group.as_str()) == first).collect();
    let strides: Vec<&WidthRow> = rows.iter().filter(|row| Some(row.group.as_str()) != first).collect();
    let series = |label: &str, rows: &[&WidthRow], of: fn(&WidthRow) -> Option<f64>| SizeSeries {
        label: label.to_owned(),
        points: rows.iter().filter_map(|row| point(row, of)).collect(),
    };
    let stride = widths.first().map_or_else(String::new, |row| format!("stride {}", row.every));
    let with_strides = |label: &str, of: fn(&WidthRow) -> Option<f64>| {
        let mut list: Vec<u64> = strides.iter().map(|row| row.every).collect();
        list.sort_unstable();
        let list: Vec<String> = list.iter().map(ToString::to_string).collect();
        vec![
            series(label, &widths, of),
            series(&format!("strides {} at one width", list.join(", ")), &strides, of),
        ]
    };
    let mut components = with_strides("without the first", |row| row.components_rest.map(|n| n as f64));
    components.insert(1, series("all", &widths, |row| row.components.map(|n| n as f64)));
    let panel = |quantity: &str, logarithmic: bool, series: Vec<SizeSeries>| SizePanel {
        quantity: quantity.to_owned(),
        logarithmic,
        series: series.into_iter().filter(|series| !series.points.is_empty()).collect(),
        reference: None,
    };
    let panels = vec![
        panel("components with 90 % of σ²", true, components),
        SizePanel { reference: Some(paper()), ..panel("ψ", false, with_strides(&stride, |row| row.psi)) },
        panel("test error", true, with_strides(&stride, |row| row.test_error)),
        panel(
            "norm ‖⟨w⟩‖",
            true,
            vec![
                series("recorded layer", &widths, |row| row.layer_norm),
                series("all weights", &widths, |row| row.norm),
            ],
        ),
    ];
    let title = record.report.growth.as_ref().map(|growth| {
        format!("components without the first ∝ N^s: s = {} (95 % over runs)", estimate(growth))
    });
    Ok(varflat_plot::quantities_by_size(&QuantitiesBySize {
        size: "recorded weights N = H²".to_owned(),
        panels: panels.into_iter().filter(|panel| !panel.series.is_empty()).collect(),
        title,
    })?)
}

/// A run as a point; ψ with its interval.
fn point(row: &WidthRow, of: fn(&WidthRow) -> Option<f64>) -> Option<SizePoint> {
    let value = of(row)?;
    let interval = row.low.zip(row.high).filter(|_| row.psi == Some(value));
    Some(SizePoint { size: row.weights? as f64, value, interval, trusted: row.trust == Trust::Trusted })
}
