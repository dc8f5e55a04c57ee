//! Reduction of a symmetric matrix to tridiagonal form, A = Q T Qᵀ, by blocked reflections.
//!
//! faer 0.24 updates the whole remaining matrix after each reflection, reading and writing all of it;
//! here (as LAPACK's `dsytrd`) it is only read, and written once in [`PANEL`] reflections. At 2500
//! weights the matrix is larger than the cache and that traffic is the time.

use faer::diag::Diag;
use faer::linalg::householder::{make_householder_in_place, upgrade_householder_factor};
use faer::linalg::matmul::matmul;
use faer::{Accum, Col, ColRef, Mat, MatMut, MatRef, Par};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::PARTS;
use super::product::add_to_lower;

/// Reflections between two updates of the remaining matrix.
const PANEL: usize = 64;
/// Reflections that are applied at once when Q is.
const BLOCK: usize = 128;
/// Side of the remaining matrix from which a product with it is worth further threads.
const PARALLEL: usize = 400;

/// An entry of T that is less than this share of the largest is the square of rounding.
const NOTHING: f64 = f64::EPSILON * f64::EPSILON;

/// T, and what [`reduce`] leaves of Q beside the reflections themselves.
pub(super) struct Tridiagonal {
    pub(super) diagonal: Diag<f64>,
    /// As long as the diagonal; the last entry is 0.
    pub(super) subdiagonal: Diag<f64>,
    /// Triangular factors of the blocks of reflections, `[BLOCK, size − 1]`.
    pub(super) factors: Mat<f64>,
}

impl Tridiagonal {
    /// Rayleigh quotient uᵀTu of a unit vector.
    pub(super) fn quotient(&self, u: &[f64]) -> f64 {
        let next = u.iter().skip(1).chain([&0.0]);
        let terms = u.iter().zip(next).enumerate();
        terms.map(|(i, (u, next))| u * (self.diagonal[i] * u + 2.0 * self.subdiagonal[i] * next)).sum()
    }
}

/// Reduces a symmetric matrix, given its lower triangle. The reflections I − vvᵀ/τ, with v_1 = 1
/// left out, replace the columns under the subdiagonal.
pub(super) fn reduce(mut matrix: MatMut<'_, f64>) -> Tridiagonal {
    let size = matrix.nrows();
    let reflections = size - 1;
    let mut factors = Mat::zeros(BLOCK.min(reflections).max(1), reflections);
    let block = factors.nrows();
    let mut sums = vec![Vec::new(); PARTS];
    for start in (0..reflections).step_by(PANEL) {
        let width = PANEL.min(reflections - start);
        let rest = matrix.as_mut().submatrix_mut(start, start, size - start, size - start);
        let taus = reduce_panel(rest, width, &mut sums);
        for (column, tau) in (start..).zip(taus) {
            factors[(column % block, column)] = tau;
        }
    }
    for start in (0..reflections).step_by(block) {
        let width = block.min(reflections - start);
        let factor = factors.as_mut().submatrix_mut(0, start, width, width);
        let essentials = matrix.as_ref().submatrix(start + 1, start, reflections - start, width);
        upgrade_householder_factor(factor, essentials, width, 1, Par::rayon(PARTS));
    }
    // Where most weights stand still, reflections of nothing but rounding leave ever smaller entries, on which divide and conquer
    // does not converge.
    let largest = (0..size).map(|i| matrix[(i, i)].abs()).fold(0.0, f64::max);
    let or_zero = |entry: f64| if entry.abs() > NOTHING * largest { entry } else { 0.0 };
    let (mut diagonal, mut subdiagonal) = (Diag::zeros(size), Diag::zeros(size));
    for i in 0..size {
        diagonal[i] = or_zero(matrix[(i, i)]);
        if i < reflections {
            subdiagonal[i] = or_zero(matrix[(i + 1, i)]);
        }
    }
    Tridiagonal { diagonal, subdiagonal, factors }
}

/// Reduces the first `width` columns and updates the others; returns τ of each reflection.
///
/// With y = Av/τ and w = y − (yᵀv/2τ)v, a reflection takes A to A − vwᵀ − wvᵀ. Inside the panel that
/// change is only applied to the column that comes next, and to the products Av.
fn reduce_panel(mut matrix: MatMut<'_, f64>, width: usize, sums: &mut [Vec<f64>]) -> Vec<f64> {
    let size = matrix.nrows();
    let (mut v, mut w) = (Mat::zeros(size, width), Mat::zeros(size, width));
    let mut taus = Vec::with_capacity(width);
    for j in 0..width {
        let (v_done, w_done) = (v.get(j.., ..j), w.get(j.., ..j));
        let mut column = matrix.as_mut().col_mut(j).subrows_mut(j, size - j);
        matmul(&mut column, Accum::Add, v_done, w_done.row(0).transpose(), -1.0, Par::Seq);
        matmul(&mut column, Accum::Add, w_done, v_done.row(0).transpose(), -1.0, Par::Seq);

        let below = j + 1;
        let (mut head, mut tail) = column.subrows_mut(1, size - below).split_at_row_mut(1);
        let tau = make_householder_in_place(&mut head[0], tail.as_mut()).tau;
        v[(below, j)] = 1.0;
        v.col_mut(j).subrows_mut(below + 1, size - below - 1).copy_from(&tail);

        let reflection = v.get(below.., j);
        let mut y = symmetric_product(matrix.as_ref().get(below.., below..), reflection, sums);
        let (v_done, w_done) = (v.get(below.., ..j), w.get(below.., ..j));
        let (along_v, along_w) = (v_done.transpose() * reflection, w_done.transpose() * reflection);
        matmul(&mut y, Accum::Add, v_done, &along_w, -1.0, Par::Seq);
        matmul(&mut y, Accum::Add, w_done, &along_v, -1.0, Par::Seq);
        let half = 0.5 * (y.transpose() * reflection) / tau;
        let reflected = y.iter().zip(reflection.iter()).map(|(y, v)| (y - half * v) / tau);
        w.get_mut(below.., j).iter_mut().zip(reflected).for_each(|(w, value)| *w = value);
        taus.push(tau);
    }
    // [v w][w v]ᵀ in one product, the factors row-major as it wants them.
    let rest = size - width;
    let (v, w) = (v.get(width.., ..), w.get(width.., ..));
    let side_by_side = |a: MatRef<'_, f64>, b: MatRef<'_, f64>| {
        let column = |i| if i < width { a.col(i) } else { b.col(i - width) };
        Mat::from_fn(2 * width, rest, |i, row| column(i)[row])
    };
    let (left, right) = (side_by_side(v, w), side_by_side(w, v));
    let remaining = matrix.submatrix_mut(width, width, rest, rest);
    add_to_lower(remaining, left.transpose(), right.transpose(), -1.0);
    taus
}

/// Ax from the lower triangle of A, each entry read once; `sums` has a vector for each part.
fn symmetric_product(a: MatRef<'_, f64>, x: ColRef<'_, f64>, sums: &mut [Vec<f64>]) -> Col<f64> {
    let size = a.nrows();
    let x: Vec<f64> = x.iter().copied().collect();
    let parts = if size < PARALLEL { 1 } else { sums.len() };
    // Columns of a triangle in shares of equal area.
    let share = |i: usize| match i {
        i if i == parts => size,
        i => (size as f64 * (1.0 - (1.0 - i as f64 / parts as f64).sqrt())) as usize / 4 * 4,
    };
    let add = |(i, sum): (usize, &mut Vec<f64>)| {
        sum.clear();
        sum.resize(size, 0.0);
        add_columns(a, share(i), share(i + 1), &x, sum);
    };
    if parts == 1 {
        add((0, &mut sums[0]));
    } else {
        sums.par_iter_mut().enumerate().for_each(add);
    }
    Col::from_fn(size, |row| sums[..parts].iter().map(|sum| sum[row]).sum())
}

/// Adds to `y` what columns `first..last` of the lower triangle of A, and their mirror image, give Ax.
fn add_columns(a: MatRef<'_, f64>, first: usize, last: usize, x: &[f64], y: &mut [f64]) {
    let column = |j: usize| a.col(j).try_as_col_major().map(|column| column.as_slice());
    let mut j = first;
    while j < last {
        let below = j + 4;
        if below <= last
            && let (Some(a0), Some(a1), Some(a2), Some(a3)) =
                (column(j), column(j + 1), column(j + 2), column(j + 3))
        {
            let four = [&a0[below..], &a1[below..], &a2[below..], &a3[below..]];
            let dots = four_columns(four, [x[j], x[j + 1], x[j + 2], x[j + 3]], &x[below..], &mut y[below..]);
            for (c, dot) in dots.into_iter().enumerate() {
                y[j + c] += dot;
                add_corner(a, j + c, below, x, y);
            }
            j = below;
        } else {
            add_corner(a, j, a.nrows(), x, y);
            j += 1;
        }
    }
}

/// Adds what rows up to `end` of one column, and their mirror image, give.
fn add_corner(a: MatRef<'_, f64>, j: usize, end: usize, x: &[f64], y: &mut [f64]) {
    y[j] += a[(j, j)] * x[j];
    for i in j + 1..end {
        y[i] += a[(i, j)] * x[j];
        y[j] += a[(i, j)] * x[i];
    }
}

/// y += Σ_c a_c x_c, and the dot products of a_c with `along`, in one pass that compiles to vectors.
fn four_columns(a: [&[f64]; 4], x: [f64; 4], along: &[f64], y: &mut [f64]) -> [f64; 4] {
    const LANES: usize = 4;
    let whole = y.len() / LANES * LANES;
    let mut dots = [[0.0; LANES]; 4];
    let [a0, a1, a2, a3] = a.map(|column| column.chunks_exact(LANES));
    let columns = a0.zip(a1).zip(a2.zip(a3));
    for ((y, along), ((a0, a1), (a2, a3))) in
        y.chunks_exact_mut(LANES).zip(along.chunks_exact(LANES)).zip(columns)
    {
        for lane in 0..LANES {
            y[lane] += (a0[lane] * x[0] + a1[lane] * x[1]) + (a2[lane] * x[2] + a3[lane] * x[3]);
            dots[0][lane] += a0[lane] * along[lane];
            dots[1][lane] += a1[lane] * along[lane];
            dots[2][lane] += a2[lane] * along[lane];
            dots[3][lane] += a3[lane] * along[lane];
        }
    }
    let mut sums = dots.map(|lanes| lanes.iter().sum::<f64>());
    for i in whole..y.len() {
        for c in 0..4 {
            y[i] += a[c][i] * x[c];
            sums[c] += a[c][i] * along[i];
        }
    }
    sums
}
