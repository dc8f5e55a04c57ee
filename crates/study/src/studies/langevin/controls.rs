//! Controls beyond the paper.

use super::figures::label;
use super::tables::{EXPONENTS, LangevinReport, Reading, WalkRow};
use crate::part::{Control, Number};
use crate::words::fixed;

pub(super) const CONTROLS: &[Control] = &[FINITE_WINDOW, OTHER_DIRECTIONS];

const FINITE_WINDOW: Control = Control {
    id: "control-window",
    question: "Does a finite window, decomposed into its own components, steepen the slope?",
    expected: "+2 in an exact parabola; directions chosen by fluctuations give more",
    link: "",
    figures: &["langevin_exponents"],
    find: |tables| {
        let Some(_) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
        let rows: Vec<WalkRow> = tables.rows(EXPONENTS)?;
        let quadratic = slopes(&rows, Reading::Quadratic, "exact parabola, its own components");
        let own = slopes(&rows, Reading::Own, "the loss, the walk’s own components");
        let along = slopes(&rows, Reading::Hessian, "the loss, eigenvectors of the Hessian");
        let means = match (span(&quadratic), span(&own), span(&along)) {
            (Some(quadratic), Some(own), Some(along)) => format!(
                "The same code reads {quadratic} where +2 is exact, so a walk’s own components can be read. On the loss they give {own} where the \
                 eigenvectors give {along}: a difference that the choice of directions makes, and a measure of how far a single slope can be trusted."
            ),
            _ => "No reading along a walk’s own components can be trusted here: the window is too short."
                .to_owned(),
        };
        Ok(Some(([quadratic, own].concat(), means)))
    },
};

const OTHER_DIRECTIONS: Control = Control {
    id: "control-directions",
    question: "What does equilibrium give along the components of SGD?",
    expected: "less than +2: they are no eigenvectors of the Hessian, so that σ² = T·pᵀH^{−1}p is more than T/(pᵀHp)",
    link: "",
    figures: &["langevin_exponents"],
    find: |tables| {
        let Some(_) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
        let rows: Vec<WalkRow> = tables.rows(EXPONENTS)?;
        let measured = slopes(&rows, Reading::Sgd, "equilibrium along SGD’s components");
        let means = match span(&measured) {
            Some(span) => format!(
                "Along the directions of the paper’s figure even equilibrium gives {span}. The yardstick of +2 belongs to the eigenvectors; along \
                 these directions the contrast to SGD is that much smaller, and still one of sign."
            ),
            None => "No such reading can be trusted here.".to_owned(),
        };
        Ok(Some((measured, means)))
    },
};

/// Slopes of the trusted walks of a reading.
fn slopes(rows: &[WalkRow], reading: Reading, what: &str) -> Vec<Number> {
    let here = rows.iter().filter(|row| row.reading == reading && row.is_trusted());
    here.filter_map(|row| {
        let what = format!("{what}, {}", label(row));
        Some(Number::new(what, row.slope?, 2, EXPONENTS).within(row.low.zip(row.high)))
    })
    .collect()
}

/// "1.97 to 2.06".
fn span(numbers: &[Number]) -> Option<String> {
    let values = || numbers.iter().map(|number| number.value);
    let (least, largest) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    Some(if least == largest {
        fixed(least, 2)
    } else {
        format!("{} to {}", fixed(least, 2), fixed(largest, 2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_names_both_ends_or_the_one_value() {
        let numbers = |values: &[f64]| -> Vec<Number> {
            values.iter().map(|&value| Number::new("", value, 2, "")).collect()
        };
        assert_eq!(span(&numbers(&[2.06, 1.97])), Some("1.97 to 2.06".to_owned()));
        assert_eq!(span(&numbers(&[-0.5])), Some("−0.50".to_owned()));
        assert_eq!(span(&[]), None);
    }
}
