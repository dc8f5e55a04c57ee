//! A trajectory file as a window to be analysed, larger than memory or not.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ndarray::{Array2, ArrayView2};
use varflat_analysis::{AnalysisError, WindowSource, check_rows};
use varflat_files::FileError;
use varflat_recorder::{FromFloat, Precision, RecorderError, Trajectory, TrajectoryReader};

use crate::error::{Error, Remedy, Result};

/// The recorded weights of a run folder or a trajectory file, `[steps, weights]`, read a block at a time and never held whole.
///
/// ```no_run
/// use varflat_analysis::{ParamGuard, TrajectoryPca};
/// use varflat_run::RecordedWindow;
///
/// let pca = TrajectoryPca::params().check()?.fit_source(RecordedWindow::open("runs/headline")?)?;
/// println!("σ_1² = {:.3e}", pca.variance()[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RecordedWindow {
    trajectory: Trajectory,
    reader: Mutex<TrajectoryReader>,
}

/// Reads recorded weights `[steps, weights]` from an npy file of any making, with every digit they have. A
/// [`RecordedWindow`] is the same without holding it in memory.
///
/// A weight matrix must have been flattened from `[d_in, d_out]`, row by row. PyTorch keeps `[d_out, d_in]`: transpose first.
///
/// # Errors
/// As [`RecordedWindow::open`]; [`Error::Analysis`] if there is not enough memory.
pub fn read_window(path: impl AsRef<Path>) -> Result<Array2<f64>> {
    RecordedWindow::open(path)?.whole()
}

impl RecordedWindow {
    /// Opens a run folder, or a trajectory file by itself: of any program that saves npy arrays `[steps, weights]` of f16, f32 or
    /// f64, in C or Fortran order.
    ///
    /// A weight matrix must have been flattened from `[d_in, d_out]`, row by row. PyTorch keeps `[d_out, d_in]`: transpose first.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, is no trajectory, has something behind its array, or ends in rows that were never written;
    /// [`Error::Malformed`] if it was cut short; [`Error::Window`] if its weights cannot be analysed.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if !path.is_dir() {
            // A pipe would keep us waiting.
            drop(varflat_files::open(path)?);
        }
        let trajectory = Trajectory::open(path).map_err(|error| unusable(path, error))?;
        if trajectory.is_truncated() {
            let missing = trajectory.missing_rows();
            let all = missing + trajectory.steps() as u64;
            let problem = format!("{missing} of {all} rows are missing: the file was cut short");
            return Err(Error::malformed(path, problem, Remedy::RecordAgain));
        }
        let reader = Mutex::new(trajectory.reader().map_err(|error| unusable(path, error))?);
        let window = Self { trajectory, reader };
        check_rows(&window).map_err(|error| match error {
            error @ AnalysisError::Source(_) => error.into(),
            error @ AnalysisError::UnwrittenRows { .. } => {
                Error::from(FileError::malformed(path, error.to_string()))
            }
            source => Error::Window { path: path.to_path_buf(), source },
        })?;
        Ok(window)
    }

    /// The trajectory: its layer, and the optimizer steps of its rows.
    pub fn trajectory(&self) -> &Trajectory {
        &self.trajectory
    }

    /// Rows of it, in memory; weights in f64 are rounded to f32.
    ///
    /// # Errors
    /// [`Error::Recorder`] if they cannot be read.
    pub fn rows(&self, rows: Range<usize>) -> Result<ndarray::Array2<f32>> {
        Ok(self.read(rows, 0..self.weights(), &mut Vec::new())?.to_owned())
    }

    /// All rows, in memory, with every digit of them.
    pub(crate) fn whole(&self) -> Result<ndarray::Array2<f64>> {
        let mut values = Vec::new();
        let count = self.steps().saturating_mul(self.weights());
        if values.try_reserve_exact(count).is_err() {
            return Err(AnalysisError::Memory { bytes: count.saturating_mul(size_of::<f64>()) }.into());
        }
        let shape = self.read(0..self.steps(), 0..self.weights(), &mut values)?.raw_dim();
        Ok(ndarray::Array2::from_shape_vec(shape, values)?)
    }

    fn read<'a, T: FromFloat>(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<T>,
    ) -> std::result::Result<ArrayView2<'a, T>, AnalysisError> {
        let shape = (rows.len(), columns.len());
        buffer.resize(shape.0 * shape.1, T::default());
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.read_columns(rows, columns, buffer).map_err(source)?;
        ArrayView2::from_shape(shape, buffer).map_err(source)
    }
}

impl WindowSource for RecordedWindow {
    fn steps(&self) -> usize {
        self.trajectory.steps()
    }

    fn weights(&self) -> usize {
        self.trajectory.weights()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> std::result::Result<ArrayView2<'a, f32>, AnalysisError> {
        self.read(rows, columns, buffer)
    }

    fn is_f64(&self) -> bool {
        self.trajectory.precision() == Precision::Double
    }

    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> std::result::Result<ArrayView2<'a, f64>, AnalysisError> {
        self.read(rows, columns, buffer)
    }
}

/// What is wrong with a file, with its name said once.
fn unusable(path: &Path, error: RecorderError) -> Error {
    match error {
        RecorderError::Format { path: file, expected, found } => {
            let problem = format!(
                "not recorded weights, which are [steps, weights]: expected {expected}, found {found}"
            );
            FileError::malformed(&file, problem).into()
        }
        RecorderError::Read { .. } => error.into(),
        error => FileError::malformed(path, error.to_string()).into(),
    }
}

/// What keeps a block from being read, on its way through an analysis; [`Error`] takes it out again.
pub(crate) fn source(error: impl Into<Error>) -> AnalysisError {
    AnalysisError::Source(Box::new(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use varflat_analysis::{ParamGuard, TrajectoryPca};
    use varflat_recorder::{Keep, TrajectoryInfo, TrajectoryWriter};

    fn principal_components(window: impl WindowSource) -> Result<TrajectoryPca> {
        Ok(TrajectoryPca::params().check()?.fit_source(window)?)
    }

    #[test]
    fn a_recorded_window_is_that_of_its_rows_until_the_file_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let window = ndarray::Array2::from_shape_fn((1200, 6), |(t, n)| ((t * (n + 1)) as f32).sin());
        let info = TrajectoryInfo::new("hidden.weight", [2, 3]);
        let mut writer = TrajectoryWriter::create(folder.path(), info, Keep::All).unwrap();
        for (step, row) in (0..).zip(window.rows()) {
            writer.append(step, &row.to_vec()).unwrap();
        }
        let file = writer.finish().unwrap().path;
        let recorded = RecordedWindow::open(folder.path()).unwrap();
        assert_eq!(recorded.rows(7..9).unwrap(), window.slice_axis(ndarray::Axis(0), (7..9).into()));
        assert_eq!(principal_components(&recorded).unwrap(), principal_components(&window).unwrap());

        // Enough for the first block of rows, not for the next.
        std::fs::File::options().write(true).open(&file).unwrap().set_len(128 + 700 * 24).unwrap();
        let error = principal_components(&recorded).unwrap_err();
        assert!(matches!(error, Error::File(FileError::Io { action: "reading", .. })), "{error}");
        assert!(error.to_string().contains("shorter since it was opened"), "{error}");
        let error = RecordedWindow::open(&file).unwrap_err().to_string();
        assert!(error.contains("500 of 1200 rows are missing"), "{error}");
    }
}
