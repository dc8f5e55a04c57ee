//! Reading blocks of a trajectory into a buffer of the caller's: nothing of the trajectory's size is held.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

use super::reader::Piece;
use crate::{RecorderError, Trajectory};

/// The open files of a [`Trajectory`].
///
/// Files are read, not mapped into memory: what was read stays in the system's cache, which makes further passes as fast, while a
/// mapping would count against the process's address space in full, and a file that is cut short while it is mapped kills the
/// process instead of giving an error.
#[derive(Debug)]
pub struct TrajectoryReader {
    trajectory: Trajectory,
    files: Vec<File>,
}

impl TrajectoryReader {
    pub(super) fn open(trajectory: Trajectory) -> Result<Self, RecorderError> {
        let open = |piece: &Piece| File::open(&piece.path).map_err(RecorderError::read(&piece.path));
        let files = trajectory.pieces().iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { trajectory, files })
    }

    /// What is read.
    pub fn trajectory(&self) -> &Trajectory {
        &self.trajectory
    }

    /// Reads rows into `values`, `[rows, weights]` flattened row-major.
    ///
    /// # Errors
    /// As [`read_columns`](Self::read_columns).
    pub fn read(&mut self, rows: Range<usize>, values: &mut [f32]) -> Result<(), RecorderError> {
        let columns = 0..self.trajectory.weights();
        self.read_columns(rows, columns, values)
    }

    /// Reads some columns of rows into `values`, `[rows, columns]` flattened row-major. Whole rows are read in one piece.
    ///
    /// # Errors
    /// [`RecorderError::RowsOutOfRange`] when there are fewer rows; [`RecorderError::WrongLength`] when there are fewer columns, or
    /// `values` is of another length; [`RecorderError::Read`] when the operating system refuses, or a file has become shorter since
    /// it was opened.
    pub fn read_columns(
        &mut self,
        rows: Range<usize>,
        columns: Range<usize>,
        values: &mut [f32],
    ) -> Result<(), RecorderError> {
        let weights = self.trajectory.weights();
        self.trajectory.check_rows(&rows)?;
        let (width, expected) = (columns.len(), rows.len().saturating_mul(columns.len()));
        if columns.end > weights {
            return Err(RecorderError::WrongLength { expected: weights, got: columns.end });
        }
        if values.len() != expected {
            return Err(RecorderError::WrongLength { expected, got: values.len() });
        }
        let mut left = values;
        let mut piece_start = 0;
        for (piece, file) in self.trajectory.pieces().iter().zip(&mut self.files) {
            let piece_rows = piece_start..piece_start + piece.rows;
            let from = piece_rows.start.max(rows.start as u64);
            let to = piece_rows.end.min(rows.end as u64);
            piece_start = piece_rows.end;
            if from >= to {
                continue;
            }
            let (here, after) = left.split_at_mut((to - from) as usize * width);
            left = after;
            let first_weight = (from - piece_rows.start) * weights as u64 + columns.start as u64;
            let place = piece.offset + first_weight * size_of::<f32>() as u64;
            let row = if width == weights { here.len() } else { width };
            let stride = (weights * size_of::<f32>()) as u64;
            for (index, row) in (0..).zip(here.chunks_mut(row.max(1))) {
                read_at(file, place + index * stride, row)
                    .map_err(|error| RecorderError::read(&piece.path)(shorter(error)))?;
            }
        }
        Ok(())
    }
}

/// Reads little-endian numbers from a place in a file.
fn read_at(file: &mut File, place: u64, values: &mut [f32]) -> io::Result<()> {
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(bytemuck::cast_slice_mut(values))?;
    if cfg!(target_endian = "big") {
        values.iter_mut().for_each(|value| *value = f32::from_bits(u32::from_le(value.to_bits())));
    }
    Ok(())
}

/// The same error, in the words for a file that had the rows when it was opened.
fn shorter(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(
            error.kind(),
            "it has become shorter since it was opened; restore it, or record it again",
        ),
        _ => error,
    }
}
