//! Progress bars with an estimate of the time left; silent when the output is not a terminal.

use std::cell::RefCell;
use std::sync::{LazyLock, Mutex, PoisonError};

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

/// These lines under the name of what this thread is at work on, where several are; lines that hold it stay.
pub(crate) fn labelled(text: &str) -> String {
    let label = LABEL.with_borrow(|label| label.trim_end().to_owned());
    if label.is_empty() {
        return text.to_owned();
    }
    let line = |line: &str| match line.trim().is_empty() || line.contains(&label) {
        true => line.to_owned(),
        false => format!("{label}: {}", line.trim_start()),
    };
    text.split_inclusive('\n').map(line).collect()
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

/// The bar over everything that one command does, above the bars of its parts. Its unit is a second of expected work.
pub(crate) struct Overall {
    bar: ProgressBar,
    /// Seconds of the finished parts and of the one at work, as expected.
    seconds: Mutex<(f64, f64)>,
}

impl Overall {
    pub(crate) fn over(seconds: f64) -> Self {
        let bar = bar("all", seconds.ceil() as u64);
        bar.enable_steady_tick(std::time::Duration::from_secs(1));
        Self { bar, seconds: Mutex::new((0.0, 0.0)) }
    }

    /// Whatever the part before still lacked is done; the next is expected to take so long.
    pub(crate) fn begin(&self, part: &str, seconds: f64) {
        let mut now = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        now.0 += now.1;
        now.1 = seconds;
        self.bar.set_position(now.0 as u64);
        self.bar.set_message(part.to_owned());
    }

    /// This share of the part at work is done.
    pub(crate) fn reach(&self, share: f64) {
        let now = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        self.bar.set_position((now.0 + share.clamp(0.0, 1.0) * now.1) as u64);
    }
}

impl Drop for Overall {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_work_side_by_side_name_it() {
        assert_eq!(labelled("    train: done\n"), "    train: done\n");
        label("seed=1");
        assert_eq!(labelled("    train: done\nall\n\n"), "seed=1: train: done\nseed=1: all\n\n");
        assert_eq!(labelled("seed=1 (1 of 2): done\n"), "seed=1 (1 of 2): done\n");
    }
}
