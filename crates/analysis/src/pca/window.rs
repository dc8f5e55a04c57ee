//! The centred window X = w(t) − ⟨w⟩_T, read block by block in f64 and never held whole.

use faer::MatRef;
use ndarray::{ArrayView2, Axis, Slice};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use crate::AnalysisError;

/// Rows (or columns) of the window that are in f64 at a time: a multiple of faer's 12, and no power of
/// two, which would put a whole row of the block on the same few lines of the cache.
const BLOCK: usize = 504;
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

/// A window `[steps, weights]` of f32 and its mean `[weights]`.
pub(super) struct CentredWindow<'a> {
    window: ArrayView2<'a, f32>,
    mean: Vec<f64>,
}

impl<'a> CentredWindow<'a> {
    /// Measures the mean, and refuses windows that have no variance.
    pub(super) fn measure(window: ArrayView2<'a, f32>) -> Result<Self, AnalysisError> {
        let (steps, weights) = window.dim();
        if weights == 0 {
            return Err(AnalysisError::NoWeights);
        }
        if steps < 2 {
            return Err(AnalysisError::WindowTooShort { steps });
        }
        let mut mean = vec![0.0; weights];
        let mut moves = false;
        let first = window.row(0);
        for (row, values) in window.rows().into_iter().enumerate() {
            let mut finite = true;
            for ((sum, &value), &first) in mean.iter_mut().zip(values).zip(first) {
                *sum += f64::from(value);
                finite &= value.is_finite();
                moves |= value != first;
            }
            if !finite && let Some(column) = values.iter().position(|value| !value.is_finite()) {
                return Err(AnalysisError::NonFiniteWeight { row, column, value: values[column] });
            }
        }
        if !moves {
            return Err(AnalysisError::NoVariance { steps });
        }
        mean.iter_mut().for_each(|sum| *sum /= steps as f64);
        Ok(Self { window, mean })
    }

    /// A window about a mean of the same length that is already known.
    pub(super) fn new(window: ArrayView2<'a, f32>, mean: Vec<f64>) -> Self {
        Self { window, mean }
    }

    pub(super) fn steps(&self) -> usize {
        self.window.nrows()
    }

    pub(super) fn weights(&self) -> usize {
        self.window.ncols()
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
    pub(super) fn for_slabs(&self, side: Side, visit: impl FnMut(usize, MatRef<'_, f64>)) {
        match side {
            Side::Weights => self.for_transposed_blocks(visit),
            Side::Steps => self.for_column_blocks(visit),
        }
    }

    /// Calls `visit` with each block of steps, row-major `[steps ≤ 504, weights]`, and its first step.
    pub(super) fn for_row_blocks(&self, mut visit: impl FnMut(usize, MatRef<'_, f64>)) {
        let mut buffer = Vec::with_capacity(BLOCK.min(self.steps()) * self.weights());
        for (index, rows) in self.window.axis_chunks_iter(Axis(0), BLOCK).enumerate() {
            buffer.clear();
            for row in rows.rows() {
                buffer.extend(row.iter().zip(&self.mean).map(|(&w, mean)| f64::from(w) - mean));
            }
            visit(index * BLOCK, MatRef::from_row_major_slice(&buffer, rows.nrows(), self.weights()));
        }
    }

    /// Calls `visit` with each block of steps, row-major `[weights, steps ≤ 504]`, and its first step.
    fn for_transposed_blocks(&self, mut visit: impl FnMut(usize, MatRef<'_, f64>)) {
        let mut buffer = vec![0.0; BLOCK.min(self.steps()) * self.weights()];
        for (index, rows) in self.window.axis_chunks_iter(Axis(0), BLOCK).enumerate() {
            let steps = rows.nrows();
            let block = &mut buffer[..steps * self.weights()];
            // Each thread transposes strips of a few columns, which stay in its cache.
            let strips = block.par_chunks_mut(STRIP * steps).zip(self.mean.par_chunks(STRIP));
            strips.enumerate().for_each(|(strip, (block, mean))| {
                let strip = strip * STRIP..strip * STRIP + mean.len();
                let columns = rows.slice_axis(Axis(1), Slice::from(strip));
                for ((block, column), mean) in block.chunks_mut(steps).zip(columns.columns()).zip(mean) {
                    block.iter_mut().zip(column).for_each(|(x, &w)| *x = f64::from(w) - mean);
                }
            });
            visit(index * BLOCK, MatRef::from_row_major_slice(block, self.weights(), steps));
        }
    }

    /// Calls `visit` with each block of weights, row-major `[steps, weights ≤ 504]`, and its first weight.
    fn for_column_blocks(&self, mut visit: impl FnMut(usize, MatRef<'_, f64>)) {
        let mut buffer = Vec::with_capacity(BLOCK.min(self.weights()) * self.steps());
        let columns = self.window.axis_chunks_iter(Axis(1), BLOCK);
        for (index, (columns, mean)) in columns.zip(self.mean.chunks(BLOCK)).enumerate() {
            buffer.clear();
            for row in columns.rows() {
                buffer.extend(row.iter().zip(mean).map(|(&w, mean)| f64::from(w) - mean));
            }
            visit(index * BLOCK, MatRef::from_row_major_slice(&buffer, self.steps(), mean.len()));
        }
    }
}

/// Distance between neighbouring f32 values around `weight`.
fn ulp(weight: f64) -> f64 {
    let magnitude = (weight as f32).abs();
    f64::from(magnitude.next_up()) - f64::from(magnitude)
}
