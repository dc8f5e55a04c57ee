//! Ctrl-C and kill −9 at any moment: the same command goes on to the bytes of an undisturbed run.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use varflat_tests::{SmallSet, Snapshot, Workplace, assert_same, below, metrics, names, program};

/// The training of these tests: so many epochs of 30 steps, long enough that a busy machine strikes in time.
const EPOCHS: usize = 250;

/// The small experiment, longer, with the settings that a test is about.
fn longer<'a>(settings: &[&'a str]) -> Vec<&'a str> {
    [&["training.max_epochs=250", "landscape.components=60"], settings].concat()
}

/// Whether a training has left a checkpoint.
fn has_checkpoint(run: &Path) -> bool {
    names(run).iter().any(|name| name.starts_with("checkpoint-"))
}

/// Results are those of the undisturbed run, and nothing else is left but what a write cut short may leave.
#[track_caller]
fn assert_undisturbed(undisturbed: &Path, run: &Path, context: &str) {
    assert_same(&Snapshot::of_results(undisturbed), &Snapshot::of_results(run), context);
    let whole = |run: &Path| -> Vec<String> {
        names(run).into_iter().filter(|name| !(name.starts_with('.') && name.ends_with(".tmp"))).collect()
    };
    assert_eq!(whole(undisturbed), whole(run), "{context}: files left over");
}

/// Interrupt twice, with a checkpoint each time; then kill twice on the way from the last; then let it finish.
fn interrupted_and_killed(settings: &[&str], seed: u64) {
    let work = Workplace::new();
    let settings = longer(settings);
    let undisturbed = work.finished(&program!(), "undisturbed", &settings);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (run, arguments) = (work.path("out"), work.run("out", &settings));
    let rows = run.join("metrics.csv");

    let mut epoch = 0;
    for attempt in 0..2 {
        epoch += 5 + below(25, &mut random);
        let mut running = program!().start(&arguments);
        running.wait_for_lines(&rows, epoch + 2);
        running.interrupt();
        let outcome = running.outcome();
        assert_eq!(outcome.code, Some(130), "{outcome:#?}");
        outcome.is_clear();
        assert!(outcome.stderr.contains("interrupted during train"), "{outcome:#?}");
        assert!(outcome.stderr.contains("the same command continues"), "{outcome:#?}");
        assert_eq!(outcome.stdout.contains("continuing after step"), attempt > 0, "{outcome:#?}");
        assert!(has_checkpoint(&run));
        epoch = metrics(&run).len() - 1;
        assert!(epoch < EPOCHS, "the interruption came too late to say anything");
    }
    for _ in 0..2 {
        let mut running = program!().start(&arguments);
        // The checkpoint stands before this epoch: rows after it are on disk when the kill comes.
        running.wait_for_lines(&rows, (epoch + 2 + 1 + below(15, &mut random)).min(EPOCHS));
        std::thread::sleep(Duration::from_micros(below(2000, &mut random) as u64));
        running.kill();
        assert!(has_checkpoint(&run), "the checkpoint is gone");
    }
    let outcome = program!().run(&arguments).succeeds();
    assert!(outcome.stdout.contains("continuing after step"), "{outcome:#?}");
    assert_undisturbed(&undisturbed, &run, "after two interruptions and two kills");
}

#[test]
fn plain_sgd_goes_on_where_it_stopped() {
    interrupted_and_killed(&[], 31);
}

#[test]
fn momentum_goes_on_where_it_stopped() {
    interrupted_and_killed(&["training.momentum=0.9", "training.learning_rate=0.02"], 32);
}

/// Every digit of the weights comes back.
#[test]
fn a_training_in_f64_goes_on_where_it_stopped() {
    interrupted_and_killed(&["training.precision=f64"], 36);
}

#[test]
fn adam_goes_on_where_it_stopped() {
    interrupted_and_killed(&["training.optimizer=adam", "training.learning_rate=0.002"], 33);
}

#[test]
fn a_recording_of_everything_goes_on_where_it_stopped() {
    interrupted_and_killed(&["recorder.window=all"], 34);
}

#[test]
fn a_stride_biases_and_independent_batches_go_on_where_they_stopped() {
    let settings =
        ["recorder.every=7", "recorder.window=100", "model.bias=true", "training.shuffle=independent"];
    interrupted_and_killed(&[&settings[..], &["fit.block=20"]].concat(), 35);
}

/// The measurement of flatness keeps the directions it has done, even when the last line is torn.
#[test]
fn flatness_goes_on_where_it_stopped() {
    let work = Workplace::with(SmallSet { train: 20_000, test: 100, seed: 2 });
    let settings = [
        "model.hidden=[30, 30]",
        "training.batch_size=100",
        "training.max_epochs=4",
        "recorder.window=500",
        "landscape.components=all",
    ];
    program!().run(&work.experiment("train", "undisturbed", &settings)).succeeds();
    program!().run(&work.stage("pca", "undisturbed")).succeeds();
    let (undisturbed, run) = (work.path("undisturbed"), work.path("out"));
    fs::create_dir(&run).unwrap();
    for name in names(&undisturbed) {
        fs::copy(undisturbed.join(&name), run.join(&name)).unwrap();
    }
    program!().run(&work.run("undisturbed", &settings)).succeeds();

    let partial = run.join("flatness.partial.csv");
    let arguments = work.stage("flatness", "out");
    let mut running = program!().start(&arguments);
    running.wait_for_lines(&partial, 20);
    running.interrupt();
    let outcome = running.outcome();
    assert_eq!(outcome.code, Some(130), "{outcome:#?}");
    assert!(outcome.stderr.contains("interrupted during flatness"), "{outcome:#?}");
    let done = fs::read_to_string(&partial).unwrap();
    assert!((20..400).contains(&done.lines().count()), "{} directions", done.lines().count());
    assert!(!run.join("flatness.csv").exists());

    let mut running = program!().start(&arguments);
    running.wait_for_lines(&partial, done.lines().count() + 20);
    assert!(running.kill());
    let text = fs::read_to_string(&partial).unwrap();
    assert!(text.starts_with(&done), "directions done before were lost");
    fs::write(&partial, &text[..text.len() - 17]).unwrap();

    program!().run(&work.run("out", &settings)).succeeds();
    assert_undisturbed(&undisturbed, &run, "flatness after an interruption, a kill and a torn line");
}

/// What a kill between noting a stage as done and clearing up after it leaves goes away with the next command.
#[test]
fn what_a_finished_stage_no_longer_needs_is_cleared_away() {
    let work = Workplace::new();
    let undisturbed = work.finished(&program!(), "out", &[]);
    let before = names(&undisturbed);
    for stage in ["run", "pca"] {
        fs::create_dir(undisturbed.join("checkpoint-000000000240")).unwrap();
        fs::write(undisturbed.join("checkpoint-000000000240/state.json"), "half a fi").unwrap();
        fs::write(undisturbed.join("trajectory.part-000000000001.npy"), "").unwrap();
        match stage {
            "run" => program!().run(&work.run("out", &[])).succeeds(),
            _ => program!().run(&work.stage(stage, "out")).succeeds(),
        };
        let left: Vec<String> =
            names(&undisturbed).into_iter().filter(|name| !before.contains(name)).collect();
        assert!(left.is_empty(), "left by `{stage}`: {left:?}");
    }
}

/// What a kill in the middle of a write leaves goes away with the next command.
#[test]
fn a_write_cut_short_is_cleared_away() {
    let work = Workplace::new();
    program!().run(&work.experiment("train", "out", &[])).succeeds();
    let run = work.path("out");
    for name in [".pca.npz.99999.tmp", ".metrics.csv.99998.tmp", "trajectory.npy.tmp"] {
        fs::write(run.join(name), "half a fi").unwrap();
    }
    fs::create_dir(run.join(".checkpoint.tmp")).unwrap();
    program!().run(&work.run("out", &[])).succeeds();
    let left: Vec<String> = names(&run).into_iter().filter(|name| name.ends_with(".tmp")).collect();
    assert!(left.is_empty(), "left for ever: {left:?}");
}
