//! Whether the rows of a window were all written: runs of rows that are equal, or zero.

use crate::AnalysisError;

/// Fewest rows of a run that is nothing a training does by itself: a learning rate that ends at zero, or a step that was skipped
/// because its gradient overflowed, leaves two.
pub(super) const FEWEST: usize = 3;
/// A run that is so many times longer than the others are on average is none of them.
const TIMES: f64 = 20.0;
/// A run within the window is looked at from this share of its rows on: a shorter one changes nothing.
const SHARE: usize = 100;
/// So many times the step that follows is no step.
const JUMP: f64 = 100.0;

/// Consecutive rows that are equal.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    start: usize,
    length: usize,
    zero: bool,
}

/// The runs of equal rows in a window, row by row.
#[derive(Debug, Default)]
pub(super) struct Runs {
    rows: usize,
    count: usize,
    current: Run,
    /// The longest that has ended.
    longest: Run,
    /// The shortest that has ended, but for the first.
    shortest: Option<usize>,
    /// The first zeros between other rows.
    zeros: Option<Run>,
    /// The zeros before all others.
    leading: Option<Run>,
    /// The largest change of a weight in the first two changes.
    jumps: [f64; 2],
}

impl Runs {
    /// Takes the next row: whether it is the one before, whether it is zero, and the largest change of a weight.
    pub(super) fn push(&mut self, same: bool, zero: bool, jump: impl FnOnce() -> f64) {
        if self.rows > 0 && same {
            self.current.length += 1;
        } else {
            if self.rows > 0 {
                self.close();
                if let Some(place) = self.jumps.get_mut(self.count - 1) {
                    *place = jump();
                }
            }
            self.current = Run { start: self.rows, length: 1, zero };
            self.count += 1;
        }
        self.rows += 1;
    }

    fn close(&mut self) {
        let run = self.current;
        if run.length > self.longest.length {
            self.longest = run;
        }
        if run.start > 0 {
            self.shortest = Some(self.shortest.map_or(run.length, |shortest| shortest.min(run.length)));
        }
        match run {
            Run { zero: false, .. } => {}
            Run { start: 0, .. } => self.leading = Some(run),
            Run { .. } => self.zeros = self.zeros.or(Some(run)),
        }
    }

    /// Whether all rows are equal.
    pub(super) fn are_one(&self) -> bool {
        self.count <= 1
    }

    /// How many times each row is there, one after the other; 1 if any is there once. The first and the last may be cut.
    pub(super) fn repeats(&self) -> usize {
        self.shortest.unwrap_or(1)
    }

    /// Refuses rows that were not written, of so many weights each; one weight may well be zero.
    pub(super) fn check(&self, weights: usize) -> Result<(), AnalysisError> {
        let unwritten = |run: Run, zero| {
            let last = run.start + run.length - 1;
            Err(AnalysisError::UnwrittenRows { first: run.start, last, steps: self.rows, zero })
        };
        if self.are_one() {
            return Ok(());
        }
        if weights > 1 {
            if self.current.zero {
                return unwritten(self.current, true);
            }
            // Weights may start at zero, and go on from there as they do later.
            let jumps = self.count > 2 && self.jumps[0] > JUMP * self.jumps[1];
            let leading = self.leading.filter(|zeros| jumps || zeros.length > self.repeats());
            if let Some(zeros) = leading.or(self.zeros) {
                return unwritten(zeros, true);
            }
        }
        let stands_out = |run: Run| {
            let others = (self.rows - run.length) as f64 / (self.count - 1) as f64;
            run.length >= FEWEST && run.length as f64 > 2.0 + TIMES * (others - 1.0)
        };
        if stands_out(self.current) {
            return unwritten(self.current, false);
        }
        if stands_out(self.longest) && self.longest.length * SHARE >= self.rows {
            return unwritten(self.longest, false);
        }
        Ok(())
    }
}
