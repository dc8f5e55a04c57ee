//! A grid of runs side by side: the same bytes as one by one, nothing done twice, one failure stops no other.

use varflat_tests::{Snapshot, Workplace, assert_same, program};

fn grid(work: &Workplace, more: &[&str]) -> Vec<String> {
    let mut arguments =
        vec!["grid".to_owned(), work.text("small.toml"), "--out".to_owned(), work.text("grid")];
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    arguments
}

#[test]
fn every_cell_is_the_run_it_would_be_alone_and_is_done_once() {
    let work = Workplace::new();
    let cells = ["--vary", "training.batch_size=10,15", "--vary", "seed=3,4", "--jobs", "3"];
    program!().run(&grid(&work, &cells)).succeeds();
    let alone = work.finished(&program!(), "alone", &["training.batch_size=15", "seed=4"]);
    let cell = work.path("grid").join("batch_size=15,seed=4");
    assert_same(&Snapshot::of_results(&alone), &Snapshot::of_results(&cell), "the cell of the grid");

    let table = std::fs::read_to_string(work.path("grid/grid.csv")).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.starts_with("run,seed,learning_rate,batch_size,epochs,stop_reason,l0,psi,"), "{table}");
    assert!(table.contains("\"batch_size=15,seed=4\",4,0.1,15,30,"), "{table}");

    let before = Snapshot::of(&work.path("grid"));
    let again = program!().run(&grid(&work, &cells)).succeeds();
    assert_eq!(again.stdout.matches("finished already").count(), 4, "{again:?}");
    assert_same(&before, &Snapshot::of(&work.path("grid")), "the finished grid");
}

#[test]
fn a_run_that_fails_stops_no_other() {
    let work = Workplace::new();
    let cells = ["--vary", "training.learning_rate=1e20,0.1", "--jobs", "1"];
    let outcome = program!().run(&grid(&work, &cells));
    outcome.fails_clearly(&["1 of the runs failed", "learning_rate=1e20", "diverged", "the same command"]);
    assert!(work.path("grid/learning_rate=0.1/fit.json").exists());
    let table = std::fs::read_to_string(work.path("grid/grid.csv")).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
}

#[test]
fn impossible_grids_are_refused_before_anything_runs() {
    let work = Workplace::new();
    let refused = |cells: &[&str], parts: &[&str]| {
        program!().run(&grid(&work, cells)).fails_clearly(parts);
        assert!(!work.path("grid").exists());
    };
    refused(&["--vary", "seed"], &["KEY=VALUE"]);
    refused(&["--vary", "training.batch=1,2"], &["batch"]);
    refused(&["--vary", "seed=1,two"], &["seed"]);
    refused(&["--vary", "seed=1,1"], &["1 is there twice"]);
    refused(&[], &["--vary"]);
}
