//! Sweeps: the same bytes as alone, in any order and on any number of threads; nothing done twice; one failure stops no other.

use std::fs;

use varflat_tests::{Snapshot, Workplace, assert_same, names, program};

const SWEEP: &str = r#"
name = "sweep"
experiment = "small.toml"
seeds = [3, 4]
[zip]
training.batch_size = [10, 15]
training.learning_rate = [0.1, 0.15]
"#;

/// The folders of its points.
const POINTS: [&str; 4] = [
    "batch_size=10,learning_rate=0.1,seed=3",
    "batch_size=10,learning_rate=0.1,seed=4",
    "batch_size=15,learning_rate=0.15,seed=3",
    "batch_size=15,learning_rate=0.15,seed=4",
];

fn workplace() -> Workplace {
    let work = Workplace::new();
    fs::write(work.path("sweep.toml"), SWEEP).unwrap();
    work
}

/// `varflat sweep COMMAND sweep.toml --out OUT …`
fn sweep(work: &Workplace, command: &str, out: &str, more: &[&str]) -> Vec<String> {
    let mut arguments = ["sweep", command].map(str::to_owned).to_vec();
    arguments.extend([work.text("sweep.toml"), "--out".to_owned(), work.text(out)]);
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    arguments
}

/// `varflat sweep COMMAND OUT …`
fn on_folder(work: &Workplace, command: &str, out: &str, more: &[&str]) -> Vec<String> {
    let mut arguments = vec!["sweep".to_owned(), command.to_owned(), work.text(out)];
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    arguments
}

#[test]
fn a_point_is_the_run_it_would_be_alone_in_any_order_and_on_any_number_of_threads() {
    let work = workplace();
    program!().run(&sweep(&work, "run", "all", &["--jobs", "3"])).succeeds();
    // The other way round, one point a process, each on another number of threads.
    for index in (0..4).rev() {
        let index = index.to_string();
        let threads = ["1", "2", "3", "5"][index.parse::<usize>().unwrap()];
        program!()
            .run(&sweep(&work, "run", "backwards", &["--index", &index, "--threads", threads]))
            .succeeds();
    }
    for point in POINTS {
        let (here, there) = (work.path("all").join(point), work.path("backwards").join(point));
        assert_same(&Snapshot::of_results(&here), &Snapshot::of_results(&there), point);
    }
    // Beyond 400 weights the components are computed in parts.
    let wide = ["--set", "model.hidden=[22, 22]", "--set", "training.max_epochs=30", "--index", "0"];
    for (out, threads) in [("wide-1", "1"), ("wide-5", "5")] {
        program!().run(&sweep(&work, "run", out, &[&wide[..], &["--threads", threads]].concat())).succeeds();
    }
    let point = |out: &str| Snapshot::of_results(&work.path(out).join(POINTS[0]));
    assert_same(&point("wide-1"), &point("wide-5"), "484 weights on one and on five threads");
    let settings = ["training.batch_size=15", "training.learning_rate=0.15", "seed=4"];
    let alone = work.finished(&program!(), "alone", &settings);
    assert_same(
        &Snapshot::of_results(&alone),
        &Snapshot::of_results(&work.path("all").join(POINTS[3])),
        "alone",
    );

    let before = Snapshot::of(&work.path("all"));
    let again = program!().run(&on_folder(&work, "run", "all", &[])).succeeds();
    assert_eq!(again.stdout.matches("finished already").count(), 4, "{again:?}");
    assert_same(&before, &Snapshot::of(&work.path("all")), "the finished sweep");

    // The tables are the same, too, and numpy's and pandas' kind of tidy.
    for out in ["all", "backwards"] {
        program!().run(&on_folder(&work, "collect", out, &[])).succeeds();
    }
    let collected = |out: &str| Snapshot::of(&work.path(out).join("collected"));
    assert_same(&collected("all"), &collected("backwards"), "the tables and figures");
    let files = names(&work.path("all/collected"));
    for file in ["sweep.csv", "sweep_points.csv", "sweep.json", "sweep.svg", "sweep_exponents.png"] {
        assert!(files.iter().any(|name| name == file), "{file} is not in {files:?}");
    }
    let table = fs::read_to_string(work.path("all/collected/sweep.csv")).unwrap();
    assert!(table.starts_with("index,training.batch_size,training.learning_rate,group,run,seed,"), "{table}");
    assert_eq!(table.lines().count(), 5, "{table}");
}

#[test]
fn the_plan_measures_and_writes_nothing() {
    let work = workplace();
    let plan = program!().run(&sweep(&work, "plan", "none", &[])).succeeds().stdout;
    assert!(!work.path("none").exists());
    for part in [POINTS[2], "µs a step", "at most", "disk: about"] {
        assert!(plan.contains(part), "{part} is not in {plan}");
    }
    // 30 epochs of 30 steps at B = 10, of 20 at B = 15.
    assert!(plan.lines().any(|line| line.contains(POINTS[0]) && line.contains(" 900 ")), "{plan}");
    assert!(plan.lines().any(|line| line.contains(POINTS[2]) && line.contains(" 600 ")), "{plan}");
    let list = program!().run(&sweep(&work, "plan", "none", &["--csv"])).succeeds().stdout;
    assert_eq!(list.lines().next(), Some("index,point,training.batch_size,training.learning_rate,seed"));
    assert_eq!(list.lines().nth(3), Some("2,\"batch_size=15,learning_rate=0.15,seed=3\",15,0.15,3"));
}

#[test]
fn a_point_that_fails_stops_no_other_and_is_told_of() {
    let work = workplace();
    let text = SWEEP.replace("[0.1, 0.15]", "[1e20, 0.15]").replace("[3, 4]", "[3]");
    fs::write(work.path("sweep.toml"), text).unwrap();
    let bad = "batch_size=10,learning_rate=1e20,seed=3";
    let outcome = program!().run(&sweep(&work, "run", "out", &["--jobs", "1"]));
    outcome.fails_clearly(&["1 of the runs failed", bad, "diverged"]);
    assert!(work.path("out").join(POINTS[2]).join("fit.json").exists());

    let status = program!().run(&on_folder(&work, "status", "out", &[])).succeeds().stdout;
    for part in ["2 points: 1 finished, 1 failed", bad, "diverged", "does not try these again", "--retry"] {
        assert!(status.contains(part), "{part} is not in {status}");
    }
    // What diverged once would diverge again.
    let again = program!().run(&on_folder(&work, "run", "out", &[]));
    again.fails_clearly(&["in an earlier attempt", "--retry"]);
    program!().run(&on_folder(&work, "run", "out", &["--retry"])).fails_clearly(&[bad, "diverged"]);
    program!().run(&on_folder(&work, "collect", "out", &[])).succeeds();
    let table = fs::read_to_string(work.path("out/collected/sweep.csv")).unwrap();
    assert!(
        table.lines().any(|row| row.contains(bad) && row.contains("failed") && row.contains("diverged")),
        "{table}"
    );
}

#[test]
fn an_interrupted_sweep_says_where_it_stands_and_goes_on() {
    let work = workplace();
    let mut running = program!().start(&sweep(&work, "run", "out", &["--jobs", "1"]));
    let second = work.path("out").join(POINTS[1]);
    running.wait_until("the second point", || second.join("metrics.csv").exists());
    running.interrupt();
    let outcome = running.outcome();
    assert_eq!(outcome.code, Some(130), "{outcome:?}");
    outcome.is_clear();
    let status = program!().run(&on_folder(&work, "status", "out", &[])).succeeds().stdout;
    assert!(status.contains("4 points: 1 finished, 1 stopped, 2 waiting"), "{status}");
    assert!(status.contains("of work left"), "{status}");
    let collect = program!().run(&on_folder(&work, "collect", "out", &[]));
    collect.fails_clearly(&["3 of 4 points are not finished", "varflat sweep status"]);
    assert!(work.path("out/collected/sweep.csv").exists(), "what is finished is not in a table");

    program!().run(&on_folder(&work, "run", "out", &[])).succeeds();
    program!().run(&sweep(&work, "run", "undisturbed", &[])).succeeds();
    for point in POINTS {
        let (here, there) = (work.path("out").join(point), work.path("undisturbed").join(point));
        assert_same(&Snapshot::of_results(&there), &Snapshot::of_results(&here), point);
        assert_eq!(names(&here), names(&there), "leftovers of the interruption");
    }
}

/// As a requeued task and the orphan of its first attempt: the second waits, then finds the work done; also when the first is killed.
#[test]
fn two_processes_share_the_points_and_never_a_point() {
    let work = workplace();
    let point = ["--index", "1", "--set", "training.max_epochs=400"];
    let folder = work.path("out").join(POINTS[1]);
    for kill in [false, true] {
        let _ = fs::remove_dir_all(work.path("out"));
        let mut first = program!().start(&sweep(&work, "run", "out", &point));
        first.wait_until("the first attempt", || folder.join("metrics.csv").exists());
        let second = program!().start(&sweep(&work, "run", "out", &point));
        if kill {
            std::thread::sleep(std::time::Duration::from_millis(100));
            first.kill();
        } else {
            first.outcome().succeeds();
        }
        let second = second.outcome().succeeds();
        let expected = if kill { "): done" } else { "finished already" };
        assert!(second.stdout.contains(expected), "{second:?}");
    }
    let both = [0, 1].map(|_| {
        program!().start(&sweep(&work, "run", "shared", &["--jobs", "1", "--set", "training.max_epochs=400"]))
    });
    let done: usize =
        both.map(|process| process.outcome().succeeds().stdout.matches("): done").count()).iter().sum();
    assert_eq!(done, 4, "a point was done twice, or not at all");
    assert_same(
        &Snapshot::of_results(&folder),
        &Snapshot::of_results(&work.path("shared").join(POINTS[1])),
        "a killed and a shared point",
    );
}

#[test]
fn a_sweep_may_grow_but_its_experiment_stays() {
    let work = workplace();
    program!().run(&sweep(&work, "run", "out", &["--index", "0"])).succeeds();
    fs::write(work.path("sweep.toml"), SWEEP.replace("[3, 4]", "[1, 3, 4]")).unwrap();
    let grown = program!().run(&sweep(&work, "run", "out", &[])).succeeds().stdout;
    assert_eq!(grown.matches("finished already").count(), 1, "{grown}");
    // A task that was submitted before does not take the new points away.
    fs::write(work.path("sweep.toml"), SWEEP).unwrap();
    program!().run(&sweep(&work, "run", "out", &["--index", "0"])).succeeds();
    let status = program!().run(&on_folder(&work, "status", "out", &[])).succeeds().stdout;
    assert_eq!(status.lines().next(), Some("sweep: 6 points: 6 finished"));
    fs::write(work.path("sweep.toml"), SWEEP.replace("[3, 4]", "[1, 3, 4]")).unwrap();
    let other = program!().run(&sweep(&work, "run", "out", &["--set", "fit.block=50"]));
    other.fails_clearly(&["holds another sweep", "fit.block", "--out"]);
    let foreign = program!().run(&sweep(&work, "run", "images", &[]));
    foreign.fails_clearly(&["images", "not a sweep", "--out"]);
    let outside = program!().run(&sweep(&work, "run", "out", &["--index", "6"]));
    outside.fails_clearly(&["--index 6", "6 points"]);
    let nothing = program!().run(&on_folder(&work, "status", "images", &[]));
    nothing.fails_clearly(&["no sweep here", "varflat sweep run"]);
    let mixed = program!().run(&on_folder(&work, "run", "out", &["--set", "seed=3"]));
    mixed.fails_clearly(&["is the folder of a sweep"]);
}

/// A sweep without a file.
#[test]
fn an_experiment_varied_on_the_command_line_is_a_sweep() {
    let work = Workplace::new();
    let varied = |more: &[&str]| {
        let mut arguments = [
            "sweep".to_owned(),
            "run".to_owned(),
            work.text("small.toml"),
            "--out".to_owned(),
            work.text("out"),
        ]
        .to_vec();
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        arguments
    };
    let refused = |more: &[&str], parts: &[&str]| {
        program!().run(&varied(more)).fails_clearly(parts);
        assert!(!work.path("out").exists());
    };
    refused(&["--vary", "seed"], &["KEY=VALUE"]);
    refused(&["--vary", "training.batch=1,2"], &["batch"]);
    refused(&["--vary", "seed=1,two"], &["seed"]);
    refused(&["--vary", "seed=1,1"], &["1 is there twice"]);
    refused(&["--vary", "seed=1", "--vary", "seed=2"], &["twice"]);
    refused(&[], &["small.toml", "this is an experiment", "--vary"]);
    program!()
        .run(&varied(&["--vary", "seed=3,4", "--vary", "training.batch_size=10,15", "--index", "3"]))
        .succeeds();
    assert!(work.path("out/batch_size=15,seed=4/fit.json").exists());
}

/// What would be submitted, without a Slurm and without a trace.
#[test]
fn a_dry_run_prints_the_job_array() {
    let work = workplace();
    let submit = |more: &[&str]| {
        let mut arguments = sweep(&work, "submit", "none", &["--engine", "slurm", "--dry-run"]);
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        program!().run(&arguments).succeeds().stdout
    };
    let options = [
        "--time",
        "10:00",
        "--mem",
        "2G",
        "--partition",
        "main",
        "--at-once",
        "2",
        "--extra=--account=physics",
        "--cpus",
        "3",
    ];
    let script = submit(&options);
    for line in [
        "#SBATCH --array=0-3%2",
        "#SBATCH --requeue",
        "#SBATCH --time=10:00",
        "#SBATCH --mem=2G",
        "#SBATCH --partition=main",
        "#SBATCH --account=physics",
        "#SBATCH --cpus-per-task=3",
        "#SBATCH --signal=B:USR1@60",
        "--index \"$first-$last\" --threads 3",
        "# sbatch --parsable --dependency=afterany:ARRAY",
    ] {
        assert!(script.contains(line), "{line} is not in {script}");
    }
    // Four points in an array of at most three: two a task.
    let chunks = submit(&["--array-limit", "3"]);
    assert!(chunks.contains("--array=0-1\n") && chunks.contains("SLURM_ARRAY_TASK_ID * 2"), "{chunks}");
    assert!(!work.path("none").exists());

    // Only what is not finished is submitted.
    program!().run(&sweep(&work, "run", "none", &["--index", "1"])).succeeds();
    assert!(submit(&[]).contains("--array=0,2-3\n"));
}
