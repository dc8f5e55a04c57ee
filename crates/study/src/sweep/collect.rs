//! All points in one tidy table, with its figures.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use varflat_files::{FileSum, write_csv, write_json};
use varflat_run::artifacts::FIT;
use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::run_folder::RunFolder;
use varflat_run::stages::FitReport;
use varflat_run::versions;

use super::figures::PART;
use super::folder::SweepFolder;
use super::names::group;
use super::point::Point;
use super::record::{Collector, EXPONENTS, POINTS, RECORD, SweepRecord};
use super::status::{State, states};
use super::table::Table;
use crate::figures;
use crate::part::{Unfinished, claim_new};
use crate::studies::exponents::{ExponentRow, PointRow, points as components};

/// What a run found beside ψ.
#[derive(Default, Serialize)]
struct Further {
    steps: Option<u64>,
    stop_reason: Option<varflat_model::StopReason>,
    gap: Option<f64>,
    gamma: Option<f64>,
    alignment: Option<f64>,
    share_35: Option<f64>,
}

/// The numbers of a finished point; its components go to `all`.
fn finished(
    sweep: &SweepFolder,
    point: &Point,
    run: &RunFolder,
    all: &mut Vec<PointRow>,
) -> Result<(ExponentRow, Further)> {
    let fit: FitReport = run.read(&FIT)?;
    all.extend(components(&point.name, run)?);
    let row = ExponentRow::of_run(&group_of(sweep, point), &point.name, run, &fit)?;
    let record = run.record()?;
    let further = Further {
        steps: Some(record.steps),
        stop_reason: record.stop_reason,
        gap: Some(fit.gap),
        gamma: fit.gamma,
        alignment: Some(fit.alignment),
        share_35: fit.share_35,
    };
    Ok((row, further))
}

/// What is known of a point that failed.
fn failed(sweep: &SweepFolder, point: &Point, error: &str) -> (ExponentRow, Further) {
    let folder = sweep.run_folder(point);
    (
        ExponentRow::of_failure(&group_of(sweep, point), &point.name, &point.experiment, &folder, error),
        Further::default(),
    )
}

/// The group of a point in tables and figures.
fn group_of(sweep: &SweepFolder, point: &Point) -> String {
    group(&point.changes).unwrap_or_else(|| sweep.file().name.clone())
}

/// Write `sweep.csv` (a row a point), `sweep_points.csv` (a row a component) and the figures drawn from them into a folder. The table
/// is the same to the byte wherever and in whatever order the points were done.
///
/// # Errors
/// When everything is written: [`Error::Unfinished`] if points lack, because they are not finished. Points that failed do not lack:
/// they have a row that says why. Before: damaged files.
pub fn collect(sweep: &SweepFolder, folder: &Path, context: &Context<'_>) -> Result<()> {
    let table = folder.join(EXPONENTS);
    let (mut collected, mut rows, mut further, mut all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut data = BTreeMap::new();
    for (point, state) in sweep.points().iter().zip(states(sweep)?) {
        let (row, more) = match state {
            State::Finished => {
                let run = RunFolder::view(sweep.run_folder(point))?;
                data.insert(point.experiment.data.label(), run.record()?.data);
                finished(sweep, point, &run, &mut all)?
            }
            State::Failed { error, .. } => failed(sweep, point, &error),
            State::InWork(_) | State::Stopped(_) | State::Waiting => continue,
        };
        collected.push(point);
        rows.push(row);
        further.push(more);
    }
    let (points, found) = (sweep.points().len(), collected.len());
    if found > 0 {
        // What a row has anyway need not be there twice.
        let tidy = Table::of_points(collected.iter().copied()).without(&["point", "seed"]);
        let tidy = tidy.beside(Table::of(&table, &rows)?).beside(Table::of(&table, &further)?);
        let _claim = claim_new(folder)?;
        let unfinished = Unfinished::begin(folder, &PART)?;
        tidy.write_csv(&table)?;
        write_csv(&folder.join(POINTS), &all)?;
        let record = SweepRecord {
            sweep: sweep.file().clone(),
            points,
            collected: found,
            made: Collector { versions: versions::versions(), git_commit: versions::git_commit() },
            data,
            tables: FileSum::of_all(folder, &[EXPONENTS, POINTS])?,
        };
        write_json(&folder.join(RECORD), &record)?;
        unfinished.end()?;
        context.message(format_args!(
            "{found} of {points} {} in {}\n",
            if points == 1 { "point is" } else { "points are" },
            table.display()
        ));
        if !all.is_empty() {
            context.message(figures::drawn_in(folder, &figures::draw(folder)?));
        }
    }
    let strangers = sweep.strangers()?;
    if !strangers.is_empty() {
        context.warn(format_args!(
            "not in the table, because sweep.toml in {} does not name it: {}",
            sweep.path().display(),
            strangers.join(", ")
        ));
    }
    match points - found {
        0 => Ok(()),
        left => Err(Error::Unfinished { folder: sweep.path().to_path_buf(), left, points }),
    }
}
