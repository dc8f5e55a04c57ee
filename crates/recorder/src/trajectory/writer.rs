//! Recording a trajectory: append, flush at checkpoints, finish.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use varflat_files::{remove, sync_folder};

use super::{
    append::{AppendNpy, temporary},
    info::Sidecar,
    npy::{HEADER_BYTES, header},
    parts::{Part, list_parts, npy_path, part_path},
    resume::{find_parts, find_single_file},
};
use crate::{Keep, RecorderError, TrajectoryInfo, schedule::Stride};

/// Writes one layer's trajectory, of shape `[steps, weights]`, into a run folder.
///
/// With [`Keep::All`] the rows go to `trajectory.npy`, which opens in numpy at any moment of the training and after a kill: only
/// the last 3 MiB of rows can be missing (gathered, or on their way to the disk). With [`Keep::Last(n)`](Keep::Last) they go to parts of n rows, of which the ones no
/// window can need are deleted, and [`finish`](Self::finish) makes `trajectory.npy` of the last n.
///
/// Dropping the writer writes the rows that are waiting, but does not finish the recording.
pub struct TrajectoryWriter {
    folder: PathBuf,
    info: TrajectoryInfo,
    stride: Stride,
    weights: usize,
    keep: Keep,
    /// Rows recorded since `info.first_step`.
    rows: u64,
    /// The last two flushes; none as long as there is no checkpoint.
    flushed: Option<Flushed>,
    /// With `Keep::Last`: the full parts before the current one.
    older: VecDeque<Part>,
    current: Part,
    npy: AppendNpy<File>,
}

/// Rows recorded before the last two calls of [`TrajectoryWriter::flush`].
#[derive(Clone, Copy)]
struct Flushed {
    /// Where a checkpoint stands or is being written.
    last: u64,
    /// The checkpoint to go back to if that one was not completed.
    previous: u64,
}

/// A finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrajectorySummary {
    /// `trajectory.npy`.
    pub path: PathBuf,
    /// The number of rows in it.
    pub rows: u64,
    /// Weights per row.
    pub weights: usize,
    /// The optimizer step of its first row.
    pub first_step: u64,
    /// The optimizer step of its last row; the first step when there is no row.
    pub last_step: u64,
}

impl TrajectoryWriter {
    /// Begins a recording in `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`RecorderError::AlreadyExists`] when the folder holds one already; [`RecorderError::InvalidSetting`] for an empty shape, a
    /// stride or a window of 0; [`RecorderError::Write`] when the folder cannot be written.
    pub fn create(folder: impl AsRef<Path>, info: TrajectoryInfo, keep: Keep) -> Result<Self, RecorderError> {
        let folder = folder.as_ref();
        check_settings(&info, keep)?;
        fs::create_dir_all(folder).map_err(RecorderError::write(folder))?;
        let finished = npy_path(folder);
        let in_the_way =
            if finished.exists() { Some(finished) } else { list_parts(folder)?.pop().map(|(_, part)| part) };
        match in_the_way {
            Some(path) => Err(RecorderError::AlreadyExists { path }),
            None => Self::begin(folder, info, keep),
        }
    }

    /// Continues the recording in `folder` at `next_step`, where a checkpoint stands: rows of that step and later ones, which a
    /// killed training left, are dropped and will be recorded again.
    ///
    /// `info` is that of the recording's beginning. A recording that was finished can be continued too.
    ///
    /// # Errors
    /// [`RecorderError::MissingRows`] when rows before `next_step` that the recording needs (with `Keep::Last(n)`: the n before it)
    /// are not there; [`RecorderError::Mismatch`] when the recording is of another layer, shape or stride; as
    /// [`create`](Self::create) otherwise.
    pub fn resume(
        folder: impl AsRef<Path>,
        info: TrajectoryInfo,
        keep: Keep,
        next_step: u64,
    ) -> Result<Self, RecorderError> {
        let folder = folder.as_ref();
        check_settings(&info, keep)?;
        let rows = info.stride()?.rows_before(next_step);
        if rows == 0 {
            fs::create_dir_all(folder).map_err(RecorderError::write(folder))?;
            for path in list_parts(folder)?.into_iter().map(|(_, part)| part).chain([npy_path(folder)]) {
                remove(&path)?;
            }
            return Self::begin(folder, info, keep);
        }
        let (older, current) = match keep {
            Keep::All => (VecDeque::new(), find_single_file(folder, &info, rows, next_step)?),
            Keep::Last(window) => find_parts(folder, &info, window, rows, next_step)?,
        };
        Sidecar { info: info.clone(), keep, rows: None }.write(folder)?;
        let npy = AppendNpy::reopen(&current.path, current.rows, info.weights()?)?;
        Self::with_files(folder, info, keep, older, current, npy)
    }

    fn begin(folder: &Path, info: TrajectoryInfo, keep: Keep) -> Result<Self, RecorderError> {
        let path = match keep {
            Keep::All => npy_path(folder),
            Keep::Last(_) => part_path(folder, info.first_step),
        };
        let weights = info.weights()?;
        // The sidecar comes first: a trajectory is never without it.
        Sidecar { info: info.clone(), keep, rows: None }.write(folder)?;
        let npy = AppendNpy::create(&path, weights)?;
        Self::with_files(folder, info, keep, VecDeque::new(), Part { path, first_row: 0, rows: 0 }, npy)
    }

    fn with_files(
        folder: &Path,
        info: TrajectoryInfo,
        keep: Keep,
        older: VecDeque<Part>,
        current: Part,
        npy: AppendNpy<File>,
    ) -> Result<Self, RecorderError> {
        let rows = current.end();
        // A recording that is continued is continued from a checkpoint.
        let flushed = (rows > 0).then_some(Flushed { last: rows, previous: rows });
        Ok(Self {
            folder: folder.to_path_buf(),
            stride: info.stride()?,
            weights: info.weights()?,
            info,
            keep,
            rows,
            flushed,
            older,
            current,
            npy,
        })
    }

    /// The run folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is recorded.
    pub fn info(&self) -> &TrajectoryInfo {
        &self.info
    }

    /// Rows recorded so far, those no longer on disk included.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The step whose weights come next.
    pub fn next_step(&self) -> u64 {
        self.stride.step(self.rows)
    }

    /// Whether this step is on the recording's stride.
    pub fn wants(&self, step: u64) -> bool {
        self.stride.wants(step)
    }

    /// Appends the weights after the update of `step`, flattened row-major.
    ///
    /// # Errors
    /// [`RecorderError::UnexpectedStep`] when another step is next, [`RecorderError::WrongLength`] for another number of weights,
    /// [`RecorderError::Write`] when the disk refuses; the rows before stay readable, and no more are taken.
    pub fn append(&mut self, step: u64, weights: &[f32]) -> Result<(), RecorderError> {
        let expected = self.next_step();
        if step != expected {
            return Err(RecorderError::UnexpectedStep { expected, got: step });
        }
        if let Keep::Last(window) = self.keep
            && self.npy.rows() >= window
        {
            self.begin_part()?;
        }
        self.npy.append(weights)?;
        self.rows += 1;
        Ok(())
    }

    /// Writes the rows that are waiting. Call it just before each checkpoint is written: the rows that a resume from there or from
    /// the checkpoint before needs are kept on disk. With [`Keep::Last(n)`](Keep::Last) the disk therefore holds the rows since the
    /// last but one checkpoint and n before it: write a checkpoint every few windows, or never.
    ///
    /// A kill of the process loses nothing that was flushed; a power cut may, until [`finish`](Self::finish) waited for the disk.
    ///
    /// # Errors
    /// [`RecorderError::Write`] when the disk refuses.
    pub fn flush(&mut self) -> Result<(), RecorderError> {
        self.npy.flush()?;
        let last = self.flushed.map_or(self.rows, |flushed| flushed.last);
        if self.flushed.is_none() || last < self.rows {
            self.flushed = Some(Flushed { last: self.rows, previous: last });
        }
        self.drop_old_parts()
    }

    /// Ends the recording: `trajectory.npy` is complete and `trajectory.json` says how many rows it has.
    ///
    /// # Errors
    /// [`RecorderError::WindowTooLong`] when fewer rows were recorded than `Keep::Last` asks for (they stay readable as parts);
    /// [`RecorderError::Write`] when the disk refuses.
    pub fn finish(mut self) -> Result<TrajectorySummary, RecorderError> {
        self.npy.sync()?;
        let rows = match self.keep {
            Keep::All => self.rows,
            Keep::Last(window) => window,
        };
        let Some(first_row) = self.rows.checked_sub(rows) else {
            return Err(RecorderError::WindowTooLong { window: rows, recorded: self.rows });
        };
        let path = npy_path(&self.folder);
        let info = TrajectoryInfo { first_step: self.stride.step(first_row), ..self.info.clone() };
        let sidecar = Sidecar { info, keep: self.keep, rows: Some(rows) };
        match self.keep {
            Keep::All => sidecar.write(&self.folder)?,
            Keep::Last(_) => {
                let temporary = temporary(&path);
                if let Err(error) = self.assemble(&temporary, first_row, rows) {
                    // The room it took is what the disk lacks; the parts hold every row.
                    let _ = fs::remove_file(&temporary);
                    return Err(error);
                }
                // In this order a kill in between leaves parts that say their own step, or the finished file.
                sidecar.write(&self.folder)?;
                fs::rename(&temporary, &path).map_err(RecorderError::write(&path))?;
                sync_folder(&self.folder)?;
                for part in self.older.iter().chain([&self.current]) {
                    remove(&part.path)?;
                }
            }
        }
        let first_step = sidecar.info.first_step;
        let last_step = self.stride.step(self.rows.saturating_sub(1)).max(first_step);
        Ok(TrajectorySummary { path, rows, weights: self.weights, first_step, last_step })
    }

    fn begin_part(&mut self) -> Result<(), RecorderError> {
        self.npy.flush()?;
        let path = part_path(&self.folder, self.next_step());
        self.npy = AppendNpy::create(&path, self.weights)?;
        let next = Part { path, first_row: self.rows, rows: 0 };
        let mut full = std::mem::replace(&mut self.current, next);
        full.rows = self.rows - full.first_row;
        self.older.push_back(full);
        self.drop_old_parts()
    }

    /// Deletes the parts that no window needs that ends now or later, or at the last two flushes.
    fn drop_old_parts(&mut self) -> Result<(), RecorderError> {
        let Keep::Last(window) = self.keep else {
            return Ok(());
        };
        let earliest_end = self.flushed.map_or(self.rows, |flushed| flushed.previous);
        while let Some(part) =
            self.older.pop_front_if(|part| part.end() <= earliest_end.saturating_sub(window))
        {
            remove(&part.path)?;
        }
        Ok(())
    }

    /// Copies `rows` rows from `first_row` on out of the parts, in blocks.
    fn assemble(&self, path: &Path, first_row: u64, rows: u64) -> Result<(), RecorderError> {
        let mut file = File::create(path).map_err(RecorderError::write(path))?;
        file.write_all(&header(rows, self.weights)).map_err(RecorderError::write(path))?;
        let row_bytes = (self.weights * size_of::<f32>()) as u64;
        let end = first_row + rows;
        let current = Part { path: self.current.path.clone(), rows: self.npy.rows(), ..self.current };
        for part in self.older.iter().chain([&current]) {
            let (from, to) = (part.first_row.max(first_row), part.end().min(end));
            if from >= to {
                continue;
            }
            let mut source = File::open(&part.path).map_err(RecorderError::read(&part.path))?;
            source
                .seek(SeekFrom::Start(HEADER_BYTES as u64 + (from - part.first_row) * row_bytes))
                .map_err(RecorderError::read(&part.path))?;
            let bytes = (to - from) * row_bytes;
            let copied = io::copy(&mut source.take(bytes), &mut file).map_err(RecorderError::write(path))?;
            if copied != bytes {
                return Err(RecorderError::Format {
                    path: part.path.clone(),
                    expected: format!("{} rows", part.rows),
                    found: "a file cut short while the training ran".into(),
                });
            }
        }
        file.sync_all().map_err(RecorderError::write(path))
    }
}

impl Drop for TrajectoryWriter {
    fn drop(&mut self) {
        // An error was reported already or cannot be; the prefix is readable either way.
        let _ = self.npy.flush();
    }
}

/// Refuses what cannot be recorded, before any file is touched.
fn check_settings(info: &TrajectoryInfo, keep: Keep) -> Result<(), RecorderError> {
    info.stride()?;
    info.weights()?;
    if keep == Keep::Last(0) {
        return Err(RecorderError::InvalidSetting {
            what: "the window",
            value: "0 rows".into(),
            expected: "keep at least one row",
        });
    }
    Ok(())
}
