//! Projections of a window, and of gradients, on the components of a decomposition.

use faer::{Accum, Mat};
use linfa::traits::Transformer;
use ndarray::{Array2, ArrayBase, ArrayView2, Axis, Data, Ix2};

use super::product::product;
use super::source::{Weight, WindowSource};
use super::window::CentredWindow;
use super::{TrajectoryPca, same_length};
use crate::AnalysisError;

impl TrajectoryPca {
    /// Projections θ_i(t) = (w(t) − ⟨w⟩_T)·p_i of `window` `[steps, weights]` on the first `k`
    /// components, `[steps, k]`. The mean is that of the window the decomposition was fitted to.
    ///
    /// # Errors
    /// If the window has another number of weights or cannot be read, or fewer than `k` components were kept.
    pub fn project(&self, window: impl WindowSource, k: usize) -> Result<Array2<f64>, AnalysisError> {
        self.along(&window, self.mean.to_vec(), k)
    }

    /// The same, handed to `visit` in blocks of consecutive steps, `[steps ≤ 504, k]`: nothing as long as the window is held.
    ///
    /// # Errors
    /// As [`project`](Self::project), and the first error of `visit`.
    pub fn project_blocks<E: From<AnalysisError>>(
        &self,
        window: impl WindowSource,
        k: usize,
        mut visit: impl FnMut(ArrayView2<'_, f64>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.blocks_along(&window, self.mean.to_vec(), k, |_, theta| visit(theta))
    }

    /// The components v·p_i of vectors `[vectors, weights]`, gradients say, along the first `k` directions: `[vectors, k]`.
    ///
    /// # Errors
    /// As [`project`](Self::project).
    pub fn slopes(&self, vectors: impl WindowSource, k: usize) -> Result<Array2<f64>, AnalysisError> {
        self.along(&vectors, vec![0.0; self.mean.len()], k)
    }

    /// (v − `origin`)·p_i.
    fn along(
        &self,
        window: &dyn WindowSource,
        origin: Vec<f64>,
        k: usize,
    ) -> Result<Array2<f64>, AnalysisError> {
        let mut theta = Array2::zeros((window.steps(), k));
        self.blocks_along(window, origin, k, |first, block| {
            theta.slice_axis_mut(Axis(0), (first..first + block.nrows()).into()).assign(&block);
            Ok::<_, AnalysisError>(())
        })?;
        Ok(theta)
    }

    /// The same in blocks of rows, with the first row of each.
    fn blocks_along<E: From<AnalysisError>>(
        &self,
        window: &dyn WindowSource,
        origin: Vec<f64>,
        k: usize,
        visit: impl FnMut(usize, ArrayView2<'_, f64>) -> Result<(), E>,
    ) -> Result<(), E> {
        same_length("the window along its columns", self.mean.len(), window.weights())?;
        let available = self.components.nrows();
        if k > available {
            return Err(AnalysisError::TooManyComponents { requested: k, available }.into());
        }
        let directions = self.components.slice_axis(Axis(0), (..k).into());
        project_in_blocks(window, origin, directions, visit)
    }
}

/// (w(t) − `origin`)·p_i along directions p `[k, weights]`, in blocks of consecutive steps `[steps ≤ 504, k]`, with the first step of each.
pub(crate) fn project_in_blocks<E: From<AnalysisError>>(
    window: &dyn WindowSource,
    origin: Vec<f64>,
    directions: ArrayView2<'_, f64>,
    mut visit: impl FnMut(usize, ArrayView2<'_, f64>) -> Result<(), E>,
) -> Result<(), E> {
    let k = directions.nrows();
    let columns = Mat::from_fn(directions.ncols(), k, |n, i| directions[[i, n]]);
    CentredWindow::new(window, origin).for_row_blocks(|first, block| {
        let mut rows = Mat::zeros(block.nrows(), k);
        product(rows.as_mut(), Accum::Replace, block, columns.as_ref(), 1.0);
        visit(first, Array2::from_shape_fn(rows.shape(), |at| rows[at]).view())
    })
}

/// Projects a window on all kept components; errors as [`TrajectoryPca::project`].
impl<A: Weight, D: Data<Elem = A>> Transformer<ArrayBase<D, Ix2>, Result<Array2<f64>, AnalysisError>>
    for TrajectoryPca
{
    fn transform(&self, window: ArrayBase<D, Ix2>) -> Result<Array2<f64>, AnalysisError> {
        self.project(window.view(), self.components.len_of(Axis(0)))
    }
}
