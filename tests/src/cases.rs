//! Every kind of work of the program, small: a command, and the folder below `disk` that it changes. Tests may have mounted something there.

use std::fs;

use crate::{Case, Program, Workplace};

const SMALL: [&str; 4] =
    ["model.hidden=[6, 6]", "landscape.components=30", "fit.resamples=40", "fit.block=5"];

/// A function that prepares a kind of work in a workplace.
pub type Prepare = fn(&Program, Workplace) -> Case;

/// Arguments of a command on the small experiment, shortened.
fn small(work: &Workplace, command: &str, settings: &[&str]) -> Vec<String> {
    work.experiment(command, "disk/out", &[&SMALL[..], settings].concat())
}

fn small_case(
    name: &'static str,
    program: &Program,
    work: Workplace,
    command: &str,
    settings: &[&str],
) -> Case {
    let arguments = small(&work, command, settings);
    Case::new(name, program, work, "disk/out", arguments)
}

/// A finished run in `disk/base`, with 36 weights and 300 rows.
fn make_base(program: &Program, work: &Workplace) {
    let settings = [&SMALL[..], &["training.max_epochs=12", "recorder.window=300"]].concat();
    work.finished(program, "disk/base", &settings);
}

/// A training of so many steps that a checkpoint comes by itself, every 12,000; the last rows are kept.
pub fn training(program: &Program, work: Workplace) -> Case {
    let settings = [
        "training.batch_size=1",
        "training.learning_rate=0.01",
        "training.max_epochs=45",
        "recorder.window=300",
    ];
    small_case("train, the last rows", program, work, "train", &settings)
}

/// A training with momentum of which every row is kept.
pub fn training_with_every_row(program: &Program, work: Workplace) -> Case {
    let settings = [
        "training.momentum=0.9",
        "training.learning_rate=0.02",
        "recorder.window=all",
        "training.max_epochs=40",
    ];
    small_case("train, every row", program, work, "train", &settings)
}

/// A training of three epochs. The window holds more rows than the components that the stages after it are to measure.
pub fn short_training(program: &Program, work: Workplace) -> Case {
    let settings = ["training.max_epochs=3", "recorder.window=35"];
    small_case("train, three epochs", program, work, "train", &settings)
}

/// The same with every row kept.
pub fn short_training_with_every_row(program: &Program, work: Workplace) -> Case {
    let settings = ["training.max_epochs=3", "recorder.window=all"];
    small_case("train, three epochs, every row", program, work, "train", &settings)
}

/// A training of a convolutional network with Adam.
pub fn convolution(program: &Program, work: Workplace) -> Case {
    let text = "name = 'convolution'\nseed = 3\n[data]\nsamples = 100\n[model]\nchannels = [2, 3]\nhidden = [8]\n\
                [training]\nlearning_rate = 0.002\noptimizer = 'adam'\nbatch_size = 10\nloss_below = 0\nmax_epochs = 5\n\
                [recorder]\nlayer = 'second'\nwindow = 30\n";
    fs::write(work.path("small.toml"), text).unwrap();
    let arguments = work.experiment("train", "disk/out", &[]);
    Case::new("train, a convolution with Adam", program, work, "disk/out", arguments)
}

/// A Langevin walk in place of a training.
pub fn walk(program: &Program, work: Workplace) -> Case {
    make_base(program, &work);
    let walk = format!(
        "name = 'walk'\nseed = 5\n[model]\nhidden = [6, 6]\n[recorder]\nwindow = 1500\n\
         [langevin]\nstart = {:?}\ntemperature = 1e-6\nlearning_rate = 0.5\ntrap = 1e-3\nburn_in = 100",
        work.text("disk/base")
    );
    work.write_experiment("small.toml", &walk);
    let arguments = work.experiment("train", "disk/out", &[]);
    Case::new("train, a Langevin walk", program, work, "disk/out", arguments)
}

fn stage(stage: &'static str, program: &Program, work: Workplace) -> Case {
    let settings = [
        "model.hidden=[14, 14]",
        "landscape.components=all",
        "training.max_epochs=12",
        "recorder.window=300",
    ];
    program.run(&work.experiment("train", "disk/out", &settings)).succeeds();
    for before in ["pca", "flatness", "fit"].into_iter().take_while(|before| *before != stage) {
        program.run(&work.stage(before, "disk/out")).succeeds();
    }
    let arguments = work.stage(stage, "disk/out");
    Case::new(stage, program, work, "disk/out", arguments)
}

/// The stage after a training.
pub fn pca(program: &Program, work: Workplace) -> Case {
    stage("pca", program, work)
}

/// The stage after that.
pub fn flatness(program: &Program, work: Workplace) -> Case {
    stage("flatness", program, work)
}

/// The last stage.
pub fn fit(program: &Program, work: Workplace) -> Case {
    stage("fit", program, work)
}

/// All stages.
pub fn run(program: &Program, work: Workplace) -> Case {
    let settings = [
        "training.optimizer=adam",
        "training.learning_rate=0.002",
        "model.bias=true",
        "training.max_epochs=25",
    ];
    small_case("run", program, work, "run", &settings)
}

/// All stages in place of a finished run of another experiment, beside what looks like a checkpoint of that and a file of the user's.
pub fn force(program: &Program, work: Workplace) -> Case {
    work.finished(program, "disk/out", &[&SMALL[..], &["seed=4"]].concat());
    let out = work.path("disk/out");
    let checkpoint = out.join("checkpoint-000000000240");
    fs::create_dir(&checkpoint).unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    for name in ["weights.npz", "optimizer.bin", "means.npz", "state.json"] {
        fs::copy(out.join("run.json"), checkpoint.join(name)).unwrap();
    }
    let mut arguments = small(&work, "run", &["training.max_epochs=4", "recorder.window=60"]);
    arguments.push("--force".to_owned());
    Case::new("run --force", program, work, "disk/out", arguments)
}

/// Four points, two at a time.
pub fn sweep(program: &Program, work: Workplace) -> Case {
    let mut arguments = small(&work, "run", &["training.max_epochs=20", "recorder.window=300"]);
    arguments.insert(0, "sweep".to_owned());
    let points = ["--vary", "training.batch_size=10,15", "--vary", "seed=1,2", "--jobs", "2"];
    arguments.extend(points.map(str::to_owned));
    Case::new("sweep", program, work, "disk/out", arguments)
}

fn study(name: &'static str, section: &str, program: &Program, work: Workplace) -> Case {
    make_base(program, &work);
    fs::write(work.path("study.toml"), format!("name = 'out'\nrun = 'base'\n{section}\n")).unwrap();
    let arguments = ["study".to_owned(), work.text("study.toml"), "--runs".to_owned(), work.text("disk")];
    Case::new(name, program, work, "disk/out", arguments.to_vec())
}

/// A study that keeps the results of single seeds.
pub fn forgetting(program: &Program, work: Workplace) -> Case {
    let section = "[study.forgetting]\npairs = [[0, 1], [3, 2]]\nheads = ['shared', 'own']\nepochs = 3\nwindow = 2\nevery = 2\n\
                   seeds = [1, 2]\nstrengths = [0.1, 10.0]\ncomponents = [2]\nshown = 2\nfisher_samples = 20";
    study("study, forgetting", section, program, work)
}

/// A study that keeps single replays.
pub fn controls(program: &Program, work: Workplace) -> Case {
    let section = "[study.controls]\nreplays = 4\nranges = [[2, 20]]\ntimes = [1, 5]";
    study("study, controls", section, program, work)
}

/// A study that keeps single readings of surrogates.
pub fn surrogates(program: &Program, work: Workplace) -> Case {
    let section = "[study.surrogates]\nrealisations = 2\nranges = [[2, 20]]\ntimes = [1, 5]";
    study("study, surrogates", section, program, work)
}

/// A study whose runs take over files of the finished one.
pub fn sensitivity(program: &Program, work: Workplace) -> Case {
    let section = "[study.sensitivity]\nranges = [[2, 20], [3, 15]]\n[[study.sensitivity.groups]]\ntitle = 'centre'\n\
                   vary = ['landscape.around=final']\n[[study.sensitivity.groups]]\ntitle = 'window'\n\
                   vary = ['recorder.window=200']";
    study("study, sensitivity", section, program, work)
}

/// Figures in a folder that holds those of another run.
pub fn plot(program: &Program, work: Workplace) -> Case {
    make_base(program, &work);
    work.finished(program, "other", &[&SMALL[..], &["seed=4"]].concat());
    let draw = |run: &str| {
        [work.stage("plot", run), vec!["--figures".to_owned(), work.text("disk/figures")]].concat()
    };
    program.run(&draw("other")).succeeds();
    let arguments = draw("disk/base");
    Case::new("plot", program, work, "disk/figures", arguments)
}

/// The report on figures.
pub fn report(program: &Program, work: Workplace) -> Case {
    make_base(program, &work);
    let figures = ["--figures".to_owned(), work.text("disk/figures")];
    program.run(&[work.stage("plot", "disk/base").as_slice(), &figures].concat()).succeeds();
    for name in ["report.html", "report.md"] {
        fs::remove_file(work.path("disk/figures").join(name)).unwrap();
    }
    let arguments = [&["report".to_owned()], figures.as_slice()].concat();
    Case::new("report", program, work, "disk/figures", arguments)
}
