//! A trajectory file as a window to be analysed, larger than memory or not.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ndarray::ArrayView2;
use varflat_analysis::{AnalysisError, WindowSource};
use varflat_recorder::{Trajectory, TrajectoryReader};

use crate::error::{Error, Result};

/// The recorded weights of a run folder or a trajectory file, `[steps, weights]`, read a block at a time and never held whole.
///
/// ```no_run
/// use varflat::prelude::*;
///
/// let pca = principal_components(RecordedWindow::open("runs/headline")?)?;
/// println!("σ_1² = {:.3e}", pca.variance()[0]);
/// # Ok::<(), varflat::Error>(())
/// ```
#[derive(Debug)]
pub struct RecordedWindow {
    trajectory: Trajectory,
    reader: Mutex<TrajectoryReader>,
}

impl RecordedWindow {
    /// Opens a run folder, or a trajectory file by itself.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is no trajectory, or was cut short.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let damaged = |error: varflat_recorder::RecorderError| Error::malformed(path, error.to_string());
        let trajectory = Trajectory::open(path).map_err(damaged)?;
        if trajectory.is_truncated() {
            let missing = trajectory.missing_rows();
            let all = missing + trajectory.steps() as u64;
            let problem = format!(
                "{missing} of {all} rows are missing: the file was cut short; restore it, or run the training again with --force"
            );
            return Err(Error::malformed(path, problem));
        }
        let reader = Mutex::new(trajectory.reader().map_err(damaged)?);
        Ok(Self { trajectory, reader })
    }

    /// The trajectory: its layer, and the optimizer steps of its rows.
    pub fn trajectory(&self) -> &Trajectory {
        &self.trajectory
    }

    /// Rows of it, in memory.
    ///
    /// # Errors
    /// [`Error::Recorder`] if they cannot be read.
    pub fn rows(&self, rows: Range<usize>) -> Result<ndarray::Array2<f32>> {
        let mut values = Vec::new();
        Ok(self.block(rows, 0..self.weights(), &mut values)?.to_owned())
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
        let shape = (rows.len(), columns.len());
        buffer.resize(shape.0 * shape.1, 0.0);
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.read_columns(rows, columns, buffer).map_err(source)?;
        ArrayView2::from_shape(shape, buffer).map_err(source)
    }
}

/// What keeps a block from being read, on its way through an analysis; [`Error`] takes it out again.
pub(crate) fn source(error: impl Into<Error>) -> AnalysisError {
    AnalysisError::Source(Box::new(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relation::principal_components;
    use varflat_recorder::{Keep, TrajectoryInfo, TrajectoryWriter};

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
        assert!(matches!(error, Error::Io { action: "reading", .. }), "{error}");
        assert!(error.to_string().contains("shorter since it was opened"), "{error}");
        let error = RecordedWindow::open(&file).unwrap_err().to_string();
        assert!(error.contains("500 of 1200 rows are missing"), "{error}");
    }
}
