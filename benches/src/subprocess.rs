//! This program started once more: as `varflat` itself, or to measure one task in a process of its own.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::memory;
use crate::places::root;

/// Where a process that is to be `varflat` leaves its peak memory.
const AS_VARFLAT: &str = "VARFLAT_BENCHES_AS_VARFLAT";

/// What a run of a program took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// Wall time from start to end.
    pub(crate) seconds: f64,
    /// Peak memory in bytes, where the system tells.
    pub(crate) peak: Option<u64>,
}

/// Be `varflat` if this process was started as such: the same `main`, with the peak memory noted at its end.
pub(crate) fn as_varflat() -> Option<ExitCode> {
    let note = std::env::var_os(AS_VARFLAT)?;
    varflat::cli::listen();
    let result = varflat::cli::main();
    if let Some(peak) = memory::peak() {
        // Without the note the row is left out.
        let _ = std::fs::write(note, peak.to_string());
    }
    Some(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", varflat::cli::said(&error));
            ExitCode::FAILURE
        }
    })
}

/// Run `varflat` with these arguments and `threads` threads in the root of the workspace.
pub(crate) fn varflat<A: AsRef<OsStr>>(arguments: &[A], threads: usize, scratch: &Path) -> Result<Spent> {
    let note = tempfile::NamedTempFile::new_in(scratch).context("cannot make a temporary file")?;
    let start = Instant::now();
    let status = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env(AS_VARFLAT, note.path())
        .env("RAYON_NUM_THREADS", threads.to_string())
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot start `varflat`")?;
    let seconds = start.elapsed().as_secs_f64();
    if !status.success() {
        bail!("`varflat` failed ({status}); what it said is above");
    }
    let peak = std::fs::read_to_string(note.path()).ok().and_then(|text| text.parse().ok());
    Ok(Spent { seconds, peak })
}

/// Measure a task in a new process, so that its peak memory is its own.
pub(crate) fn measure<T: DeserializeOwned>(task: &impl Serialize) -> Result<T> {
    let task = serde_json::to_string(task)?;
    let output = Command::new(std::env::current_exe()?)
        .args(["measure", &task])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start a process to measure in")?;
    if !output.status.success() {
        bail!("measuring {task} failed ({}); what it said is above", output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("measuring {task} gave no answer"))
}
