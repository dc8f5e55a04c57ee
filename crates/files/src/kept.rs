//! A writer for those who must not see an error.

use std::io::{self, Seek, SeekFrom, Write};

/// Keeps the first error of a file, and pretends from there on that everything is written.
///
/// An npz writer that has met an error prints on its own account when it is dropped. It gets none to meet: who holds the file asks
/// for it afterwards.
pub(crate) struct ErrorKept<W> {
    inner: W,
    first: Option<io::Error>,
    /// Where the file would stand, and its length.
    place: u64,
    length: u64,
}

impl<W: Write + Seek> ErrorKept<W> {
    /// An empty file.
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, first: None, place: 0, length: 0 }
    }

    /// The first error, if there was one.
    pub(crate) fn outcome(self) -> io::Result<()> {
        self.first.map_or(Ok(()), Err)
    }

    fn attempt(&mut self, action: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.first.is_none() {
            self.first = action(&mut self.inner).err();
        }
    }
}

impl<W: Write + Seek> Write for ErrorKept<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|inner| inner.write_all(bytes));
        self.place += bytes.len() as u64;
        self.length = self.length.max(self.place);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(W::flush);
        Ok(())
    }
}

impl<W: Write + Seek> Seek for ErrorKept<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        let place = self.place;
        self.attempt(|inner| inner.seek(SeekFrom::Start(place)).map(drop));
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray_npy::NpzWriter;
    use std::io::Cursor;

    /// A disk with room for so many bytes.
    struct Disk(Cursor<Vec<u8>>, usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.position() as usize + bytes.len() > self.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    fn write(file: impl Write + Seek) {
        let mut npz = NpzWriter::new(file);
        npz.add_array("first", &ndarray::Array1::<f64>::ones(700)).unwrap();
        npz.add_array("second", &ndarray::Array2::<f64>::ones((3, 5))).unwrap();
        npz.finish().unwrap();
    }

    #[test]
    fn the_first_error_waits_to_be_asked_for_and_the_archive_is_none_the_wiser() {
        let mut plain = Cursor::new(Vec::new());
        write(&mut plain);
        let length = plain.get_ref().len();
        for room in (0..length).step_by(97) {
            let mut disk = Disk(Cursor::new(Vec::new()), room);
            let mut kept = ErrorKept::new(&mut disk);
            write(&mut kept);
            assert_eq!(
                kept.outcome().unwrap_err().kind(),
                io::ErrorKind::StorageFull,
                "room for {room} bytes"
            );
        }
        let mut disk = Disk(Cursor::new(Vec::new()), length);
        let mut kept = ErrorKept::new(&mut disk);
        write(&mut kept);
        kept.outcome().unwrap();
        assert_eq!(disk.0.get_ref(), plain.get_ref());
    }
}
