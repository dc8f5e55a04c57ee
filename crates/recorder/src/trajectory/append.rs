//! Appending rows to an NPY file that can be opened at any moment.

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{
    npy::{HEADER_BYTES, header, read_header},
    writing::{Rows, Writing},
};
use crate::RecorderError;

/// Rows are written in blocks of about this size.
const BLOCK_BYTES: usize = 1 << 20;
const WEIGHT_BYTES: usize = size_of::<f32>();

/// An NPY file of shape `[rows, weights]` that grows.
///
/// Rows are gathered in a block in memory and written by a thread of their own, so that the training neither waits for the
/// disk nor allocates memory. At most two blocks are on their way: a disk that cannot keep up slows the training down.
pub(crate) struct AppendNpy<W: Send + 'static> {
    path: PathBuf,
    weights: usize,
    /// Rows appended so far, written or waiting.
    rows: u64,
    /// Whole rows, waiting to be written.
    block: Vec<u8>,
    block_bytes: usize,
    writing: Writing<W>,
    failed: bool,
}

impl AppendNpy<File> {
    /// Creates the file with an empty array in it; it has its header from the moment it has its name.
    pub(crate) fn create(path: &Path, weights: usize) -> Result<Self, RecorderError> {
        let temporary = temporary(path);
        let mut file = File::create(&temporary).map_err(RecorderError::write(&temporary))?;
        file.write_all(&header(0, weights)).map_err(RecorderError::write(&temporary))?;
        fs::rename(&temporary, path).map_err(RecorderError::write(path))?;
        Self::new(file, path, weights, 0)
    }

    /// Opens the file to append after its first `rows` rows; the rows after them are dropped. The file must have as many.
    pub(crate) fn reopen(path: &Path, rows: u64, weights: usize) -> Result<Self, RecorderError> {
        let mut file =
            File::options().read(true).write(true).open(path).map_err(RecorderError::write(path))?;
        let found = read_header(&mut file, path)?;
        if !found.is_ours() || found.weights != weights {
            let order = if found.fortran_order { "Fortran order" } else { "C order" };
            return Err(RecorderError::Format {
                path: path.to_path_buf(),
                expected: format!("a 128-byte header and {weights} weights per row, '<f4' in C order"),
                found: format!(
                    "a {}-byte header and {} weights of {} bytes in {order}: another program saved it, and it cannot be appended to",
                    found.bytes,
                    found.weights,
                    found.element.bytes()
                ),
            });
        }
        let end = HEADER_BYTES as u64 + rows * (weights * WEIGHT_BYTES) as u64;
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(&header(rows, weights)))
            .and_then(|()| file.set_len(end))
            .map_err(RecorderError::write(path))?;
        Self::new(file, path, weights, rows)
    }

    /// Writes what is waiting and waits for the disk.
    pub(crate) fn sync(&mut self) -> Result<(), RecorderError> {
        self.flush()?;
        let synced = self.writing.sync();
        self.note(synced)
    }
}

impl<W: Write + Seek + Send + 'static> AppendNpy<W> {
    /// `file` holds a header and `rows` rows.
    pub(crate) fn new(file: W, path: &Path, weights: usize, rows: u64) -> Result<Self, RecorderError> {
        let row_bytes = weights.saturating_mul(WEIGHT_BYTES).max(1);
        let block_bytes = (BLOCK_BYTES / row_bytes).max(1) * row_bytes;
        Ok(Self {
            path: path.to_path_buf(),
            weights,
            rows,
            block: Vec::with_capacity(block_bytes),
            block_bytes,
            writing: Writing::start(Rows { file, path: path.to_path_buf(), weights, written: rows })?,
            failed: false,
        })
    }

    /// All rows appended so far, written or waiting.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Appends one row; hands a full block over. After an error the file is left with its prefix and takes no more rows.
    pub(crate) fn append(&mut self, weights: &[f32]) -> Result<(), RecorderError> {
        if weights.len() != self.weights {
            return Err(RecorderError::WrongLength { expected: self.weights, got: weights.len() });
        }
        self.check_open()?;
        for weight in weights {
            self.block.extend_from_slice(&weight.to_le_bytes());
        }
        self.rows += 1;
        if self.block.len() < self.block_bytes { Ok(()) } else { self.hand_over() }
    }

    /// Writes the waiting rows, and returns when they are in the file.
    pub(crate) fn flush(&mut self) -> Result<(), RecorderError> {
        self.check_open()?;
        if !self.block.is_empty() {
            self.hand_over()?;
        }
        let written = self.writing.wait();
        self.note(written)
    }

    fn hand_over(&mut self) -> Result<(), RecorderError> {
        let block = std::mem::take(&mut self.block);
        match self.writing.write(block) {
            Ok(empty) => {
                self.block = empty;
                Ok(())
            }
            Err(error) => self.note(Err(error)),
        }
    }

    fn check_open(&self) -> Result<(), RecorderError> {
        if self.failed { Err(RecorderError::Closed { folder: self.path.clone() }) } else { Ok(()) }
    }

    fn note(&mut self, outcome: Result<(), RecorderError>) -> Result<(), RecorderError> {
        self.failed |= outcome.is_err();
        outcome
    }
}

/// The name under which a file is written before it takes its own.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Keep, Trajectory, TrajectoryInfo, trajectory::info::Sidecar};
    use std::{io, io::Cursor};

    /// A disk with room for `limit` bytes.
    struct SmallDisk {
        data: Cursor<Vec<u8>>,
        limit: usize,
    }

    impl Write for SmallDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.limit.saturating_sub(self.data.position() as usize);
            if room == 0 && !bytes.is_empty() {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            self.data.write(&bytes[..bytes.len().min(room)])
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for SmallDisk {
        fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
            self.data.seek(position)
        }
    }

    #[test]
    fn a_full_disk_leaves_the_rows_before_it_readable() {
        let row = |row: u64| [row as f32, -(row as f32), 0.5];
        let mut disk = SmallDisk { data: Cursor::new(Vec::new()), limit: HEADER_BYTES + 3 * 12 + 7 };
        disk.write_all(&header(0, 3)).unwrap();
        let mut npy = AppendNpy::new(disk, Path::new("on/a/small/disk.npy"), 3, 0).unwrap();
        let mut failure = None;
        for step in 0..6 {
            if let Err(error) = npy.append(&row(step)).and_then(|()| npy.flush()) {
                failure.get_or_insert((step, error));
            }
        }
        let (step, error) = failure.unwrap();
        assert_eq!(step, 3);
        assert!(
            error.to_string().contains("on/a/small/disk.npy") && error.to_string().contains("free space"),
            "{error}"
        );
        assert!(matches!(npy.append(&row(9)), Err(RecorderError::Closed { .. })));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk.npy");
        fs::write(&path, npy.writing.stop().unwrap().file.data.get_ref()).unwrap();
        // By itself nothing tells it from an array with something behind it.
        assert!(Trajectory::open(&path).unwrap_err().to_string().contains("7 bytes"));
        let ours = folder.path().join("trajectory.npy");
        fs::rename(&path, &ours).unwrap();
        Sidecar { info: TrajectoryInfo::new("x", [3]), keep: Keep::All, rows: None }
            .write(folder.path())
            .unwrap();
        let trajectory = Trajectory::open(&ours).unwrap();
        assert_eq!(trajectory.steps(), 3);
        assert_eq!(trajectory.read().unwrap(), [row(0), row(1), row(2)].concat());
    }

    #[test]
    fn a_row_wider_than_a_block_is_written_at_once() {
        let weights = vec![1.5_f32; BLOCK_BYTES / WEIGHT_BYTES + 1];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wide.npy");
        let mut npy = AppendNpy::create(&path, weights.len()).unwrap();
        npy.append(&weights).unwrap();
        drop(npy); // waits for the thread that writes
        assert_eq!(Trajectory::open(&path).unwrap().steps(), 1);
    }
}
