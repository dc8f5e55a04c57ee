//! From a window to its decomposition.

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};

use super::floor::{along_components, floor};
use super::moments::Projections;
use super::source::{Weight, WindowSource};
use super::window::CentredWindow;
use super::{TrajectoryPca, TrajectoryPcaValidParams, solver};
use crate::AnalysisError;

impl TrajectoryPcaValidParams {
    /// Decomposes a window `[steps, weights]` that is read a block at a time: what [`Fit::fit`] does, without the window in memory.
    ///
    /// The window is read three times, four times where the Gram matrix is decomposed or with [`Solver::Linfa`](crate::Solver::Linfa), and a few dozen times
    /// by [`Solver::TopK`](crate::Solver::TopK). Beside the matrices of the [`Solver`](crate::Solver) a block of at most 66 MB in f64 is held, and what was read of it: its 33 MB
    /// in f32, or as much again in f64.
    ///
    /// # Errors
    /// As [`Fit::fit`], and [`AnalysisError::Source`] if the window cannot be read.
    pub fn fit_source(&self, window: impl WindowSource) -> Result<TrajectoryPca, AnalysisError> {
        decompose(self, &window)
    }
}

impl<A: Weight, D: Data<Elem = A>, T> Fit<ArrayBase<D, Ix2>, T, AnalysisError> for TrajectoryPcaValidParams {
    type Object = TrajectoryPca;

    /// Decomposes a window `[steps, weights]`.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<TrajectoryPca, AnalysisError> {
        decompose(self, &dataset.records().view())
    }
}

fn decompose(
    params: &TrajectoryPcaValidParams,
    window: &dyn WindowSource,
) -> Result<TrajectoryPca, AnalysisError> {
    let window = CentredWindow::measure(window)?;
    // In the pool from here on: from outside, each of the thousands of products would wake a thread.
    let (mut directions, found) = rayon::scope(|_| {
        let directions = solver::directions(&window, params.solver())?;
        let found = if params.measured() {
            Projections::measure(&window, directions.columns(), params.segment())
        } else {
            Projections::estimate(&window, &directions, params.segment())
        };
        Ok::<_, AnalysisError>((directions.vectors, found?))
    })?;
    arrange(&mut directions, &found.order, &found.sign);
    let components = Array2::from_shape_vec((found.order.len(), window.weights()), directions);
    let components = components.map_err(linfa::Error::from)?;
    let of_weights = window.rounding();
    let rounding = along_components(components.view(), &of_weights);
    Ok(TrajectoryPca {
        mean: Array1::from(window.mean()),
        floor: floor(&found.variance, &of_weights, &rounding),
        variance: found.variance,
        components,
        total: found.total,
        rounding,
        repeats: window.repeats(),
        segments: found.segments,
    })
}

/// Brings vectors that lie one after the other into `order`, in place, and multiplies each by its sign.
fn arrange(vectors: &mut [f64], order: &[usize], sign: &[f64]) {
    let length = vectors.len() / order.len();
    for (to, &sign) in sign.iter().enumerate() {
        // What stood before `to` has been swapped on to where its place was taken from.
        let mut from = order[to];
        while from < to {
            from = order[from];
        }
        if from > to {
            let (before, after) = vectors.split_at_mut(from * length);
            before[to * length..][..length].swap_with_slice(&mut after[..length]);
        }
        vectors[to * length..][..length].iter_mut().for_each(|entry| *entry *= sign);
    }
}
