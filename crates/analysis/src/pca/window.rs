//! The centred window X = w(t) − ⟨w⟩_T, read block by block in f64 and never held whole.

use std::ops::Range;

use faer::MatRef;

use super::block::{Block, Mean, VALUES, rows_of};
use super::format::Format;
use super::source::WindowSource;
use super::survey::Survey;
use crate::AnalysisError;

/// The two axes of a window; the solvers decompose the matrix of the shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// XᵀX, `[weights, weights]`.
    Weights,
    /// XXᵀ, `[steps, steps]`.
    Steps,
}

/// A window `[steps, weights]` and its mean `[weights]`.
pub(super) struct CentredWindow<'a> {
    window: &'a dyn WindowSource,
    origin: Vec<f64>,
    shift: Vec<f64>,
    format: Format,
    repeats: usize,
}

impl<'a> CentredWindow<'a> {
    /// Measures the mean, and refuses windows that have no variance, or rows that were not written.
    pub(super) fn measure(window: &'a dyn WindowSource) -> Result<Self, AnalysisError> {
        let (steps, weights) = (window.steps(), window.weights());
        if weights == 0 {
            return Err(AnalysisError::NoWeights);
        }
        if steps < 2 {
            return Err(AnalysisError::WindowTooShort { steps });
        }
        let survey = Survey::of(window)?;
        survey.check()?;
        let (format, repeats) = (survey.format(), survey.runs.repeats());
        let (origin, shift) = survey.mean();
        Ok(Self { window, origin, shift, format, repeats })
    }

    /// A window about a mean of the same length that is already known.
    pub(super) fn new(window: &'a dyn WindowSource, mean: Vec<f64>) -> Self {
        let origin = vec![0.0; mean.len()];
        Self { window, origin, shift: mean, format: Format::Single, repeats: 1 }
    }

    fn mean_of(&self, weights: Range<usize>) -> Mean<'_> {
        Mean { origin: &self.origin[weights.clone()], shift: &self.shift[weights] }
    }

    pub(super) fn steps(&self) -> usize {
        self.window.steps()
    }

    pub(super) fn weights(&self) -> usize {
        self.window.weights()
    }

    /// Components with a variance: centring takes one degree of freedom from the steps.
    pub(super) fn rank(&self) -> usize {
        self.weights().min(self.steps() - 1)
    }

    /// ⟨w⟩ `[weights]`.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.origin.iter().zip(&self.shift).map(|(origin, shift)| origin + shift).collect()
    }

    /// How many times each row is there, one after the other.
    pub(super) fn repeats(&self) -> usize {
        self.repeats
    }

    /// The variance of rounding each weight to the format that the window has, ulp(⟨w⟩)²/12 `[weights]`.
    pub(super) fn rounding(&self) -> Vec<f64> {
        self.mean().into_iter().map(|mean| self.format.ulp(mean).powi(2) / 12.0).collect()
    }

    /// The shorter axis.
    pub(super) fn shorter(&self) -> Side {
        if self.weights() <= self.steps() { Side::Weights } else { Side::Steps }
    }

    /// Length of an axis.
    pub(super) fn len(&self, side: Side) -> usize {
        match side {
            Side::Weights => self.weights(),
            Side::Steps => self.steps(),
        }
    }

    /// Calls `visit` with slabs A of the window, row-major `[len(side), ≤ 504]`, whose AAᵀ add up to the
    /// matrix of that side; and with the first index of the slab along the other axis.
    pub(super) fn for_slabs(
        &self,
        side: Side,
        visit: impl FnMut(usize, MatRef<'_, f64>),
    ) -> Result<(), AnalysisError> {
        match side {
            Side::Weights => self.for_transposed_blocks(visit),
            Side::Steps => self.for_column_blocks(visit),
        }
    }

    /// Calls `visit` with each block of steps, row-major `[steps ≤ 504, weights]`, and its first step; its first error ends that.
    pub(super) fn for_row_blocks<E: From<AnalysisError>>(
        &self,
        mut visit: impl FnMut(usize, MatRef<'_, f64>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (steps, weights) = (self.steps(), self.weights());
        let block = rows_of(weights);
        let mut read = Default::default();
        let mut buffer = Vec::with_capacity(block.min(steps) * weights);
        for first in (0..steps).step_by(block) {
            let rows = Block::read(self.window, first..steps.min(first + block), 0..weights, &mut read)?;
            rows.centred(self.mean_of(0..weights), &mut buffer);
            visit(first, MatRef::from_row_major_slice(&buffer, rows.steps(), weights))?;
        }
        Ok(())
    }

    /// Calls `visit` with each block of steps, row-major `[weights, steps ≤ 504]`, and its first step.
    fn for_transposed_blocks(
        &self,
        mut visit: impl FnMut(usize, MatRef<'_, f64>),
    ) -> Result<(), AnalysisError> {
        let (steps, weights) = (self.steps(), self.weights());
        let block = rows_of(weights);
        let mut read = Default::default();
        let mut buffer = vec![0.0; block.min(steps) * weights];
        for first in (0..steps).step_by(block) {
            let rows = Block::read(self.window, first..steps.min(first + block), 0..weights, &mut read)?;
            let count = rows.steps();
            let block = &mut buffer[..count * weights];
            rows.centred_columns(self.mean_of(0..weights), block);
            visit(first, MatRef::from_row_major_slice(block, weights, count));
        }
        Ok(())
    }

    /// Calls `visit` with each block of weights, row-major `[steps, weights ≤ 504]`, and its first weight.
    fn for_column_blocks(&self, mut visit: impl FnMut(usize, MatRef<'_, f64>)) -> Result<(), AnalysisError> {
        let (steps, weights) = (self.steps(), self.weights());
        let block = rows_of(steps);
        // Several blocks are asked for at a time, because a file gives a few long pieces sooner than many short ones.
        let panel = (VALUES / steps / block).max(1) * block;
        let mut read = Default::default();
        let mut buffer = Vec::with_capacity(block.min(weights) * steps);
        for start in (0..weights).step_by(panel) {
            let end = weights.min(start + panel);
            let columns = Block::read(self.window, 0..steps, start..end, &mut read)?;
            for first in (start..end).step_by(block) {
                let last = end.min(first + block);
                columns.columns(first - start..last - start).centred(self.mean_of(first..last), &mut buffer);
                visit(first, MatRef::from_row_major_slice(&buffer, steps, last - first));
            }
        }
        Ok(())
    }
}
