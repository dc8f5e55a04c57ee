//! Variances, signs and segment moments, measured on the projections θ_i(t).

use faer::linalg::matmul::matmul;
use faer::{Accum, Col, Mat, MatRef, Par};
use ndarray::{Array1, Array2};

use super::eigen::Eigen;
use super::product::{for_column_chunks, tiles};
use super::window::CentredWindow;
use super::{PARTS, same_length};
use crate::AnalysisError;

/// Sums of θ_i and θ_i² over consecutive time segments of a window: all that a block bootstrap
/// over time needs, at a hundredth of the size of θ.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentMoments {
    /// Length of a segment in steps (the last one may be shorter).
    pub length: usize,
    /// Steps in each segment, `[S]`.
    pub steps: Vec<usize>,
    /// Σ θ_i over each segment, `[S, K]`.
    pub sum: Array2<f64>,
    /// Σ θ_i² over each segment, `[S, K]`.
    pub square: Array2<f64>,
}

impl SegmentMoments {
    fn zeros(steps: usize, length: usize, components: usize) -> Self {
        let segments = steps.div_ceil(length);
        Self {
            length,
            steps: (0..segments).map(|s| length.min(steps - s * length)).collect(),
            sum: Array2::zeros((segments, components)),
            square: Array2::zeros((segments, components)),
        }
    }

    /// Checks the shapes against each other and the number of components.
    pub(crate) fn check(&self, components: usize) -> Result<(), AnalysisError> {
        let segments = self.steps.len();
        if self.length == 0 {
            return Err(AnalysisError::Parameter {
                name: "segments.length",
                value: 0.0,
                expected: "at least 1",
            });
        }
        same_length("`segments.sum` along its rows", segments, self.sum.nrows())?;
        same_length("`segments.square` along its rows", segments, self.square.nrows())?;
        same_length("`segments.sum` along its columns", components, self.sum.ncols())?;
        same_length("`segments.square` along its columns", components, self.square.ncols())
    }
}

/// What the components of a window are beside their directions, in descending order of variance.
pub(super) struct Projections {
    /// σ_i² = T⁻¹ Σ_t θ_i², `[K]`.
    pub(super) variance: Array1<f64>,
    /// The direction that becomes each component, `[K]`.
    pub(super) order: Vec<usize>,
    /// ±1 for each component: the sign that makes θ_i increase over the window.
    pub(super) sign: Vec<f64>,
    /// T⁻¹ Σ_t ‖w(t) − ⟨w⟩_T‖².
    pub(super) total: f64,
    pub(super) segments: SegmentMoments,
}

impl Projections {
    /// Projects the window on `directions` `[weights, K]` block by block.
    pub(super) fn measure(
        window: &CentredWindow<'_>,
        directions: MatRef<'_, f64>,
        segment: usize,
    ) -> Result<Self, AnalysisError> {
        let (steps, components) = (window.steps(), directions.ncols());
        let middle = 0.5 * (steps - 1) as f64;
        let mut segments = SegmentMoments::zeros(steps, segment, components);
        // A column a component: Σ θ of each segment, Σ θ² of each, and the drift Σ θ·(t − t̄).
        let count = segments.steps.len();
        let mut moments = Mat::zeros(2 * count + 1, components);
        let mut total = 0.0;
        window.for_row_blocks(|first, block| {
            total += block.squared_norm_l2();
            for_column_chunks(moments.as_mut(), |index, moments| {
                let mut theta = Mat::zeros(block.nrows(), moments.ncols());
                let directions = directions.subcols(index, moments.ncols());
                tiles(theta.as_mut(), Accum::Replace, block, directions, 1.0);
                for (theta, mut moments) in theta.col_iter().zip(moments.col_iter_mut()) {
                    for (t, &theta) in (first..).zip(theta.iter()) {
                        moments[2 * count] += theta * (t as f64 - middle);
                    }
                    let last = (first + block.nrows() - 1) / segment;
                    for s in first / segment..=last {
                        let rows =
                            (s * segment).max(first) - first..((s + 1) * segment - first).min(block.nrows());
                        let theta = theta.subrows(rows.start, rows.len());
                        moments[s] += theta.iter().sum::<f64>();
                        moments[count + s] += theta.squared_norm_l2();
                    }
                }
            });
            Ok::<_, AnalysisError>(())
        })?;

        let square = moments.subrows(count, count);
        let unsorted: Vec<f64> = square.col_iter().map(|s| s.iter().sum::<f64>() / steps as f64).collect();
        let order = descending(&unsorted);
        let sign: Vec<f64> = order.iter().map(|&i| sign(moments[(2 * count, i)])).collect();
        segments.sum = Array2::from_shape_fn((count, components), |(s, i)| sign[i] * moments[(s, order[i])]);
        segments.square = Array2::from_shape_fn((count, components), |(s, i)| square[(s, order[i])]);
        let variance: Array1<f64> = order.iter().map(|&i| unsorted[i]).collect();
        Ok(Self { total: whole(total, steps, &variance), variance, order, sign, segments })
    }

    /// Takes the variances as the solver found them, and measures the signs alone.
    pub(super) fn estimate(
        window: &CentredWindow<'_>,
        directions: &Eigen,
        segment: usize,
    ) -> Result<Self, AnalysisError> {
        let middle = 0.5 * (window.steps() - 1) as f64;
        let mut drift = Col::<f64>::zeros(window.weights());
        let mut total = 0.0;
        window.for_row_blocks(|first, block| {
            total += block.squared_norm_l2();
            let time = Col::from_fn(block.nrows(), |row| (first + row) as f64 - middle);
            matmul(&mut drift, Accum::Add, block.transpose(), &time, 1.0, Par::rayon(PARTS));
            Ok::<_, AnalysisError>(())
        })?;
        let drift = directions.columns().transpose() * drift;
        let order = descending(&directions.values);
        let variance: Array1<f64> = order.iter().map(|&i| directions.values[i].max(0.0)).collect();
        Ok(Self {
            total: whole(total, window.steps(), &variance),
            variance,
            sign: order.iter().map(|&i| sign(drift[i])).collect(),
            segments: SegmentMoments::zeros(0, segment, order.len()),
            order,
        })
    }
}

/// The variance in all directions, of which rounding does not leave less than what was kept.
fn whole(squares: f64, steps: usize, kept: &Array1<f64>) -> f64 {
    (squares / steps as f64).max(kept.sum())
}

/// The order of values from the largest to the smallest.
fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    order
}

/// The sign that makes a drift point forward in time.
fn sign(drift: f64) -> f64 {
    if drift < 0.0 { -1.0 } else { 1.0 }
}
