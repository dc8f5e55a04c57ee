//! A block of a window, in the precision that the window has.

use std::ops::Range;

use ndarray::{ArrayView2, Axis, Slice};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use super::source::{Weight, WindowSource};
use crate::AnalysisError;

/// Rows (or columns) of the window that are in f64 at a time: a multiple of faer's 12, and no power of
/// two, which would put a whole row of the block on the same few lines of the cache.
const BLOCK: usize = 504;
/// Values that are in f64 at a time, 66 MB: of rows longer than 16,384 there are fewer in a block.
pub(super) const VALUES: usize = BLOCK * 16_384;
/// Columns that are transposed together.
const STRIP: usize = 32;

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
    pub(super) fn centred(&self, mean: Mean<'_>, buffer: &mut Vec<f64>) {
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
    pub(super) fn centred_columns(&self, mean: Mean<'_>, buffer: &mut [f64]) {
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

    pub(super) fn columns(&self, columns: Range<usize>) -> Block<'_> {
        match self {
            Self::Single(block) => Block::Single(block.slice_axis(Axis(1), columns.into())),
            Self::Double(block) => Block::Double(block.slice_axis(Axis(1), columns.into())),
        }
    }

    pub(super) fn steps(&self) -> usize {
        match self {
            Self::Single(block) => block.nrows(),
            Self::Double(block) => block.nrows(),
        }
    }
}

/// ⟨w⟩ of some weights as the sum of two, the first of which may be a row of the window.
#[derive(Clone, Copy)]
pub(super) struct Mean<'a> {
    pub(super) origin: &'a [f64],
    pub(super) shift: &'a [f64],
}
