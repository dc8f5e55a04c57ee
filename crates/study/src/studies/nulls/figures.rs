//! Runs beside their nulls, and the collapse of all amplitudes.

use varflat_analysis::{Basis, NullVerdict};
use varflat_plot::NullLook::Points;
use varflat_plot::{
    Figure, Forest, ForestGroup, ForestReference, ForestRow, NullGuide, NullPanel, NullPanels, NullSeries,
};
use varflat_run::error::Result;

use super::captions;
use super::tables::{DIRECTIONS, NUMBERS, NullsReport, RUNS, RunDirection, RunNumber, RunRow};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::studies::controls::tables::Quantity;
use crate::words::fixed;

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "nulls",
        title: "Other runs beside their nulls",
        tables: &[RUNS, NUMBERS, DIRECTIONS, "nulls.json"],
        draw: together,
        caption: captions::together,
    },
    FigureEntry {
        name: "nulls_psi",
        title: "ψ of other runs, and of their replays",
        tables: &[RUNS, NUMBERS, "nulls.json"],
        draw: by_run,
        caption: captions::by_run,
    },
];

/// Everything that is drawn.
struct Read {
    range: [usize; 2],
    runs: Vec<RunRow>,
    numbers: Vec<RunNumber>,
}

impl Read {
    fn of(tables: &Source) -> Result<Self> {
        let record: StudyRecord<NullsReport> = tables.json("nulls.json")?;
        Ok(Self { range: record.report.range, runs: tables.csv(RUNS)?, numbers: tables.csv(NUMBERS)? })
    }

    fn number(&self, run: &RunRow, quantity: Quantity, basis: Basis) -> Option<&RunNumber> {
        self.numbers.iter().find(|row| {
            row.run == run.run && (row.quantity, row.basis, row.first) == (quantity, basis, self.range[0])
        })
    }

    /// A point a run that is settled, or is not.
    fn points(
        &self,
        (label, settled): (&str, bool),
        of: impl Fn(&RunRow) -> Option<(f64, f64)>,
    ) -> NullSeries {
        let runs = self.runs.iter().filter(|run| run.is_settled() == settled);
        let finite = |point: &(f64, f64)| point.0 > 0.0 && point.0.is_finite() && point.1.is_finite();
        NullSeries {
            label: label.to_owned(),
            points: runs.filter_map(of).filter(finite).collect(),
            look: Points,
        }
    }

    /// ψ of a run, and that of its replays.
    fn psi(&self, run: &RunRow, basis: Basis) -> Option<(f64, f64)> {
        let row = self.number(run, Quantity::Psi, basis)?;
        Some((row.replay_mean?, row.value?))
    }
}

fn panel(
    (x_title, y_title): (&str, &str),
    series: Vec<NullSeries>,
    guide: Option<NullGuide>,
    linear: bool,
) -> NullPanel {
    let series = series.into_iter().filter(|series| !series.points.is_empty()).collect();
    NullPanel { x_title: x_title.to_owned(), y_title: y_title.to_owned(), series, guide, linear }
}

fn together(tables: &Source) -> Result<Figure> {
    let read = Read::of(tables)?;
    let directions: Vec<RunDirection> = tables.csv(DIRECTIONS)?;
    let left = |run: &RunRow, basis| {
        let (null, value) = read.psi(run, basis)?;
        Some((run.lateness?, value - null))
    };
    let excess = vec![
        read.points(("components", true), |run| left(run, Basis::Components)),
        read.points(("eigenvectors of H", true), |run| left(run, Basis::Hessian)),
        read.points(("components, not settled", false), |run| left(run, Basis::Components)),
        read.points(("eigenvectors of H, not settled", false), |run| left(run, Basis::Hessian)),
    ];
    let value = |run: &RunRow, quantity, basis| read.number(run, quantity, basis)?.value;
    let gamma = vec![
        read.points(("ψ, eigenvectors of H", true), |run| {
            Some((run.lateness?, value(run, Quantity::Psi, Basis::Hessian)?))
        }),
        read.points(("2γ", true), |run| {
            Some((run.lateness?, 2.0 * value(run, Quantity::Gamma, Basis::Hessian)?))
        }),
        read.points(("ψ, not settled", false), |run| {
            Some((run.lateness?, value(run, Quantity::Psi, Basis::Hessian)?))
        }),
        read.points(("2γ, not settled", false), |run| {
            Some((run.lateness?, 2.0 * value(run, Quantity::Gamma, Basis::Hessian)?))
        }),
    ];
    let settled = |name: &str| read.runs.iter().any(|run| run.run == name && run.is_settled());
    let of_settled = |of: fn(&RunDirection) -> Option<(f64, f64)>| {
        let shown = directions.iter().filter(|along| settled(&along.run)).filter_map(of);
        let points = shown.filter(|(x, y)| *x > 0.0 && *y > 0.0).collect();
        vec![NullSeries { label: "settled runs, eigenvectors of H".to_owned(), points, look: Points }]
    };
    let diagonal = |text: &str| Some(NullGuide::Diagonal(text.to_owned()));
    let panels = [
        panel(
            ("lateness αλ₁M", "ψ − ψ of the replay"),
            excess,
            Some(NullGuide::Level(0.0, "as the null".to_owned())),
            true,
        ),
        panel(("lateness αλ₁M", "exponent"), gamma, None, true),
        panel(
            ("S/6, single samples", "σ²B²/(α²N)"),
            of_settled(|along| Some((along.sample_noise / 6.0, along.scaled))),
            diagonal("every B and α, flat"),
            false,
        ),
        panel(
            ("σ² by the formula", "σ² measured"),
            of_settled(|along| Some((along.expected?, along.variance))),
            diagonal("no free constant"),
            false,
        ),
    ];
    let panels: Vec<NullPanel> = panels.into_iter().filter(|panel| !panel.series.is_empty()).collect();
    Ok(varflat_plot::null_panels(&NullPanels { panels, columns: 2, title: None })?)
}

fn by_run(tables: &Source) -> Result<Figure> {
    let read = Read::of(tables)?;
    let mut groups: Vec<ForestGroup> = Vec::new();
    for run in &read.runs {
        let rows = [(Basis::Components, "components"), (Basis::Hessian, "eigenvectors of H")]
            .into_iter()
            .filter_map(|(basis, what)| {
                let row = read.number(run, Quantity::Psi, basis)?;
                let null = match row.replay_mean.zip(row.replay_deviation) {
                    Some((mean, deviation)) => {
                        format!("replay {} ± {}: {}", fixed(mean, 2), fixed(deviation, 2), row.verdict)
                    }
                    None => "not replayed".to_owned(),
                };
                Some(ForestRow {
                    label: format!("{}, {what}", run.run),
                    value: row.value?,
                    interval: None,
                    trusted: run.is_settled() && row.verdict != NullVerdict::NotDecidable,
                    note: Some(null),
                })
            });
        match groups.last_mut().filter(|group| group.title == run.group) {
            Some(group) => group.rows.extend(rows),
            None => groups.push(ForestGroup { title: run.group.clone(), rows: rows.collect() }),
        }
    }
    let [first, last] = read.range;
    Ok(varflat_plot::forest(&Forest {
        groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
        quantity: format!("ψ over directions {first}–{last}, F from the curvature"),
        reference: Some(ForestReference { value: 4.0, text: "ψ = 4 (the paper)".to_owned() }),
        title: None,
    })?)
}
