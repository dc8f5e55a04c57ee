//! Claim 1: two phases of learning.

use varflat_model::Metrics;

use super::{Certainty, Claim, Finding, Number, Verdict};
use crate::error::Result;
use crate::figures::{LEARNING, fixed};
use crate::report::tables::Tables;

pub(super) const CLAIM: Claim = Claim {
    number: 1,
    statement: "Learning has two phases: a fast one, then a slow exploration with a training error near 0.",
    paper: &[(
        "fast initial learning, then slow exploration at a training error near 0 while the test error still falls",
        Certainty::Summary,
    )],
    rule: "Reproduced if the training error falls below 1 % within the first quarter of the training, is below 0.1 % throughout the \
           last tenth, and the test error of the last tenth (mean) is lower than when the training error first fell below 1 %. Partly \
           if the two conditions on the training error alone hold.",
    figures: &["learning_phases"],
    part: "headline",
    find,
};

/// Training errors that end the fast phase, and that are near 0.
const FAST: f64 = 0.01;
const NEAR_ZERO: f64 = 0.001;

struct Phases {
    /// The epoch at which the training error is below 1 %, if ever, and the last.
    turn: Option<f64>,
    last: f64,
    /// Largest training error in the last tenth.
    late_error: f64,
    /// Test errors at the turn and, on average, in the last tenth.
    test_at_turn: f64,
    test_late: f64,
}

impl Phases {
    fn of(rows: &[Metrics]) -> Option<Self> {
        let last = rows.last()?.epoch as f64;
        let turn = rows.iter().find(|row| row.train_error < FAST);
        let late: Vec<&Metrics> = rows.iter().filter(|row| row.epoch as f64 > 0.9 * last).collect();
        Some(Self {
            turn: turn.map(|row| row.epoch as f64),
            last,
            late_error: late.iter().map(|row| row.train_error).fold(0.0, f64::max),
            test_at_turn: turn.map_or(f64::NAN, |row| row.test_error),
            test_late: late.iter().map(|row| row.test_error).sum::<f64>() / late.len() as f64,
        })
    }

    fn verdict(&self) -> Verdict {
        let phases = self.turn.is_some_and(|turn| turn <= 0.25 * self.last) && self.late_error < NEAR_ZERO;
        Verdict::of(phases && self.test_late < self.test_at_turn, phases)
    }
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    if !tables.has(LEARNING) {
        return Ok(None);
    }
    let rows: Vec<Metrics> = tables.rows(LEARNING)?;
    let Some(phases) = Phases::of(&rows) else { return Ok(None) };
    let percent = |what: &str, value: f64| Number::new(what, 100.0 * value, 2, LEARNING).unit(" %");
    let mut ours = Vec::new();
    if let Some(turn) = phases.turn {
        ours.push(Number::new("epoch at which the training error is below 1 %", turn, 0, LEARNING));
        ours.push(percent("test error then", phases.test_at_turn));
    }
    ours.push(Number::new("last epoch", phases.last, 0, LEARNING));
    ours.push(percent("largest training error in the last tenth", phases.late_error));
    ours.push(percent("mean test error there", phases.test_late));
    let says = match phases.turn {
        Some(turn) => format!(
            "The training error is below 1 % after {} of {} epochs; from there to the last tenth the test error goes from {} % to {} %.",
            fixed(turn, 0),
            fixed(phases.last, 0),
            fixed(100.0 * phases.test_at_turn, 2),
            fixed(100.0 * phases.test_late, 2)
        ),
        None => {
            "The training error never falls below 1 %: the training ends within the fast phase.".to_owned()
        }
    };
    let verdict = phases.verdict();
    let disagrees = match verdict {
        Verdict::Reproduced | Verdict::NotMeasured => "",
        Verdict::Partly => "Both phases are there, but the test error does not go on falling in the second.",
        Verdict::Not if phases.late_error < NEAR_ZERO => {
            "The fast phase takes more than a quarter of this training."
        }
        Verdict::Not => "There is no second phase with a training error near 0 in this training.",
    };
    Ok(Some(Finding { verdict, ours, says, disagrees: disagrees.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(turn: u64, late_error: f64, late_test: f64) -> Vec<Metrics> {
        let row = |epoch: u64| {
            let train_error = if epoch < turn {
                0.1
            } else if epoch > 90 {
                late_error
            } else {
                0.005
            };
            let test_error = if epoch > 90 { late_test } else { 0.03 };
            Metrics { epoch, step: 10 * epoch, train_loss: 1.0, train_error, test_loss: 1.0, test_error }
        };
        (0..=100).map(row).collect()
    }

    #[test]
    fn every_verdict_can_be_reached() {
        let verdict = |turn, error, test| Phases::of(&rows(turn, error, test)).unwrap().verdict();
        assert_eq!(verdict(10, 0.0, 0.02), Verdict::Reproduced);
        assert_eq!(verdict(10, 0.0, 0.04), Verdict::Partly);
        assert_eq!(verdict(40, 0.0, 0.02), Verdict::Not);
        assert_eq!(verdict(10, 0.002, 0.02), Verdict::Not);
        assert_eq!(verdict(200, 0.1, 0.02), Verdict::Not);
        assert!(Phases::of(&[]).is_none());
    }
}
