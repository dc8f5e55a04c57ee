//! The nulls of a run, for the figures of others that show its spectrum or its times.

use varflat_analysis::Basis;
use varflat_plot::{NullLook, NullSeries};
use varflat_run::error::Result;
use varflat_run::run_folder::RunRecord;

use super::tables::{ControlsReport, DIRECTIONS, DirectionRow, NUMBERS, NumberRow, Quantity};
use crate::part::{Source, StudyRecord};

/// Whether the controls of this very run lie in the folder.
fn are_there(tables: &Source, run: &RunRecord) -> Result<bool> {
    if !tables.path("controls.json").exists() {
        return Ok(false);
    }
    let record: StudyRecord<ControlsReport> = tables.json("controls.json")?;
    let files = |run: &RunRecord| run.stages.values().map(|stage| stage.files.clone()).collect::<Vec<_>>();
    Ok(record.source.is_some_and(|source| source.name == run.name && files(&source) == files(run)))
}

/// (i, σ_i²) of the replays, and of noise alone, of this run; none where its controls are not in the folder.
pub(in crate::studies) fn spectra(tables: &Source, run: &RunRecord) -> Result<Vec<NullSeries>> {
    if !are_there(tables, run)? {
        return Ok(Vec::new());
    }
    let rows: Vec<DirectionRow> = tables.csv(DIRECTIONS)?;
    let series = |label: &str, look: NullLook, of: fn(&DirectionRow) -> Option<f64>| NullSeries {
        label: label.to_owned(),
        points: rows
            .iter()
            .filter(|row| row.basis == Basis::Components)
            .filter_map(|row| Some((row.index as f64, of(row).filter(|variance| *variance > 0.0)?)))
            .collect(),
        look,
    };
    let replay = series("frozen noise, frozen parabola", NullLook::Line, |row| row.replay_variance);
    let alone = series("noise alone (H = 0)", NullLook::Dashes, |row| row.noise_variance);
    Ok([replay, alone].into_iter().filter(|series| !series.points.is_empty()).collect())
}

/// (i, 1/e time of θ_i) of the replays along their components, the mean over them; none where the controls are not in the folder.
pub(in crate::studies) fn times(tables: &Source, run: &RunRecord) -> Result<Vec<(usize, f64)>> {
    if !are_there(tables, run)? {
        return Ok(Vec::new());
    }
    let rows: Vec<NumberRow> = tables.csv(NUMBERS)?;
    let own = rows.iter().filter(|row| row.quantity == Quantity::Time && row.basis == Basis::Components);
    Ok(own.filter_map(|row| Some((row.first, row.replay_mean?))).collect())
}
