//! A recording in memory.

use varflat_recorder::{RecorderError, Sink, Step};

/// The steps of one parameter from some step on, or every so many of them: their sum and, if wanted, all of them.
pub struct RecordedRows {
    from: u64,
    every: u64,
    retain_rows: bool,
    rows: Vec<f32>,
    sum: Vec<f64>,
    steps: u64,
}

impl RecordedRows {
    /// Of a parameter of so many weights, every so many steps once it has [begun](Self::begin); with its rows, or their sum alone.
    pub fn new(weights: usize, retain_rows: bool, every: u64) -> Self {
        Self { from: u64::MAX, every, retain_rows, rows: Vec::new(), sum: vec![0.0; weights], steps: 0 }
    }

    /// Takes steps from this one on.
    pub fn begin(&mut self, step: u64) {
        self.from = step;
    }

    /// Makes room for so many numbers; false if there is none.
    pub(super) fn reserve(&mut self, numbers: usize) -> bool {
        self.rows.try_reserve_exact(numbers).is_ok()
    }

    /// Steps it has taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The weights after each of them, one after the other; they are gone from here.
    pub fn take_rows(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.rows)
    }

    /// Their mean; none without steps.
    pub(super) fn mean(&self) -> Option<Vec<f32>> {
        let steps = self.steps as f64;
        (self.steps > 0).then(|| self.sum.iter().map(|sum| (sum / steps) as f32).collect())
    }
}

impl Sink for RecordedRows {
    fn wants(&self, step: u64) -> bool {
        step >= self.from && (step - self.from).is_multiple_of(self.every)
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        if self.retain_rows {
            self.rows.extend_from_slice(step.weights);
        }
        self.sum.iter_mut().zip(step.weights).for_each(|(sum, &w)| *sum += f64::from(w));
        self.steps += 1;
        Ok(())
    }
}
