//! Words for the person at the terminal.

use std::fmt::Display;
use std::io::Write;

/// Print to standard output; a reader that has gone away (`varflat inspect RUN | head -1`) is no error.
pub(crate) fn say(text: impl Display) {
    crate::progress::beside_bars(|| {
        let _ = write!(std::io::stdout(), "{text}");
    });
}

/// Print what deserves attention to standard error.
pub(crate) fn warn(text: impl Display) {
    crate::progress::beside_bars(|| {
        let _ = writeln!(std::io::stderr(), "note: {text}");
    });
}
