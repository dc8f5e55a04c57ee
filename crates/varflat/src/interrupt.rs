//! Ctrl-C: asked for once, the run stops at the next safe place; asked for twice, it stops at once.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listen for Ctrl-C and termination. Call once, from the program; a library user may leave it out.
pub fn listen() {
    let handler = || {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        let _ = writeln!(std::io::stderr(), "\nstopping at the next safe place; Ctrl-C again stops at once");
    };
    // Without a handler Ctrl-C simply kills: results are safe either way.
    let _ = ctrlc::set_handler(handler);
}

/// Whether the run should stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
