//! Reading a trajectory back: finished, in progress, or cut short.

use std::{
    fs::File,
    io::{self, BufReader},
    ops::Range,
    path::{Path, PathBuf},
};

use varflat_files::Precision;

use super::{
    blocks::TrajectoryReader,
    foreign::behind,
    info::Sidecar,
    npy::read_header,
    parts::{list_parts, npy_path, part_first_step},
    piece::{Layout, Piece},
};
use crate::{Keep, RecorderError, TrajectoryInfo};

/// A trajectory on disk, of shape `[steps, weights]`.
///
/// Opens what a finished, a running or a killed training left. Memory is bounded by the file's size, never by what its header
/// says.
#[derive(Debug, Clone)]
pub struct Trajectory {
    path: PathBuf,
    info: TrajectoryInfo,
    weights: usize,
    steps: u64,
    missing: u64,
    pieces: Vec<Piece>,
}

/// The rows of one NPY file.
pub(super) struct Rows {
    pub(super) layout: Layout,
    pub(super) weights: usize,
    /// Rows that the header promises.
    pub(super) promised: u64,
    /// Whole rows that are there, of those.
    pub(super) available: u64,
    /// Bytes after them.
    behind: u64,
}

impl Rows {
    pub(super) fn open(path: &Path) -> Result<Self, RecorderError> {
        let file = File::open(path).map_err(RecorderError::read(path))?;
        let bytes = file.metadata().map_err(RecorderError::read(path))?.len();
        let header = read_header(BufReader::new(file), path)?;
        let weights = header.weights as u64;
        let row_bytes = weights.saturating_mul(header.element.bytes() as u64);
        let there = bytes.saturating_sub(header.bytes);
        let whole = there / row_bytes;
        // What a cut takes away from a file in Fortran order is no row, but the end of every one.
        if header.fortran_order && whole < header.rows {
            return Err(RecorderError::Format {
                path: path.to_path_buf(),
                expected: format!("{} rows of {row_bytes} bytes, in Fortran order", header.rows),
                found: format!("{there} bytes, of which no row is whole: restore the file, or save it again"),
            });
        }
        Ok(Self {
            layout: Layout {
                offset: header.bytes,
                element: header.element,
                column: header.fortran_order.then_some(header.rows),
                weights,
            },
            weights: header.weights,
            promised: header.rows,
            available: header.rows.min(whole),
            behind: if whole < header.rows { 0 } else { there - header.rows * row_bytes },
        })
    }

    /// Refuses an array that something lies behind: of a recording that goes on it is rows that its header does not count yet, of
    /// any other file numbers that nobody would ever look at.
    fn check_end(&self, path: &Path) -> Result<(), RecorderError> {
        if self.behind == 0 {
            return Ok(());
        }
        let row_bytes = self.weights as u64 * self.layout.element.bytes() as u64;
        Err(RecorderError::Format {
            path: path.to_path_buf(),
            expected: "one array and nothing behind it".to_owned(),
            found: behind(path, self.behind, self.promised, row_bytes),
        })
    }

    fn piece(&self, path: &Path, first: u64, rows: u64) -> Piece {
        Piece { path: path.to_path_buf(), layout: self.layout, first, rows }
    }
}

impl Trajectory {
    /// Opens a run folder, or a `.npy` file by itself.
    ///
    /// In a folder: `trajectory.npy`, or the last rows of the parts of a training that has not finished. A file without
    /// `trajectory.json` beside it (one that another program wrote) counts its rows as steps 0, 1, 2, … of a flat layer; its weights
    /// may be f16, f32 or f64, in either order of bytes, its array in C or Fortran order.
    ///
    /// A file that ends before its header or `trajectory.json` says is opened with the whole rows it has: ask
    /// [`is_truncated`](Self::is_truncated).
    ///
    /// # Errors
    /// [`RecorderError::NotFound`] when the folder holds no trajectory; [`RecorderError::Format`] when a file is no NPY array of
    /// floats of shape `[steps, weights]`, contradicts its `trajectory.json`, or has something behind the array that is no row of a
    /// recording that goes on; [`RecorderError::Read`] when the operating system refuses.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecorderError> {
        let path = path.as_ref();
        if !path.is_dir() {
            return Self::open_file(path);
        }
        let finished = npy_path(path);
        if finished.exists() {
            return Self::with_sidecar(&finished, Sidecar::read(path)?);
        }
        let parts = list_parts(path)?;
        if parts.is_empty() {
            return Err(RecorderError::NotFound { folder: path.to_path_buf() });
        }
        match Self::open_parts(path, parts) {
            // The training finished in between.
            Err(_) if finished.exists() => Self::with_sidecar(&finished, Sidecar::read(path)?),
            opened => opened,
        }
    }

    /// The number of rows. Row i holds the weights after step [`step(i)`](Self::step).
    pub fn steps(&self) -> usize {
        usize::try_from(self.steps).unwrap_or(usize::MAX)
    }

    /// Weights per row.
    pub fn weights(&self) -> usize {
        self.weights
    }

    /// The floats that the weights are in.
    pub fn precision(&self) -> Precision {
        self.pieces.first().map_or(Precision::Single, |piece| piece.layout.element.precision)
    }

    /// The layer, its shape, and the optimizer steps of the rows.
    pub fn info(&self) -> &TrajectoryInfo {
        &self.info
    }

    /// The optimizer step of a row.
    pub fn step(&self, row: usize) -> u64 {
        (row as u64).saturating_mul(self.info.every).saturating_add(self.info.first_step)
    }

    /// Whether the file has fewer rows than it was written with: it was cut short.
    pub fn is_truncated(&self) -> bool {
        self.missing > 0
    }

    /// The number of rows that were cut off.
    pub fn missing_rows(&self) -> u64 {
        self.missing
    }

    /// All rows, `[steps, weights]` flattened row-major, f64 rounded to f32; a window larger than memory is read with a [`reader`](Self::reader).
    ///
    /// # Errors
    /// [`RecorderError::Read`] when the file cannot be read or is too large for memory.
    pub fn read(&self) -> Result<Vec<f32>, RecorderError> {
        self.rows(0..self.steps())
    }

    /// A range of rows, flattened row-major, f64 rounded to f32.
    ///
    /// # Errors
    /// [`RecorderError::RowsOutOfRange`] when there are fewer rows; [`RecorderError::Read`] as [`read`](Self::read).
    pub fn rows(&self, range: Range<usize>) -> Result<Vec<f32>, RecorderError> {
        self.check_rows(&range)?;
        let mut values = Vec::new();
        let count = range.len().checked_mul(self.weights);
        let count = count.filter(|&count| values.try_reserve_exact(count).is_ok());
        let count =
            count.ok_or_else(|| RecorderError::read(&self.path)(io::ErrorKind::OutOfMemory.into()))?;
        values.resize(count, 0.0);
        self.reader()?.read(range, &mut values)?;
        Ok(values)
    }

    /// Opens the files, for reading the rows a block at a time.
    ///
    /// # Errors
    /// [`RecorderError::Read`] when one of them cannot be opened any more.
    pub fn reader(&self) -> Result<TrajectoryReader, RecorderError> {
        TrajectoryReader::open(self.clone())
    }

    pub(super) fn check_rows(&self, range: &Range<usize>) -> Result<(), RecorderError> {
        let (start, end) = (range.start as u64, range.end as u64);
        if start > end || end > self.steps {
            let path = self.path.clone();
            return Err(RecorderError::RowsOutOfRange { path, start, end, rows: self.steps });
        }
        Ok(())
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    fn open_file(path: &Path) -> Result<Self, RecorderError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let is_ours = path.file_name() == npy_path(folder).file_name();
        let part = part_first_step(path);
        if (is_ours || part.is_some()) && Sidecar::path(folder).exists() {
            let mut sidecar = Sidecar::read(folder)?;
            if let Some(first_step) = part {
                sidecar.info.first_step = first_step;
                sidecar.rows = None;
            }
            return Self::with_sidecar(path, sidecar);
        }
        let rows = Rows::open(path)?;
        rows.check_end(path)?;
        let weights = rows.weights;
        let layer = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let sidecar = Sidecar { info: TrajectoryInfo::new(layer, [weights]), keep: Keep::All, rows: None };
        Self::with_sidecar(path, sidecar)
    }

    fn with_sidecar(path: &Path, sidecar: Sidecar) -> Result<Self, RecorderError> {
        let rows = Rows::open(path)?;
        let weights = checked_weights(path, &sidecar.info, &rows)?;
        if sidecar.rows.is_some() {
            rows.check_end(path)?;
        }
        let expected = rows.promised.max(sidecar.rows.unwrap_or(0));
        Ok(Self {
            path: path.to_path_buf(),
            info: sidecar.info,
            weights,
            steps: rows.available,
            missing: expected - rows.available,
            pieces: vec![rows.piece(path, 0, rows.available)],
        })
    }

    /// The newest unbroken rows of the parts, at most the window.
    fn open_parts(folder: &Path, parts: Vec<(u64, PathBuf)>) -> Result<Self, RecorderError> {
        let sidecar = Sidecar::read(folder)?;
        let mut info = sidecar.info;
        let weights = info.weights()?;
        info.stride()?;
        let mut room = match sidecar.keep {
            Keep::All => u64::MAX,
            Keep::Last(window) => window,
        };
        let mut pieces = Vec::new();
        let (mut steps, mut missing) = (0, 0);
        let mut next_first_step = None;
        for (first_step, path) in parts.into_iter().rev() {
            if room == 0 {
                break;
            }
            let rows = Rows::open(&path)?;
            checked_weights(&path, &info, &rows)?;
            let end_step = first_step.saturating_add(rows.available.saturating_mul(info.every));
            if next_first_step.is_some_and(|next| next != end_step) {
                break;
            }
            let taken = rows.available.min(room);
            let skipped = rows.available - taken;
            pieces.push(rows.piece(&path, skipped, taken));
            room -= taken;
            steps += taken;
            missing = u64::saturating_add(missing, rows.promised - rows.available);
            info.first_step = first_step.saturating_add(skipped.saturating_mul(info.every));
            next_first_step = Some(first_step);
        }
        pieces.reverse();
        Ok(Self { path: folder.to_path_buf(), info, weights, steps, missing, pieces })
    }
}

/// The weights per row, when `trajectory.json` and the array agree on them.
fn checked_weights(path: &Path, info: &TrajectoryInfo, rows: &Rows) -> Result<usize, RecorderError> {
    let weights = info.weights()?;
    info.stride()?;
    if weights == rows.weights {
        return Ok(weights);
    }
    Err(RecorderError::Format {
        path: path.to_path_buf(),
        expected: format!("{weights} weights per row, the shape {:?} of trajectory.json", info.shape),
        found: format!("{}", rows.weights),
    })
}
