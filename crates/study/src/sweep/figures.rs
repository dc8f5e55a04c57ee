//! ψ of every point of a sweep.

use std::collections::BTreeMap;

use varflat_plot::Figure;
use varflat_run::error::Result;

use super::names;
use super::point::Change;
use super::record::{EXPONENTS, POINTS, RECORD, SweepRecord};
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
    nulls: &[],
    opening: None,
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

/// What the points of a sweep change, by their names. The record has the sweep itself, and that has its points.
struct Changes(BTreeMap<String, Vec<Change>>);

impl Changes {
    fn of(record: &SweepRecord) -> Self {
        let points = record.sweep.points().unwrap_or_default();
        Self(points.into_iter().map(|point| (point.name, point.changes)).collect())
    }

    /// A run named by what it changes. One that is no point of the record's sweep, by an older version say, is called by its name.
    fn named(&self, row: &ExponentRow, name: fn(&[Change]) -> String) -> String {
        self.0.get(&row.run).map_or_else(|| row.run.clone(), |changes| name(changes))
    }
}

fn points(tables: &Source) -> Result<Figure> {
    let changes = Changes::of(&tables.json(RECORD)?);
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let mut points: Vec<PointRow> = tables.csv(POINTS)?;
    // Variances under the floor reach down to 1e-50 and would leave the others no room.
    points.retain(|point| point.judged);
    let settings = |row: &ExponentRow| changes.named(row, names::settings);
    clouds(&shown(&rows, settings), &points, settings)
}

/// As many settings as can be told apart, spread evenly over all of them.
fn shown(rows: &[ExponentRow], settings: impl Fn(&ExponentRow) -> String) -> Vec<ExponentRow> {
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

fn exponents(tables: &Source) -> Result<Figure> {
    let record: SweepRecord = tables.json(RECORD)?;
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let changes = Changes::of(&record);
    let (groups, missing) = groups(&rows, |row| changes.named(row, names::label));
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

#[cfg(test)]
mod tests {
    use super::*;
    use varflat_run::experiment::Experiment;

    #[test]
    fn a_run_is_called_by_what_it_changes_or_else_by_its_name() {
        let experiment = Experiment::parse("name = 'x'", "x.toml", &[]).unwrap();
        let row = |name: &str| ExponentRow::of_failure("", name, &experiment, "".as_ref(), "");
        let change = |key: &str, value: &str| Change::written(key, value.to_owned());
        let point = vec![change("model.hidden", "[5, 5]"), change("fit.block", "7"), change("seed", "3")];
        let changes = Changes(BTreeMap::from([("a".to_owned(), point)]));
        assert_eq!(changes.named(&row("a"), names::settings), "hidden = 5x5, block = 7");
        assert_eq!(changes.named(&row("a"), names::label), "block = 7, seed = 3");
        assert_eq!(changes.named(&row("block=9,seed=3"), names::label), "block=9,seed=3");
    }
}
