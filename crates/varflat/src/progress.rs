//! Progress bars with an estimate of the time left; silent when the output is not a terminal.

use std::cell::RefCell;
use std::sync::LazyLock;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// All bars of the process, one below the other.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

thread_local! {
    /// What this thread is at work on, where several are.
    static LABEL: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Put these words before the bars that this thread begins.
pub(crate) fn label(words: &str) {
    LABEL.with_borrow_mut(|label| *label = format!("{words} "));
}

/// Write lines without running into the bars.
pub(crate) fn beside_bars(write: impl FnOnce()) {
    BARS.suspend(write);
}

fn prefix(title: &str) -> String {
    LABEL.with_borrow(|label| format!("{label}{title:>9}"))
}

/// A bar over `length` units of work.
pub(crate) fn bar(title: &'static str, length: u64) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(length));
    let style =
        ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3}%  {elapsed} gone, {eta} left  {msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_prefix(prefix(title));
    bar
}

/// A sign of life for work whose length nobody knows, gone when dropped.
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    pub(crate) fn start(title: &'static str, message: &'static str) -> Self {
        let bar = BARS.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{prefix} {spinner} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        bar.set_prefix(prefix(title));
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
