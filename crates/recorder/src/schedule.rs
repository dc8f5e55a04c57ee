//! Which steps are recorded and which rows are kept.

use serde::{Deserialize, Serialize};

use crate::RecorderError;

/// Which rows of a recording stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// The last n, of a training whose end is not known in advance (paper: the last 10 epochs = 12,000 steps).
    Last(u64),
}

/// Which steps are recorded: every `every`-th, from step 0, of which [`Keep`] says what stays.
///
/// A row holds the weights after the update of its step, so with `every` k the rows hold the weights after 1, k+1, 2k+1, …
/// updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The stride in optimizer steps, at least 1.
    pub every: u64,
    /// Which of the recorded rows stay.
    pub keep: Keep,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { every: 1, keep: Keep::All }
    }
}

/// The rows of a recording: row i holds the weights after step `first_step + i * every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stride {
    first_step: u64,
    every: u64,
}

impl Stride {
    pub(crate) fn new(first_step: u64, every: u64) -> Result<Self, RecorderError> {
        if every == 0 {
            return Err(RecorderError::InvalidSetting {
                what: "every",
                value: every.to_string(),
                expected: "record every step with 1, every k-th with k",
            });
        }
        Ok(Self { first_step, every })
    }

    pub(crate) fn wants(self, step: u64) -> bool {
        step >= self.first_step && (step - self.first_step).is_multiple_of(self.every)
    }

    /// The number of rows recorded by the steps before `step`.
    pub(crate) fn rows_before(self, step: u64) -> u64 {
        step.saturating_sub(self.first_step).div_ceil(self.every)
    }

    pub(crate) fn step(self, row: u64) -> u64 {
        self.first_step.saturating_add(row.saturating_mul(self.every))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_steps_agree_with_counting() {
        for (first_step, every) in [(0, 1), (0, 3), (4, 1), (5, 7)] {
            let stride = Stride::new(first_step, every).unwrap();
            let mut rows = 0;
            for step in 0..50 {
                assert_eq!(stride.rows_before(step), rows, "{first_step} {every} {step}");
                if stride.wants(step) {
                    assert_eq!(stride.step(rows), step);
                    rows += 1;
                }
            }
            assert!(rows > 0);
        }
        assert!(Stride::new(0, 0).is_err());
    }
}
