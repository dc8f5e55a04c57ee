//! What the nulls say beside the claims.

use varflat_analysis::{Basis, NullVerdict};

use super::tables::{ControlsReport, NUMBERS, NumberRow, Quantity, words_of};
use crate::part::{Control, Number};
use crate::words::fixed;

pub(super) const CONTROLS: &[Control] = &[REPLAY, DIRECTIONS, AMPLITUDE];

const REPLAY: Control = Control {
    id: "control-replay",
    question: "Does the landscape make ψ?",
    expected: "if not, frozen noise in a frozen parabola gives the same through the same components, and so does noise without any landscape",
    link: "",
    figures: &["controls", "controls_psi"],
    find: |tables| {
        let Some(record) = tables.study::<ControlsReport>("controls")? else { return Ok(None) };
        let own: Vec<&NumberRow> =
            record.report.psi.iter().filter(|row| row.basis == Basis::Components).collect();
        let measured = own.iter().flat_map(|row| beside(row)).collect();
        let beyond = own.iter().filter(|row| row.verdict == NullVerdict::BeyondTheNull).count();
        let means = format!(
            "In {beyond} of {} ranges ψ along the components lies beyond what {} replays scatter. What is left of it beyond their mean the \
             landscape, or what moves within the window, may have made; the rest is mini-batch noise and principal components.",
            own.len(),
            record.report.replays
        );
        Ok(Some((measured, means)))
    },
};

const DIRECTIONS: Control = Control {
    id: "control-bases",
    question: "Is ψ that of the directions, or of having chosen them by their variance?",
    expected: "2γ, C ∝ κ^γ, along directions that were not chosen by the variance",
    link: "",
    figures: &["controls_psi"],
    find: |tables| {
        let Some(_) = tables.study::<ControlsReport>("controls")? else { return Ok(None) };
        let rows: Vec<NumberRow> = tables.rows(NUMBERS)?;
        let others = |row: &&NumberRow| row.quantity == Quantity::Psi && row.basis != Basis::Components;
        let measured: Vec<Number> = rows.iter().filter(others).filter_map(number).collect();
        let values = || measured.iter().map(|number| number.value);
        let means = match values().reduce(f64::min).zip(values().reduce(f64::max)) {
            Some((least, largest)) => format!(
                "Along such directions ψ is {} to {}: {} What principal components add is that they are chosen, and ordered, by the variance.",
                fixed(least, 2),
                fixed(largest, 2),
                if least > 0.0 {
                    "the relation is inverse there, too."
                } else {
                    "the relation is not inverse in all of them."
                }
            ),
            None => "There are too few directions.".to_owned(),
        };
        Ok(Some((measured, means)))
    },
};

const AMPLITUDE: Control = Control {
    id: "control-amplitude",
    question: "Are the variances those of reshuffled mini-batches alone?",
    expected: "σ² of the exact formula, α²(M + 1)/6·C in flat directions, without a free constant",
    link: "",
    figures: &["controls"],
    find: |tables| {
        let Some(record) = tables.study::<ControlsReport>("controls")? else { return Ok(None) };
        let report = record.report;
        let Some([low, middle, high]) = report.amplitude else { return Ok(None) };
        let number = |what: &str, value: f64| Number::new(what, value, 2, "controls.json");
        let measured = vec![
            number("σ² over the formula, median", middle),
            number("10 % point", low),
            number("90 % point", high),
        ];
        let first = report.bands.first().map_or_else(String::new, |band| {
            format!(
                " Among the {} steepest directions R = σ²κ/T is {} for {} by the formula.",
                band.last,
                fixed(band.measured, 2),
                fixed(band.expected, 2)
            )
        });
        let means = format!(
            "Along the eigenvectors {} to {} of the Hessian the variance is {} times that of the formula in the median.{first}",
            report.amplitude_of[0],
            report.amplitude_of[1],
            fixed(middle, 2)
        );
        Ok(Some((measured, means)))
    },
};

/// ψ of the run along one kind of directions.
fn number(row: &NumberRow) -> Option<Number> {
    let what = format!("ψ, {} {}–{}", words_of(row.basis), row.first, row.last);
    Some(Number::new(what, row.value?, 2, NUMBERS))
}

/// ψ of the run, and that of the replays with the interval of one more.
fn beside(row: &NumberRow) -> Vec<Number> {
    let replays = row.replay_mean.map(|mean| Number {
        interval: row.replay_low.zip(row.replay_high),
        covers: "one further replay".to_owned(),
        ..Number::new("of the replays", mean, 2, NUMBERS)
    });
    let noise = row.noise_mean.map(|mean| Number::new("of noise alone", mean, 2, NUMBERS));
    [number(row), replays, noise].into_iter().flatten().collect()
}
