//! What later work says has to stand beside the claims: each control, what it found, and what that means.

use super::claims::Number;
use super::leading;
use super::tables::Tables;
use crate::error::Result;
use crate::figures::{fixed, walk_label};
use crate::study::exponents::ExponentRow;
use crate::study::generality::{EXPONENTS as CONFIGURATIONS, GeneralityReport};
use crate::study::langevin::{EXPONENTS as WALKS, LangevinReport, Reading, WalkRow};
use crate::study::sensitivity::{EXPONENTS as DEFINITIONS, RANGES, RangeRow, SensitivityReport};
use crate::study::temperature::TemperatureReport;

/// In the order of the page.
pub(crate) const CONTROLS: &[Control] =
    &[DEFINITION, FINITE_WINDOW, OTHER_DIRECTIONS, RESHUFFLING, GENERALITY];

/// The numbers of a control, and what they mean.
type Outcome = (Vec<Number>, String);

/// A control beyond the paper.
pub(crate) struct Control {
    pub(crate) id: &'static str,
    pub(crate) question: &'static str,
    /// What is expected, and by whom.
    pub(crate) expected: &'static str,
    /// Its address, if it is a paper.
    pub(crate) link: &'static str,
    pub(crate) figures: &'static [&'static str],
    pub(crate) part: &'static str,
    /// The numbers and what they mean; `None` if it was not measured.
    pub(crate) find: fn(&Tables) -> Result<Option<Outcome>>,
}

const DEFINITION: Control = Control {
    id: "control-definitions",
    question: "Does ψ depend on how it is defined?",
    expected: "insensitive to the level that defines F (Zhang et al., arXiv 2305.15850)",
    link: "https://arxiv.org/abs/2305.15850",
    figures: &["sensitivity"],
    part: "sensitivity",
    find: |tables| {
        let Some(record) = tables.study::<SensitivityReport>("sensitivity")? else { return Ok(None) };
        let rows: Vec<ExponentRow> = tables.rows(DEFINITIONS)?;
        let ranges: Vec<RangeRow> = tables.rows(RANGES)?;
        let mut ours: Vec<Number> = ranges
            .iter()
            .map(|row| {
                Number::new(format!("ψ, components {}–{}", row.first, row.last), row.psi, 2, RANGES)
                    .within(row.low.zip(row.high))
            })
            .collect();
        let mut groups: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
        groups.dedup();
        for group in groups {
            let psi =
                || rows.iter().filter(|row| row.group == group && row.is_trusted()).filter_map(|row| row.psi);
            let (Some(least), Some(largest)) = (psi().reduce(f64::min), psi().reduce(f64::max)) else {
                continue;
            };
            if psi().count() == 1 {
                ours.push(Number::new(format!("{group}: ψ"), least, 2, DEFINITIONS));
            } else {
                ours.push(Number::new(format!("{group}: least ψ"), least, 2, DEFINITIONS));
                ours.push(Number::new("and largest ψ", largest, 2, DEFINITIONS));
            }
        }
        let SensitivityReport { least, largest } = record.report;
        let means = format!(
            "By its definition alone ψ of one training lies between {} and {}. A ψ without the range of its fit and the length of its window \
             says little beyond its first digit.",
            fixed(least, 2),
            fixed(largest, 2)
        );
        Ok(Some((ours, means)))
    },
};

/// Slopes of the trusted walks of a reading.
fn slopes(rows: &[WalkRow], reading: Reading, what: &str) -> Vec<Number> {
    let here = rows.iter().filter(|row| row.reading == reading && row.is_trusted());
    here.filter_map(|row| {
        let what = format!("{what}, {}", walk_label(row));
        Some(Number::new(what, row.slope?, 2, WALKS).within(row.low.zip(row.high)))
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

const FINITE_WINDOW: Control = Control {
    id: "control-window",
    question: "Does a finite window, decomposed into its own components, steepen the slope?",
    expected: "+2 in an exact parabola; directions chosen by fluctuations give more",
    link: "",
    figures: &["langevin_exponents"],
    part: "langevin",
    find: |tables| {
        let Some(_) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
        let rows: Vec<WalkRow> = tables.rows(WALKS)?;
        let bowl = slopes(&rows, Reading::Bowl, "exact parabola, its own components");
        let own = slopes(&rows, Reading::Own, "the loss, the walk’s own components");
        let along = slopes(&rows, Reading::Hessian, "the loss, eigenvectors of the Hessian");
        let means = match (span(&bowl), span(&own), span(&along)) {
            (Some(bowl), Some(own), Some(along)) => format!(
                "The same code reads {bowl} where +2 is exact, so a walk’s own components can be read. On the loss they give {own} where the \
                 eigenvectors give {along}: a difference that the choice of directions makes, and a measure of how far a single slope can be trusted."
            ),
            _ => "No reading along a walk’s own components can be trusted here: the window is too short."
                .to_owned(),
        };
        Ok(Some(([bowl, own].concat(), means)))
    },
};

const OTHER_DIRECTIONS: Control = Control {
    id: "control-directions",
    question: "What does equilibrium give along the components of SGD?",
    expected: "less than +2: they are no eigenvectors of the Hessian, so that σ² = T·pᵀH^{−1}p is more than T/(pᵀHp)",
    link: "",
    figures: &["langevin_exponents"],
    part: "langevin",
    find: |tables| {
        let Some(_) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
        let rows: Vec<WalkRow> = tables.rows(WALKS)?;
        let ours = slopes(&rows, Reading::Sgd, "equilibrium along SGD’s components");
        let means = match span(&ours) {
            Some(span) => format!(
                "Along the directions of the paper’s figure even equilibrium gives {span}. The yardstick of +2 belongs to the eigenvectors; along \
                 these directions the contrast to SGD is that much smaller, and still one of sign."
            ),
            None => "No such reading can be trusted here.".to_owned(),
        };
        Ok(Some((ours, means)))
    },
};

const RESHUFFLING: Control = Control {
    id: "control-reshuffling",
    question: "Is the noise white, or does reshuffling without replacement make it anti-correlated?",
    expected: "anti-correlated over an epoch (Kühn & Rosenow, arXiv 2306.05300); white noise has an integral time of ½ step",
    link: "https://arxiv.org/abs/2306.05300",
    figures: &["temperature"],
    part: "temperature",
    find: |tables| {
        let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
        let Some([sharp, flat]) = record.report.fixed_integral else { return Ok(None) };
        let number = |what: &str, time: f64| Number::new(what, time, 2, "temperature.json").unit(" steps");
        let ours = vec![
            number("integral time at fixed w, median of the first 50 components after p_{1}", sharp),
            number("the same of the last 50", flat),
        ];
        let means = format!(
            "In sharp directions the noise is close to white ({} steps). In flat ones its integral time is {} steps: {}.",
            fixed(sharp, 2),
            fixed(flat, 2),
            if flat < 0.45 {
                "later batches take back part of what earlier ones did, as expected of reshuffling"
            } else {
                "no anti-correlation is seen"
            }
        );
        Ok(Some((ours, means)))
    },
};

const GENERALITY: Control = Control {
    id: "control-generality",
    question: "Is the relation one of the paper’s network alone?",
    expected: "the paper’s is the centre layer of a perceptron trained by plain SGD on MNIST; other layers may differ, as they do in linear networks \
               (Gross et al., arXiv 2311.14120)",
    link: "https://arxiv.org/abs/2311.14120",
    figures: &["generality", "generality_points"],
    part: "generality",
    find: |tables| {
        let Some(record) = tables.study::<GeneralityReport>("generality")? else { return Ok(None) };
        let rows: Vec<ExponentRow> = tables.rows(CONFIGURATIONS)?;
        let (mut ours, mut slopes) = (Vec::new(), Vec::new());
        for row in rows.iter().filter(|row| row.is_trusted()) {
            let what = format!("{}, seed {}", row.group, row.seed);
            if let Some(psi) = row.psi {
                let number = Number::new(format!("ψ, {what}"), psi, 2, CONFIGURATIONS);
                ours.push(number.within(row.low.zip(row.high)));
            }
            slopes.extend(leading::slope(row, &what, CONFIGURATIONS));
        }
        let GeneralityReport { trusted, inverse, configurations, missing_data } = &record.report;
        let mut means = format!(
            "Of {trusted} configurations with a trusted run (of {}), the relation is inverse in {inverse}.",
            configurations.len()
        );
        if let Some(sentence) = leading::sentence(&slopes) {
            means = format!("{means} {sentence}");
        }
        ours.append(&mut slopes);
        if !missing_data.is_empty() {
            means += " Some were left out, because their data are not on this machine.";
        }
        Ok(Some((ours, means)))
    },
};

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
