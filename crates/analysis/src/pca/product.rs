//! Products of dense matrices, cut into tiles and spread over the threads of rayon.
//!
//! faer's own product loses up to half its speed on matrices of thousands by thousands where the
//! right factor is row-major or the result triangular; tiles of about 500 with the factors in the
//! layouts named here come within a fifth of the speed of OpenBLAS.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};

use super::PARTS;

/// Rows of a tile: a multiple of the 12 of faer's kernel.
const TILE: usize = 504;

/// Calls `visit` for chunks of columns of `target`, in parallel, with the first column of each.
pub(super) fn for_column_chunks(target: MatMut<'_, f64>, visit: impl Fn(usize, MatMut<'_, f64>) + Sync) {
    if target.ncols() == 0 {
        return;
    }
    let width = chunk(target.ncols());
    target.par_col_chunks_mut(width).enumerate().for_each(|(index, columns)| visit(index * width, columns));
}

/// `target` = (or += with [`Accum::Add`]) `scale`·A·B; fastest where A is row-major, and B and `target`
/// column-major.
pub(crate) fn product(
    target: MatMut<'_, f64>,
    accum: Accum,
    a: MatRef<'_, f64>,
    b: MatRef<'_, f64>,
    scale: f64,
) {
    for_column_chunks(target, |first, columns| {
        let width = columns.ncols();
        tiles(columns, accum, a, b.subcols(first, width), scale);
    });
}

/// One chunk of [`product`], on one thread.
pub(super) fn tiles(
    mut target: MatMut<'_, f64>,
    accum: Accum,
    a: MatRef<'_, f64>,
    b: MatRef<'_, f64>,
    scale: f64,
) {
    for first in (0..a.nrows()).step_by(TILE) {
        let rows = TILE.min(a.nrows() - first);
        let tile = target.as_mut().subrows_mut(first, rows);
        matmul(tile, accum, a.subrows(first, rows), b, scale, Par::Seq);
    }
}

/// Adds `scale`·A·Bᵀ to the lower triangle of the square `target`, and to some of the upper one.
///
/// For B = A this is the symmetric rank-k update, at half the work of the full product; fastest
/// where A is row-major.
pub(crate) fn add_to_lower(target: MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>, scale: f64) {
    for_column_chunks(target, |first, columns| {
        let (below, width) = (columns.nrows() - first, columns.ncols());
        let rows = a.subrows(first, below);
        let right = b.subrows(first, width).transpose();
        tiles(columns.subrows_mut(first, below), Accum::Add, rows, right, scale);
    });
}

/// Columns in a chunk: several chunks a part, because those of a triangle differ in length.
fn chunk(columns: usize) -> usize {
    let even = columns.div_ceil(3 * PARTS);
    even.next_multiple_of(8).clamp(16, 240)
}
