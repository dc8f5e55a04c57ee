//! Spectrum, correlation times and local exponents by rank, beside their nulls.

use varflat_analysis::Basis::{self, Components, Hessian};
use varflat_plot::NullLook::{Dashes, Line, Points};
use varflat_plot::{Figure, NullLook, NullPanel, NullPanels, NullSeries};
use varflat_run::error::Result;

use super::figures::{series, there};
use super::tables::{ControlsReport, DIRECTIONS, DirectionRow, NUMBERS, NumberRow, Quantity};
use crate::part::{Source, StudyRecord};

pub(super) fn by_rank(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<ControlsReport> = tables.json("controls.json")?;
    let rows: Vec<DirectionRow> = tables.csv(DIRECTIONS)?;
    let numbers: Vec<NumberRow> = tables.csv(NUMBERS)?;
    let index = |row: &DirectionRow| row.index as f64;
    let variances = vec![
        series(&rows, Components, ("run", Points), |row| Some((index(row), row.variance?))),
        series(&rows, Components, ("replay", Line), |row| Some((index(row), row.replay_variance?))),
        series(&rows, Components, ("noise alone (H = 0)", Dashes), |row| {
            Some((index(row), row.noise_variance?))
        }),
    ];
    let panel = |y_title: &str, series: Vec<NullSeries>, linear: bool| NullPanel {
        x_title: "rank i".to_owned(),
        y_title: y_title.to_owned(),
        series: there(series),
        guide: None,
        linear,
    };
    let panels = [
        panel("variance σᵢ²", variances, false),
        panel("1/e time of θᵢ (steps)", times(&numbers), false),
        panel("local ψ", exponents(&numbers, record.report.level), true),
    ];
    Ok(varflat_plot::null_panels(&NullPanels {
        panels: panels.into_iter().filter(|panel| !panel.series.is_empty()).collect(),
        columns: 3,
        title: None,
    })?)
}

/// Numbers of a quantity by the middle of their range.
fn of(
    numbers: &[NumberRow],
    (quantity, basis, level): (Quantity, Basis, Option<f64>),
    (label, look): (&str, NullLook),
    value: fn(&NumberRow) -> Option<f64>,
) -> NullSeries {
    let own = numbers.iter().filter(|row| (row.quantity, row.basis, row.level) == (quantity, basis, level));
    let middle = |row: &NumberRow| ((row.first * row.last) as f64).sqrt();
    let points = own.filter_map(|row| Some((middle(row), value(row)?)));
    NullSeries { label: label.to_owned(), points: points.collect(), look }
}

fn times(numbers: &[NumberRow]) -> Vec<NullSeries> {
    let of = |basis, look, value| {
        let positive = |point: &(f64, f64)| point.1 > 0.0;
        let found = of(numbers, (Quantity::Time, basis, None), look, value);
        NullSeries { points: found.points.into_iter().filter(positive).collect(), ..found }
    };
    vec![
        of(Components, ("run, components", Points), |row| row.value),
        of(Hessian, ("run, eigenvectors of H", Points), |row| row.value),
        of(Components, ("replay, components", Line), |row| row.replay_mean),
        of(Hessian, ("replay, eigenvectors of H", Line), |row| row.replay_mean),
        of(Components, ("noise alone, components", Dashes), |row| row.noise_mean),
    ]
}

fn exponents(numbers: &[NumberRow], level: Option<f64>) -> Vec<NullSeries> {
    let of = |basis, level, look, value| of(numbers, (Quantity::LocalPsi, basis, level), look, value);
    let mut series = vec![
        of(Components, None, ("run, components", Points), |row| row.value),
        of(Hessian, None, ("run, eigenvectors of H", Points), |row| row.value),
        of(Components, None, ("replay, components", Line), |row| row.replay_mean),
        of(Hessian, None, ("replay, eigenvectors of H", Line), |row| row.replay_mean),
        of(Components, None, ("noise alone, components", Dashes), |row| row.noise_mean),
    ];
    if level.is_some() {
        series.push(of(Components, level, ("run, F as measured", Points), |row| row.value));
        series.push(of(Components, level, ("replay, F as measured", Line), |row| row.replay_mean));
    }
    series
}
