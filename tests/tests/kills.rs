//! Kill −9 at moments all over every kind of work: nothing half-written has the name of a result, and the same command ends in the bytes
//! of an undisturbed run.
//!
//! `VARFLAT_KILLS` is the number of kills over all kinds of work, `VARFLAT_SEED` what their moments follow from. Those before every single
//! change of the file system are asked for by `cargo test … --test kills -- --ignored`; they need `strace`.

use std::fs;
use std::path::Path;

use varflat_tests::{Case, Workplace, program};

/// Kinds of work below, for each kind's share of the kills.
const KINDS: usize = 15;

/// A number from the environment.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

fn kill(case: &Case) {
    let kills = (setting("VARFLAT_KILLS", 45) as usize).div_ceil(KINDS);
    let tally = case.kill(kills, setting("VARFLAT_SEED", 61));
    assert_eq!(tally.kills, kills);
}

const SMALL: [&str; 4] =
    ["model.hidden=[6, 6]", "landscape.components=30", "fit.resamples=40", "fit.block=5"];

/// Arguments of a command on the small experiment, shortened.
fn small(work: &Workplace, command: &str, settings: &[&str]) -> Vec<String> {
    work.experiment(command, "out", &[&SMALL[..], settings].concat())
}

/// A finished run in `runs/base`, with 36 weights and 300 rows.
fn with_base() -> Workplace {
    let work = Workplace::new();
    work.finished(
        &program!(),
        "runs/base",
        &[&SMALL[..], &["training.max_epochs=12", "recorder.window=300"]].concat(),
    );
    work
}

/// So many steps that a checkpoint comes by itself, every 12,000.
fn a_window() -> Case {
    let work = Workplace::new();
    let settings = [
        "training.batch_size=1",
        "training.learning_rate=0.01",
        "training.max_epochs=45",
        "recorder.window=300",
    ];
    let arguments = small(&work, "train", &settings);
    Case::new("train, the last rows", program!(), work, "out", arguments)
}

fn every_row() -> Case {
    let work = Workplace::new();
    let settings = [
        "training.momentum=0.9",
        "training.learning_rate=0.02",
        "recorder.window=all",
        "training.max_epochs=40",
    ];
    let arguments = small(&work, "train", &settings);
    Case::new("train, every row", program!(), work, "out", arguments)
}

/// Short, for a kill at every change.
fn few_epochs() -> Case {
    let work = Workplace::new();
    let arguments = small(&work, "train", &["training.max_epochs=3", "recorder.window=25"]);
    Case::new("train, three epochs", program!(), work, "out", arguments)
}

fn a_convolution() -> Case {
    let work = Workplace::new();
    let text = "name = 'convolution'\nseed = 3\n[data]\nsamples = 100\n[model]\nchannels = [2, 3]\nhidden = [8]\n\
                [training]\nlearning_rate = 0.002\noptimizer = 'adam'\nbatch_size = 10\nloss_below = 0\nmax_epochs = 12\n\
                [recorder]\nlayer = 'second'\nwindow = 60\n";
    fs::write(work.path("small.toml"), text).unwrap();
    let arguments = work.experiment("train", "out", &[]);
    Case::new("train, a convolution with Adam", program!(), work, "out", arguments)
}

fn a_walk() -> Case {
    let work = with_base();
    let start = work.text("runs/base");
    let walk = format!(
        "name = 'walk'\nseed = 5\n[model]\nhidden = [6, 6]\n[recorder]\nwindow = 1500\n\
         [langevin]\nstart = {start:?}\ntemperature = 1e-6\nlearning_rate = 0.5\ntrap = 1e-3\nburn_in = 100"
    );
    work.write_experiment("small.toml", &walk);
    let arguments = work.experiment("train", "out", &[]);
    Case::new("train, a Langevin walk", program!(), work, "out", arguments)
}

/// A stage of a run that has been done as far as that.
fn stage(stage: &'static str) -> Case {
    let work = Workplace::new();
    let settings = [
        "model.hidden=[14, 14]",
        "landscape.components=all",
        "training.max_epochs=12",
        "recorder.window=300",
    ];
    program!().run(&work.experiment("train", "out", &settings)).succeeds();
    for before in ["pca", "flatness", "fit"].into_iter().take_while(|before| *before != stage) {
        program!().run(&work.stage(before, "out")).succeeds();
    }
    let arguments = work.stage(stage, "out");
    Case::new(stage, program!(), work, "out", arguments)
}

fn a_whole_run() -> Case {
    let work = Workplace::new();
    let settings = [
        "training.optimizer=adam",
        "training.learning_rate=0.002",
        "model.bias=true",
        "training.max_epochs=25",
    ];
    let arguments = small(&work, "run", &settings);
    Case::new("run", program!(), work, "out", arguments)
}

/// In a folder with another, finished run and an unfinished training of that.
fn force() -> Case {
    let work = Workplace::new();
    work.finished(&program!(), "out", &[&SMALL[..], &["seed=4"]].concat());
    let out = work.path("out");
    fs::create_dir(out.join("checkpoint-000000000240")).unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    let whole = ["weights.npz", "optimizer.bin", "means.npz", "state.json"];
    for (name, like) in whole.iter().zip(["weights_mean.npz", "config.toml", "weights_mean.npz", "run.json"])
    {
        fs::copy(out.join(like), out.join("checkpoint-000000000240").join(name)).unwrap();
    }
    let mut arguments = small(&work, "run", &["training.max_epochs=4", "recorder.window=60"]);
    arguments.push("--force".to_owned());
    Case::new("run --force", program!(), work, "out", arguments)
}

fn a_grid() -> Case {
    let work = Workplace::new();
    let settings = ["training.max_epochs=20", "recorder.window=300"];
    let mut arguments = small(&work, "grid", &settings);
    arguments.extend(
        ["--vary", "training.batch_size=10,15", "--vary", "seed=1,2", "--jobs", "2"].map(str::to_owned),
    );
    Case::new("grid", program!(), work, "out", arguments)
}

fn study(name: &'static str, section: &str) -> Case {
    let work = with_base();
    fs::write(work.path("study.toml"), format!("name = 'out'\nrun = 'base'\n{section}\n")).unwrap();
    let arguments = ["study".to_owned(), work.text("study.toml"), "--runs".to_owned(), work.text("runs")];
    Case::new(name, program!(), work, "runs/out", arguments.to_vec())
}

fn forgetting() -> Case {
    study(
        "study, forgetting",
        "[study.forgetting]\npairs = [[0, 1], [3, 2]]\nheads = ['shared', 'own']\nepochs = 3\nwindow = 2\nevery = 2\nseeds = [1, 2]\n\
         strengths = [0.1, 10.0]\ncomponents = [2]\nshown = 2\nfisher_samples = 20",
    )
}

/// Runs that take over files of the finished one.
fn adopting() -> Case {
    study(
        "study, sensitivity",
        "[study.sensitivity]\nranges = [[2, 20], [3, 15]]\n[[study.sensitivity.groups]]\ntitle = 'centre'\n\
         vary = ['landscape.around=final']\n[[study.sensitivity.groups]]\ntitle = 'window'\nvary = ['recorder.window=200']",
    )
}

/// Into a folder that holds the figures of another run.
fn plot() -> Case {
    let work = with_base();
    work.finished(&program!(), "other", &[&SMALL[..], &["seed=4"]].concat());
    let draw =
        |run: &str| [work.stage("plot", run), vec!["--figures".to_owned(), work.text("figures")]].concat();
    program!().run(&draw("other")).succeeds();
    let arguments = draw("runs/base");
    Case::new("plot", program!(), work, "figures", arguments)
}

fn report() -> Case {
    let work = with_base();
    let figures = ["--figures".to_owned(), work.text("figures")];
    program!().run(&[work.stage("plot", "runs/base").as_slice(), &figures].concat()).succeeds();
    let gone = |name: &str| fs::remove_file(Path::new(&figures[1]).join(name)).unwrap();
    ["report.html", "report.md"].into_iter().for_each(gone);
    let arguments = [&["report".to_owned()], figures.as_slice()].concat();
    Case::new("report", program!(), work, "figures", arguments)
}

/// A test for each kind of work, and one for kills at every change.
macro_rules! kinds {
    ($($test:ident: $case:expr;)*) => {
        $(#[test]
        fn $test() {
            kill(&$case);
        })*
    };
}

kinds! {
    training_of_a_window: a_window();
    training_with_every_row_kept: every_row();
    training_of_a_convolution: a_convolution();
    a_langevin_walk: a_walk();
    principal_components: stage("pca");
    flatness_along_them: stage("flatness");
    the_fit: stage("fit");
    a_run_from_end_to_end: a_whole_run();
    a_run_in_place_of_another: force();
    runs_side_by_side: a_grid();
    a_study_that_keeps_results: forgetting();
    a_study_whose_runs_share_files: adopting();
    figures_in_place_of_others: plot();
    the_report: report();
    a_short_training: few_epochs();
}

/// The same before every single change of the file system.
fn at_every_change(case: &Case) {
    case.kill_at_every_change();
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_trainings() {
    at_every_change(&few_epochs());
    let work = Workplace::new();
    let arguments = small(&work, "train", &["training.max_epochs=3", "recorder.window=all"]);
    at_every_change(&Case::new("train, three epochs, every row", program!(), work, "out", arguments));
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_stages_after_it() {
    ["pca", "flatness", "fit"].into_iter().for_each(|name| at_every_change(&stage(name)));
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_a_run_in_place_of_another() {
    at_every_change(&force());
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_studies() {
    at_every_change(&adopting());
    at_every_change(&forgetting());
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_figures() {
    at_every_change(&plot());
    at_every_change(&report());
}
