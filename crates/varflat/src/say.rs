//! Words for the person at the terminal.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use varflat_files::FileError;

use crate::error::Result;

/// A text without what a terminal would obey: it may hold names from files that came from anyone.
pub fn printable(text: &str) -> String {
    let plain = |letter: char| {
        if letter.is_control() && !matches!(letter, '\n' | '\t') { '\u{fffd}' } else { letter }
    };
    text.chars().map(plain).collect()
}

/// What kept words from standard output, other than that nobody reads there any more.
static LOST: Mutex<Option<io::Error>> = Mutex::new(None);

/// Print to standard output; a reader that has gone away (`varflat inspect RUN | head -1`) is no error. Any other failure, such as a full
/// disk, is kept for [`delivered`]: work goes on, because its results are in files.
pub(crate) fn say(text: impl Display) {
    let text = crate::progress::labelled(&printable(&text.to_string()));
    crate::progress::beside_bars(|| keep(io::stdout().write_all(text.as_bytes())));
}

/// Whether everything that was said has been written; to be asked once, when a command has done its work.
///
/// # Errors
/// [`Error::File`] with the first reason why not.
pub(crate) fn delivered() -> Result<()> {
    keep(io::stdout().flush());
    let lost = LOST.lock().unwrap_or_else(PoisonError::into_inner).take();
    lost.map_or(Ok(()), |lost| Err(FileError::writing(Path::new("standard output"))(lost).into()))
}

/// Remember the first failure.
pub(crate) fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// Print what deserves attention to standard error.
pub(crate) fn warn(text: impl Display) {
    let text = crate::progress::labelled(&printable(&text.to_string()));
    // Where nobody hears a complaint there is nobody to complain to.
    crate::progress::beside_bars(|| drop(writeln!(io::stderr(), "note: {text}")));
}
