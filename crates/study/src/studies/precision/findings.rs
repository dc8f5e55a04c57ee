//! What the twins say beside the claims.

use super::tables::{PrecisionReport, TwinReport, rank};
use crate::part::{Control, Number};
use crate::words::fixed;

pub(super) const CONTROLS: &[Control] = &[ROUNDING];

const ROUNDING: Control = Control {
    id: "control-precision",
    question: "Is the tail rounding?",
    expected: "if it is, a training in f64 has another spectrum there; the floor says where it would",
    link: "",
    figures: &["precision"],
    find: |tables| {
        let Some(record) = tables.study::<PrecisionReport>("precision")? else { return Ok(None) };
        let report = record.report;
        let Some(own) = report.twins.first() else { return Ok(None) };
        let number = |what: &str, value: usize| Number::new(what, value as f64, 0, "precision.json");
        let mut measured = vec![
            number("spectra agree to 0.1 % up to rank", own.agree_0_1_percent),
            number("to 1 %", own.agree_1_percent),
        ];
        measured.extend(
            own.difference_half.map(|rank| number("the difference holds half of σ² from rank", rank)),
        );
        for twin in &report.twins {
            let what = format!("largest deviation above the floor, weights about {}", twin.constant);
            let value = 100.0 * twin.largest_deviation;
            measured.push(Number::new(what, value, 1, "precision.json").unit(" %"));
        }
        measured.extend(own.psi.map(|psi| Number::new("ψ in f32", psi, 3, "precision.json")));
        measured.extend(own.psi_f64.map(|psi| Number::new("ψ in f64", psi, 3, "precision.json")));
        let means = format!("{} {}", of_tail(own, report.components), of_floor(&report.twins));
        Ok(Some((measured, means)))
    },
};

/// Whether the last components of the run are rounding.
fn of_tail(own: &TwinReport, components: usize) -> String {
    let parted = match own.difference_half {
        Some(_) => format!(
            "The trainings in f32 and f64 part: their difference holds half of σ² from rank {} on",
            rank(own.difference_half)
        ),
        None => "The difference of the trainings in f32 and f64 is nowhere half of σ²".to_owned(),
    };
    let deviation = fixed(100.0 * own.largest_deviation, 1);
    match own.largest_deviation <= 0.1 {
        true => format!(
            "{parted}. Yet every one of the {} components above the floor, of {components}, has the variance that it has in f64, within {deviation} %: \
             the tail is another sample of the same motion, not rounding.",
            own.trusted
        ),
        false => format!(
            "{parted}, and components above the floor are off by up to {deviation} %: rounding is part of what the floor lets through."
        ),
    }
}

/// Whether the floor is right at every scale.
fn of_floor(twins: &[TwinReport]) -> String {
    let right = twins.iter().filter(|twin| twin.largest_deviation <= 0.1).count();
    let held: Vec<String> = twins
        .iter()
        .filter_map(|twin| Some(format!("{} (about {})", fixed(twin.added?, 2), twin.constant)))
        .collect();
    let added = match held.is_empty() {
        true => String::new(),
        false => format!(" Rounding added {} times ⟨ulp²⟩/12 where it can be seen.", held.join(", ")),
    };
    format!(
        "At {right} of {} scales of the weights what lies above the floor is within 10 % of what it is in f64.{added}",
        twins.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twin(largest_deviation: f64, difference_half: Option<usize>) -> TwinReport {
        TwinReport {
            constant: 0.0,
            ulp: 1e-8,
            floor: 1e-17,
            trusted: 90,
            largest_deviation,
            agree_0_1_percent: 70,
            agree_1_percent: 80,
            difference_1_percent: Some(20),
            difference_half,
            difference_all: None,
            added: Some(0.5),
            difference_over_expected: Some(1.0),
            psi: Some(4.0),
            psi_f64: Some(4.0),
            psi_last: Some(90),
        }
    }

    #[test]
    fn a_tail_that_is_rounding_is_called_so() {
        let same = of_tail(&twin(0.03, Some(50)), 100);
        assert!(same.contains("half of σ² from rank 50") && same.contains("not rounding"), "{same}");
        let other = of_tail(&twin(0.3, None), 100);
        assert!(other.contains("nowhere half") && other.contains("off by up to 30.0 %"), "{other}");
        let floor = of_floor(&[twin(0.03, None), twin(0.2, None)]);
        assert!(floor.contains("At 1 of 2 scales") && floor.contains("0.50 (about 0)"), "{floor}");
    }
}
