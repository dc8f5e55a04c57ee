//! Principal components of a window of weights: w(t) = ⟨w⟩_T + Σ_i θ_i(t) p_i.

mod block;
mod eigen;
mod fit;
mod fixed;
mod floor;
mod format;
mod generated;
mod lobpcg;
mod moments;
mod params;
mod part;
mod product;
mod project;
mod solver;
mod source;
mod survey;
mod top_k;
mod transform;
mod tridiagonal;
mod window;
mod written;

pub use fixed::{DirectionVariance, drift_per_step, variances_along};
pub use generated::GeneratedRows;
pub use moments::SegmentMoments;
pub use params::{Solver, TrajectoryPcaParams, TrajectoryPcaValidParams};
pub use part::{WindowDifference, WindowPart, WindowSteps};
pub use project::project;
pub use source::{Weight, WindowSource};
pub use survey::check_rows;

use faer::Mat;
use ndarray::{Array1, Array2, ArrayView1};

use crate::AnalysisError;
use floor::along_components;
use format::Format;
pub(crate) use product::{add_to_lower, product};
pub(crate) use transform::project_in_blocks;

/// All eigenvalues of a symmetric matrix in descending order, and the eigenvectors, one after the other.
pub(crate) fn largest_eigenpairs(matrix: Mat<f64>) -> Result<(Vec<f64>, Vec<f64>), AnalysisError> {
    let count = matrix.nrows();
    let eigen::Eigen { values, vectors } = eigen::largest(matrix, count)?;
    Ok((values, vectors))
}

/// Parts that work is cut into, however many threads do it: sums are rounded part by part, and a result must be the same on every machine.
pub(crate) const PARTS: usize = 8;

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
        let rounding = along_components(components.view(), &square_ulps);
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

/// Checks one axis of an array against the length it has to have.
pub(crate) fn same_length(what: &'static str, expected: usize, found: usize) -> Result<(), AnalysisError> {
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
