//! Data beside the nulls, and ψ by the kind of directions.

use varflat_analysis::{Basis, NullVerdict};
use varflat_plot::NullLook::{Dashes, Line, Points};
use varflat_plot::{Figure, Forest, ForestGroup, ForestReference, ForestRow, NullFigure};
use varflat_run::error::Result;

use super::captions;
use super::ranks;
use super::series::{series, there};
use super::tables::{ControlsReport, DIRECTIONS, DirectionRow, NUMBERS, NumberRow, Quantity, words_of};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::words::fixed;

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "controls",
        title: "What would have come out anyway",
        tables: &[DIRECTIONS, "controls.json"],
        draw: beside_nulls,
        caption: captions::beside_nulls,
    },
    FigureEntry {
        name: "controls_ranks",
        title: "Spectrum, memory and local exponent beside their nulls",
        tables: &[DIRECTIONS, NUMBERS, "controls.json"],
        draw: ranks::by_rank,
        caption: captions::by_rank,
    },
    FigureEntry {
        name: "controls_psi",
        title: "ψ by the directions it is taken along",
        tables: &[NUMBERS, "controls.json"],
        draw: by_basis,
        caption: captions::by_basis,
    },
];

fn beside_nulls(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<ControlsReport> = tables.json("controls.json")?;
    let rows: Vec<DirectionRow> = tables.csv(DIRECTIONS)?;
    let (own, hessian) = (Basis::Components, Basis::Hessian);
    let index = |row: &DirectionRow| row.index as f64;
    let data = NullFigure {
        relation: vec![
            series(&rows, own, ("run, its components", Points), |row| {
                Some((row.flatness_of_curvature?, row.variance?))
            }),
            series(&rows, hessian, ("run, eigenvectors of H", Points), |row| {
                Some((row.flatness_of_curvature?, row.variance?))
            }),
            series(&rows, own, ("replay, its components", Line), |row| {
                Some((row.replay_flatness?, row.replay_variance?))
            }),
            series(&rows, own, ("noise alone (H = 0)", Dashes), |row| {
                Some((row.noise_flatness?, row.noise_variance?))
            }),
        ],
        ratio: vec![
            series(&rows, own, ("components", Points), |row| {
                Some((index(row), row.variance? / row.replay_variance?))
            }),
            series(&rows, hessian, ("eigenvectors of H", Points), |row| {
                Some((index(row), row.variance? / row.replay_variance?))
            }),
        ],
        amplitude: vec![
            series(&rows, hessian, ("run, eigenvectors of H", Points), |row| {
                Some((row.expected?, row.variance?))
            }),
            series(&rows, Basis::Steps, ("run, components of steps", Points), |row| {
                Some((row.expected?, row.variance?))
            }),
        ],
        equilibrium: vec![
            series(&rows, hessian, ("run, eigenvectors of H", Points), |row| {
                Some((row.curvature?, row.equilibrium_ratio?))
            }),
            series(&rows, hessian, ("exact formula", Line), |row| {
                Some((row.curvature?, row.expected_ratio?))
            }),
            series(&rows, hessian, ("ρ, from gradients of L", Points), |row| {
                Some((row.curvature?, row.fluctuation_dissipation?))
            }),
        ],
        title: Some(format!(
            "lateness αλ₁M = {}; {} replays",
            fixed(record.report.lateness, 2),
            record.report.replays
        )),
    };
    Ok(varflat_plot::nulls(&NullFigure {
        relation: there(data.relation),
        ratio: there(data.ratio),
        amplitude: there(data.amplitude),
        equilibrium: there(data.equilibrium),
        title: data.title,
    })?)
}

fn by_basis(tables: &Source) -> Result<Figure> {
    let rows: Vec<NumberRow> = tables.csv(NUMBERS)?;
    let psi: Vec<&NumberRow> =
        rows.iter().filter(|row| row.quantity == Quantity::Psi && row.level.is_none()).collect();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for row in &psi {
        if !ranges.contains(&(row.first, row.last)) {
            ranges.push((row.first, row.last));
        }
    }
    let groups = shown(ranges).into_iter().map(|(first, last)| {
        let here = psi.iter().filter(|row| (row.first, row.last) == (first, last));
        let rows = here.flat_map(|row| {
            let data = row.value.map(|value| ForestRow {
                label: words_of(row.basis).to_owned(),
                value,
                interval: None,
                trusted: true,
                note: Some(row.verdict.to_string()),
            });
            let null = row.replay_mean.map(|value| ForestRow {
                label: "replay".to_owned(),
                value,
                interval: row.replay_low.zip(row.replay_high),
                trusted: row.verdict != NullVerdict::NotDecidable,
                note: row.noise_mean.map(|noise| format!("noise alone {}", fixed(noise, 2))),
            });
            [data, null].into_iter().flatten()
        });
        ForestGroup { title: format!("directions {first}–{last}"), rows: rows.collect() }
    });
    Ok(varflat_plot::forest(&Forest {
        groups: groups.filter(|group| !group.rows.is_empty()).collect(),
        quantity: "ψ, F from the curvature".to_owned(),
        reference: Some(ForestReference { value: 4.0, text: "ψ = 4 (the paper)".to_owned() }),
        title: None,
    })?)
}

/// The narrowest of many ranges, one between, and the widest: all are in the table.
fn shown(mut ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    ranges.sort_by_key(|(first, last)| last - first);
    match ranges.as_slice() {
        [narrowest, between @ .., widest] if between.len() > 1 => {
            vec![*narrowest, between[between.len() / 2], *widest]
        }
        _ => ranges,
    }
}
