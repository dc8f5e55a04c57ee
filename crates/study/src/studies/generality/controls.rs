//! Controls beyond the paper.

use super::measure::{EXPONENTS, GeneralityReport};
use crate::part::{Control, Number};
use crate::studies::exponents::{ExponentRow, leading};

pub(super) const CONTROLS: &[Control] = &[GENERALITY];

const GENERALITY: Control = Control {
    id: "control-generality",
    question: "Is the relation one of the paper’s network alone?",
    expected: "the paper’s is the centre layer of a perceptron trained by plain SGD on MNIST; other layers may differ, as they do in linear networks \
               (Gross et al., arXiv 2311.14120)",
    link: "https://arxiv.org/abs/2311.14120",
    figures: &["generality", "generality_points"],
    find: |tables| {
        let Some(record) = tables.study::<GeneralityReport>("generality")? else { return Ok(None) };
        let rows: Vec<ExponentRow> = tables.rows(EXPONENTS)?;
        let (mut measured, mut slopes) = (Vec::new(), Vec::new());
        for row in rows.iter().filter(|row| row.is_trusted()) {
            let what = format!("{}, seed {}", row.group, row.seed);
            if let Some(psi) = row.psi {
                let number = Number::new(format!("ψ, {what}"), psi, 2, EXPONENTS);
                measured.push(number.within(row.low.zip(row.high)));
            }
            slopes.extend(leading::slope(row, &what, EXPONENTS));
        }
        let GeneralityReport { trusted, inverse, configurations, missing_data } = &record.report;
        let mut means = format!(
            "Of {trusted} configurations with a trusted run (of {}), the relation is inverse in {inverse}.",
            configurations.len()
        );
        if let Some(sentence) = leading::sentence(&slopes) {
            means = format!("{means} {sentence}");
        }
        measured.append(&mut slopes);
        if !missing_data.is_empty() {
            means += " Some were left out, because their data are not on this machine.";
        }
        Ok(Some((measured, means)))
    },
};
