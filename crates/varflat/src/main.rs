//! The `varflat` program.

use std::process::ExitCode;

/// Gradients of 157 kB come and go every step: an allocator that keeps memory makes a step a third shorter.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    varflat::interrupt::listen();
    match varflat::cli::main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            varflat::interrupt::last_words(varflat::printable(&varflat::cli::said(&error)));
            let interrupted = matches!(error, varflat::Error::Interrupted { .. });
            ExitCode::from(if interrupted { varflat::interrupt::EXIT_CODE } else { 1 })
        }
    }
}
