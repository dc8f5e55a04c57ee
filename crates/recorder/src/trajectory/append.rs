//! Appending rows to an NPY file that can be opened at any moment.

use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::npy::{HEADER_BYTES, header, read_header};
use crate::RecorderError;

/// Rows are written in blocks of about this size.
const BLOCK_BYTES: usize = 1 << 20;
const WEIGHT_BYTES: usize = size_of::<f32>();

/// An NPY file of shape `[rows, weights]` that grows.
///
/// Rows are written first, the row count in the header after them: whatever the moment at which the process dies, the header
/// never promises a row that is not there. Until the next block is full, up to 1 MiB of rows is in memory only.
pub(crate) struct AppendNpy<W> {
    file: W,
    path: PathBuf,
    weights: usize,
    /// Rows that the header counts.
    written: u64,
    /// Whole rows: the first `filled` bytes are waiting to be written.
    block: Box<[u8]>,
    filled: usize,
    failed: bool,
}

impl AppendNpy<File> {
    /// Creates the file with an empty array in it; it has its header from the moment it has its name.
    pub(crate) fn create(path: &Path, weights: usize) -> Result<Self, RecorderError> {
        let temporary = temporary(path);
        let mut file = File::create(&temporary).map_err(RecorderError::write(&temporary))?;
        file.write_all(&header(0, weights)).map_err(RecorderError::write(&temporary))?;
        fs::rename(&temporary, path).map_err(RecorderError::write(path))?;
        Ok(Self::new(file, path, weights, 0))
    }

    /// Opens the file to append after its first `rows` rows; the rows after them are dropped. The file must have as many.
    pub(crate) fn reopen(path: &Path, rows: u64, weights: usize) -> Result<Self, RecorderError> {
        let mut file =
            File::options().read(true).write(true).open(path).map_err(RecorderError::write(path))?;
        let found = read_header(&mut file, path)?;
        if found.bytes != HEADER_BYTES as u64 || found.weights != weights {
            return Err(RecorderError::Format {
                path: path.to_path_buf(),
                expected: format!("a 128-byte header and {weights} weights per row"),
                found: format!("a {}-byte header and {} weights", found.bytes, found.weights),
            });
        }
        let mut appending = Self::new(file, path, weights, rows);
        let end = appending.end();
        appending
            .write_row_count()
            .and_then(|()| appending.file.set_len(end))
            .and_then(|()| appending.file.seek(SeekFrom::Start(end)))
            .map_err(RecorderError::write(path))?;
        Ok(appending)
    }

    /// Writes what is waiting and waits for the disk.
    pub(crate) fn sync(&mut self) -> Result<(), RecorderError> {
        self.flush()?;
        self.file.sync_all().map_err(RecorderError::write(&self.path))
    }
}

impl<W: Write + Seek> AppendNpy<W> {
    /// `file` stands after the header and `rows` rows.
    pub(crate) fn new(file: W, path: &Path, weights: usize, rows: u64) -> Self {
        let row_bytes = weights.saturating_mul(WEIGHT_BYTES).max(1);
        let rows_per_block = (BLOCK_BYTES / row_bytes).max(1);
        let block = vec![0; rows_per_block * row_bytes].into_boxed_slice();
        Self { file, path: path.to_path_buf(), weights, written: rows, block, filled: 0, failed: false }
    }

    /// All rows appended so far, written or waiting.
    pub(crate) fn rows(&self) -> u64 {
        self.written + self.waiting()
    }

    /// Appends one row; writes when a block is full. After an error the file is left with its prefix and takes no more rows.
    pub(crate) fn append(&mut self, weights: &[f32]) -> Result<(), RecorderError> {
        if weights.len() != self.weights {
            return Err(RecorderError::WrongLength { expected: self.weights, got: weights.len() });
        }
        if self.failed {
            return Err(RecorderError::Closed { folder: self.path.clone() });
        }
        let end = self.filled + weights.len() * WEIGHT_BYTES;
        let (row, _) = self.block[self.filled..end].as_chunks_mut::<WEIGHT_BYTES>();
        for (bytes, weight) in row.iter_mut().zip(weights) {
            *bytes = weight.to_le_bytes();
        }
        self.filled = end;
        if self.filled == self.block.len() { self.flush() } else { Ok(()) }
    }

    /// Writes the waiting rows, then the header that counts them.
    pub(crate) fn flush(&mut self) -> Result<(), RecorderError> {
        if self.failed {
            return Err(RecorderError::Closed { folder: self.path.clone() });
        }
        if self.filled == 0 {
            return Ok(());
        }
        let rows = self.waiting();
        let written = self.file.write_all(&self.block[..self.filled]).and_then(|()| {
            self.written += rows;
            self.filled = 0;
            self.write_row_count()
        });
        written.map_err(|source| {
            self.failed = true;
            RecorderError::write(&self.path)(source)
        })
    }

    fn waiting(&self) -> u64 {
        (self.filled / (self.weights * WEIGHT_BYTES)) as u64
    }

    fn end(&self) -> u64 {
        HEADER_BYTES as u64 + self.written * (self.weights * WEIGHT_BYTES) as u64
    }

    fn write_row_count(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.written, self.weights))?;
        self.file.seek(SeekFrom::Start(self.end()))?;
        self.file.flush()
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
    use crate::Trajectory;
    use std::io::Cursor;

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
        let mut npy = AppendNpy::new(disk, Path::new("on/a/small/disk.npy"), 3, 0);
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
        fs::write(&path, npy.file.data.get_ref()).unwrap();
        let trajectory = Trajectory::open(&path).unwrap();
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
        assert_eq!(Trajectory::open(&path).unwrap().steps(), 1);
    }
}
