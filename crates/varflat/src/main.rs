//! The `varflat` program.

use std::process::ExitCode;

use varflat::cli;

/// Gradients of 157 kB come and go every step: an allocator that keeps memory makes a step a third shorter.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::listen();
    match cli::main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::report_once(cli::printable(&cli::said(&error)));
            let interrupted = matches!(error, varflat::Error::Interrupted { .. });
            ExitCode::from(if interrupted { cli::EXIT_CODE } else { 1 })
        }
    }
}
