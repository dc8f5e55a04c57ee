//! The figures of other networks, data and optimizers.

use super::Caption;
use super::studies::settings;
use crate::figures::fixed;
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
                (Some(components), Some(psi)) => format!(
                    " At one width, the runs that are recorded at other strides have {} to {} components and ψ from {} to {}.",
                    components.least,
                    components.largest,
                    fixed(psi.least, 2),
                    fixed(psi.largest, 2)
                ),
                _ => String::new(),
            };
            Ok(Some(format!(
                "{} trainings with other widths H of both hidden layers, N = H² recorded weights, each stopped at the same training loss ({}): the \
                 number of components that hold 90 % of the variance, with and without the first; ψ over the same components everywhere; the \
                 final test error; the norm of ⟨w⟩_{{T}}. Hollow: not settled.{stride}",
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
                "ψ of {} configurations, a row a seed, with 95 % intervals: from the lower to the upper end of both least squares and a block bootstrap over \
                 time. All differ from the headline ({}) in what they are called by; L_{{0}} is the full training loss at the centre. Hollow: not settled. \
                 The relation is inverse, with every interval above 0, in {} of the {} that have a trusted run.",
                report.configurations.len(),
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
];
