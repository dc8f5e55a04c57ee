//! The command line: help, reruns, single stages, overrides, data of another packing.

use std::fs;

use varflat_tests::{Packing, RESULTS, SmallSet, Snapshot, Workplace, assert_same, npz, program};

#[test]
fn every_subcommand_has_help() {
    let help = program!().run(&["--help"]).succeeds().stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    // Further lines of a description stand further in.
    let commands = commands.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(["reproduce", "study", "list"].iter().all(|command| commands.contains(command)), "{help}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let outcome = program!().run(&[command, "--help"]).succeeds();
        let words = outcome.stdout.split_whitespace().count();
        assert!(outcome.stdout.contains("Usage: ") && words > 15, "{command}: {outcome:#?}");
        let short = program!().run(&[command, "-h"]).succeeds();
        assert!(short.stdout.contains("Usage: "), "{command}: {short:#?}");
    }
    assert!(help.contains("EXAMPLES"), "{help}");
    let version = program!().run(&["--version"]).succeeds().stdout;
    assert_eq!(version.trim(), format!("varflat {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_end_with_usage_and_code_two() {
    let work = Workplace::new();
    for (arguments, part) in [
        (vec!["explore"], "explore"),
        (vec!["run"], "<EXPERIMENT>"),
        (vec!["run", "x.toml"], "--out"),
        (vec!["pca", "somewhere", "--sett", "a=b"], "--sett"),
        (vec!["flatness"], "<RUN>"),
    ] {
        let outcome = program!().run(&arguments).fails_clearly(&[part, "--help"]);
        assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    }
    assert!(!work.path("out").exists());
}

#[test]
fn a_finished_run_is_left_as_it_is() {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let before = Snapshot::of(&done);
    let outcome = program!().run(&work.run("done", &[])).succeeds();
    assert!(
        outcome.stdout.contains("finished already") && outcome.stdout.contains("--force"),
        "{outcome:#?}"
    );
    assert!(outcome.stdout.contains("ψ"), "{outcome:#?}");
    assert_same(&before, &Snapshot::of(&done), "a second `run`");
    let outcome = program!().run(&work.experiment("train", "done", &[])).succeeds();
    assert!(outcome.stdout.contains("trained already"), "{outcome:#?}");
    let outcome = program!().run(&work.stage("inspect", "done")).succeeds();
    for part in ["experiment", "small (seed 3)", "burn-flex", "done in", "30 (900 steps)", "ψ", "gap", "γ"]
    {
        assert!(outcome.stdout.contains(part), "{part} is not in {}", outcome.stdout);
    }
    assert_same(&before, &Snapshot::of(&done), "`train` and `inspect`");
}

#[test]
fn force_does_everything_again() {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let before = Snapshot::of_results(&done);
    // Wrong results that only a fresh start replaces.
    for name in ["metrics.csv", "trajectory.npy", "pca.npz", "flatness.csv", "fit.json"] {
        fs::write(done.join(name), "wrong").unwrap();
    }
    let mut arguments = work.run("done", &[]);
    arguments.push("--force".to_owned());
    let outcome = program!().run(&arguments).succeeds();
    assert!(outcome.stdout.contains("train: done"), "{outcome:#?}");
    assert_same(&before, &Snapshot::of_results(&done), "after --force");

    // Another experiment takes the folder over, too.
    let mut other = work.run("done", &["seed=4", "landscape.components=20"]);
    other.push("--force".to_owned());
    program!().run(&other).succeeds();
    assert!(fs::read_to_string(done.join("config.toml")).unwrap().contains("seed = 4"));
    assert!(!before.differences(&Snapshot::of_results(&done)).is_empty());
}

/// A file of the user's own in a run folder is no reason to lose the run: it stays, and the run is made anew.
#[test]
fn force_leaves_a_file_of_the_users_own_alone() {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let before = Snapshot::of_results(&done);
    fs::write(done.join("notes.txt"), "mine").unwrap();
    let mut arguments = work.run("done", &[]);
    arguments.push("--force".to_owned());
    let outcome = program!().run(&arguments);
    assert_eq!(fs::read_to_string(done.join("notes.txt")).unwrap(), "mine");
    assert_same(&before, &Snapshot::of_results(&done), "after --force beside a file of the user's own");
    outcome.succeeds();
}

#[test]
fn single_stages_give_the_files_of_a_whole_run() {
    let work = Workplace::new();
    let whole = work.finished(&program!(), "whole", &[]);
    program!().run(&work.experiment("train", "staged", &[])).succeeds();
    let staged = work.path("staged");
    let stages: [(&str, &[&str]); 3] = [
        ("pca", &["pca.npz", "projections.npy"]),
        ("flatness", &["flatness.csv", "landscape.npz"]),
        ("fit", &["fit.json"]),
    ];
    for (stage, files) in stages {
        assert!(files.iter().all(|file| !staged.join(file).exists()), "{files:?} before `{stage}`");
        let outcome = program!().run(&work.stage(stage, "staged")).succeeds();
        assert!(files.iter().all(|file| staged.join(file).exists()), "no {files:?} after `{stage}`");
        assert_eq!(outcome.stdout.contains("ψ"), stage == "fit", "{outcome:#?}");
    }
    assert_same(&Snapshot::of_results(&whole), &Snapshot::of_results(&staged), "stage by stage");
    // Doing a stage again takes back what follows from it, and ends in the same place.
    program!().run(&work.stage("pca", "staged")).succeeds();
    assert!(!staged.join("flatness.csv").exists() && !staged.join("fit.json").exists());
    let outcome = program!().run(&work.run("staged", &[])).succeeds();
    assert!(
        !outcome.stdout.contains("train: done") && outcome.stdout.contains("flatness: done"),
        "{outcome:#?}"
    );
    assert_same(&Snapshot::of_results(&whole), &Snapshot::of_results(&staged), "after `pca` again");
}

#[test]
fn another_centre_for_the_landscape_takes_back_the_fit() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &[]);
    let before = Snapshot::of(&run);
    let l0 = |file: &str| npz::<f64, ndarray::Ix0>(&run.join(file), "l0").into_scalar();
    let mean = l0("landscape.npz");
    let mut arguments = work.stage("flatness", "run");
    arguments.extend(["--set", "landscape.around=final"].map(str::to_owned));
    program!().run(&arguments).succeeds();
    assert!(!run.join("fit.json").exists(), "the old fit is still there");
    assert_ne!(mean, l0("landscape.npz"), "the loss is still that of the mean");
    assert!(fs::read_to_string(run.join("config.toml")).unwrap().contains("around = \"final\""));
    program!().run(&work.stage("fit", "run")).succeeds();
    let fit: serde_json::Value = serde_json::from_slice(&fs::read(run.join("fit.json")).unwrap()).unwrap();
    assert_eq!(fit["around"], "final");
    assert_eq!(fit["l0"].as_f64(), Some(l0("landscape.npz")));
    // A run that was asked for the final iterate from the start is the same.
    let asked = work.finished(&program!(), "asked", &["landscape.around=final"]);
    assert_same(&Snapshot::of_results(&asked), &Snapshot::of_results(&run), "`--set` after the run");

    // And back.
    let mut arguments = work.stage("flatness", "run");
    arguments.extend(["--set", "landscape.around=mean"].map(str::to_owned));
    program!().run(&arguments).succeeds();
    program!().run(&work.stage("fit", "run")).succeeds();
    assert_same(&before.without(&["run.json"]), &Snapshot::of(&run).without(&["run.json"]), "back again");
    // `fit` may change its own section, and only that.
    let mut arguments = work.stage("fit", "run");
    arguments.extend(["--set", "fit.skip_first=5"].map(str::to_owned));
    let outcome = program!().run(&arguments).succeeds();
    assert!(outcome.stdout.contains("components 6–"), "{outcome:#?}");
    let mut arguments = work.stage("fit", "run");
    arguments.extend(["--set", "landscape.factor=2"].map(str::to_owned));
    program!().run(&arguments).fails_clearly(&["landscape.factor", "earlier stage"]);
}

#[test]
fn plain_files_give_the_same_as_gzipped_ones() {
    let work = Workplace::new();
    let gzipped = work.finished(&program!(), "gzipped", &[]);
    let plain = work.path("plain");
    SmallSet::default().write(&plain, Packing::Plain);
    let mut arguments = work.run("unpacked", &[]);
    arguments.extend(["--data".to_owned(), work.text("plain")]);
    program!().run(&arguments).succeeds();
    let results = |run| Snapshot::of_results(run).without(&["config.toml"]);
    assert_same(&results(&gzipped), &results(&work.path("unpacked")), "unpacked data");
    // Which files they were is on record.
    let record = |run: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(work.path(run).join("run.json")).unwrap()).unwrap()
    };
    let file = |run: &str| record(run)["data"][0]["file"].as_str().unwrap().to_owned();
    assert_eq!(file("gzipped"), "train-images-idx3-ubyte.gz");
    assert_eq!(file("unpacked"), "train-images-idx3-ubyte");
}

/// Any layer may be the recorded one.
#[test]
fn every_layer_can_be_recorded() {
    let work = Workplace::new();
    for (layer, weights) in [("input", 768), ("output", 48)] {
        let setting = format!("recorder.layer={layer}");
        let run = work.finished(&program!(), layer, &[&setting, "landscape.components=30"]);
        let trajectory: ndarray::Array2<f32> = varflat_tests::npy(&run.join("trajectory.npy"));
        assert_eq!(trajectory.dim(), (600, weights));
        assert!(RESULTS.iter().all(|name| run.join(name).exists()));
    }
    let settings = ["model.hidden=[10, 8, 6]", "recorder.layer=deeper.0", "model.bias=true"];
    let run = work.finished(&program!(), "deeper", &settings);
    let trajectory: ndarray::Array2<f32> = varflat_tests::npy(&run.join("trajectory.npy"));
    assert_eq!(trajectory.dim(), (600, 48));
}

/// What has no replay has surrogates all the same, and says why.
#[test]
fn controls_of_a_run_without_a_replay_are_surrogates_alone() {
    let work = Workplace::new();
    let adam = ["training.optimizer=adam", "training.learning_rate=0.002", "fit.decay=[5,50]"];
    work.finished(&program!(), "adam", &adam);
    let few = ["--realisations", "2", "--replays", "2"].map(str::to_owned);
    let controls = |name: &str| [work.stage("controls", name).as_slice(), &few].concat();
    let said = program!().run(&controls("adam")).succeeds().stdout;
    assert!(
        said.contains("No replay: the replay is that of plain SGD") && said.contains("ψ, components"),
        "{said}"
    );
    assert!(!work.path("adam-controls").exists() && work.path("adam-surrogates/surrogates.csv").exists());
    // Of a run that has only been trained, the trajectory.
    program!().run(&work.experiment("train", "trained", &[])).succeeds();
    program!().run(&work.stage("pca", "trained")).succeeds();
    let said = program!().run(&controls("trained")).succeeds().stdout;
    assert!(
        said.contains("has not been through all of its stages") && said.contains("within epochs"),
        "{said}"
    );
    // With a replay, both.
    work.finished(&program!(), "sgd", &["fit.decay=[5,50]"]);
    let said = program!().run(&controls("sgd")).succeeds().stdout;
    assert!(
        said.contains("replays of frozen noise") && said.contains("realisations of each surrogate"),
        "{said}"
    );
    assert!(
        work.path("sgd-controls/controls.csv").exists()
            && work.path("sgd-surrogates/surrogates.csv").exists()
    );
}
