//! A part of a window, and its steps: windows themselves.

use std::ops::Range;

use ndarray::{ArrayView2, Axis};

use super::same_length;
use super::source::{WindowSource, converted};
use crate::AnalysisError;

/// Some consecutive rows of a window.
///
/// ```
/// use ndarray::array;
/// use varflat_analysis::{WindowPart, WindowSource};
/// let window = array![[1.0_f32], [2.0], [4.0]];
/// let half = WindowPart::new(&window, 1..3)?;
/// assert_eq!(half.steps(), 2);
/// assert!(WindowPart::new(&window, 1..4).is_err());
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
pub struct WindowPart<S> {
    window: S,
    rows: Range<usize>,
}

impl<S: WindowSource> WindowPart<S> {
    /// These rows of a window.
    ///
    /// # Errors
    /// If it has not so many.
    pub fn new(window: S, rows: Range<usize>) -> Result<Self, AnalysisError> {
        if rows.start > rows.end || rows.end > window.steps() {
            let (expected, found) = (rows.end, window.steps());
            return Err(AnalysisError::Shape { what: "the window along its rows", expected, found });
        }
        Ok(Self { window, rows })
    }

    fn of_window(&self, rows: Range<usize>) -> Range<usize> {
        self.rows.start + rows.start..self.rows.start + rows.end
    }
}

impl<S: WindowSource> WindowSource for WindowPart<S> {
    fn steps(&self) -> usize {
        self.rows.len()
    }

    fn weights(&self) -> usize {
        self.window.weights()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        self.window.block(self.of_window(rows), columns, buffer)
    }

    fn is_f64(&self) -> bool {
        self.window.is_f64()
    }

    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        self.window.block_f64(self.of_window(rows), columns, buffer)
    }
}

/// The steps of a window, w(t + 1) − w(t), `[steps − 1, weights]` in f64: differences of neighbours in f32 are exact there.
///
/// ```
/// use ndarray::array;
/// use varflat_analysis::{WindowSource, WindowSteps};
/// let steps = WindowSteps::new(array![[1.0_f32], [2.0], [4.0]]);
/// let mut buffer = Vec::new();
/// assert_eq!(steps.block_f64(0..2, 0..1, &mut buffer)?, array![[1.0], [2.0]]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
pub struct WindowSteps<S> {
    window: S,
}

impl<S: WindowSource> WindowSteps<S> {
    /// Of a window.
    pub fn new(window: S) -> Self {
        Self { window }
    }
}

impl<S: WindowSource> WindowSource for WindowSteps<S> {
    fn steps(&self) -> usize {
        self.window.steps().saturating_sub(1)
    }

    fn weights(&self) -> usize {
        self.window.weights()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        let mut double = Vec::new();
        converted(self.block_f64(rows, columns, &mut double)?, buffer, |step| step as f32)
    }

    fn is_f64(&self) -> bool {
        true
    }

    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        let mut weights = Vec::new();
        let block = self.window.block_f64(rows.start..rows.end + 1, columns.clone(), &mut weights)?;
        let (after, before) =
            (block.slice_axis(Axis(0), (1..).into()), block.slice_axis(Axis(0), (..rows.len()).into()));
        buffer.clear();
        buffer.extend(after.iter().zip(&before).map(|(after, before)| after - before));
        ArrayView2::from_shape((rows.len(), columns.len()), buffer)
            .map_err(|error| AnalysisError::Source(Box::new(error)))
    }
}

/// The difference of two windows of as many steps and weights, a(t) − b(t), in f64.
///
/// ```
/// use ndarray::array;
/// use varflat_analysis::{WindowDifference, WindowSource};
/// let difference = WindowDifference::new(array![[3.0_f32, 1.0]], array![[1.0_f64, 0.5]])?;
/// assert_eq!(difference.block_f64(0..1, 0..2, &mut Vec::new())?, array![[2.0, 0.5]]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
pub struct WindowDifference<A, B> {
    a: A,
    b: B,
}

impl<A: WindowSource, B: WindowSource> WindowDifference<A, B> {
    /// Of a and b.
    ///
    /// # Errors
    /// If they have not as many steps, or weights.
    pub fn new(a: A, b: B) -> Result<Self, AnalysisError> {
        same_length("the steps of the other window", a.steps(), b.steps())?;
        same_length("the weights of the other window", a.weights(), b.weights())?;
        Ok(Self { a, b })
    }
}

impl<A: WindowSource, B: WindowSource> WindowSource for WindowDifference<A, B> {
    fn steps(&self) -> usize {
        self.a.steps()
    }

    fn weights(&self) -> usize {
        self.a.weights()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        let mut double = Vec::new();
        converted(self.block_f64(rows, columns, &mut double)?, buffer, |difference| difference as f32)
    }

    fn is_f64(&self) -> bool {
        true
    }

    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
        let a = self.a.block_f64(rows.clone(), columns.clone(), &mut of_a)?;
        let b = self.b.block_f64(rows, columns, &mut of_b)?;
        buffer.clear();
        buffer.extend(a.iter().zip(&b).map(|(a, b)| a - b));
        ArrayView2::from_shape(a.raw_dim(), buffer).map_err(|error| AnalysisError::Source(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::{ParamGuard, TrajectoryPca};

    fn window() -> Array2<f32> {
        Array2::from_shape_fn((40, 3), |(t, i)| ((t * (i + 2)) as f32 * 0.7).sin() * (3 - i) as f32)
    }

    #[test]
    fn a_part_is_decomposed_as_its_copy() {
        let whole = window();
        let copy = whole.slice_axis(Axis(0), (10..30).into()).to_owned();
        let pca = TrajectoryPca::params().check().unwrap();
        let of_part = pca.fit_source(WindowPart::new(&whole, 10..30).unwrap()).unwrap();
        let of_copy = pca.fit_source(copy.view()).unwrap();
        assert_eq!(of_part, of_copy);
    }

    #[test]
    fn the_steps_of_a_cumulative_sum_are_what_was_summed() {
        let steps = window().mapv(f64::from);
        let mut sums = Array2::<f64>::zeros((41, 3));
        for t in 0..40 {
            let next = &sums.row(t) + &steps.row(t);
            sums.row_mut(t + 1).assign(&next);
        }
        let back = WindowSteps::new(&sums);
        assert_eq!((back.steps(), back.weights()), (40, 3));
        let (mut buffer, mut single) = (Vec::new(), Vec::new());
        let block = back.block_f64(5..25, 1..3, &mut buffer).unwrap();
        for ((t, i), step) in block.indexed_iter() {
            assert!((step - steps[[t + 5, i + 1]]).abs() < 1e-13);
        }
        assert_eq!(back.block(5..25, 1..3, &mut single).unwrap(), block.mapv(|step| step as f32));
    }
}
