//! Principal components of a window of weights: w(t) = ⟨w⟩_T + Σ_i θ_i(t) p_i.

mod eigen;
mod moments;
mod params;
mod product;
mod solver;
mod top_k;
mod tridiagonal;
mod window;

pub use moments::SegmentMoments;
pub use params::{Solver, TrajectoryPcaParams, TrajectoryPcaValidParams};

use faer::{Accum, Mat};
use linfa::DatasetBase;
use linfa::traits::{Fit, Transformer};
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, ArrayView2, Axis, Data, Ix2};

use crate::AnalysisError;
use moments::Projections;
use product::product;
use window::CentredWindow;

/// All eigenvalues of a symmetric matrix in descending order, and the eigenvectors, one after the other.
pub(crate) fn largest_eigenpairs(matrix: Mat<f64>) -> Result<(Vec<f64>, Vec<f64>), AnalysisError> {
    let count = matrix.nrows();
    let eigen::Eigen { values, vectors } = eigen::largest(matrix, count)?;
    Ok((values, vectors))
}

/// Share of ε·σ_1² under which a direction is not resolved; see [`TrajectoryPca::floor`].
const EIGEN_FLOOR: f64 = 100.0;

/// Principal components p_i and variances σ_i² of a window of weights (Feng & Tu, PNAS 2021).
///
/// σ_i² = T⁻¹ Σ_t θ_i(t)², θ_i(t) = (w(t) − ⟨w⟩_T)·p_i, over the T steps of the window, in
/// descending order: K = min(weights, steps − 1) of them, or k with [`Solver::TopK`].
///
/// The directions come from an eigen-decomposition in f64; the variances are then measured on the
/// projections θ_i themselves, which keeps them positive and accurate down to [`floor`](Self::floor),
/// unless [`measured`](TrajectoryPcaParams::measured) turns that off.
///
/// The sign of p_i is chosen such that θ_i increases over the window: Σ_t θ_i(t)·(t − t̄) ≥ 0. The
/// drift along p_1 therefore always points forward in time.
#[derive(Debug, Clone, PartialEq)]
pub struct TrajectoryPca {
    mean: Array1<f64>,
    variance: Array1<f64>,
    components: Array2<f64>,
    floor: f64,
    segments: SegmentMoments,
}

impl TrajectoryPca {
    /// Parameters at their defaults: [`Solver::Auto`], segments of 100 steps.
    pub fn params() -> TrajectoryPcaParams {
        TrajectoryPcaParams::default()
    }

    /// Rebuilds a decomposition from stored arrays: `mean` `[weights]`, `variance` `[K]`,
    /// `components` `[K, weights]`, `floor`, and the segment moments `[segments, K]`.
    ///
    /// # Errors
    /// If there is no component, shapes disagree, a value is not finite, variances are negative or not in descending
    /// order, or a component is not a unit vector (to 1e-5).
    pub fn from_parts(
        mean: Array1<f64>,
        variance: Array1<f64>,
        components: Array2<f64>,
        floor: f64,
        segments: SegmentMoments,
    ) -> Result<Self, AnalysisError> {
        let kept = variance.len();
        if kept == 0 {
            return Err(AnalysisError::TooManyComponents { requested: 1, available: 0 });
        }
        same_length("`components` along its rows", kept, components.nrows())?;
        same_length("`components` along its columns", mean.len(), components.ncols())?;
        segments.check(kept)?;
        if !(floor >= 0.0 && floor.is_finite()) {
            return Err(AnalysisError::Parameter {
                name: "floor",
                value: floor,
                expected: "at least 0 and finite",
            });
        }
        all(mean.iter(), "`mean`", "it is not finite", |m| m.is_finite())?;
        all(variance.iter(), "`variance`", "it is not finite and at least 0", |v| {
            **v >= 0.0 && v.is_finite()
        })?;
        all(
            variance.iter().zip(variance.iter().skip(1)),
            "`variance`",
            "the next one is larger; the order must be descending",
            |(this, next)| this >= next,
        )?;
        all(components.rows().into_iter(), "`components`", "the row is not a unit vector", |row| {
            (row.dot(row) - 1.0).abs() < 1e-5
        })?;
        Ok(Self { mean, variance, components, floor, segments })
    }

    /// Mean weights ⟨w⟩_T over the window, `[weights]`.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// Variances σ_i² with divisor T, descending, `[K]`.
    pub fn variance(&self) -> &Array1<f64> {
        &self.variance
    }

    /// Directions p_i, orthonormal, one a row, `[K, weights]`.
    pub fn components(&self) -> &Array2<f64> {
        &self.components
    }

    /// Variance under which a value is not trusted, 100·ε·σ_1² + ⟨ulp(w)²⟩/12.
    ///
    /// The first term (ε = 2⁻⁵²) is where the eigen-solver mixes directions: above it the variances
    /// agree with a dense SVD to better than 1 %, above a hundred times it to 1e-7. The second is the
    /// variance of rounding to f32, ulp(w) being the distance between neighbouring f32 at ⟨w⟩_T.
    pub fn floor(&self) -> f64 {
        self.floor
    }

    /// Whether σ² of the component at `index0` (from 0) lies above the [`floor`](Self::floor);
    /// `false` for a component that does not exist.
    pub fn trusted(&self, index0: usize) -> bool {
        self.variance.get(index0).is_some_and(|&variance| variance > self.floor)
    }

    /// Shares σ_i² / Σ_j σ_j², `[K]`; the sum runs over the kept components.
    pub fn explained(&self) -> Array1<f64> {
        &self.variance / self.variance.sum()
    }

    /// Sums of θ_i and θ_i² per time segment, for the block bootstrap; no segment without
    /// [`measured`](TrajectoryPcaParams::measured) variances.
    pub fn segments(&self) -> &SegmentMoments {
        &self.segments
    }

    /// Projections θ_i(t) = (w(t) − ⟨w⟩_T)·p_i of `window` `[steps, weights]` on the first `k`
    /// components, `[steps, k]`. The mean is that of the window the decomposition was fitted to.
    ///
    /// # Errors
    /// If the window has another number of weights, or fewer than `k` components were kept.
    pub fn project(&self, window: ArrayView2<'_, f32>, k: usize) -> Result<Array2<f64>, AnalysisError> {
        self.along(window, self.mean.to_vec(), k)
    }

    /// The components v·p_i of vectors `[vectors, weights]`, gradients say, along the first `k` directions: `[vectors, k]`.
    ///
    /// # Errors
    /// As [`project`](Self::project).
    pub fn slopes(&self, vectors: ArrayView2<'_, f32>, k: usize) -> Result<Array2<f64>, AnalysisError> {
        self.along(vectors, vec![0.0; self.mean.len()], k)
    }

    /// (v − `origin`)·p_i.
    fn along(
        &self,
        window: ArrayView2<'_, f32>,
        origin: Vec<f64>,
        k: usize,
    ) -> Result<Array2<f64>, AnalysisError> {
        same_length("the window along its columns", self.mean.len(), window.ncols())?;
        if k > self.components.nrows() {
            return Err(AnalysisError::TooManyComponents {
                requested: k,
                available: self.components.nrows(),
            });
        }
        let directions = Mat::from_fn(self.mean.len(), k, |n, i| self.components[[i, n]]);
        let mut theta = Array2::zeros((window.nrows(), k));
        CentredWindow::new(window, origin).for_row_blocks(|first, block| {
            let mut rows = Mat::zeros(block.nrows(), k);
            product(rows.as_mut(), Accum::Replace, block, directions.as_ref(), 1.0);
            for (i, column) in rows.col_iter().enumerate() {
                for (row, &value) in column.iter().enumerate() {
                    theta[[first + row, i]] = value;
                }
            }
        });
        Ok(theta)
    }

    /// Alignment of the first direction with the weights, |cos(p_1, w_0)|: 1 where the drift
    /// amplifies the weights `w0` `[weights]` (Feng & Tu 2021).
    ///
    /// # Errors
    /// If `w0` has another number of weights, or is zero or not finite.
    pub fn alignment<'a>(&self, w0: impl Into<ArrayView1<'a, f64>>) -> Result<f64, AnalysisError> {
        let w0 = w0.into();
        same_length("`w0`", self.mean.len(), w0.len())?;
        let length = w0.dot(&w0).sqrt();
        if !(length > 0.0 && length.is_finite()) {
            return Err(AnalysisError::Parameter {
                name: "w0",
                value: length,
                expected: "of positive finite length",
            });
        }
        let along_first = self.components.row(0).dot(&w0);
        Ok((along_first / length).abs())
    }
}

impl<D: Data<Elem = f32>, T> Fit<ArrayBase<D, Ix2>, T, AnalysisError> for TrajectoryPcaValidParams {
    type Object = TrajectoryPca;

    /// Decomposes a window `[steps, weights]`.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<TrajectoryPca, AnalysisError> {
        let window = CentredWindow::measure(dataset.records().view())?;
        // In the pool from here on: from outside, each of the thousands of products would wake a thread.
        let (mut directions, found) = rayon::scope(|_| {
            let directions = solver::directions(&window, self.solver())?;
            let found = if self.measured() {
                Projections::measure(&window, directions.columns(), self.segment())
            } else {
                Projections::estimate(&window, &directions, self.segment())
            };
            Ok::<_, AnalysisError>((directions.vectors, found))
        })?;
        arrange(&mut directions, &found.order, &found.sign);
        let components = Array2::from_shape_vec((found.order.len(), window.weights()), directions);
        let floor = window.floor(found.variance[0]);
        Ok(TrajectoryPca {
            mean: Array1::from(window.into_mean()),
            variance: found.variance,
            components: components.map_err(linfa::Error::from)?,
            floor,
            segments: found.segments,
        })
    }
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

/// Projects a window on all kept components; errors as [`TrajectoryPca::project`].
impl<D: Data<Elem = f32>> Transformer<ArrayBase<D, Ix2>, Result<Array2<f64>, AnalysisError>>
    for TrajectoryPca
{
    fn transform(&self, window: ArrayBase<D, Ix2>) -> Result<Array2<f64>, AnalysisError> {
        self.project(window.view(), self.components.len_of(Axis(0)))
    }
}

/// Checks one axis of an array against the length it has to have.
fn same_length(what: &'static str, expected: usize, found: usize) -> Result<(), AnalysisError> {
    if expected == found { Ok(()) } else { Err(AnalysisError::Shape { what, expected, found }) }
}

/// Checks that every item is `good`, and names the first that is not.
fn all<I: Iterator>(
    mut items: I,
    what: &'static str,
    reason: &'static str,
    good: impl Fn(&I::Item) -> bool,
) -> Result<(), AnalysisError> {
    match items.position(|item| !good(&item)) {
        None => Ok(()),
        Some(index) => Err(AnalysisError::Invalid { what, index, reason }),
    }
}
