//! Small matrices on the host, and their products: what a step does after its first layer.

use pulp::{Arch, Simd, WithSimd};

/// RowMatrix begin at multiples of this many entries: the longest vector.
const LANES: usize = 16;

/// RowMatrix and vectors of a row that are summed together. Their 12 sums, the 3 factors and one vector fill the 16
/// registers of AVX2.
const ROWS: usize = 3;
const VECTORS: usize = 4;

/// A matrix, row by row; what fills up a row is zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowMatrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    stride: usize,
    values: Vec<f32>,
}

impl RowMatrix {
    fn zeros(rows: usize, columns: usize) -> Self {
        let stride = columns.next_multiple_of(LANES);
        Self { rows, columns, stride, values: vec![0.0; rows * stride] }
    }

    /// From `[rows, columns]`, row-major.
    pub(crate) fn new(values: &[f32], columns: usize) -> Self {
        Self::gathered(values.chunks_exact(columns), values.len() / columns, columns)
    }

    /// From as many rows as there are.
    pub(crate) fn gathered<'a>(from: impl Iterator<Item = &'a [f32]>, rows: usize, columns: usize) -> Self {
        let mut matrix = Self::zeros(rows, columns);
        for (row, values) in matrix.each_mut().zip(from) {
            row.copy_from_slice(values);
        }
        matrix
    }

    /// The transposed of `[columns, rows]`, row-major.
    pub(crate) fn transposed(values: &[f32], rows: usize) -> Self {
        let mut matrix = Self::zeros(rows, values.len() / rows);
        let stride = matrix.stride;
        for (column, values) in values.chunks_exact(rows).enumerate() {
            for (row, &value) in values.iter().enumerate() {
                matrix.values[row * stride + column] = value;
            }
        }
        matrix
    }

    /// Row by row, without what fills them up.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.stride).map(|row| &row[..self.columns])
    }

    /// A row, without what fills it up.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.stride..][..self.columns]
    }

    pub(crate) fn each_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let columns = self.columns;
        self.values.chunks_exact_mut(self.stride).map(move |row| &mut row[..columns])
    }

    /// `[rows, columns]`, row-major.
    pub(crate) fn to_vec(&self) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.rows * self.columns);
        self.each().for_each(|row| values.extend_from_slice(row));
        values
    }

    /// max(0, z).
    pub(crate) fn rectified(&self) -> Self {
        let values = self.values.iter().map(|z| z.max(0.0)).collect();
        Self { values, ..*self }
    }

    /// Zero wherever `z` is not positive: the derivative of the ReLU, applied.
    pub(crate) fn mask(&mut self, z: &Self) {
        for (value, &z) in self.values.iter_mut().zip(&z.values) {
            *value = if z > 0.0 { *value } else { 0.0 };
        }
    }

    /// Add the same row to every row.
    pub(crate) fn add(&mut self, bias: &[f32]) {
        for row in self.each_mut() {
            row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
        }
    }

    /// The sum of all rows.
    #[cfg(feature = "burn")] // the gradient of a bias
    pub(crate) fn sum(&self) -> Vec<f32> {
        let mut sum = vec![0.0; self.columns];
        for row in self.each() {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sum
    }

    /// AB.
    pub(crate) fn times(&self, arch: Arch, other: &Self) -> Self {
        let mut result = Self::zeros(self.rows, other.columns);
        let steps = (self.stride, 1);
        arch.dispatch(Product { left: &self.values, steps, right: other, result: &mut result });
        result
    }

    /// AᵀB.
    pub(crate) fn transposed_times(&self, arch: Arch, other: &Self) -> Self {
        let mut result = Self::zeros(self.columns, other.columns);
        let steps = (1, self.stride);
        arch.dispatch(Product { left: &self.values, steps, right: other, result: &mut result });
        result
    }
}

/// r_ik = Σ_j a_ij b_jk, with a_ij at i·steps.0 + j·steps.1.
struct Product<'a> {
    left: &'a [f32],
    steps: (usize, usize),
    right: &'a RowMatrix,
    result: &'a mut RowMatrix,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let vectors = self.right.columns.div_ceil(S::F32_LANES);
        for first in (0..vectors).step_by(VECTORS) {
            match vectors - first {
                1 => self.block::<S, 1>(simd, first),
                2 => self.block::<S, 2>(simd, first),
                3 => self.block::<S, 3>(simd, first),
                _ => self.block::<S, VECTORS>(simd, first),
            }
        }
    }
}

impl Product<'_> {
    /// All rows of `BLOCK` vectors of columns, three at a time.
    #[inline(always)]
    fn block<S: Simd, const BLOCK: usize>(&mut self, simd: S, first: usize) {
        let Self { left, steps, right, .. } = *self;
        let (rows, inner, stride) = (self.result.rows, right.rows, right.stride / S::F32_LANES);
        let (right, _) = S::as_simd_f32s(&right.values);
        let (result, _) = S::as_mut_simd_f32s(&mut self.result.values);
        for row in (0..rows).step_by(ROWS) {
            // Of the last rows some are done twice, where their number is not a multiple of three.
            let together: [usize; ROWS] = std::array::from_fn(|next| (row + next).min(rows - 1));
            let mut sums = [[simd.splat_f32s(0.0); BLOCK]; ROWS];
            for (index, values) in right.chunks_exact(stride).enumerate().take(inner) {
                let Some(values) = values[first..].first_chunk::<BLOCK>() else { return };
                let factors = together.map(|row| simd.splat_f32s(left[row * steps.0 + index * steps.1]));
                for vector in 0..BLOCK {
                    for row in 0..ROWS {
                        sums[row][vector] =
                            simd.mul_add_e_f32s(factors[row], values[vector], sums[row][vector]);
                    }
                }
            }
            for (row, sums) in together.into_iter().zip(&sums) {
                result[row * stride + first..][..BLOCK].copy_from_slice(sums);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream, uniform};

    #[test]
    fn products_of_every_width_are_those_of_the_definition() {
        let mut random = stream(3, Purpose::InitialWeights, 9);
        let mut draw =
            |count: usize| -> Vec<f32> { (0..count).map(|_| uniform(&mut random) - 0.5).collect() };
        for (m, k, n) in [(1, 1, 1), (50, 50, 50), (7, 3, 10), (5, 20, 113), (2, 9, 57), (3, 4, 200)] {
            let (a, b) = (draw(m * k), draw(k * n));
            let right = RowMatrix::new(&b, n);
            let plain = RowMatrix::new(&a, k).times(Arch::new(), &right);
            // Aᵀ is stored; its transposed is A again.
            let turned = RowMatrix::transposed(&a, k).transposed_times(Arch::new(), &right);
            assert_eq!((plain.rows, plain.columns), (m, n));
            assert_eq!(plain.to_vec(), turned.to_vec());
            for (position, value) in plain.to_vec().into_iter().enumerate() {
                let (i, j) = (position / n, position % n);
                let exact: f64 = (0..k).map(|x| f64::from(a[i * k + x]) * f64::from(b[x * n + j])).sum();
                assert!((f64::from(value) - exact).abs() < 1e-5, "{m} {k} {n}");
            }
        }
    }

    #[test]
    fn what_fills_up_a_row_stays_zero() {
        let matrix = RowMatrix::new(&[-1.0, 2.0, 3.0, -4.0], 2);
        assert_eq!(matrix.rectified().to_vec(), [0.0, 2.0, 3.0, 0.0]);
        #[cfg(feature = "burn")]
        assert_eq!(matrix.sum(), [2.0, -2.0]);
        let mut shifted = matrix.clone();
        shifted.add(&[1.0, 1.0]);
        shifted.mask(&matrix);
        assert_eq!(shifted.to_vec(), [0.0, 3.0, 4.0, 0.0]);
        assert_eq!(shifted.values.iter().sum::<f32>(), 7.0);
    }
}
