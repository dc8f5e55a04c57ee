//! Variances along principal components where one block of time after the other is left out.
//!
//! Principal components are chosen by the window that they describe, and another window has others: with the directions held, the
//! jackknife gives too little of the scatter among windows. So they are found again in every replicate. That counts what comes of
//! the turning of the directions, an effect of second order, twice (Efron & Stein, Ann. Stat. 9, 586 (1981): the jackknife counts
//! a part of order k in the data k times); the variance of a statistic is therefore the mean of both. In the components of
//! the whole window its covariance is diagonal, and that of a replicate is C_b = (T·diag σ² − Θ_bᵀΘ_b)/(T − L) − m_b m_bᵀ, with the
//! L rows Θ_b of the block. The first of its eigenvalues are found in its leading block; for the others, which fall over many
//! decades, stand the pivots of its Cholesky factor, which cost a fraction of a per cent of an eigen-decomposition: the first k of
//! both have the same product up to an edge effect (that of the pivots is det C_b[1..k]).

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{LltError, LltInfo, cholesky_in_place, cholesky_in_place_scratch};
use faer::{Mat, MatMut, MatRef, Par, Spec};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use crate::pca::{PARTS, add_to_lower, largest_eigenpairs};
use crate::{AnalysisError, Estimate, TrajectoryPca, WindowSource};

/// Fewest blocks that are left out one after the other.
pub(crate) const FEWEST_BLOCKS: usize = 5;

/// Size of the leading block whose eigenvalues are found, and how many of them are taken where there are further components.
const LEADING: usize = 256;
const EXACT: usize = 128;

/// A replicate of n rows has values for this share of its n − 1 components: of the rest it has too few rows.
const KNOWN: f64 = 0.8;

/// σ_i² of a window without one of its blocks of consecutive rows, for each of these.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    rows: usize,
    /// Directions found again in each, `[blocks, K]`.
    variance: Array2<f64>,
    /// Directions of the whole window, `[blocks, K]`; none where they are held by themselves.
    held: Option<Array2<f64>>,
}

impl Replicates {
    /// Rebuilds replicates from their block length in rows and their variances `[blocks, K]`: along directions that were found
    /// again in each and, if these were, along those of the whole window.
    ///
    /// # Errors
    /// If there are fewer than 5 blocks, no row or no component, the shapes differ, or a value is not positive and finite.
    pub fn from_parts(
        rows: usize,
        variance: Array2<f64>,
        held: Option<Array2<f64>>,
    ) -> Result<Self, AnalysisError> {
        if rows == 0 || variance.nrows() < FEWEST_BLOCKS || variance.ncols() == 0 {
            return Err(too_few(variance.nrows(), rows));
        }
        if let Some(held) = held.as_ref().filter(|held| held.dim() != variance.dim()) {
            let (expected, found) = (variance.len(), held.len());
            return Err(AnalysisError::Shape { what: "the held variances", expected, found });
        }
        let all = variance.iter().chain(held.iter().flatten());
        match all.into_iter().position(|v| !(*v > 0.0 && v.is_finite())) {
            Some(index) => Err(AnalysisError::Invalid {
                what: "the replicates of the variances",
                index,
                reason: "it is not positive and finite",
            }),
            None => Ok(Self { rows, variance, held }),
        }
    }

    /// Of principal components, which are found again in every replicate, in blocks of about `block` rows.
    ///
    /// The window is that of `pca`, read once more; two matrices `[K, K]` are held. K is at most `last`, and 0.8·(T − L − 1): of
    /// the components after these a replicate has too few rows. (The first pivots do not depend on how many there are.)
    ///
    /// # Errors
    /// If the window makes fewer than 5 blocks, has another number of weights, or cannot be read.
    pub fn of_components(
        pca: &TrajectoryPca,
        window: impl WindowSource,
        block: usize,
        last: usize,
    ) -> Result<Self, AnalysisError> {
        let steps = window.steps();
        let blocks = Blocks::of(steps, block)?;
        let known = (KNOWN * (steps - blocks.longest() - 1) as f64) as usize;
        let moving = pca.variance().iter().take_while(|variance| **variance > 0.0).count();
        let kept = moving.min(known).min(last).max(1);
        let mut gram = Mat::zeros(kept, kept);
        let mut sum = vec![0.0; kept];
        let (mut seen, mut found): (usize, Vec<Replicate>) = (0, Vec::new());
        pca.project_blocks(window, kept, |theta: ArrayView2<'_, f64>| {
            let mut first = 0;
            while first < theta.nrows() {
                let end = blocks.end_of(seen);
                let last = theta.nrows().min(first + end - seen);
                let part = theta.slice_axis(Axis(0), (first..last).into());
                add(&mut gram, &mut sum, part);
                seen += last - first;
                first = last;
                if seen == end {
                    let rows = steps - blocks.length(found.len());
                    found.push(replicate(&mut gram, &mut sum, pca.variance().view(), steps, rows)?);
                }
            }
            Ok::<_, AnalysisError>(())
        })?;
        let all = found.iter().map(|replicate| replicate.variance.len()).min().unwrap_or(0);
        let shape = (found.len(), all);
        let variance = Array2::from_shape_fn(shape, |(block, i)| found[block].variance[i]);
        let held = Array2::from_shape_fn(shape, |(block, i)| found[block].held[i]);
        Self::from_parts(blocks.rows, variance, Some(held))
    }

    /// Of coordinates along directions that are held, `[T, K]`: σ_i² = ⟨θ_i²⟩ − ⟨θ_i⟩² of the rows that are left.
    ///
    /// # Errors
    /// If the window makes fewer than 5 blocks, or a coordinate does not move.
    pub fn of_coordinates(theta: ArrayView2<'_, f64>, block: usize) -> Result<Self, AnalysisError> {
        let blocks = Blocks::of(theta.nrows(), block)?;
        let centre = theta.mean_axis(Axis(0)).unwrap_or_default();
        let moments = |rows: ArrayView2<'_, f64>| {
            let centred = &rows - &centre;
            (centred.sum_axis(Axis(0)), (&centred * &centred).sum_axis(Axis(0)))
        };
        let (sum, square) = moments(theta);
        let mut variance = Array2::zeros((blocks.count, theta.ncols()));
        for (block, mut variance) in variance.rows_mut().into_iter().enumerate() {
            let (without, of_block) = moments(theta.slice_axis(Axis(0), blocks.range(block).into()));
            let rows = (theta.nrows() - blocks.length(block)) as f64;
            let mean = (&sum - &without) / rows;
            variance.assign(&((&square - &of_block) / rows - &mean * &mean));
        }
        Self::from_parts(blocks.rows, variance, None)
    }

    /// Rows in a block; the first ones may have one more.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// σ_i² of each replicate along the directions found again in it, `[blocks, K]`.
    pub fn variance(&self) -> &Array2<f64> {
        &self.variance
    }

    /// The same along the directions of the whole window; none where directions were given.
    pub fn held(&self) -> Option<&Array2<f64>> {
        self.held.as_ref()
    }

    /// The interval of a statistic of the variances: `of` is asked for it with those of one replicate after the other.
    ///
    /// # Errors
    /// The first error of `of`.
    pub fn estimate<E>(
        &self,
        value: f64,
        of: impl FnMut(ArrayView1<'_, f64>) -> Result<f64, E>,
    ) -> Result<Estimate, E> {
        let (found, held) = self.values(of)?;
        Ok(Estimate::jackknife(value, &found, held.as_deref(), self.rows))
    }

    /// The same of a positive statistic.
    ///
    /// # Errors
    /// The first error of `of`.
    pub fn estimate_positive<E>(
        &self,
        value: f64,
        of: impl FnMut(ArrayView1<'_, f64>) -> Result<f64, E>,
    ) -> Result<Estimate, E> {
        let (found, held) = self.values(of)?;
        Ok(Estimate::jackknife_positive(value, &found, held.as_deref(), self.rows))
    }

    /// A statistic of every replicate, along directions found again and held.
    #[allow(clippy::type_complexity)] // two lists of values
    fn values<E>(
        &self,
        mut of: impl FnMut(ArrayView1<'_, f64>) -> Result<f64, E>,
    ) -> Result<(Vec<f64>, Option<Vec<f64>>), E> {
        let mut values = |variance: &Array2<f64>| variance.rows().into_iter().map(&mut of).collect();
        let found = values(&self.variance)?;
        Ok((found, self.held.as_ref().map(values).transpose()?))
    }
}

/// The window in blocks of nearly equal length.
pub(crate) struct Blocks {
    steps: usize,
    pub(crate) count: usize,
    /// Rows of the shortest.
    pub(crate) rows: usize,
}

impl Blocks {
    pub(crate) fn of(steps: usize, block: usize) -> Result<Self, AnalysisError> {
        let count = steps / block.max(1);
        if count < FEWEST_BLOCKS {
            return Err(too_few(count, block));
        }
        Ok(Self { steps, count, rows: steps / count })
    }

    /// The first row of a block.
    fn start(&self, block: usize) -> usize {
        block * self.rows + block.min(self.steps % self.count)
    }

    pub(crate) fn range(&self, block: usize) -> std::ops::Range<usize> {
        self.start(block)..self.start(block + 1)
    }

    fn length(&self, block: usize) -> usize {
        self.range(block).len()
    }

    fn longest(&self) -> usize {
        self.length(0)
    }

    /// The end of the block that holds a row.
    fn end_of(&self, row: usize) -> usize {
        let mut block = row / (self.rows + 1);
        while self.start(block + 1) <= row {
            block += 1;
        }
        self.start(block + 1)
    }
}

fn too_few(blocks: usize, block: usize) -> AnalysisError {
    AnalysisError::TooFewBlocks { blocks, block, needed: FEWEST_BLOCKS }
}

/// Adds rows to Σ θθᵀ (lower triangle) and Σ θ.
fn add(gram: &mut Mat<f64>, sum: &mut [f64], theta: ArrayView2<'_, f64>) {
    for row in theta.rows() {
        sum.iter_mut().zip(row).for_each(|(sum, theta)| *sum += theta);
    }
    let transposed = theta.t().as_standard_layout().into_owned();
    let columns = transposed.as_slice().unwrap_or_default();
    let rows = MatRef::from_row_major_slice(columns, transposed.nrows(), transposed.ncols());
    add_to_lower(gram.as_mut(), rows, rows, 1.0);
}

/// The variances of one replicate, as many as are positive.
struct Replicate {
    variance: Vec<f64>,
    held: Vec<f64>,
}

/// The variances of C_b, found again and along its axes; the sums are empty afterwards.
fn replicate(
    gram: &mut Mat<f64>,
    sum: &mut [f64],
    variance: ArrayView1<'_, f64>,
    steps: usize,
    rows: usize,
) -> Result<Replicate, AnalysisError> {
    let rows = rows as f64;
    let mean: Vec<f64> = sum.iter().map(|sum| -sum / rows).collect();
    let lower = |i: usize, j: usize| {
        let total = if i == j { steps as f64 * variance[i] } else { 0.0 };
        if i < j { 0.0 } else { (total - gram[(i, j)]) / rows - mean[i] * mean[j] }
    };
    let size = gram.nrows();
    let leading = size.min(LEADING);
    let (mut values, _) = largest_eigenpairs(Mat::from_fn(leading, leading, lower))?;
    if size > LEADING {
        values.truncate(EXACT);
        values.extend(pivots(size, variance, lower).into_iter().skip(EXACT));
    }
    let held: Vec<f64> = (0..size).map(|i| lower(i, i)).collect();
    let positive = values.iter().zip(&held).take_while(|(value, held)| **value > 0.0 && **held > 0.0).count();
    values.truncate(positive);
    gram.fill(0.0);
    sum.fill(0.0);
    Ok(Replicate { variance: values, held })
}

/// The pivots of a matrix whose lower triangle is given, as many as are positive.
fn pivots(mut size: usize, variance: ArrayView1<'_, f64>, lower: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    loop {
        // On the scale of the variances, so that fourteen decades do not meet in one matrix.
        let mut scaled = Mat::from_fn(size, size, |i, j| lower(i, j) / (variance[i] * variance[j]).sqrt());
        match factor(scaled.as_mut()) {
            Ok(_) => return (0..size).map(|i| scaled[(i, i)].powi(2) * variance[i]).collect(),
            // Rounding, where hardly a row is left for the last components: without them.
            Err(LltError::NonPositivePivot { index }) => size = index.min(size - 1),
        }
    }
}

/// The Cholesky factor, in place of the lower triangle.
fn factor(matrix: MatMut<'_, f64>) -> Result<LltInfo, LltError> {
    let params = Spec::default();
    let par = Par::rayon(PARTS);
    let mut buffer = MemBuffer::new(cholesky_in_place_scratch::<f64>(matrix.nrows(), par, params));
    cholesky_in_place(matrix, Default::default(), par, MemStack::new(&mut buffer), params)
}
