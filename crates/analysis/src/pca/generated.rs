//! Vectors that are made as they are read.

use std::error::Error;
use std::ops::Range;

use ndarray::{ArrayView2, Axis};

use super::source::WindowSource;
use crate::AnalysisError;

/// Vectors `[steps, weights]`, gradients say, that are made whole rows at a time when an analysis asks for them.
///
/// ```
/// use varflat_analysis::{GeneratedRows, WindowSource};
///
/// let squares = GeneratedRows::new(10, 1, |rows| Ok::<_, std::io::Error>(rows.map(|t| (t * t) as f32).collect()));
/// let mut buffer = Vec::new();
/// assert_eq!(squares.block(3..5, 0..1, &mut buffer)?.column(0).to_vec(), [9.0, 16.0]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
pub struct GeneratedRows<F> {
    steps: usize,
    weights: usize,
    make: F,
}

impl<F, E> GeneratedRows<F>
where
    F: Fn(Range<usize>) -> Result<Vec<f32>, E> + Sync,
    E: Error + Send + Sync + 'static,
{
    /// So many rows of so many weights; `make` gives a range of rows, flattened row-major.
    pub fn new(steps: usize, weights: usize, make: F) -> Self {
        Self { steps, weights, make }
    }
}

impl<F, E> WindowSource for GeneratedRows<F>
where
    F: Fn(Range<usize>) -> Result<Vec<f32>, E> + Sync,
    E: Error + Send + Sync + 'static,
{
    fn steps(&self) -> usize {
        self.steps
    }

    fn weights(&self) -> usize {
        self.weights
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        let shape = (rows.len(), self.weights);
        *buffer = (self.make)(rows).map_err(|error| AnalysisError::Source(Box::new(error)))?;
        let mut made =
            ArrayView2::from_shape(shape, buffer).map_err(|error| AnalysisError::Source(Box::new(error)))?;
        made.slice_axis_inplace(Axis(1), columns.into());
        Ok(made)
    }
}
