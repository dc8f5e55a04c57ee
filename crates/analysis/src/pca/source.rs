//! A window that is read a block at a time, wherever it lies.

use std::ops::Range;

use ndarray::{ArrayBase, ArrayView2, Axis, Data, Ix2};

use crate::AnalysisError;

/// A recorded window of weights, `[steps, weights]` in f32 or f64, that may be larger than memory.
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

    /// Whether the weights are in f64. Then an analysis asks for [`block_f64`](Self::block_f64) alone, and
    /// [`block`](Self::block) rounds.
    fn is_f64(&self) -> bool {
        false
    }

    /// As [`block`](Self::block), with every digit of weights in f64.
    ///
    /// # Errors
    /// As [`block`](Self::block).
    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        let mut single = Vec::new();
        converted(self.block(rows, columns, &mut single)?, buffer, f64::from)
    }
}

/// The numbers a window can be of: f32 and f64.
pub trait Weight: Copy + PartialEq + Into<f64> + Send + Sync + sealed::Sealed + 'static {
    /// Whether it is f64.
    #[doc(hidden)]
    const IS_F64: bool;
    /// In f32.
    #[doc(hidden)]
    fn single<'a>(
        block: ArrayView2<'a, Self>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError>;
    /// In f64.
    #[doc(hidden)]
    fn double<'a>(
        block: ArrayView2<'a, Self>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Weight for f32 {
    const IS_F64: bool = false;

    fn single<'a>(
        block: ArrayView2<'a, Self>,
        _: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        Ok(block)
    }

    fn double<'a>(
        block: ArrayView2<'a, Self>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        converted(block, buffer, f64::from)
    }
}

impl Weight for f64 {
    const IS_F64: bool = true;

    fn single<'a>(
        block: ArrayView2<'a, Self>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        converted(block, buffer, |weight| weight as f32)
    }

    fn double<'a>(
        block: ArrayView2<'a, Self>,
        _: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        Ok(block)
    }
}

/// A block in another precision, in `buffer`.
pub(super) fn converted<'a, A: Copy, B>(
    block: ArrayView2<'_, A>,
    buffer: &'a mut Vec<B>,
    convert: impl Fn(A) -> B,
) -> Result<ArrayView2<'a, B>, AnalysisError> {
    buffer.clear();
    buffer.extend(block.iter().map(|&weight| convert(weight)));
    ArrayView2::from_shape(block.raw_dim(), buffer).map_err(|error| AnalysisError::Source(Box::new(error)))
}

impl<A: Weight, D: Data<Elem = A> + Sync> WindowSource for ArrayBase<D, Ix2> {
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
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        A::single(part(self, rows, columns), buffer)
    }

    fn is_f64(&self) -> bool {
        A::IS_F64
    }

    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        A::double(part(self, rows, columns), buffer)
    }
}

fn part<A, D: Data<Elem = A>>(
    array: &ArrayBase<D, Ix2>,
    rows: Range<usize>,
    columns: Range<usize>,
) -> ArrayView2<'_, A> {
    let mut block = array.view();
    block.slice_axis_inplace(Axis(0), rows.into());
    block.slice_axis_inplace(Axis(1), columns.into());
    block
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

    fn is_f64(&self) -> bool {
        (**self).is_f64()
    }

    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        (**self).block_f64(rows, columns, buffer)
    }
}
