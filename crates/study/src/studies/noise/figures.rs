//! The ratio with over without replacement, ψ under every noise, and learning without some of it.

use varflat_analysis::{Estimate, NullVerdict};
use varflat_plot::ComparisonLook::{Dashes, Line, Marks, Points};
use varflat_plot::{
    Comparison, ComparisonLook, ComparisonPanel, ComparisonSeries, Figure, Forest, ForestGroup,
    ForestReference, ForestRow, Level, Scales,
};
use varflat_run::error::Result;

use super::captions;
use super::tables::{
    DIRECTIONS, DirectionRow, Kind, KindSummary, LEARNING, LearningRow, NoiseReport, WINDOWS, WindowRow,
};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::words::{fixed, pair};

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "noise_replacement",
        title: "Mini-batches with and without replacement",
        tables: &[DIRECTIONS, "noise.json"],
        draw: replacement,
        caption: captions::replacement,
    },
    FigureEntry {
        name: "noise",
        title: "Other noise in the place of that of mini-batches",
        tables: &[WINDOWS, "noise.json"],
        draw: replaced,
        caption: captions::replaced,
    },
    FigureEntry {
        name: "noise_projected",
        title: "Learning without the noise of the leading components",
        tables: &[LEARNING, "noise.json"],
        draw: projected,
        caption: captions::projected,
    },
];

fn series(label: &str, look: ComparisonLook, points: Vec<(f64, f64)>) -> ComparisonSeries {
    let shown = |(x, y): &(f64, f64)| *x > 0.0 && *y > 0.0 && x.is_finite() && y.is_finite();
    let points = points.into_iter().filter(shown).collect();
    ComparisonSeries { label: label.to_owned(), points, intervals: Vec::new(), look }
}

fn there(series: Vec<ComparisonSeries>) -> Vec<ComparisonSeries> {
    series.into_iter().filter(|series| !series.points.is_empty()).collect()
}

fn replacement(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<NoiseReport> = tables.json("noise.json")?;
    let rows: Vec<DirectionRow> = tables.csv(DIRECTIONS)?;
    let of = |kind: Kind| rows.iter().filter(move |row| row.kind == kind);
    let [without, with] = Kind::TRAINED;
    let beside = |value: fn(&DirectionRow) -> Option<f64>| -> Vec<(f64, f64)> {
        of(without)
            .filter_map(|row| {
                let other = of(with).find(|other| other.index == row.index)?;
                Some((row.curvature, value(other)? / value(row)?))
            })
            .collect()
    };
    let bands = &record.report.bands;
    let interval = |ratio: &Estimate| pair(ratio.interval).unwrap_or((ratio.value, ratio.value));
    let ratios = vec![
        series("directions", Points, beside(|row| Some(row.variance))),
        ComparisonSeries {
            label: "bands of directions".to_owned(),
            points: bands.iter().map(|band| (band.curvature, band.ratio.value)).collect(),
            intervals: bands.iter().map(|band| interval(&band.ratio)).collect(),
            look: Marks,
        },
        series("exact formula", Line, beside(|row| row.expected)),
    ];
    let points = |kind: Kind, value: fn(&DirectionRow) -> Option<f64>| -> Vec<(f64, f64)> {
        of(kind).filter_map(|row| Some((row.curvature, value(row)?))).collect()
    };
    let variances = vec![
        series("with replacement", Points, points(with, |row| Some(row.variance))),
        series("without", Points, points(without, |row| Some(row.variance))),
        series("exact, with", Line, points(with, |row| row.expected)),
        series("exact, without", Dashes, points(without, |row| row.expected)),
    ];
    let curvature = || "curvature κ".to_owned();
    Ok(varflat_plot::comparison(&Comparison {
        panels: vec![
            ComparisonPanel {
                titles: (curvature(), "σ² with / σ² without".to_owned()),
                scales: Scales::Decades,
                series: there(ratios),
                level: Some(Level { label: "no difference".to_owned(), value: 1.0 }),
            },
            ComparisonPanel {
                titles: (curvature(), "variance σ²".to_owned()),
                scales: Scales::Decades,
                series: there(variances),
                level: None,
            },
        ],
        shared: false,
        title: Some(format!("{} windows each, {} steps", record.report.orders, record.report.trained_steps)),
    })?)
}

/// An estimate as a row of a forest plot; a single window has no interval.
fn row(label: &str, estimate: Option<&Estimate>, note: Option<String>) -> Option<ForestRow> {
    let estimate = estimate.filter(|estimate| estimate.value.is_finite())?;
    Some(ForestRow {
        label: label.to_owned(),
        value: estimate.value,
        interval: pair(estimate.interval),
        trusted: true,
        note,
    })
}

fn replaced(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<NoiseReport> = tables.json("noise.json")?;
    let rows: Vec<WindowRow> = tables.csv(WINDOWS)?;
    let report = &record.report;
    let kinds = || Kind::TRAINED.into_iter().chain(Kind::MINI_BATCHES).chain(Kind::REPLACED);
    let summaries = || kinds().filter_map(|kind| report.of(kind));
    let expected = |found: &KindSummary| {
        let exact = found.psi_expected.map(|psi| format!("exact {}", fixed(psi, 2)))?;
        let verdicts: Vec<NullVerdict> =
            rows.iter().filter(|row| row.kind == found.kind).filter_map(|row| row.psi_verdict).collect();
        let told = match (found.kind.reference(), found.psi_beyond) {
            (Some(_), Some(0)) => "; as mini-batches".to_owned(),
            (Some(_), Some(beyond)) if beyond == verdicts.len() => "; beyond mini-batches".to_owned(),
            (Some(_), Some(beyond)) => format!("; {beyond} of {} beyond mini-batches", verdicts.len()),
            _ => String::new(),
        };
        Some(exact + &told)
    };
    let groups = [
        ForestGroup {
            title: "eigenvectors of the Hessian".to_owned(),
            rows: summaries()
                .filter_map(|found| row(found.kind.words(), found.psi_hessian.as_ref(), expected(found)))
                .collect(),
        },
        ForestGroup {
            title: "the window’s own components".to_owned(),
            rows: summaries()
                .filter_map(|found| row(found.kind.words(), found.psi_components.as_ref(), None))
                .collect(),
        },
    ];
    Ok(varflat_plot::forest(&Forest {
        groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
        quantity: "ψ, F from the curvature".to_owned(),
        reference: Some(ForestReference { value: 4.0, text: "ψ = 4 (the paper)".to_owned() }),
        title: Some(format!("directions {}–{}", report.range[0], report.range[1])),
    })?)
}

fn projected(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<NoiseReport> = tables.json("noise.json")?;
    let rows: Vec<LearningRow> = tables.csv(LEARNING)?;
    let kinds = [Kind::LayerWithout].into_iter().chain(Kind::PROJECTED);
    // Of each kind the mean over its windows, epoch by epoch.
    let mean = |kind: Kind, value: &dyn Fn(&LearningRow) -> f64| -> Vec<(f64, f64)> {
        let mut steps: Vec<usize> = rows.iter().filter(|row| row.kind == kind).map(|row| row.step).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
            .into_iter()
            .filter_map(|step| {
                let there = rows.iter().filter(|row| row.kind == kind && row.step == step).map(value);
                let values: Vec<f64> = there.collect();
                Some((step as f64, values.iter().sum::<f64>() / values.len() as f64))
                    .filter(|(_, mean)| mean.is_finite())
            })
            .collect()
    };
    let panel = |title: &str, value: &dyn Fn(&LearningRow) -> f64| {
        let looks = [Line, Line, Dashes, Dashes];
        let series = kinds.clone().zip(looks).map(|(kind, look)| ComparisonSeries {
            label: kind.words().to_owned(),
            points: mean(kind, value),
            intervals: Vec::new(),
            look,
        });
        ComparisonPanel {
            titles: ("step".to_owned(), title.to_owned()),
            scales: Scales::Linear,
            series: there(series.collect()),
            level: None,
        }
    };
    // All windows begin at the same weights.
    let begin = rows.iter().find(|row| row.step == 0);
    let (train, test) = begin.map_or((1.0, 1.0), |begin| (begin.train_loss, begin.test_loss));
    Ok(varflat_plot::comparison(&Comparison {
        panels: vec![
            panel("training loss L / L(0)", &|row| row.train_loss / train),
            panel("test loss, over that at step 0", &|row| row.test_loss / test),
            panel("distance ‖w − w(0)‖", &|row| row.distance),
            panel("drift (w − w(0))·p₁", &|row| row.along_first),
        ],
        shared: true,
        title: Some(format!("the layer alone moves; {} components after the first", record.report.projected)),
    })?)
}
