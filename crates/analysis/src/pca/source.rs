//! A window that is read a block at a time, wherever it lies.

use std::ops::Range;

use ndarray::{ArrayBase, ArrayView2, Axis, Data, Ix2};

use crate::AnalysisError;

/// A recorded window of weights, `[steps, weights]` in f32, that may be larger than memory.
///
/// An analysis asks for one block after the other, in several passes over the window; what it finds is the same, bit by bit,
/// wherever the window lies. An array is such a window, and gives views of itself; the rows of a file are another.
pub trait WindowSource: Sync {
    /// Rows, T.
    fn steps(&self) -> usize;

    /// Columns, N.
    fn weights(&self) -> usize;

    /// The block of these rows and columns, `[rows, columns]`: a view of what is in memory already, or of `buffer`, filled with
    /// it. The buffer is the same from call to call, for a source to reuse.
    ///
    /// # Errors
    /// [`AnalysisError::Source`] if the block cannot be read; the analysis ends with that error.
    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError>;
}

impl<D: Data<Elem = f32> + Sync> WindowSource for ArrayBase<D, Ix2> {
    fn steps(&self) -> usize {
        self.nrows()
    }

    fn weights(&self) -> usize {
        self.ncols()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        _: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        let mut block = self.view();
        block.slice_axis_inplace(Axis(0), rows.into());
        block.slice_axis_inplace(Axis(1), columns.into());
        Ok(block)
    }
}

impl<S: WindowSource + ?Sized> WindowSource for &S {
    fn steps(&self) -> usize {
        (**self).steps()
    }

    fn weights(&self) -> usize {
        (**self).weights()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        (**self).block(rows, columns, buffer)
    }
}
