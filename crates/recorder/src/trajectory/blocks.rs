//! Reading blocks of a trajectory into a buffer of the caller's: nothing of the trajectory's size is held.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

use varflat_files::FromFloat;

use super::{
    npy::OURS,
    piece::{Layout, Piece},
};
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

    /// Reads rows into `values`, `[rows, weights]` flattened row-major, f64 rounded to f32.
    ///
    /// # Errors
    /// As [`read_columns`](Self::read_columns).
    pub fn read(&mut self, rows: Range<usize>, values: &mut [f32]) -> Result<(), RecorderError> {
        let columns = 0..self.trajectory.weights();
        self.read_columns(rows, columns, values)
    }

    /// Reads some columns of rows into `values`, `[rows, columns]` flattened row-major, in f32 or f64; weights in f64 are rounded to
    /// f32. Whole rows are read in one piece.
    ///
    /// # Errors
    /// [`RecorderError::RowsOutOfRange`] when there are fewer rows; [`RecorderError::WrongLength`] when there are fewer columns, or
    /// `values` is of another length; [`RecorderError::Read`] when the operating system refuses, or a file has become shorter since
    /// it was opened.
    pub fn read_columns<T: FromFloat>(
        &mut self,
        rows: Range<usize>,
        columns: Range<usize>,
        values: &mut [T],
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
            let first = piece.first + from - piece_rows.start;
            read_block(file, piece, first, &columns, weights, here)
                .map_err(|error| RecorderError::read(&piece.path)(shorter(error)))?;
        }
        Ok(())
    }
}

/// Reads a block of a file, from a row of it on.
fn read_block<T: FromFloat>(
    file: &mut File,
    piece: &Piece,
    first: u64,
    columns: &Range<usize>,
    weights: usize,
    values: &mut [T],
) -> io::Result<()> {
    let (layout, width) = (&piece.layout, columns.len());
    if width == 0 {
        return Ok(());
    }
    let mut bytes = Vec::new();
    if layout.column.is_none() {
        let length = if width == weights { values.len() } else { width };
        for (row, values) in (first..).zip(values.chunks_mut(length)) {
            read_at(file, layout, layout.place(row, columns.start as u64), values, &mut bytes)?;
        }
        return Ok(());
    }
    let mut column = vec![T::default(); values.len() / width];
    for (place, weight) in columns.clone().enumerate() {
        read_at(file, layout, layout.place(first, weight as u64), &mut column, &mut bytes)?;
        values.iter_mut().skip(place).step_by(width).zip(&column).for_each(|(to, from)| *to = *from);
    }
    Ok(())
}

/// Reads numbers from a place in a file; `bytes` is room that is used again.
fn read_at<T: FromFloat>(
    file: &mut File,
    layout: &Layout,
    place: u64,
    values: &mut [T],
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    file.seek(SeekFrom::Start(place))?;
    if layout.element == OURS
        && let Some(singles) = T::as_singles(values)
    {
        file.read_exact(bytemuck::cast_slice_mut(singles))?;
        if cfg!(target_endian = "big") {
            singles.iter_mut().for_each(|value| *value = f32::from_bits(u32::from_le(value.to_bits())));
        }
        return Ok(());
    }
    bytes.resize(values.len() * layout.element.bytes(), 0);
    file.read_exact(bytes)?;
    let mut places = values.iter_mut();
    layout.element.decode(bytes, |value| {
        if let Some(place) = places.next() {
            *place = value;
        }
    });
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
