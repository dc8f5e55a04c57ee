//! The first pass over a window: its mean, its format, and whether it can be decomposed.

use ndarray::ArrayView2;

use super::block::{Block, rows_of};
use super::format::{Digits, Format};
use super::source::{Weight, WindowSource};
use super::written::{FEWEST, Runs};
use crate::AnalysisError;

/// Largest motion |w(t) − w(0)| whose squares can be summed in f64, and smallest whose variances can be told apart.
const LARGEST: f64 = 1e145;
const SMALLEST: f64 = 1e-145;

/// What one pass over a window finds.
#[derive(Debug)]
pub(super) struct Survey {
    steps: usize,
    /// w(0).
    first: Vec<f64>,
    previous: Vec<f64>,
    /// Σ w.
    sum: Vec<f64>,
    /// Σ (w − w(0)).
    moved: Vec<f64>,
    digits: Digits,
    /// max |w − w(0)|.
    furthest: f64,
    pub(super) runs: Runs,
}

impl Survey {
    /// Reads a window.
    pub(super) fn of(window: &dyn WindowSource) -> Result<Self, AnalysisError> {
        let (steps, weights) = (window.steps(), window.weights());
        let zeros = || vec![0.0; weights];
        let mut survey = Self {
            steps,
            first: zeros(),
            previous: zeros(),
            sum: zeros(),
            moved: zeros(),
            digits: Digits::default(),
            furthest: 0.0,
            runs: Runs::default(),
        };
        let mut buffers = Default::default();
        let block = rows_of(weights);
        for start in (0..steps).step_by(block) {
            match Block::read(window, start..steps.min(start + block), 0..weights, &mut buffers)? {
                Block::Single(rows) => survey.take(start, rows)?,
                Block::Double(rows) => survey.take(start, rows)?,
            }
        }
        Ok(survey)
    }

    fn take<W: Weight>(&mut self, start: usize, rows: ArrayView2<'_, W>) -> Result<(), AnalysisError> {
        for (step, row) in (start..).zip(rows.rows()) {
            if step == 0 {
                self.first.iter_mut().zip(row).for_each(|(first, &weight)| *first = weight.into());
            }
            let (mut finite, mut same, mut zero, mut jump) = (true, true, true, 0.0_f64);
            let sums = self.sum.iter_mut().zip(&mut self.moved);
            let kept = self.first.iter().zip(&mut self.previous);
            for ((&weight, (sum, moved)), (first, previous)) in row.iter().zip(sums).zip(kept) {
                let weight: f64 = weight.into();
                let from_first = weight - first;
                *sum += weight;
                *moved += from_first;
                finite &= weight.is_finite();
                same &= weight == *previous;
                zero &= weight == 0.0;
                jump = jump.max((weight - *previous).abs());
                self.furthest = self.furthest.max(from_first.abs());
                self.digits.bits |= weight.to_bits();
                self.digits.largest = self.digits.largest.max(weight.abs());
                *previous = weight;
            }
            if !finite && let Some(column) = self.previous.iter().position(|weight| !weight.is_finite()) {
                return Err(AnalysisError::NonFiniteWeight {
                    row: step,
                    column,
                    value: self.previous[column],
                });
            }
            self.runs.push(same, zero, || jump);
        }
        Ok(())
    }

    /// Refuses a window without a variance, with rows that were not written, or that squares cannot hold.
    pub(super) fn check(&self) -> Result<(), AnalysisError> {
        if self.runs.are_one() {
            return Err(AnalysisError::NoVariance { steps: self.steps });
        }
        self.runs.check(self.first.len())?;
        if (SMALLEST..=LARGEST).contains(&self.furthest) {
            Ok(())
        } else {
            Err(AnalysisError::Scale { largest: self.furthest })
        }
    }

    /// The format the weights were rounded to.
    pub(super) fn format(&self) -> Format {
        Format::of(self.digits, self.steps.saturating_mul(self.first.len()))
    }

    /// The mean as an origin and what is to be added to it. Of weights in f64 the origin is w(0): their motion may be as small as
    /// what the mean itself is rounded to.
    pub(super) fn mean(self) -> (Vec<f64>, Vec<f64>) {
        let over = |mut sum: Vec<f64>| {
            sum.iter_mut().for_each(|sum| *sum /= self.steps as f64);
            sum
        };
        match self.format() {
            Format::Double => (self.first, over(self.moved)),
            _ => (vec![0.0; self.sum.len()], over(self.sum)),
        }
    }
}

/// Refuses a window with rows that were never written: zeros at an end, or a last row that is there again and again. The ends are
/// read, and all of the window only where these look so; a decomposition looks at every row.
///
/// # Errors
/// [`AnalysisError::UnwrittenRows`]; [`AnalysisError::Source`] if the window cannot be read.
pub fn check_rows(window: impl WindowSource) -> Result<(), AnalysisError> {
    let (steps, weights) = (window.steps(), window.weights());
    if steps < 2 || weights == 0 {
        return Ok(());
    }
    let mut buffer = Vec::new();
    let first_is_zero = window.block_f64(0..1, 0..weights, &mut buffer)?.iter().all(|weight| *weight == 0.0);
    let end = window.block_f64(steps.saturating_sub(FEWEST)..steps, 0..weights, &mut buffer)?;
    let last = end.row(end.nrows() - 1);
    let last_is_zero = last.iter().all(|weight| *weight == 0.0);
    let stands_still = end.nrows() == FEWEST && end.rows().into_iter().all(|row| row == last);
    if first_is_zero || last_is_zero || stands_still {
        Survey::of(&window)?.runs.check(weights)?;
    }
    Ok(())
}
