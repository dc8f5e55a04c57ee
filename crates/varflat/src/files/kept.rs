//! A writer for those who must not see an error.

use std::io::{self, Seek, SeekFrom, Write};

/// Keeps the first error of a file, and pretends from there on that everything is written.
///
/// An npz writer that has met an error prints on its own account when it is dropped. It gets none to meet: who holds the file asks
/// for it afterwards.
pub(super) struct ErrorKept<W> {
    inner: W,
    first: Option<io::Error>,
    /// Where the file would stand, and its length.
    place: u64,
    length: u64,
}

impl<W: Write + Seek> ErrorKept<W> {
    /// An empty file.
    pub(super) fn new(inner: W) -> Self {
        Self { inner, first: None, place: 0, length: 0 }
    }

    /// The first error, if there was one.
    pub(super) fn outcome(self) -> io::Result<()> {
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
