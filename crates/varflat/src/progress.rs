//! Progress bars with an estimate of the time left; silent when the output is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `length` units of work.
pub(crate) fn bar(title: &'static str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template(
        "{prefix:>9} {wide_bar} {percent:>3}%  {elapsed} gone, {eta} left  {msg}",
    );
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_prefix(title);
    bar
}
