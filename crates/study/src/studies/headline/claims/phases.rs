//! Claim 1: two phases of learning.

use varflat_analysis::Phases;
use varflat_run::error::Result;

use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict};
use crate::studies::headline::tables::{SUMMARY, summary};
use crate::words::fixed;

pub(super) const CLAIM: Claim = Claim {
    number: "1",
    statement: "Learning has two phases: a fast one, then a slow exploration with a training error near 0.",
    paper: &[(
        "fast initial learning, then slow exploration at a training error near 0 while the test error still falls",
        Certainty::Summary,
    )],
    rule: "Reproduced if the training error falls below 1 % within the first quarter of the training, is below 0.1 % throughout the \
           last tenth, and the test error of the last tenth (mean) is lower than when the training error first fell below 1 %. Partly \
           if the two conditions on the training error alone hold.",
    figures: &["learning_phases"],
    find,
};

/// A training error that is near 0.
const NEAR_ZERO: f64 = 0.001;

fn verdict(phases: &Phases) -> Verdict {
    let both = phases.turn.is_some_and(|turn| turn <= 0.25 * phases.last) && phases.late_error < NEAR_ZERO;
    let falls = phases.test_at_turn.is_some_and(|at_turn| phases.test_late < at_turn);
    Verdict::of(both && falls, both)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(summary) = summary(tables)? else { return Ok(None) };
    let Some(phases) = summary.phases else { return Ok(Some(Finding::of_older("varflat plot RUN"))) };
    let percent = |what: &str, value: f64| Number::new(what, 100.0 * value, 2, SUMMARY).unit(" %");
    let mut measured = Vec::new();
    if let (Some(turn), Some(test_at_turn)) = (phases.turn, phases.test_at_turn) {
        measured.push(Number::new("epoch at which the training error is below 1 %", turn, 0, SUMMARY));
        measured.push(percent("test error then", test_at_turn));
    }
    measured.push(Number::new("last epoch", phases.last, 0, SUMMARY));
    measured.push(percent("largest training error in the last tenth", phases.late_error));
    measured.push(percent("mean test error there", phases.test_late));
    let summary = match (phases.turn, phases.test_at_turn) {
        (Some(turn), Some(test_at_turn)) => format!(
            "The training error is below 1 % after {} of {} epochs; from there to the last tenth the test error goes from {} % to {} %.",
            fixed(turn, 0),
            fixed(phases.last, 0),
            fixed(100.0 * test_at_turn, 2),
            fixed(100.0 * phases.test_late, 2)
        ),
        _ => "The training error never falls below 1 %: the training ends within the fast phase.".to_owned(),
    };
    let verdict = verdict(&phases);
    let caveat = match verdict {
        Verdict::Reproduced | Verdict::NotMeasured => "",
        Verdict::Partly => "Both phases are there, but the test error does not go on falling in the second.",
        Verdict::Not if phases.late_error < NEAR_ZERO => {
            "The fast phase takes more than a quarter of this training."
        }
        Verdict::Not => "There is no second phase with a training error near 0 in this training.",
    };
    Ok(Some(Finding { verdict, measured, summary, caveat: caveat.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let verdict = |turn: u64, late_error: f64, late_test: f64| {
            let row = |epoch: u64| match epoch {
                epoch if epoch < turn => (epoch as f64, 0.1, 0.03),
                91.. => (epoch as f64, late_error, late_test),
                _ => (epoch as f64, 0.005, 0.03),
            };
            verdict(&Phases::of((0..=100).map(row)).unwrap())
        };
        assert_eq!(verdict(10, 0.0, 0.02), Verdict::Reproduced);
        assert_eq!(verdict(10, 0.0, 0.04), Verdict::Partly);
        assert_eq!(verdict(40, 0.0, 0.02), Verdict::Not);
        assert_eq!(verdict(10, 0.002, 0.02), Verdict::Not);
        assert_eq!(verdict(200, 0.1, 0.02), Verdict::Not);
    }
}
