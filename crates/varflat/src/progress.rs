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

/// A sign of life for work whose length nobody knows, gone when dropped.
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    pub(crate) fn start(title: &'static str, message: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{prefix:>9} {spinner} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        bar.set_prefix(title);
        bar.set_message(message);
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Self(bar)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
