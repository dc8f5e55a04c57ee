//! The `varflat-benches` program.

use std::process::ExitCode;

/// As in the `varflat` program: it decides the time of a step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    varflat_benches::program::main()
}
