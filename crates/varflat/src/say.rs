//! Words for the person at the terminal.

use std::fmt::Display;
use std::io::Write;

/// A text without what a terminal would obey: it may hold names from files that came from anyone.
pub fn printable(text: &str) -> String {
    let plain = |letter: char| {
        if letter.is_control() && !matches!(letter, '\n' | '\t') { '\u{fffd}' } else { letter }
    };
    text.chars().map(plain).collect()
}

/// Print to standard output; a reader that has gone away (`varflat inspect RUN | head -1`) is no error.
pub(crate) fn say(text: impl Display) {
    let text = printable(&text.to_string());
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
