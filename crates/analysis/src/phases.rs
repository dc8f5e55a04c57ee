//! The two phases of learning: a fast one, then a slow exploration with a training error near 0.

use serde::{Deserialize, Serialize};

/// The training error that ends the fast phase.
const FAST: f64 = 0.01;

/// When the fast phase of a training ends, and what the errors are at its end.
///
/// ```
/// use varflat_analysis::Phases;
///
/// // Epoch, training error, test error.
/// let training = (0..=100).map(|epoch| (epoch as f64, if epoch < 7 { 0.2 } else { 0.0 }, 0.02 + 0.1 / (1.0 + epoch as f64)));
/// let phases = Phases::of(training).unwrap();
/// assert_eq!((phases.turn, phases.late_error), (Some(7.0), 0.0));
/// assert!(phases.test_late < phases.test_at_turn.unwrap());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// The first epoch at which the training error is below 1 %, if there is one.
    pub turn: Option<f64>,
    /// The test error then.
    pub test_at_turn: Option<f64>,
    /// The last epoch.
    pub last: f64,
    /// The largest training error in the last tenth of the training.
    pub late_error: f64,
    /// The mean test error there.
    pub test_late: f64,
}

impl Phases {
    /// Of (epoch, training error, test error) at every epoch's end; `None` of none.
    pub fn of(epochs: impl IntoIterator<Item = (f64, f64, f64)>) -> Option<Self> {
        let epochs: Vec<(f64, f64, f64)> = epochs.into_iter().collect();
        let last = epochs.last()?.0;
        let turn = epochs.iter().find(|(_, train_error, _)| *train_error < FAST);
        let late: Vec<&(f64, f64, f64)> = epochs.iter().filter(|(epoch, ..)| *epoch > 0.9 * last).collect();
        Some(Self {
            turn: turn.map(|(epoch, ..)| *epoch),
            test_at_turn: turn.map(|(.., test_error)| *test_error),
            last,
            late_error: late.iter().map(|(_, train_error, _)| *train_error).fold(0.0, f64::max),
            test_late: late.iter().map(|(.., test_error)| *test_error).sum::<f64>() / late.len() as f64,
        })
    }
}
