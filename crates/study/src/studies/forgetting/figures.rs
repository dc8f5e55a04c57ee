//! Catastrophic forgetting: the trade-off between two tasks, the number of constraints, a sequence of tasks.

use varflat_files::FileError;
use varflat_plot::number::superscript;
use varflat_plot::{EstimateCurve, EstimateCurves, EstimatePanel, Figure, Level, NumberScale};
use varflat_plot::{TradeOff, TradeOffCurve, TradeOffPanel, TradeOffPoint};
use varflat_run::error::Result;

use super::captions;
use super::method::{Kind, Method};
use super::report::ForgettingReport;
use super::rows::{SequenceSummaryRow, SummaryRow};
use super::settings::{ForgettingStudy, SEQUENCE_SUMMARY, SUMMARY, WEIGHTS};
use super::weight_rows::{LayerReport, WeightRow};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::words::fixed;

/// Errors are shares in the tables and per cent in the figures.
const PERCENT: f64 = 100.0;

/// An interval of errors in per cent; where there is none, nothing is drawn beside the value.
fn bar(value: f64, low: Option<f64>, high: Option<f64>) -> (f64, f64) {
    (PERCENT * low.unwrap_or(value), PERCENT * high.unwrap_or(value))
}

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "forgetting",
        title: "Forgetting against learning",
        tables: &[SUMMARY, "forgetting.json"],
        draw: trade_off,
        caption: captions::trade_off,
    },
    FigureEntry {
        name: "forgetting_constraints",
        title: "How many constraints are needed",
        tables: &[SUMMARY, "forgetting.json"],
        draw: constraints,
        caption: captions::constraints,
    },
    FigureEntry {
        name: "forgetting_sequence",
        title: "Task after task",
        tables: &[SEQUENCE_SUMMARY, "forgetting.json"],
        draw: in_sequence,
        caption: captions::in_sequence,
    },
    FigureEntry {
        name: "forgetting_weights",
        title: "Movement and curvature of single weights",
        tables: &[WEIGHTS, "forgetting.json"],
        draw: by_weight,
        caption: captions::by_weight,
    },
];

fn study(tables: &Source) -> Result<ForgettingStudy> {
    let record: StudyRecord<ForgettingReport> = tables.json("forgetting.json")?;
    match record.study.settings::<ForgettingStudy>() {
        Some(study) if study.pairs.len() > 1 => Ok(study),
        _ => {
            let problem = "not the report of a forgetting study, which has two tasks at least";
            Err(FileError::malformed(&tables.path("forgetting.json"), problem).into())
        }
    }
}

fn label(method: Method) -> String {
    match (method.kind, method.components, method.exponent) {
        (Kind::Ldc, Some(components), Some(exponent)) => {
            format!("LDC, {components} directions a layer, {}", stiffness(exponent))
        }
        (Kind::L2, ..) => "L2 to w₁".to_owned(),
        (Kind::Ppap, ..) => "what moved least (PPAP), k ∝ 1/(σ² + d⟨σ²⟩)".to_owned(),
        (Kind::Activity, ..) => "what moved most, k ∝ σ²".to_owned(),
        _ => method.label(),
    }
}

/// How the stiffness of LDC depends on the flatness.
fn stiffness(exponent: f64) -> String {
    if exponent == 0.0 { "equally stiff".to_owned() } else { format!("k ∝ 1/F{}", superscript(exponent)) }
}

fn intervals(study: &ForgettingStudy) -> String {
    match study.seeds.len() {
        few @ 0..3 => format!("means over {few} seeds, of which there is no interval"),
        seeds => format!("means and 95 % intervals over {seeds} seeds"),
    }
}

fn trade_off(tables: &Source) -> Result<Figure> {
    let study = study(tables)?;
    let summary: Vec<SummaryRow> = tables.csv(SUMMARY)?;
    let panels = study.heads.iter().map(|&heads| {
        // Beside the methods of the sequence, LDC with all the directions it was tried with.
        let most = study.components.iter().max().filter(|most| **most > study.shown);
        let most = most.map(|&most| Method::ldc(most, study.exponent));
        let [none, l2, ewc, ldc, ppap, activity] = study.compared();
        let methods = [none, l2, ewc, ldc].into_iter().chain(most).chain([ppap, activity]);
        let curves = methods.map(|method| TradeOffCurve {
            label: label(method),
            points: summary
                .iter()
                .filter(|row| row.heads == heads && row.method() == method)
                .map(|row| TradeOffPoint {
                    x: PERCENT * row.second,
                    x_interval: bar(row.second, row.second_low, row.second_high),
                    y: PERCENT * row.first,
                    y_interval: bar(row.first, row.first_low, row.first_high),
                    chosen: row.chosen && row.strength.is_some(),
                })
                .collect(),
        });
        // Tables from before some of the methods have no points of these.
        let curves = curves.filter(|curve| !curve.points.is_empty());
        TradeOffPanel { title: heads.words().to_owned(), curves: curves.collect() }
    });
    let pair = |place: usize| format!("{}, {}", study.pairs[place][0], study.pairs[place][1]);
    Ok(varflat_plot::trade_off(&TradeOff {
        x_title: "test error of task 2 (%)".to_owned(),
        y_title: "test error of task 1 (%)".to_owned(),
        panels: panels.collect(),
        chosen: "λ of the least training error".to_owned(),
        title: Some(format!("digits {} after {}; {}", pair(1), pair(0), intervals(&study))),
    })?)
}

fn constraints(tables: &Source) -> Result<Figure> {
    let study = study(tables)?;
    let summary: Vec<SummaryRow> = tables.csv(SUMMARY)?;
    let panels = study.heads.iter().map(|&heads| {
        let chosen: Vec<&SummaryRow> =
            summary.iter().filter(|row| row.heads == heads && row.chosen).collect();
        let curve = |label: String, wanted: &dyn Fn(Method) -> bool| {
            let mut rows: Vec<&&SummaryRow> =
                chosen.iter().filter(|row| row.constraints > 0.0 && wanted(row.method())).collect();
            rows.sort_by(|one, other| one.constraints.total_cmp(&other.constraints));
            EstimateCurve {
                label,
                x: rows.iter().map(|row| row.constraints).collect(),
                value: rows.iter().map(|row| PERCENT * row.mean).collect(),
                interval: rows.iter().map(|row| bar(row.mean, row.mean_low, row.mean_high)).collect(),
            }
        };
        let ldc = |exponent: f64| {
            curve(format!("LDC, {}", stiffness(exponent)), &|method| {
                method.kind == Kind::Ldc && method.exponent == Some(exponent)
            })
        };
        let mut curves = vec![
            curve("L2 to w₁".to_owned(), &|method| method.kind == Kind::L2),
            curve("EWC, weights of largest Fisher information".to_owned(), &|method| {
                method.kind == Kind::Ewc
            }),
            ldc(study.exponent),
            curve(label(Method::ACTIVITY), &|method| method.kind == Kind::Activity),
        ];
        curves.extend(study.exponents.iter().map(|&exponent| ldc(exponent)));
        curves.retain(|curve| !curve.x.is_empty());
        let free = chosen.iter().find(|row| row.method == Kind::None);
        let level = free.map(|row| Level { label: "no constraint".to_owned(), value: PERCENT * row.mean });
        EstimatePanel { title: heads.words().to_owned(), curves, level }
    });
    Ok(varflat_plot::estimate_curves(&EstimateCurves {
        x_title: "number of constraints".to_owned(),
        x_scale: NumberScale::Decades,
        y_title: "mean test error of both tasks (%)".to_owned(),
        panels: panels.collect(),
        title: Some(format!("λ of the least training error; {}", intervals(&study))),
    })?)
}

fn in_sequence(tables: &Source) -> Result<Figure> {
    let study = study(tables)?;
    let rows: Vec<SequenceSummaryRow> = tables.csv(SEQUENCE_SUMMARY)?;
    let panels = study.heads.iter().map(|&heads| {
        let curves = study.compared().into_iter().chain([Method::JOINT]).map(|method| {
            let here = |row: &&SequenceSummaryRow| row.heads == heads && row.method == method.kind;
            let rows: Vec<&SequenceSummaryRow> = rows.iter().filter(here).collect();
            EstimateCurve {
                label: label(method),
                x: rows.iter().map(|row| row.seen as f64).collect(),
                value: rows.iter().map(|row| PERCENT * row.mean).collect(),
                interval: rows.iter().map(|row| bar(row.mean, row.low, row.high)).collect(),
            }
        });
        let curves = curves.filter(|curve| !curve.x.is_empty()).collect();
        EstimatePanel { title: heads.words().to_owned(), curves, level: None }
    });
    let digits: Vec<String> = study.pairs.iter().map(|pair| format!("{}{}", pair[0], pair[1])).collect();
    Ok(varflat_plot::estimate_curves(&EstimateCurves {
        x_title: "tasks learnt".to_owned(),
        x_scale: NumberScale::Whole,
        y_title: "mean test error of these tasks (%)".to_owned(),
        panels: panels.collect(),
        title: Some(format!("digits {} in turn; {}", digits.join(", "), intervals(&study))),
    })?)
}

/// One panel a layer: groups of weights, all seeds together.
fn by_weight(tables: &Source) -> Result<Figure> {
    let record: StudyRecord<ForgettingReport> = tables.json("forgetting.json")?;
    let study = study(tables)?;
    let rows: Vec<WeightRow> = tables.csv(WEIGHTS)?;
    let panels = record.report.weights.iter().map(|layer| {
        let curve = |(place, seed): (usize, &u64)| {
            let here = rows.iter().filter(|row| row.layer == layer.layer && row.seed == *seed);
            let points: Vec<TradeOffPoint> = here
                .map(|row| TradeOffPoint {
                    x: row.curvature,
                    x_interval: (row.curvature_low, row.curvature_high),
                    y: row.variance,
                    y_interval: (row.variance_low, row.variance_high),
                    chosen: false,
                })
                .collect();
            TradeOffCurve { label: format!("training {}", place + 1), points }
        };
        let curves = study.seeds.iter().enumerate().map(curve).filter(|curve| !curve.points.is_empty());
        TradeOffPanel { title: layer_title(layer), curves: curves.collect() }
    });
    Ok(varflat_plot::trade_off(&TradeOff {
        x_title: "curvature Hⱼⱼ".to_owned(),
        y_title: "variance σⱼ², line in time removed".to_owned(),
        panels: panels.filter(|panel| !panel.curves.is_empty()).collect(),
        chosen: String::new(),
        title: Some(format!(
            "single weights after digits {}, {}: medians of tenths, and 80 % of their weights",
            study.pairs[0][0], study.pairs[0][1]
        )),
    })?)
}

fn layer_title(layer: &LayerReport) -> String {
    let mut title = format!("{} layer", layer.layer);
    for (words, found) in [("rank correlation", &layer.spearman), ("exponent", &layer.exponent)] {
        if let Some(found) = found {
            title += &format!(", {words} {}", fixed(found.value, 2));
        }
    }
    title
}
