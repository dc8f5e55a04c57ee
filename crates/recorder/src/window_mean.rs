//! The mean weights ⟨w⟩_T of the last T steps, without storing the steps.

use std::collections::VecDeque;

use pulp::{Arch, Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::{RecorderError, Sink, Step, schedule::Stride};

/// What a [`WindowMean`] averages over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowMeanSettings {
    /// The number of weights of the recorded parameter.
    pub weights: usize,
    /// The window T, in recorded rows.
    pub window: u64,
    /// The stride in optimizer steps: rows are the steps 0, `every`, 2·`every`, …, as in [`Schedule`](crate::Schedule).
    pub every: u64,
    /// Optimizer steps per epoch: the training may end after any multiple of it.
    pub epoch: u64,
    /// One more step count at which the training may end, e.g. its step limit.
    pub end: Option<u64>,
}

/// The mean ⟨w⟩_T = T⁻¹ Σ_t w(t) of one parameter over the last T recorded steps, for a training that ends at a multiple of its
/// epoch which is not known in advance.
///
/// The same rows, and so the same mean, as a [`TrajectorySink`](crate::TrajectorySink) with `Keep::Last(T)` holds, for the layers
/// too wide to store (39,200 weights in the paper's first layer). Rows are summed in f64 into segments, a new one wherever a
/// window could start (row r with r + T rows at the end of an epoch), and ⟨w⟩_T is the sum of the last segments over T. There are
/// about T/epoch + 2 segments of `weights` numbers; a step adds one row to one segment and allocates nothing once the first
/// window is full.
///
/// It is the mean of a parameter. Running statistics of batch norm that belong to mean weights are those of a pass over the training set
/// at these weights (`varflat_model::with_statistics`), not what the last step left.
///
/// Precision: a sum over T rows only (no difference of long prefix sums), so the relative error is below T·2⁻⁵³ (1.3e-12 for
/// T = 12,000) of ⟨|w|⟩_T, typically √T·2⁻⁵³ and far under the f32 rounding of the weights themselves. The order of the
/// additions is fixed: a recording resumed from [`state`](Self::state) gives the same bits as an uninterrupted one.
#[derive(Debug, Clone)]
pub struct WindowMean {
    settings: WindowMeanSettings,
    stride: Stride,
    state: WindowMeanState,
}

/// The running sums of a [`WindowMean`]: what a checkpoint has to keep.
///
/// Keep the sums in binary (npz, or JSON with an exact float parser): they are f64 numbers that must come back bit by bit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WindowMeanState {
    /// Rows recorded so far.
    pub rows: u64,
    /// Sums of consecutive rows, oldest first: each ends where the next begins, the last one at `rows`.
    pub segments: VecDeque<Segment>,
}

/// The sum of consecutive rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The first row in the sum.
    pub first_row: u64,
    /// Σ w per weight, in f64.
    pub sum: Vec<f64>,
}

impl WindowMean {
    /// Starts at step 0 with empty sums.
    ///
    /// # Errors
    /// [`RecorderError::InvalidSetting`] when a setting is zero.
    pub fn new(settings: WindowMeanSettings) -> Result<Self, RecorderError> {
        Self::from_state(settings, WindowMeanState::default())
    }

    /// Continues from the sums of a checkpoint.
    ///
    /// # Errors
    /// [`RecorderError::InvalidSetting`] when a setting is zero or the state is not one of these settings.
    pub fn from_state(settings: WindowMeanSettings, state: WindowMeanState) -> Result<Self, RecorderError> {
        let at_least_one =
            [("weights", settings.weights as u64), ("window", settings.window), ("epoch", settings.epoch)];
        for (what, value) in at_least_one {
            if value == 0 {
                return Err(RecorderError::InvalidSetting {
                    what,
                    value: value.to_string(),
                    expected: "a mean over a window needs at least 1",
                });
            }
        }
        if let Some(segment) = state.segments.iter().find(|segment| segment.sum.len() != settings.weights) {
            return Err(RecorderError::WrongLength { expected: settings.weights, got: segment.sum.len() });
        }
        let starts = state.segments.iter().map(|segment| segment.first_row);
        if !starts.chain([state.rows]).is_sorted() {
            return Err(RecorderError::InvalidSetting {
                what: "the checkpoint's window mean",
                value: "a list of segments out of order".into(),
                expected: "resume from the state that WindowMean::state gave",
            });
        }
        let stride = Stride::new(0, settings.every)?;
        Ok(Self { settings, stride, state })
    }

    /// The running sums, for a checkpoint.
    pub fn state(&self) -> &WindowMeanState {
        &self.state
    }

    /// What this mean is over.
    pub fn settings(&self) -> &WindowMeanSettings {
        &self.settings
    }

    /// ⟨w⟩_T over the last T recorded rows of a training that made `end` steps: f64, flattened as the recorded weights are.
    ///
    /// # Errors
    /// [`RecorderError::WindowElsewhere`] when the recording stands elsewhere than at `end`;
    /// [`RecorderError::WindowTooLong`] when fewer than T rows were recorded;
    /// [`RecorderError::WindowNotPlanned`] when `end` is neither a multiple of the epoch nor the announced end.
    pub fn mean(&self, end: u64) -> Result<Vec<f64>, RecorderError> {
        let rows = self.state.rows;
        let expected = self.stride.rows_before(end);
        if expected != rows {
            return Err(RecorderError::WindowElsewhere { end, expected, recorded: rows });
        }
        let window = self.settings.window;
        let Some(first_row) = rows.checked_sub(window) else {
            return Err(RecorderError::WindowTooLong { window, recorded: rows });
        };
        let Some(start) = self.state.segments.iter().position(|segment| segment.first_row == first_row)
        else {
            return Err(RecorderError::WindowNotPlanned { window, end, epoch: self.settings.epoch });
        };
        let mut mean = vec![0.0; self.settings.weights];
        for segment in self.state.segments.range(start..) {
            for (mean, sum) in mean.iter_mut().zip(&segment.sum) {
                *mean += sum;
            }
        }
        for mean in &mut mean {
            *mean /= window as f64;
        }
        Ok(mean)
    }

    /// Whether a window that starts at this row ends at a step where the training may end.
    fn may_start_at(&self, row: u64) -> bool {
        let WindowMeanSettings { window, every, epoch, end, .. } = self.settings;
        // The ends with exactly `last` rows before them are the steps (every·(last − 1), every·last].
        let last = row.saturating_add(window);
        let latest = every.saturating_mul(last);
        let epoch_end = latest / epoch * epoch;
        let planned = |end: u64| end > 0 && self.stride.rows_before(end) == last;
        planned(epoch_end) || end.is_some_and(planned)
    }

    /// Opens a new sum at the current row, in the memory of one that no window needs any more.
    fn open_segment(&mut self) {
        let first_row = self.state.rows;
        let mut spare = None;
        while let Some(oldest) = self.state.segments.front()
            && oldest.first_row.saturating_add(self.settings.window) <= first_row
        {
            spare = self.state.segments.pop_front();
        }
        let mut sum = spare.map(|segment| segment.sum).unwrap_or_default();
        sum.clear();
        sum.resize(self.settings.weights, 0.0);
        self.state.segments.push_back(Segment { first_row, sum });
    }
}

impl Sink for WindowMean {
    fn wants(&self, step: u64) -> bool {
        self.stride.wants(step)
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        let expected = self.stride.step(self.state.rows);
        if step.step != expected {
            return Err(RecorderError::UnexpectedStep { expected, got: step.step });
        }
        if step.weights.len() != self.settings.weights {
            return Err(RecorderError::WrongLength {
                expected: self.settings.weights,
                got: step.weights.len(),
            });
        }
        if self.may_start_at(self.state.rows) {
            self.open_segment();
        }
        // Rows before the first possible window belong to none.
        if let Some(segment) = self.state.segments.back_mut() {
            Arch::new().dispatch(Add { weights: step.weights, sum: &mut segment.sum });
        }
        self.state.rows += 1;
        Ok(())
    }
}

/// Σ w += w, at the width of the machine's vectors: it goes over every weight of the network at every step.
struct Add<'a> {
    weights: &'a [f32],
    sum: &'a mut [f64],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (sum, weight) in self.sum.iter_mut().zip(self.weights) {
            *sum += f64::from(*weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: usize = 5;

    fn weights(step: u64) -> Vec<f32> {
        (0..WEIGHTS).map(|i| ((step as f32 + 1.0) * (i as f32 + 0.3)).sin()).collect()
    }

    fn settings(window: u64, every: u64, epoch: u64, end: Option<u64>) -> WindowMeanSettings {
        WindowMeanSettings { weights: WEIGHTS, window, every, epoch, end }
    }

    fn feed(mean: &mut WindowMean, steps: std::ops::Range<u64>) {
        for step in steps {
            if !mean.wants(step) {
                continue;
            }
            let weights = weights(step);
            mean.record(Step { step, weights: &weights, before: None, gradient: None, learning_rate: 0.1 })
                .unwrap();
        }
    }

    /// The mean of the last `window` recorded rows of a training of `end` steps, by summing them.
    fn brute_force(window: u64, every: u64, end: u64) -> Vec<f64> {
        let recorded: Vec<u64> = (0..end).filter(|step| step % every == 0).collect();
        let mut mean = vec![0.0; WEIGHTS];
        for step in &recorded[recorded.len() - window as usize..] {
            for (mean, weight) in mean.iter_mut().zip(weights(*step)) {
                *mean += f64::from(weight) / window as f64;
            }
        }
        mean
    }

    fn assert_close(left: &[f64], right: &[f64]) {
        for (left, right) in left.iter().zip(right) {
            assert!((left - right).abs() < 1e-14, "{left} {right}");
        }
    }

    #[test]
    fn every_possible_end_matches_brute_force() {
        for (window, every, epoch, end) in [
            (20, 1, 10, None),
            (7, 1, 10, Some(83)),
            (25, 1, 10, None),
            (4, 3, 10, Some(95)),
            (6, 2, 4, None),
            (1, 1, 1, None),
        ] {
            let mut mean = WindowMean::new(settings(window, every, epoch, end)).unwrap();
            let mut compared = 0;
            for step in 0..120 {
                feed(&mut mean, step..step + 1);
                let done = step + 1;
                if done % epoch == 0 || Some(done) == end {
                    match mean.mean(done) {
                        Ok(mean) => {
                            assert_close(&mean, &brute_force(window, every, done));
                            compared += 1;
                        }
                        Err(RecorderError::WindowTooLong { recorded, .. }) => {
                            assert!(recorded < window)
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            assert!(compared >= 120 / epoch - window * every / epoch - 1, "{compared}");
            assert!(mean.state().segments.len() as u64 <= window * every / epoch + 4);
        }
    }

    #[test]
    fn a_window_that_was_not_planned_is_an_error() {
        let mut mean = WindowMean::new(settings(7, 1, 10, Some(23))).unwrap();
        feed(&mut mean, 0..23);
        assert_close(&mean.mean(23).unwrap(), &brute_force(7, 1, 23));
        assert!(matches!(
            mean.mean(20),
            Err(RecorderError::WindowElsewhere { end: 20, expected: 20, recorded: 23 })
        ));
        feed(&mut mean, 23..24);
        assert!(matches!(mean.mean(24), Err(RecorderError::WindowNotPlanned { end: 24, .. })));
    }

    #[test]
    fn a_resumed_mean_has_the_same_bits() {
        let settings = settings(20, 1, 10, None);
        let mut whole = WindowMean::new(settings).unwrap();
        feed(&mut whole, 0..90);
        for stop in [0, 3, 10, 47, 70, 89] {
            let mut before = WindowMean::new(settings).unwrap();
            feed(&mut before, 0..stop);
            let mut after = WindowMean::from_state(settings, before.state().clone()).unwrap();
            feed(&mut after, stop..90);
            assert_eq!(after.state(), whole.state());
            assert_eq!(after.mean(90).unwrap(), whole.mean(90).unwrap());
        }
    }

    #[test]
    fn steps_out_of_order_and_foreign_states_are_refused() {
        let mut mean = WindowMean::new(settings(2, 1, 2, None)).unwrap();
        let weights = weights(0);
        let step = Step { step: 1, weights: &weights, before: None, gradient: None, learning_rate: 0.1 };
        assert!(matches!(mean.record(step), Err(RecorderError::UnexpectedStep { expected: 0, got: 1 })));
        let short = Step { step: 0, weights: &weights[1..], ..step };
        assert!(matches!(mean.record(short), Err(RecorderError::WrongLength { expected: 5, got: 4 })));
        feed(&mut mean, 0..4);
        let other = WindowMeanSettings { weights: 3, ..*mean.settings() };
        assert!(WindowMean::from_state(other, mean.state().clone()).is_err());
        let mut state = mean.state().clone();
        state.rows = 0;
        assert!(WindowMean::from_state(*mean.settings(), state).is_err());
        assert!(WindowMean::new(settings(0, 1, 2, None)).is_err());
        assert!(WindowMean::new(settings(1, 0, 2, None)).is_err());
    }
}
