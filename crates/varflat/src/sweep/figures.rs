//! ψ of every point of a sweep.

use varflat_plot::Figure;

use super::record::{EXPONENTS, POINTS, RECORD, SweepRecord};
use crate::error::Result;
use crate::part::{FigureEntry, Part, Source, Tables};
use crate::studies::exponents::figures::{clouds, forest, groups, without};
use crate::studies::exponents::{ExponentRow, PointRow, intervals};

/// Most settings in one picture.
const MOST: usize = 16;

pub(crate) const PART: Part = Part {
    name: "sweep",
    about: "ψ at every point of a sweep",
    record: RECORD,
    tables: &[EXPONENTS, POINTS],
    figures: FIGURES,
    claims: &[],
    controls: &[],
    reproduced: None,
};

const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "sweep",
        title: "The relation at the points of a sweep",
        tables: &[POINTS, EXPONENTS],
        draw: points,
        caption: caption_of_points,
    },
    FigureEntry {
        name: "sweep_exponents",
        title: "ψ at every point of a sweep",
        tables: &[EXPONENTS, RECORD],
        draw: exponents,
        caption: caption_of_exponents,
    },
];

fn points(tables: &Source) -> Result<Figure> {
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let mut points: Vec<PointRow> = tables.csv(POINTS)?;
    // Variances under the floor reach down to 1e-50 and would leave the others no room.
    points.retain(|point| point.judged);
    clouds(&shown(&rows), &points, settings)
}

/// As many settings as can be told apart, spread evenly over all of them.
fn shown(rows: &[ExponentRow]) -> Vec<ExponentRow> {
    let mut all: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| row.psi.is_some()) {
        let settings = settings(row);
        if !all.contains(&settings) {
            all.push(settings);
        }
    }
    let count = all.len().min(MOST);
    let chosen: Vec<&String> = (0..count).map(|place| &all[place * all.len() / count]).collect();
    rows.iter().filter(|row| chosen.contains(&&settings(row))).cloned().collect()
}

/// What a point changes but for its seed.
fn settings(row: &ExponentRow) -> String {
    words(row.run.split(',').filter(|word| !word.starts_with("seed=")))
}

/// What a point changes beside what its group shares.
fn label(row: &ExponentRow) -> String {
    let shared = row.group.replace(" = ", "=");
    words(row.run.split(',').filter(|word| *word != shared))
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| word.replacen('=', " = ", 1)).collect::<Vec<_>>().join(", ")
}

fn exponents(tables: &Source) -> Result<Figure> {
    let record: SweepRecord = tables.json(RECORD)?;
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let (groups, missing) = groups(&rows, label);
    let trusted = rows.iter().filter(|row| row.is_trusted()).count();
    let SweepRecord { sweep, points, collected, .. } = &record;
    let lacking = if collected < points { format!(" ({collected} finished)") } else { String::new() };
    let title = format!("{}: {trusted} of {points} points{lacking} trusted{}", sweep.name, without(&missing));
    forest(groups, title)
}

fn caption_of_points(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.json::<SweepRecord>(RECORD)? else { return Ok(None) };
    Ok(Some(format!(
        "σ² against F of the points of the sweep `{}` whose exponent is trusted, at most {MOST} settings and one run of each; directions that no \
         exponent rests on are left out.",
        record.sweep.name
    )))
}

fn caption_of_exponents(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.json::<SweepRecord>(RECORD)? else { return Ok(None) };
    Ok(Some(format!(
        "ψ of {} of {} points of the sweep `{}`, with 95 % intervals {}. Hollow: not trusted (see {EXPONENTS} for why).",
        record.collected,
        record.points,
        record.sweep.name,
        intervals(&tables.rows(EXPONENTS)?)
    )))
}
