//! Where the rows of a trajectory lie.

use std::path::PathBuf;

use varflat_files::FloatElement;

/// Consecutive rows in one file.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) path: PathBuf,
    pub(super) layout: Layout,
    /// The first of them, of the rows of the file.
    pub(super) first: u64,
    pub(super) rows: u64,
}

/// Where the weights of an NPY file lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// The byte at which the first begins.
    pub(super) offset: u64,
    pub(super) element: FloatElement,
    /// Of a file in Fortran order, in which all rows of a weight lie one behind the other: how many these are.
    pub(super) column: Option<u64>,
    pub(super) weights: u64,
}

impl Layout {
    /// The byte at which a weight of a row begins.
    pub(super) fn place(&self, row: u64, weight: u64) -> u64 {
        let before = match self.column {
            Some(rows) => weight * rows + row,
            None => row * self.weights + weight,
        };
        self.offset + before * self.element.bytes() as u64
    }
}
