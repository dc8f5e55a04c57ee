//! Principal components of a window of weights: w(t) = ⟨w⟩_T + Σ_i θ_i(t) p_i.

mod block;
mod eigen;
mod format;
mod generated;
mod lobpcg;
mod moments;
mod params;
mod product;
mod project;
mod solver;
mod source;
mod survey;
mod top_k;
mod tridiagonal;
mod window;
mod written;

pub use generated::GeneratedRows;
pub use moments::SegmentMoments;
pub use params::{Solver, TrajectoryPcaParams, TrajectoryPcaValidParams};
pub use project::project;
pub use source::{Weight, WindowSource};
pub use survey::check_rows;

use faer::{Accum, Mat};
use linfa::DatasetBase;
use linfa::traits::{Fit, Transformer};
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, ArrayView2, Axis, Data, Ix2};

use crate::AnalysisError;
use format::Format;
use moments::Projections;
pub(crate) use product::add_to_lower;
use product::product;
use window::CentredWindow;

/// All eigenvalues of a symmetric matrix in descending order, and the eigenvectors, one after the other.
pub(crate) fn largest_eigenpairs(matrix: Mat<f64>) -> Result<(Vec<f64>, Vec<f64>), AnalysisError> {
    let count = matrix.nrows();
    let eigen::Eigen { values, vectors } = eigen::largest(matrix, count)?;
    Ok((values, vectors))
}

/// Parts that work is cut into, however many threads do it: sums are rounded part by part, and a result must be the same on every machine.
pub(crate) const PARTS: usize = 8;

/// Share of ε·σ_1² under which a direction is not resolved; see [`TrajectoryPca::floor`].
const EIGEN_FLOOR: f64 = 100.0;

/// Share of a variance that may be rounding.
const ROUNDED: f64 = 0.1;

/// Principal components p_i and variances σ_i² of a window of weights (Feng & Tu, PNAS 2021).
///
/// σ_i² = T⁻¹ Σ_t θ_i(t)², θ_i(t) = (w(t) − ⟨w⟩_T)·p_i, over the T steps of the window, in
/// descending order: K = min(weights, steps − 1) of them, or k with [`Solver::TopK`] and
/// [`Solver::Linfa`].
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
    total: f64,
    floor: f64,
    rounding: Array1<f64>,
    repeats: usize,
    segments: SegmentMoments,
}

impl TrajectoryPca {
    /// Parameters at their defaults: [`Solver::Auto`], segments of 100 steps.
    pub fn params() -> TrajectoryPcaParams {
        TrajectoryPcaParams::default()
    }

    /// Rebuilds a decomposition from stored arrays: `mean` `[weights]`, `variance` `[K]`,
    /// `components` `[K, weights]`, `total` variance, `floor`, and the segment moments `[segments, K]`. The weights are taken to
    /// be f32, each row there once: [`rounding`](Self::rounding) and [`repeats`](Self::repeats) are not among them.
    ///
    /// # Errors
    /// If there is no component, the total is less than the sum of the variances (to 1e-6), shapes disagree, a value is not
    /// finite, variances are negative or not in descending order, or a component is not a unit vector (to 1e-5).
    pub fn from_parts(
        mean: Array1<f64>,
        variance: Array1<f64>,
        components: Array2<f64>,
        total: f64,
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
        if !(total.is_finite() && total >= (1.0 - 1e-6) * variance.sum()) {
            return Err(AnalysisError::Parameter {
                name: "total",
                value: total,
                expected: "finite and at least the sum of the variances",
            });
        }
        let square_ulps: Vec<f64> =
            mean.iter().map(|&mean| Format::Single.ulp(mean).powi(2) / 12.0).collect();
        let rounding = along_components(&components, &square_ulps);
        Ok(Self { mean, variance, components, total, floor, rounding, repeats: 1, segments })
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

    /// Variance under which a value is not trusted: 100·ε·σ_1² + ⟨ulp(w)²⟩/12, or the largest σ_i² of which
    /// [`rounding`](Self::rounding) can make up more than a tenth.
    ///
    /// The first term (ε = 2⁻⁵²) is where the eigen-solver mixes directions: above it the variances
    /// agree with a dense SVD to better than 1 %, above a hundred times it to 1e-7. The second is the
    /// variance of rounding the weights, ulp(w) being the distance between neighbouring numbers at ⟨w⟩_T in the
    /// format they were rounded to: f32, or f64 where the window is of f64. Which it was is told by the digits the weights have;
    /// a thousand or more of them that all have those of bf16 or f16 were rounded to that, whatever they were widened to since.
    pub fn floor(&self) -> f64 {
        self.floor
    }

    /// The variance that rounding each weight adds along each component, Σ_n p_in² ulp(⟨w_n⟩)²/12, `[K]`: so much of σ_i² can be
    /// rounding rather than motion. Where weights were trained in the format they are recorded in, rounding is part of their motion.
    pub fn rounding(&self) -> &Array1<f64> {
        &self.rounding
    }

    /// How many times each row of the window is there, one after the other: 1 unless the weights were recorded more often than
    /// they were changed (gradients accumulated over several batches, `np.repeat`). The variances are those of the window all the
    /// same, but a step of the optimizer is so many rows.
    pub fn repeats(&self) -> usize {
        self.repeats
    }

    /// Whether σ² of the component at `index0` (from 0) lies above the [`floor`](Self::floor);
    /// `false` for a component that does not exist.
    pub fn trusted(&self, index0: usize) -> bool {
        self.variance.get(index0).is_some_and(|&variance| variance > self.floor)
    }

    /// Variance in all directions, T⁻¹ Σ_t ‖w(t) − ⟨w⟩_T‖² = Σ_j σ_j², those included that were not kept.
    pub fn total_variance(&self) -> f64 {
        self.total
    }

    /// Shares σ_i² / Σ_j σ_j² of the [`total_variance`](Self::total_variance), `[K]`.
    pub fn explained(&self) -> Array1<f64> {
        &self.variance / self.total
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
        mut visit: impl FnMut(usize, ArrayView2<'_, f64>) -> Result<(), E>,
    ) -> Result<(), E> {
        same_length("the window along its columns", self.mean.len(), window.weights())?;
        let available = self.components.nrows();
        if k > available {
            return Err(AnalysisError::TooManyComponents { requested: k, available }.into());
        }
        let directions = Mat::from_fn(self.mean.len(), k, |n, i| self.components[[i, n]]);
        CentredWindow::new(window, origin).for_row_blocks(|first, block| {
            let mut rows = Mat::zeros(block.nrows(), k);
            product(rows.as_mut(), Accum::Replace, block, directions.as_ref(), 1.0);
            visit(first, Array2::from_shape_fn(rows.shape(), |at| rows[at]).view())
        })
    }

    /// Alignment of the first direction with the weights, |cos(p_1, w_0)|: 1 where the drift
    /// amplifies the weights `w0` `[weights]` (Feng & Tu 2021).
    ///
    /// Under a weight decay λ part of it is the decay itself, −αλw a step, which moves along w as well: with λ > 0 compare it with
    /// that of a training without.
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

impl TrajectoryPcaValidParams {
    /// Decomposes a window `[steps, weights]` that is read a block at a time: what [`Fit::fit`] does, without the window in memory.
    ///
    /// The window is read three times, four times where the Gram matrix is decomposed or with [`Solver::Linfa`], and a few dozen times
    /// by [`Solver::TopK`]. Beside the matrices of the [`Solver`] a block of at most 66 MB in f64 is held, and what was read of it: its 33 MB
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
    let rounding = along_components(&components, &of_weights);
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

/// The variance along each component of noise with these variances in the weights.
fn along_components(components: &Array2<f64>, of_weights: &[f64]) -> Array1<f64> {
    let along = |row: ArrayView1<'_, f64>| row.iter().zip(of_weights).map(|(p, noise)| p * p * noise).sum();
    components.rows().into_iter().map(along).collect()
}

/// See [`TrajectoryPca::floor`].
fn floor(variance: &Array1<f64>, of_weights: &[f64], rounding: &Array1<f64>) -> f64 {
    let mean = of_weights.iter().sum::<f64>() / of_weights.len() as f64;
    let resolved = EIGEN_FLOOR * f64::EPSILON * variance[0] + mean;
    let rounded = variance.iter().zip(rounding).filter(|(variance, noise)| **noise > ROUNDED * **variance);
    rounded.fold(resolved, |floor, (variance, _)| floor.max(*variance))
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
impl<A: Weight, D: Data<Elem = A>> Transformer<ArrayBase<D, Ix2>, Result<Array2<f64>, AnalysisError>>
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
