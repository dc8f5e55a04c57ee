//! The spectrum beside those of surrogates, and their numbers.

use varflat_analysis::NullVerdict;
use varflat_plot::{BandSeries, Figure, Forest, ForestGroup, ForestReference, ForestRow, SpectraFigure};
use varflat_run::error::Result;

use super::captions;
use super::said::short;
use super::tables::{Found, NumberRow, RECORD, SPECTRA, SpectrumRow, Surrogate, words_of, words_of_drift};
use crate::part::{FigureEntry, Source};

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "surrogates",
        title: "What the trajectory alone would give",
        tables: &[SPECTRA, RECORD],
        draw: spectra,
        caption: captions::spectra,
    },
    FigureEntry {
        name: "surrogates_numbers",
        title: "Numbers of surrogates beside those of the window",
        tables: &[RECORD],
        draw: numbers,
        caption: captions::numbers,
    },
];

/// The points of one kind, in the order of the rows.
fn series(rows: &[SpectrumRow], kind: Option<Surrogate>) -> BandSeries {
    let shown = |value: f64| value > 0.0 && value.is_finite();
    let here = rows.iter().filter(|row| row.surrogate == kind && shown(row.variance) && shown(row.least));
    BandSeries {
        label: kind.map_or("window", Surrogate::words).to_owned(),
        points: here.map(|row| (row.index as f64, row.variance, row.least, row.largest)).collect(),
    }
}

fn spectra(tables: &Source) -> Result<Figure> {
    let Found { report } = tables.json(RECORD)?;
    let rows: Vec<SpectrumRow> = tables.csv(SPECTRA)?;
    let nulls = report.made.iter().map(|kind| series(&rows, Some(*kind)));
    Ok(varflat_plot::spectra(&SpectraFigure {
        data: series(&rows, None),
        nulls: nulls.filter(|series| !series.points.is_empty()).collect(),
        title: Some(format!(
            "{} rows of {} weights, {}",
            report.steps,
            report.weights,
            words_of_drift(report.drift)
        )),
    })?)
}

/// In their order: over a negative number they change places.
fn ends(one: f64, other: f64) -> (f64, f64) {
    (one.min(other), one.max(other))
}

fn numbers(tables: &Source) -> Result<Figure> {
    let Found { report } = tables.json(RECORD)?;
    let mut groups = Vec::new();
    let same = |a: &NumberRow, b: &NumberRow| {
        (a.quantity, a.basis, a.first, a.last) == (b.quantity, b.basis, b.first, b.last)
    };
    for rows in report.rows.chunk_by(same) {
        let Some((first, value)) = rows.first().and_then(|row| Some((row, row.value?))) else { continue };
        let of = |row: &NumberRow| {
            Some(ForestRow {
                label: row.surrogate?.words().to_owned(),
                value: row.mean? / value,
                interval: row.low.zip(row.high).map(|(low, high)| ends(low / value, high / value)),
                trusted: row.verdict != Some(NullVerdict::NotDecidable),
                note: row.verdict.map(|verdict| verdict.to_string()),
            })
        };
        let name = words_of((first.quantity, first.basis, [first.first, first.last]));
        groups.push(ForestGroup {
            title: format!("{name}: {}", short(value)),
            rows: rows.iter().filter_map(of).filter(|row| row.value.is_finite()).collect(),
        });
    }
    groups.retain(|group| !group.rows.is_empty());
    Ok(varflat_plot::forest(&Forest {
        groups,
        quantity: "number of the surrogate / that of the window".to_owned(),
        reference: Some(ForestReference { value: 1.0, text: "the window".to_owned() }),
        title: None,
    })?)
}
