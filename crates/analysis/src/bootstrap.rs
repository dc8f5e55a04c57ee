//! Block bootstrap over time of the exponent ψ.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand_core::Rng;
use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::line::least_squares;
use crate::pca::SegmentMoments;
use crate::points::{Points, ln};

/// Fewest blocks that are worth resampling.
const FEWEST_BLOCKS: usize = 5;
/// Fewest resamples that have a 2.5 % percentile.
const FEWEST_RESAMPLES: usize = 40;
/// Coverage of the interval.
const LEVEL: f64 = 0.95;

/// A percentile interval from a block bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Nominal coverage, 0.95.
    pub level: f64,
    /// Resamples drawn.
    pub resamples: usize,
    /// Blocks the window was cut into.
    pub blocks: usize,
    /// Steps in a block (the last one may be shorter).
    pub block: usize,
}

/// Percentile interval of ψ with the flatness of `points` held fixed.
pub(crate) fn interval(
    points: &Points,
    segments: &SegmentMoments,
    block_steps: usize,
    resamples: usize,
    rng: &mut impl Rng,
) -> Result<Interval, AnalysisError> {
    if resamples < FEWEST_RESAMPLES {
        return Err(AnalysisError::Parameter {
            name: "resamples",
            value: resamples as f64,
            expected: "at least 40",
        });
    }
    let blocks = Blocks::merge(points, segments, block_steps)?;
    // It grows: a number in a file is no reason to make room.
    let mut psi = Vec::new();
    for _ in 0..resamples {
        let ln_variance = blocks.resample(points, rng)?;
        let line = least_squares(&points.ln_flatness, &ln_variance);
        psi.push(-line.ok_or_else(|| points.no_spread())?.slope);
    }
    psi.sort_by(f64::total_cmp);
    Ok(Interval {
        low: percentile(&psi, 0.5 * (1.0 - LEVEL)),
        high: percentile(&psi, 0.5 * (1.0 + LEVEL)),
        level: LEVEL,
        resamples,
        blocks: blocks.steps.len(),
        block: blocks.length,
    })
}

/// Moments of the fitted components over blocks of whole segments.
struct Blocks {
    length: usize,
    steps: Array1<f64>,
    /// Σ (θ_i − θ̄_i)² over each block, θ̄_i the mean over the whole window.
    deviation: Array2<f64>,
}

impl Blocks {
    fn merge(points: &Points, segments: &SegmentMoments, block_steps: usize) -> Result<Self, AnalysisError> {
        let available = segments.sum.ncols();
        segments.check(available)?;
        let requested = points.index.iter().copied().max().unwrap_or(0);
        if requested > available || points.index.contains(&0) {
            return Err(AnalysisError::TooManyComponents { requested, available });
        }
        let columns: Vec<usize> = points.index.iter().map(|index| index - 1).collect();
        let per_block = (block_steps as f64 / segments.length as f64).round() as usize;
        let per_block = per_block.clamp(1, segments.steps.len().max(1));
        let blocks = segments.steps.len().div_ceil(per_block);
        let length = per_block.saturating_mul(segments.length);
        if blocks < FEWEST_BLOCKS {
            return Err(AnalysisError::TooFewBlocks { blocks, block: length, needed: FEWEST_BLOCKS });
        }
        let merge = |moments: &Array2<f64>| {
            let mut merged = Array2::zeros((blocks, columns.len()));
            for (block, rows) in moments.axis_chunks_iter(Axis(0), per_block).enumerate() {
                let sum = select_sum(rows, &columns);
                merged.row_mut(block).assign(&sum);
            }
            merged
        };
        let steps: Array1<f64> =
            segments.steps.chunks(per_block).map(|s| s.iter().map(|&steps| steps as f64).sum()).collect();
        let sum = merge(&segments.sum);
        let mean = sum.sum_axis(Axis(0)) / steps.sum();
        let mut deviation = merge(&segments.square);
        for ((mut deviation, sum), &steps) in deviation.rows_mut().into_iter().zip(sum.rows()).zip(&steps) {
            deviation.scaled_add(-2.0, &(&mean * &sum));
            deviation.scaled_add(steps, &(&mean * &mean));
        }
        Ok(Self { length, steps, deviation })
    }

    /// ln σ_i² of as many blocks as there are, drawn with replacement.
    ///
    /// Deviations are taken from the mean over the window, which defines σ_i² (T⁻¹ Σ θ_i²): from the
    /// resampled mean they would be too small by the share of the variance between blocks, most in slow
    /// components, and ψ would be biased.
    fn resample(&self, points: &Points, rng: &mut impl Rng) -> Result<Vec<f64>, AnalysisError> {
        let blocks = self.steps.len();
        let mut drawn = Array1::<f64>::zeros(blocks);
        for _ in 0..blocks {
            drawn[below(blocks, rng)] += 1.0;
        }
        let variances = drawn.dot(&self.deviation) / drawn.dot(&self.steps);
        let named = variances.iter().zip(&points.index);
        named.map(|(&variance, &index)| ln("the resampled variance", index, variance)).collect()
    }
}

/// Sum of the rows, at the chosen columns.
fn select_sum(rows: ArrayView2<'_, f64>, columns: &[usize]) -> Array1<f64> {
    rows.sum_axis(Axis(0)).select(Axis(0), columns)
}

/// A whole number in 0..n from 64 random bits, uniform to n/2⁶⁴.
fn below(n: usize, rng: &mut impl Rng) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

/// Percentile of sorted values, interpolated linearly between ranks.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = share * (sorted.len() - 1) as f64;
    let (low, high) = (rank.floor() as usize, rank.ceil() as usize);
    sorted[low] + (rank - rank.floor()) * (sorted[high] - sorted[low])
}
