//! The Python reader, on a run that the program has just made.

use std::path::Path;
use std::process::Command;

use varflat_tests::{Workplace, program};

/// `python -m unittest` in `python/`, with a real run to look at. Says so where there is no numpy.
#[test]
fn the_python_reader_reads_a_run() {
    let numpy = Command::new("python3").args(["-c", "import numpy"]).output();
    if !numpy.is_ok_and(|output| output.status.success()) {
        eprintln!("NOT TESTED: python/, for want of a python3 with numpy");
        return;
    }
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python");
    let output = Command::new("python3")
        .args(["-B", "-m", "unittest", "--verbose"])
        .current_dir(folder)
        .env("VARFLAT_RUN", &run)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("OK"), "{said}");
    println!("{said}");
}
