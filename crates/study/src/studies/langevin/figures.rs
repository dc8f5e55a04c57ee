//! Thermal equilibrium beside SGD.

use varflat_plot::number::signed;
use varflat_plot::{
    Cloud, CloudPoint, Figure, Forest, ForestGroup, ForestReference, ForestRow, PowerLawLine, SlopeGuide,
    VarianceFlatnessClouds,
};
use varflat_run::error::Result;

use super::captions;
use super::tables::{EXPONENTS, LangevinReport, POINTS, Reading, SGD, WalkRow, point_name};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::studies::exponents::PointRow;
use crate::words::{by_range, pair, scientific};

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "langevin",
        title: "Thermal equilibrium beside SGD",
        tables: &[POINTS, EXPONENTS, "langevin.json"],
        draw: clouds,
        caption: captions::clouds,
    },
    FigureEntry {
        name: "langevin_exponents",
        title: "Slopes in equilibrium",
        tables: &[EXPONENTS, "langevin.json"],
        draw: exponents,
        caption: captions::exponents,
    },
];

fn read(tables: &Source) -> Result<(LangevinReport, Vec<WalkRow>)> {
    let record: StudyRecord<LangevinReport> = tables.json("langevin.json")?;
    Ok((record.report, tables.csv(EXPONENTS)?))
}

/// A power law over the judged points it was fitted to.
fn line(points: &[CloudPoint], slope: f64, ln_prefactor: f64) -> Option<PowerLawLine> {
    let judged = || points.iter().filter(|point| point.judged).map(|point| point.flatness);
    let (from, to) = (judged().fold(f64::INFINITY, f64::min), judged().fold(0.0, f64::max));
    let text = format!("slope {}", signed(slope, 2));
    (from < to).then_some(PowerLawLine { slope, ln_prefactor, from, to, text })
}

fn clouds(tables: &Source) -> Result<Figure> {
    let (report, rows) = read(tables)?;
    let points: Vec<PointRow> = tables.csv(POINTS)?;
    let of = |run: &str| -> Vec<CloudPoint> {
        points.iter().filter(|point| point.run == run).map(PointRow::drawn).collect()
    };
    let sgd = of(SGD);
    let mut series = vec![Cloud {
        label: "SGD".to_owned(),
        line: line(&sgd, report.sgd_slope, report.sgd_ln_prefactor),
        points: sgd,
    }];
    // Readings for which +2 is expected; untrusted ones only where there is no other.
    let expected = |row: &&WalkRow| matches!(row.reading, Reading::Hessian | Reading::Own);
    let any = rows.iter().filter(expected).any(WalkRow::is_trusted);
    for row in rows.iter().filter(expected).filter(|row| row.is_trusted() || !any) {
        let points = of(&point_name(&row.run, row.reading));
        if points.is_empty() {
            continue;
        }
        let line =
            row.slope.zip(row.ln_prefactor).and_then(|(slope, prefactor)| line(&points, slope, prefactor));
        let along = match row.reading {
            Reading::Hessian => "the Hessian's eigenvectors",
            Reading::Own | Reading::Sgd | Reading::Quadratic => "its own components",
        };
        series.push(Cloud { label: format!("{}, along {along}", label(row)), points, line });
    }
    Ok(varflat_plot::variance_flatness_clouds(&VarianceFlatnessClouds {
        series,
        guide: Some(SlopeGuide { slope: 2.0, text: "equilibrium: slope +2".to_owned() }),
        title: None,
    })?)
}

pub(crate) fn label(row: &WalkRow) -> String {
    format!("T = {}, {}", scientific(row.temperature), dimensions(row))
}

fn dimensions(row: &WalkRow) -> String {
    match row.dimensions {
        Some(dimensions) => format!("{dimensions} dimensions"),
        None => format!("all dimensions, trap k = {}", scientific(row.trap)),
    }
}

fn exponents(tables: &Source) -> Result<Figure> {
    let (report, rows) = read(tables)?;
    let mut groups = vec![ForestGroup {
        title: "SGD, whose components the walks start from".to_owned(),
        rows: vec![ForestRow {
            label: "−ψ".to_owned(),
            value: report.sgd_slope,
            interval: pair(report.sgd().interval),
            trusted: true,
            note: pair(report.sgd_bend).map(by_range),
        }],
    }];
    for (reading, of_what) in [
        (Reading::Hessian, "equilibrium along the eigenvectors of the Hessian: expected +2"),
        (Reading::Own, "equilibrium along the walk's own components: expected +2 or steeper"),
        (Reading::Quadratic, "the same in the exact bowl with the Hessian's eigenvalues"),
        (Reading::Sgd, "equilibrium along SGD's components, which are no eigenvectors: less is expected"),
    ] {
        let shown: Vec<ForestRow> = rows
            .iter()
            .filter(|row| row.reading == reading)
            .filter_map(|row| {
                let ratio = row
                    .equilibrium_ratio
                    .map_or_else(String::new, |ratio| format!(", σ²(κ + k)/T = {ratio:.2}"));
                let reason = if row.note.is_empty() { String::new() } else { format!("; {}", row.note) };
                Some(ForestRow {
                    label: label(row),
                    value: row.slope?,
                    interval: row.low.zip(row.high),
                    trusted: row.is_trusted(),
                    note: Some(format!("{} directions{ratio}{reason}", row.judged)),
                })
            })
            .collect();
        if !shown.is_empty() {
            groups.push(ForestGroup { title: of_what.to_owned(), rows: shown });
        }
    }
    Ok(varflat_plot::forest(&Forest {
        groups,
        quantity: "slope of ln σ² against ln F".to_owned(),
        reference: Some(ForestReference { value: 2.0, text: "equilibrium: +2".to_owned() }),
        title: None,
    })?)
}
