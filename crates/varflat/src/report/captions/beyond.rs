//! The figures of other networks, data, optimizers and tasks.

use super::Caption;
use super::studies::settings;
use crate::error::Result;
use crate::figures::fixed;
use crate::report::tables::Tables;
use crate::study::StudyKind;
use crate::study::exponents::intervals;
use crate::study::forgetting::{ForgettingReport, ForgettingStudy, SEQUENCE_SUMMARY, SUMMARY};
use crate::study::generality::{EXPONENTS, GeneralityReport, POINTS};
use crate::study::width::{WIDTHS, WidthReport};

pub(super) const CAPTIONS: &[Caption] = &[
    Caption {
        name: "width",
        title: "The solution at every width",
        part: "width",
        tables: &[WIDTHS, "width.json"],
        text: |tables| {
            let Some(record) = tables.study::<WidthReport>("width")? else { return Ok(None) };
            let report = &record.report;
            let stride = match (report.stride_components, report.stride_psi) {
                (Some(components), Some(psi)) => {
                    let (least, largest) = (components.least, components.largest);
                    let count =
                        if least == largest { format!("{least}") } else { format!("{least} to {largest}") };
                    format!(
                        " At one width, the runs that are recorded at other strides have {count} components and ψ from {} to {}.",
                        fixed(psi.least, 2),
                        fixed(psi.largest, 2)
                    )
                }
                _ => String::new(),
            };
            Ok(Some(format!(
                "{} trainings with other widths H of both hidden layers, N = H² recorded weights, each stopped at the same training loss ({}): the \
                 number of components that hold 90 % of the variance, with and without the first; ψ over the same components everywhere; the \
                 final test error; the norm of ⟨w⟩_{{T}}. Hollow: not trusted (see width.csv for why).{stride}",
                report.runs,
                settings(&record.study)
            )))
        },
    },
    Caption {
        name: "generality",
        title: "ψ of other layers, networks, data and optimizers",
        part: "generality",
        tables: &[EXPONENTS, "generality.json"],
        text: |tables| {
            let Some(record) = tables.study::<GeneralityReport>("generality")? else { return Ok(None) };
            let report = &record.report;
            Ok(Some(format!(
                "ψ of {} configurations, a row a seed, with 95 % intervals {}. All differ from the headline ({}) in what they are called by; L_{{0}} is the full training loss at the centre. Hollow: not trusted (see generality.csv for why). \
                 The relation is inverse, with every interval above 0, in {} of the {} that have a trusted run.",
                report.configurations.len(),
                intervals(&tables.rows(EXPONENTS)?),
                settings(&record.study),
                report.inverse,
                report.trusted
            )))
        },
    },
    Caption {
        name: "generality_points",
        title: "The relation of each",
        part: "generality",
        tables: &[POINTS, EXPONENTS],
        text: |tables| {
            let Some(record) = tables.study::<GeneralityReport>("generality")? else { return Ok(None) };
            Ok(Some(format!(
                "σ² against F of the first trusted run of each of {} configurations. F is a length in the weights of the layer that moves, and scales with \
                 √L_{{0}}: clouds of other layers and losses are shifted against each other, and only their slopes can be compared.",
                record.report.trusted
            )))
        },
    },
    Caption {
        name: "forgetting",
        title: "Forgetting against learning",
        part: "forgetting",
        tables: &[SUMMARY, "forgetting.json"],
        text: |tables| {
            let Some((study, seeds)) = forgetting(tables)? else { return Ok(None) };
            let pairs = study.pairs.iter().take(2).map(|[a, b]| format!("{a} and {b}")).collect::<Vec<_>>();
            Ok(Some(format!(
                "Test errors of both tasks after digits {} were learnt, {} epochs each, all layers training: each curve is a method over strengths s = λ·max k from \
                 {:e} to {:e}, with 95 % intervals over {seeds} seeds (Student’s t). L2 and EWC hold single weights, LDC the {} principal components of most variance of \
                 every layer, with stiffness F^{{−{}}}. Towards the lower left nothing is forgotten and everything learnt.",
                pairs.join(" before "),
                study.epochs,
                study.strengths.iter().copied().fold(f64::INFINITY, f64::min),
                study.strengths.iter().copied().fold(0.0, f64::max),
                study.shown,
                study.exponent,
            )))
        },
    },
    Caption {
        name: "forgetting_constraints",
        title: "How many constraints are needed",
        part: "forgetting",
        tables: &[SUMMARY, "forgetting.json"],
        text: |tables| {
            let Some((_, seeds)) = forgetting(tables)? else { return Ok(None) };
            Ok(Some(format!(
                "Mean test error of both tasks against the number of constraints: principal components for LDC, weights of most Fisher information for EWC, all weights \
                 for L2. Every method at the strength with the least mean training error of both tasks; 95 % intervals over {seeds} seeds."
            )))
        },
    },
    Caption {
        name: "forgetting_sequence",
        title: "Task after task",
        part: "forgetting",
        tables: &[SEQUENCE_SUMMARY, "forgetting.json"],
        text: |tables| {
            let Some((study, seeds)) = forgetting(tables)? else { return Ok(None) };
            Ok(Some(format!(
                "Mean test error over all tasks learnt so far against their number, of {} pairs of digits one after the other; every task adds its own constraints. Every \
                 method at the strength that two tasks chose; 95 % intervals over {seeds} seeds.",
                study.pairs.len()
            )))
        },
    },
];

/// The study of forgetting and its number of seeds, if it is there.
fn forgetting(tables: &Tables) -> Result<Option<(ForgettingStudy, usize)>> {
    let Some(record) = tables.study::<ForgettingReport>("forgetting")? else { return Ok(None) };
    let StudyKind::Forgetting(study) = record.study.study else { return Ok(None) };
    Ok(Some((study, record.report.seeds)))
}
