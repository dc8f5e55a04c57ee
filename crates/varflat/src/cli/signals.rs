//! Ctrl-C, and the signals by which a terminal or a scheduler ends a program: asked for once, the run stops at the next safe place;
//! asked for twice, it stops at once.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use varflat_run::context::Interrupt;

/// The exit code of an interrupted run.
pub const EXIT_CODE: u8 = 130;

/// How long work that has nothing to write down may go on to its next safe place.
const PATIENCE: Duration = Duration::from_millis(1000);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether the last words of this process have been said.
static REPORTED: AtomicBool = AtomicBool::new(false);

/// Pieces of work that write down where they stand before they stop.
static EXIT_HOLDS: AtomicUsize = AtomicUsize::new(0);

/// Listen for Ctrl-C, termination (which Slurm sends at the time limit) and the end of the terminal, unless the caller has set that to
/// be ignored (`nohup`). Call once, from the program; a library user may leave it out.
pub fn listen() {
    // Without a handler a signal simply kills: results are safe either way.
    let _ = ctrlc::set_handler(ask);
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGTERM, SIGXFSZ};

        // The limit of `ulimit -f` is then an error of the write, which says what to do, instead of the end of the process.
        let _ = signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default());
        let ignored = ignored();
        let heard = [SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        if let Ok(mut signals) = signal_hook::iterator::Signals::new(heard) {
            start("signals", move || signals.forever().for_each(|_| ask()));
        }
    }
}

/// The signals that the caller has set to be ignored, signal n at bit n − 1; none where the system does not say.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) {
    let _ = std::thread::Builder::new().name(name.to_owned()).spawn(work);
}

fn ask() {
    if INTERRUPTED.swap(true, Ordering::SeqCst) {
        std::process::exit(EXIT_CODE.into());
    }
    let _ = writeln!(std::io::stderr(), "\nstopping at the next safe place; Ctrl-C again stops at once");
    start("stopping", || {
        std::thread::sleep(PATIENCE);
        while EXIT_HOLDS.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(PATIENCE / 100);
        }
        // A long computation without a safe place inside, such as the principal components of a wide layer: what it has not written
        // down it could not, and what is written is whole.
        if report_once("interrupted; nothing is lost: the same command continues from here") {
            std::process::exit(EXIT_CODE.into());
        }
    });
}

/// The signals that this process hears.
pub(super) struct Signals;

impl Interrupt for Signals {
    fn is_interrupted(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }

    fn hold_exit(&self) {
        EXIT_HOLDS.fetch_add(1, Ordering::SeqCst);
    }

    fn release_exit(&self) {
        EXIT_HOLDS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Say why the process ends, unless that was said already; true if it was not.
pub fn report_once(error: impl std::fmt::Display) -> bool {
    let first = !REPORTED.swap(true, Ordering::SeqCst);
    if first {
        let _ = writeln!(std::io::stderr(), "error: {error}");
    }
    first
}
