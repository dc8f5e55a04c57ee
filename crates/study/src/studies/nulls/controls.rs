//! Whether the verdict of the headline's nulls is that of other runs.

use super::tables::{NullsReport, RUNS};
use crate::part::{Control, Number};
use crate::words::{count, fixed};

pub(super) const CONTROLS: &[Control] = &[GENERAL, COLLAPSE];

const GENERAL: Control = Control {
    id: "control-nulls",
    question: "Is it the same for other seeds, batch sizes, learning rates, layers, networks and stages?",
    expected: "if ψ is that of noise and of principal components, the replays of every run give it",
    link: "",
    figures: &["nulls", "nulls_psi"],
    find: |tables| {
        let Some(record) = tables.study::<NullsReport>("nulls")? else { return Ok(None) };
        let report = record.report;
        let [first, last] = report.range;
        let number = |what: String, value: f64| Number::new(what, value, 2, "nulls.json");
        let mut measured = Vec::new();
        for (what, spread) in [
            ("ψ beyond the null, components", report.left),
            ("ψ beyond the null, eigenvectors of the Hessian", report.left_hessian),
            ("ψ along eigenvectors of the Hessian", report.psi_hessian),
            ("γ there", report.gamma),
        ] {
            if let Some(spread) = spread {
                measured.push(number(format!("{what}: mean"), spread.mean));
                measured.push(number("least".to_owned(), spread.least));
                measured.push(number("largest".to_owned(), spread.largest));
            }
        }
        let means = format!(
            "Of {} settled and replayed, ψ over components {first}–{last} is as the null in {} and beyond it in {}.",
            count(report.replayed, "run"),
            report.as_the_null,
            report.beyond
        );
        Ok(Some((measured, means)))
    },
};

const COLLAPSE: Control = Control {
    id: "control-collapse",
    question: "Do all batch sizes and learning rates fall on one line without a free constant?",
    expected: "σ²B²/(α²N) = S/6 in flat directions, S the variance of the gradients of single samples",
    link: "",
    figures: &["nulls"],
    find: |tables| {
        let Some(record) = tables.study::<NullsReport>("nulls")? else { return Ok(None) };
        let report = record.report;
        let Some([low, middle, high]) = report.collapse else { return Ok(None) };
        let mut measured = vec![
            Number::new("σ²B²/(α²N) over S/6, flat directions, median", middle, 2, "nulls.json"),
            Number::new("10 % point", low, 2, "nulls.json"),
            Number::new("90 % point", high, 2, "nulls.json"),
        ];
        if let Some(amplitude) = report.amplitude {
            measured.push(Number::new(
                "σ² over the exact formula, least median of a run",
                amplitude.least,
                2,
                RUNS,
            ));
            measured.push(Number::new("and largest", amplitude.largest, 2, RUNS));
        }
        let means = format!(
            "In the median of all settled runs the variance of a flat direction is {} times that of reshuffled noise alone.",
            fixed(middle, 2)
        );
        Ok(Some((measured, means)))
    },
};
