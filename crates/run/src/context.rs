//! What work is given from outside: where its words go, how its progress is shown, who may ask it to stop, and the device.

use std::fmt::Display;

use crate::error::{Error, Result};

/// Whom a piece of work tells what it does, who may stop it, and where it computes. The library itself neither prints nor listens.
///
/// ```
/// use varflat_run::{Context, Reporter};
///
/// /// Collects what is said.
/// #[derive(Default)]
/// struct Log(std::sync::Mutex<String>);
///
/// impl Reporter for Log {
///     fn message(&self, text: &str) {
///         self.0.lock().unwrap().push_str(text);
///     }
/// }
///
/// let log = Log::default();
/// let context = Context { reporter: &log, ..Context::silent() };
/// // varflat_run::stages::complete(&run, &context)? then says what it does into the log.
/// # let _ = context;
/// ```
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Who is told.
    pub reporter: &'a dyn Reporter,
    /// Who may ask to stop.
    pub interrupt: &'a dyn Interrupt,
    /// The backend to compute on, by name; the default one when absent.
    pub device: Option<&'a str>,
}

/// Who is told what a piece of work does. All of it may be left out.
pub trait Reporter: Sync {
    /// Takes words for the user: whole lines.
    fn message(&self, _text: &str) {}

    /// Takes what deserves attention: a line.
    fn warn(&self, _text: &str) {}

    /// Begins a bar over `length` units of work.
    fn bar(&self, _title: &'static str, _length: u64) -> Box<dyn Progress> {
        Box::new(Silent)
    }

    /// Gives a sign of life for work whose length nobody knows, until it is dropped.
    fn spinner(&self, _title: &'static str, _message: &'static str) -> Box<dyn Progress> {
        Box::new(Silent)
    }

    /// What this thread says and shows from here on belongs to `work`, one of several that are done side by side.
    fn label(&self, _work: &str) {}
}

/// How far a piece of work is. It is over when this is dropped. All of it may be left out.
pub trait Progress: Send + Sync {
    /// So many units are done.
    fn set_position(&self, _position: u64) {}

    /// So many more units are done.
    fn inc(&self, _units: u64) {}

    /// There are so many units.
    fn set_length(&self, _length: u64) {}

    /// What is being done.
    fn set_message(&self, _message: String) {}

    /// Time shows although no unit gets done.
    fn show_time(&self) {}

    /// The work stops here; what was shown may stay.
    fn abandon(&self) {}
}

/// Who may ask a piece of work to stop.
pub trait Interrupt: Sync {
    /// Whether it is asked to stop at the next safe place.
    fn is_interrupted(&self) -> bool {
        false
    }

    /// There is work in memory that will be written down when it stops by itself: wait for that.
    fn hold_exit(&self) {}

    /// That work is written down.
    fn release_exit(&self) {}
}

/// Nobody is told, nobody asks.
struct Silent;

impl Reporter for Silent {}
impl Progress for Silent {}
impl Interrupt for Silent {}

/// As long as it lives there is work in memory that will be written down when it stops by itself.
#[must_use]
pub struct ExitHold<'a>(&'a dyn Interrupt);

impl Drop for ExitHold<'_> {
    fn drop(&mut self) {
        self.0.release_exit();
    }
}

impl<'a> Context<'a> {
    /// Tells nobody, is stopped by nobody, and computes on the default device.
    pub fn silent() -> Self {
        Self { reporter: &Silent, interrupt: &Silent, device: None }
    }

    /// Say what was found.
    pub fn message(&self, text: impl Display) {
        self.reporter.message(&text.to_string());
    }

    /// Say what the user should know beside.
    pub fn warn(&self, text: impl Display) {
        self.reporter.warn(&text.to_string());
    }

    /// Begin a bar of so many units.
    pub fn bar(&self, title: &'static str, length: u64) -> Box<dyn Progress> {
        self.reporter.bar(title, length)
    }

    /// Whether the work should stop.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.is_interrupted()
    }

    /// Goes on unless it should stop; `stage` is what it is in.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn go_on(&self, stage: &'static str) -> Result<()> {
        if self.is_interrupted() { Err(Error::Interrupted { stage }) } else { Ok(()) }
    }

    /// To be held by work that looks at [`is_interrupted`](Self::is_interrupted) often, and writes down where it stands before it stops.
    pub fn hold_exit(&self) -> ExitHold<'a> {
        self.interrupt.hold_exit();
        ExitHold(self.interrupt)
    }
}
