//! The centred window X = w(t) − ⟨w⟩_T, read block by block in f64 and never held whole.

use faer::MatRef;
use ndarray::{Axis, Slice};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use super::source::WindowSource;
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
fn rows_of(length: usize) -> usize {
    if length <= VALUES / BLOCK { BLOCK } else { (VALUES / length / 12 * 12).max(12) }
}

/// A window `[steps, weights]` of f32 and its mean `[weights]`.
pub(super) struct CentredWindow<'a> {
    window: &'a dyn WindowSource,
    mean: Vec<f64>,
}

impl<'a> CentredWindow<'a> {
    /// Measures the mean, and refuses windows that have no variance.
    pub(super) fn measure(window: &'a dyn WindowSource) -> Result<Self, AnalysisError> {
        let (steps, weights) = (window.steps(), window.weights());
        if weights == 0 {
            return Err(AnalysisError::NoWeights);
        }
        if steps < 2 {
            return Err(AnalysisError::WindowTooShort { steps });
        }
        let mut read = Vec::new();
        let first = window.block(0..1, 0..weights, &mut read)?.row(0).to_vec();
        let mut mean = vec![0.0; weights];
        let mut moves = false;
        let block = rows_of(weights);
        for start in (0..steps).step_by(block) {
            let rows = window.block(start..steps.min(start + block), 0..weights, &mut read)?;
            for (row, values) in (start..).zip(rows.rows()) {
                let mut finite = true;
                for ((sum, &value), &first) in mean.iter_mut().zip(values).zip(&first) {
                    *sum += f64::from(value);
                    finite &= value.is_finite();
                    moves |= value != first;
                }
                if !finite && let Some(column) = values.iter().position(|value| !value.is_finite()) {
                    return Err(AnalysisError::NonFiniteWeight { row, column, value: values[column] });
                }
            }
        }
        if !moves {
            return Err(AnalysisError::NoVariance { steps });
        }
        mean.iter_mut().for_each(|sum| *sum /= steps as f64);
        Ok(Self { window, mean })
    }

    /// A window about a mean of the same length that is already known.
    pub(super) fn new(window: &'a dyn WindowSource, mean: Vec<f64>) -> Self {
        Self { window, mean }
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

    pub(super) fn into_mean(self) -> Vec<f64> {
        self.mean
    }

    /// The variance under which a value is not trusted; see [`TrajectoryPca::floor`](super::TrajectoryPca::floor).
    pub(super) fn floor(&self, largest_variance: f64) -> f64 {
        let square_ulps = self.mean.iter().map(|&mean| ulp(mean).powi(2));
        let quantisation = square_ulps.sum::<f64>() / self.mean.len() as f64 / 12.0;
        super::EIGEN_FLOOR * f64::EPSILON * largest_variance + quantisation
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
        let mut read = Vec::new();
        let mut buffer = Vec::with_capacity(block.min(steps) * weights);
        for first in (0..steps).step_by(block) {
            let rows = self.window.block(first..steps.min(first + block), 0..weights, &mut read)?;
            buffer.clear();
            for row in rows.rows() {
                buffer.extend(row.iter().zip(&self.mean).map(|(&w, mean)| f64::from(w) - mean));
            }
            visit(first, MatRef::from_row_major_slice(&buffer, rows.nrows(), weights))?;
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
        let mut read = Vec::new();
        let mut buffer = vec![0.0; block.min(steps) * weights];
        for first in (0..steps).step_by(block) {
            let rows = self.window.block(first..steps.min(first + block), 0..weights, &mut read)?;
            let count = rows.nrows();
            let block = &mut buffer[..count * weights];
            // Each thread transposes strips of a few columns, which stay in its cache.
            let strips = block.par_chunks_mut(STRIP * count).zip(self.mean.par_chunks(STRIP));
            strips.enumerate().for_each(|(strip, (block, mean))| {
                let strip = strip * STRIP..strip * STRIP + mean.len();
                let columns = rows.slice_axis(Axis(1), Slice::from(strip));
                for ((block, column), mean) in block.chunks_mut(count).zip(columns.columns()).zip(mean) {
                    block.iter_mut().zip(column).for_each(|(x, &w)| *x = f64::from(w) - mean);
                }
            });
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
        let mut read = Vec::new();
        let mut buffer = Vec::with_capacity(block.min(weights) * steps);
        for start in (0..weights).step_by(panel) {
            let end = weights.min(start + panel);
            let columns = self.window.block(0..steps, start..end, &mut read)?;
            for first in (start..end).step_by(block) {
                let last = end.min(first + block);
                buffer.clear();
                for row in columns.slice_axis(Axis(1), (first - start..last - start).into()).rows() {
                    let centred = row.into_iter().zip(&self.mean[first..last]);
                    buffer.extend(centred.map(|(&w, mean)| f64::from(w) - mean));
                }
                visit(first, MatRef::from_row_major_slice(&buffer, steps, last - first));
            }
        }
        Ok(())
    }
}

/// Distance between neighbouring f32 values around `weight`.
fn ulp(weight: f64) -> f64 {
    let magnitude = (weight as f32).abs();
    f64::from(magnitude.next_up()) - f64::from(magnitude)
}
