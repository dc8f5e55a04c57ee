//! What a scheduler, a terminal and other processes do to a run: SIGTERM, SIGHUP, two processes in one folder; and a clock that jumps.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use varflat_tests::{Program, Running, Snapshot, Workplace, assert_same, cases, names, program};

/// The longest that a signal may take to end the program, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(4);

/// A training that takes seconds, and principal components of 2500 weights, which do too.
const LONG: [&str; 4] =
    ["model.hidden=[50, 50]", "training.max_epochs=400", "recorder.window=2600", "landscape.components=20"];

/// Send a signal and see how it ends.
#[track_caller]
fn stops(running: Running, signal: &str, what: &str) {
    running.send(signal);
    let sent = Instant::now();
    let outcome = running.outcome();
    println!("{what}: {:.2} s after SIG{signal}", sent.elapsed().as_secs_f64());
    assert_eq!(outcome.code, Some(130), "{what}: {outcome:#?}");
    outcome.is_clear();
    assert!(outcome.stderr.contains("the same command continues"), "{what}: {outcome:#?}");
    assert!(sent.elapsed() < PATIENCE, "{what}: {:?} after SIG{signal}", sent.elapsed());
}

/// Slurm sends SIGTERM at the time limit and SIGKILL half a minute later.
#[test]
fn every_stage_ends_soon_when_it_is_asked_to() {
    let work = Workplace::new();
    let undisturbed = work.finished(&program!(), "undisturbed", &LONG);
    let (run, arguments) = (work.path("out"), work.run("out", &LONG));
    for (epochs, signal) in [(5, "TERM"), (30, "HUP"), (60, "INT")] {
        let mut running = program!().start(&arguments);
        running.wait_for_lines(&run.join("metrics.csv"), epochs);
        stops(running, signal, "train");
        assert!(names(&run).iter().any(|name| name.starts_with("checkpoint-")), "it saved nothing");
    }
    program!().run(&work.experiment("train", "out", &LONG)).succeeds();
    // In the middle of the eigenvectors, which have no safe place.
    let running = program!().start(&work.stage("pca", "out"));
    std::thread::sleep(Duration::from_millis(300));
    stops(running, "TERM", "pca");
    program!().run(&work.stage("pca", "out")).succeeds();
    program!().run(&arguments).succeeds();
    assert_same(&Snapshot::of_results(&undisturbed), &Snapshot::of_results(&run), "after all signals");
    assert_eq!(names(&undisturbed), names(&run), "files left over");
}

/// `nohup` sets the end of the terminal to be ignored; so it is.
#[test]
fn nohup_is_obeyed() {
    let work = Workplace::new();
    let settings = ["training.max_epochs=150", "landscape.components=20"];
    let mut running = program!().under(["nohup"]).start(&work.run("out", &settings));
    running.wait_for_lines(&work.path("out/metrics.csv"), 3);
    running.send("HUP");
    let outcome = running.outcome();
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
}

/// Whatever else is asked for in the folder of a command at work is refused; the command notices nothing.
#[test]
fn two_processes_on_one_folder_do_not_meet() {
    let work = Workplace::new();
    let settings = ["training.max_epochs=400"];
    let alone = work.finished(&program!(), "alone", &settings);
    let mut first = program!().start(&work.run("out", &settings));
    first.wait_for_lines(&work.path("out/metrics.csv"), 3);
    let force = [work.run("out", &settings), vec!["--force".to_owned()]].concat();
    let stages = ["pca", "flatness", "fit"].map(|stage| work.stage(stage, "out"));
    let others = [work.run("out", &settings), work.experiment("train", "out", &settings), force];
    for arguments in others.iter().chain(&stages) {
        assert!(!first.has_ended(), "it was too fast");
        program!().run(arguments).fails_clearly(&["/out", "in use by another", "wait for it"]);
    }
    program!().run(&work.stage("inspect", "out")).succeeds();
    first.outcome().succeeds();
    assert_same(&Snapshot::of_results(&alone), &Snapshot::of_results(&work.path("out")), "the first process");
}

#[test]
fn two_sweeps_two_studies_and_two_plots_at_once_end_in_the_same() {
    for prepare in [cases::sweep as cases::Prepare, cases::forgetting, cases::plot] {
        let case = prepare(&program!(), Workplace::new());
        case.twice_at_once(&["in use by another", "wait for it"]);
    }
}

/// Lustre without `-o flock` has no locks: a note, and the work is done.
#[test]
fn a_file_system_without_locks_is_worked_on() {
    let work = Workplace::new();
    let strace =
        ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOSYS"];
    if !traces() {
        println!("SKIPPED: strace may not trace here");
        return;
    }
    let settings = ["training.max_epochs=21", "landscape.components=20"];
    let outcome = program!().under(strace).run(&work.run("out", &settings));
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    assert!(outcome.stderr.contains("/out cannot be locked"), "{outcome:#?}");
    let plot = [work.stage("plot", "out"), vec!["--figures".to_owned(), work.text("figures")]].concat();
    program!().under(strace).run(&plot).succeeds();
}

/// Whether there is an strace that may trace.
fn traces() -> bool {
    let tried = std::process::Command::new("strace").args(["-qqq", "-o", "/dev/null", "true"]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// Where Debian's `faketime` has its library.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// Results depend on no clock: neither on its time of day nor on its jumps.
#[test]
fn a_clock_that_jumps_changes_nothing() {
    if !Path::new(FAKETIME).exists() {
        println!("SKIPPED: Debian's faketime is not installed");
        return;
    }
    let work = Workplace::new();
    let settings = ["training.max_epochs=100", "landscape.components=20"];
    let undisturbed = work.finished(&program!(), "undisturbed", &settings);
    let clock = work.path("clock");
    for (out, also_monotonic) in [("wall", "1"), ("all", "0")] {
        let jumping: Program = program!()
            .with("LD_PRELOAD", FAKETIME)
            .with("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
            .with("FAKETIME_NO_CACHE", "1")
            .with("FAKETIME_DONT_FAKE_MONOTONIC", also_monotonic);
        fs::write(&clock, "+0").unwrap();
        let mut running = jumping.start(&work.run(out, &settings));
        for (lines, time) in [(5, "+4000d"), (20, "-3000d"), (40, "-10"), (60, "+1d")] {
            running.wait_for_lines(&work.path(out).join("metrics.csv"), lines);
            fs::write(&clock, time).unwrap();
        }
        running.outcome().succeeds();
        let record = fs::read(work.path(out).join("run.json")).unwrap();
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        let seconds = record["stages"]["train"]["seconds"].as_f64().unwrap();
        // Wall times are those of the monotonic clock, which only in this test jumps.
        assert_eq!(seconds > 80_000.0, out == "all", "{seconds} s");
        let results = Snapshot::of_results(&work.path(out));
        assert_same(&Snapshot::of_results(&undisturbed), &results, "a clock that jumps");
        assert_eq!(names(&undisturbed), names(&work.path(out)), "files left over");
    }
}
