//! Variances, signs and segment moments, measured on the projections θ_i(t).

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use ndarray::{Array1, Array2, Axis};

use super::same_length;
use super::window::CentredWindow;
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

/// What one pass over the projections of a window finds, in descending order of variance.
pub(super) struct Projections {
    /// σ_i² = T⁻¹ Σ_t θ_i², `[K]`.
    pub(super) variance: Array1<f64>,
    /// ±1 for each component: the sign that makes θ_i increase over the window.
    pub(super) sign: Vec<f64>,
    pub(super) segments: SegmentMoments,
}

impl Projections {
    /// Projects the window on `directions` `[weights, K]` block by block; returns beside the
    /// moments the order in which the directions come, largest variance first.
    pub(super) fn measure(
        window: &CentredWindow<'_>,
        directions: &Mat<f64>,
        segment: usize,
    ) -> (Vec<usize>, Self) {
        let (steps, components) = (window.steps(), directions.ncols());
        let middle = 0.5 * (steps - 1) as f64;
        let mut segments = SegmentMoments::zeros(steps, segment, components);
        let mut drift = vec![0.0; components];
        let mut theta = Mat::zeros(0, 0);
        window.for_row_blocks(|first, block| {
            theta.resize_with(block.nrows(), components, |_, _| 0.0);
            matmul(&mut theta, Accum::Replace, block, directions, 1.0, Par::rayon(0));
            for (i, drift) in drift.iter_mut().enumerate() {
                for (row, theta) in theta.col(i).iter().enumerate() {
                    let t = first + row;
                    segments.sum[[t / segment, i]] += theta;
                    segments.square[[t / segment, i]] += theta * theta;
                    *drift += theta * (t as f64 - middle);
                }
            }
        });

        let unsorted = segments.square.sum_axis(Axis(0)) / steps as f64;
        let mut order: Vec<usize> = (0..components).collect();
        order.sort_by(|&i, &j| unsorted[j].total_cmp(&unsorted[i]));
        let sign: Vec<f64> = order.iter().map(|&i| if drift[i] < 0.0 { -1.0 } else { 1.0 }).collect();
        segments.sum = segments.sum.select(Axis(1), &order);
        segments.sum *= &Array1::from(sign.clone());
        segments.square = segments.square.select(Axis(1), &order);
        let variance = unsorted.select(Axis(0), &order);
        (order, Self { variance, sign, segments })
    }
}
