//! ψ of every point of a sweep.

use std::collections::BTreeMap;

use varflat_plot::Figure;

use super::exponents::{clouds, forest, groups, without};
use super::{Figures, Source};
use crate::error::Result;
use crate::study::exponents::{ExponentRow, PointRow};
use crate::sweep::names;
use crate::sweep::point::Change;
use crate::sweep::{EXPONENTS, POINTS, RECORD, SweepRecord};

/// Most settings in one picture.
const MOST: usize = 16;

pub(super) const FIGURES: Figures = &[("sweep", points), ("sweep_exponents", exponents)];

/// What the points of a sweep change, by their names. The record has the sweep itself, and that has its points.
struct Changes(BTreeMap<String, Vec<Change>>);

impl Changes {
    fn of(record: &SweepRecord) -> Self {
        let points = record.sweep.points().unwrap_or_default();
        Self(points.into_iter().map(|point| (point.name, point.changes)).collect())
    }

    /// Words about what a run changes. One that is no point of the record's sweep, by an older version say, is called by its name.
    fn words(&self, row: &ExponentRow, words: fn(&[Change]) -> String) -> String {
        self.0.get(&row.run).map_or_else(|| row.run.clone(), |changes| words(changes))
    }
}

fn points(tables: &Source) -> Result<Figure> {
    let changes = Changes::of(&tables.json(RECORD)?);
    let rows: Vec<ExponentRow> = tables.csv(EXPONENTS)?;
    let mut points: Vec<PointRow> = tables.csv(POINTS)?;
    // Variances under the floor reach down to 1e-50 and would leave the others no room.
    points.retain(|point| point.judged);
    let settings = |row: &ExponentRow| changes.words(row, names::settings);
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
    let (groups, missing) = groups(&rows, |row| changes.words(row, names::label));
    let trusted = rows.iter().filter(|row| row.is_trusted()).count();
    let SweepRecord { sweep, points, collected, .. } = &record;
    let lacking = if collected < points { format!(" ({collected} finished)") } else { String::new() };
    let title = format!("{}: {trusted} of {points} points{lacking} trusted{}", sweep.name, without(&missing));
    forest(groups, title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    #[test]
    fn a_run_is_called_by_what_it_changes_or_else_by_its_name() {
        let experiment = Experiment::parse("name = 'x'", "x.toml", &[]).unwrap();
        let row = |name: &str| ExponentRow::of_failure("", name, &experiment, "".as_ref(), "");
        let change = |key: &str, value: &str| Change::written(key, value.to_owned());
        let point = vec![change("model.hidden", "[5, 5]"), change("fit.block", "7"), change("seed", "3")];
        let changes = Changes(BTreeMap::from([("a".to_owned(), point)]));
        assert_eq!(changes.words(&row("a"), names::settings), "hidden = 5x5, block = 7");
        assert_eq!(changes.words(&row("a"), names::label), "block = 7, seed = 3");
        assert_eq!(changes.words(&row("block=9,seed=3"), names::label), "block=9,seed=3");
    }
}
