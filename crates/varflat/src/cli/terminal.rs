//! Words and progress bars at the terminal; bars are silent when the output is none.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use varflat_files::FileError;
use varflat_run::context::{Context, Progress, Reporter};
use varflat_run::error::Result;

use super::signals::Signals;

/// The terminal this process runs in.
struct Terminal;

/// Says everything at the terminal, and hears signals.
pub(crate) fn context(device: Option<&str>) -> Context<'_> {
    Context { reporter: &Terminal, interrupt: &Signals, device }
}

/// Say something at the terminal.
pub(crate) fn print(text: impl Display) {
    context(None).message(text);
}

/// All bars of the process, one below the other.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// What kept words from standard output, other than that nobody reads there any more.
static LOST: Mutex<Option<io::Error>> = Mutex::new(None);

thread_local! {
    /// What this thread is at work on, where several are.
    static LABEL: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A text without what a terminal would obey: it may hold names from files that came from anyone.
pub fn printable(text: &str) -> String {
    let plain = |letter: char| {
        if letter.is_control() && !matches!(letter, '\n' | '\t') { '\u{fffd}' } else { letter }
    };
    text.chars().map(plain).collect()
}

/// Whether everything that was said has been written; to be asked once, when a command has done its work.
///
/// # Errors
/// [`Error::File`](varflat_run::Error::File) with the first reason why not.
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

impl Reporter for Terminal {
    /// To standard output; a reader that has gone away (`varflat inspect RUN | head -1`) is no error. Any other failure, such as a full
    /// disk, is kept for [`delivered`]: work goes on, because its results are in files.
    fn message(&self, text: &str) {
        let text = labelled(&printable(text));
        BARS.suspend(|| keep(io::stdout().write_all(text.as_bytes())));
    }

    /// To standard error.
    fn warn(&self, text: &str) {
        let text = labelled(&printable(text));
        // A warning that cannot be written has nowhere to go.
        BARS.suspend(|| drop(writeln!(io::stderr(), "note: {text}")));
    }

    fn bar(&self, title: &'static str, length: u64) -> Box<dyn Progress> {
        let template = "{prefix} {wide_bar} {percent:>3}%  {elapsed} gone, {eta} left  {msg}";
        Box::new(Bar(added(ProgressBar::new(length), template, title)))
    }

    fn spinner(&self, title: &'static str, message: &'static str) -> Box<dyn Progress> {
        let spinner = added(ProgressBar::new_spinner(), "{prefix} {spinner} {msg}, {elapsed}", title);
        spinner.set_message(message);
        spinner.enable_steady_tick(Duration::from_millis(100));
        Box::new(Bar(spinner))
    }

    fn label(&self, work: &str) {
        LABEL.with_borrow_mut(|label| *label = format!("{work} "));
    }
}

/// These lines under the name of what this thread is at work on, where several are; lines that hold it stay.
fn labelled(text: &str) -> String {
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

/// A bar below the others.
fn added(bar: ProgressBar, template: &str, title: &str) -> ProgressBar {
    let bar = BARS.add(bar);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(LABEL.with_borrow(|label| format!("{label}{title:>9}")));
    bar
}

/// A bar or a spinner, gone when dropped unless its work was abandoned.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn set_position(&self, position: u64) {
        self.0.set_position(position);
    }

    fn inc(&self, units: u64) {
        self.0.inc(units);
    }

    fn set_length(&self, length: u64) {
        self.0.set_length(length);
    }

    fn set_message(&self, message: String) {
        self.0.set_message(message);
    }

    fn show_time(&self) {
        self.0.enable_steady_tick(Duration::from_secs(1));
    }

    fn abandon(&self) {
        self.0.abandon();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if !self.0.is_finished() {
            self.0.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_work_side_by_side_name_it() {
        assert_eq!(labelled("    train: done\n"), "    train: done\n");
        Terminal.label("seed=1");
        assert_eq!(labelled("    train: done\nall\n\n"), "seed=1: train: done\nseed=1: all\n\n");
        assert_eq!(labelled("seed=1 (1 of 2): done\n"), "seed=1 (1 of 2): done\n");
    }
}
