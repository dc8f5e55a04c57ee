//! The centred window X = w(t) − ⟨w⟩_T, read block by block in f64 and never held whole.

use std::ops::Range;

use faer::MatRef;
use ndarray::{ArrayView2, Axis, Slice};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use super::format::Format;
use super::source::{Weight, WindowSource};
use super::survey::Survey;
use crate::AnalysisError;

/// Rows (or columns) of the window that are in f64 at a time: a multiple of faer's 12, and no power of
/// two, which would put a whole row of the block on the same few lines of the cache.
const BLOCK: usize = 504;
/// Values that are in f64 at a time, 66 MB: of rows longer than 16,384 there are fewer in a block.
const VALUES: usize = BLOCK * 16_384;
/// Columns that are transposed together.
const STRIP: usize = 32;

/// The two axes of a window; the solvers decompose the matrix of the shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// XᵀX, `[weights, weights]`.
    Weights,
    /// XXᵀ, `[steps, steps]`.
    Steps,
}

/// Rows of that length that are in f64 at a time.
pub(super) fn rows_of(length: usize) -> usize {
    if length <= VALUES / BLOCK { BLOCK } else { (VALUES / length / 12 * 12).max(12) }
}

/// A block of a window, in the precision that the window has.
pub(super) enum Block<'a> {
    Single(ArrayView2<'a, f32>),
    Double(ArrayView2<'a, f64>),
}

impl<'a> Block<'a> {
    pub(super) fn read(
        window: &'a dyn WindowSource,
        rows: Range<usize>,
        columns: Range<usize>,
        (single, double): &'a mut (Vec<f32>, Vec<f64>),
    ) -> Result<Self, AnalysisError> {
        if window.is_f64() {
            window.block_f64(rows, columns, double).map(Self::Double)
        } else {
            window.block(rows, columns, single).map(Self::Single)
        }
    }

    /// The block about a mean, row by row, in place of what `buffer` held.
    fn centred(&self, mean: Mean<'_>, buffer: &mut Vec<f64>) {
        fn rows<W: Weight>(block: ArrayView2<'_, W>, mean: Mean<'_>, buffer: &mut Vec<f64>) {
            buffer.clear();
            for row in block.rows() {
                let centred = row.into_iter().zip(mean.origin).zip(mean.shift);
                buffer.extend(centred.map(|((&weight, origin), shift)| (weight.into() - origin) - shift));
            }
        }
        match self {
            Self::Single(block) => rows(block.view(), mean, buffer),
            Self::Double(block) => rows(block.view(), mean, buffer),
        }
    }

    /// The same column by column; each thread transposes strips of a few columns, which stay in its cache.
    fn centred_columns(&self, mean: Mean<'_>, buffer: &mut [f64]) {
        fn columns<W: Weight>(rows: ArrayView2<'_, W>, mean: Mean<'_>, buffer: &mut [f64]) {
            let count = rows.nrows();
            let strips = buffer.par_chunks_mut(STRIP * count).zip(mean.origin.par_chunks(STRIP));
            strips.zip(mean.shift.par_chunks(STRIP)).enumerate().for_each(
                |(strip, ((block, origin), shift))| {
                    let strip = strip * STRIP..strip * STRIP + shift.len();
                    let columns = rows.slice_axis(Axis(1), Slice::from(strip));
                    let means = origin.iter().zip(shift);
                    for ((block, column), (origin, shift)) in
                        block.chunks_mut(count).zip(columns.columns()).zip(means)
                    {
                        let pairs = block.iter_mut().zip(column);
                        pairs.for_each(|(x, &weight)| *x = (weight.into() - origin) - shift);
                    }
                },
            );
        }
        match self {
            Self::Single(block) => columns(block.view(), mean, buffer),
            Self::Double(block) => columns(block.view(), mean, buffer),
        }
    }

    fn columns(&self, columns: Range<usize>) -> Block<'_> {
        match self {
            Self::Single(block) => Block::Single(block.slice_axis(Axis(1), columns.into())),
            Self::Double(block) => Block::Double(block.slice_axis(Axis(1), columns.into())),
        }
    }

    fn steps(&self) -> usize {
        match self {
            Self::Single(block) => block.nrows(),
            Self::Double(block) => block.nrows(),
        }
    }
}

/// ⟨w⟩ of some weights as the sum of two, the first of which may be a row of the window.
#[derive(Clone, Copy)]
struct Mean<'a> {
    origin: &'a [f64],
    shift: &'a [f64],
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
