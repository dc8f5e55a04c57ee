//! Nothing is done, lost or left undone without a word: full disks, foreign files, points that go, jobs that are refused.

use std::fs;
use std::path::{Path, PathBuf};

use varflat_tests::{Outcome, Program, Snapshot, Workplace, assert_same, names, program};

/// Few epochs, few directions.
const QUICK: [&str; 5] = [
    "training.max_epochs=8",
    "recorder.window=200",
    "landscape.components=20",
    "fit.resamples=40",
    "fit.block=5",
];

fn quick(work: &Workplace, out: &str) -> PathBuf {
    work.finished(&program!(), out, &QUICK)
}

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|word| (*word).to_owned()).collect()
}

/// `varflat sweep COMMAND small.toml --out OUT …`, shortened.
fn sweep(work: &Workplace, command: &str, out: &str, more: &[&str]) -> Vec<String> {
    let mut arguments = vec!["sweep".to_owned()];
    arguments.extend(work.experiment(command, out, &QUICK));
    arguments.extend(words(more));
    arguments
}

/// `varflat sweep COMMAND FOLDER …`
fn on_sweep(work: &Workplace, command: &str, folder: &str, more: &[&str]) -> Vec<String> {
    [vec!["sweep".to_owned(), command.to_owned(), work.text(folder)], words(more)].concat()
}

// ---- standard output

#[test]
fn what_cannot_be_printed_is_an_error_and_a_reader_that_has_gone_is_none() {
    let work = Workplace::new();
    quick(&work, "run");
    program!().run(&sweep(&work, "run", "sweep", &["--vary", "seed=1"])).succeeds();
    let plan = sweep(&work, "plan", "none", &["--vary", "seed=1,2", "--csv"]);
    let vary = [work.stage("plot", "run"), vec!["--figures".to_owned(), work.text("figures")]].concat();
    for arguments in [
        words(&["--help"]),
        words(&["--version"]),
        words(&["sweep", "run", "--help"]),
        work.stage("inspect", "run"),
        work.stage("verify", "run"),
        work.run("run", &QUICK),
        work.stage("fit", "run"),
        on_sweep(&work, "status", "sweep", &[]),
        on_sweep(&work, "collect", "sweep", &[]),
        plan,
        vary,
    ] {
        println!("{arguments:?}");
        let full = program!().under(["sh", "-c", "exec \"$0\" \"$@\" > /dev/full"]);
        let outcome = full.run(&arguments).fails_clearly(&["standard output", "No space left on device"]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let gone = ["bash", "-c", "\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}"];
        let outcome = program!().under(gone).run(&arguments).succeeds();
        assert_eq!(outcome.stderr, "", "{outcome:?}");
    }
    // Work goes on: its results are in files.
    let full = program!().under(["sh", "-c", "exec \"$0\" \"$@\" > /dev/full"]);
    full.run(&work.run("other", &QUICK)).fails_clearly(&["standard output"]);
    assert!(work.path("other/fit.json").exists());
}

// ---- verify

#[test]
fn to_have_verified_nothing_is_an_error() {
    let work = Workplace::new();
    let run = quick(&work, "run");
    let make = |name: &str, files: &[(&str, &str)]| {
        fs::create_dir_all(work.path(name)).unwrap();
        files.iter().for_each(|(file, text)| fs::write(work.path(name).join(file), text).unwrap());
    };
    let config = fs::read_to_string(run.join("config.toml")).unwrap();
    let foreign_svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>";
    let bare = "{\"study\": {\"name\": \"x\"}, \"made\": {\"versions\": {\"varflat\": \"0.1.0\"}}}";
    make("foreign", &[("config.toml", &config), ("trajectory.npy", "mine")]);
    make("begun", &[("config.toml", &config), ("run.json", "{\"name\": \"small\"}")]);
    make("drawings", &[("mine.svg", foreign_svg)]);
    make("record", &[("drift.json", bare)]);
    make("nothing", &[]);
    Snapshot::of(&run).without(&["run.json"]).restore(&work.path("lost"));
    for (place, part) in [
        ("foreign", "run.json"),
        ("begun", "no stage of the run is finished"),
        ("drawings", "no checksum"),
        ("drawings/mine.svg", "no checksum"),
        ("record", "no checksum"),
        ("nothing", "neither a run"),
        ("lost", "run.json"),
    ] {
        let outcome = program!().run(&work.stage("verify", place));
        println!("{}", outcome.stderr);
        outcome.fails_clearly(&[place, "nothing was verified", part]);
    }
    program!().run(&work.stage("verify", "run")).succeeds();
}

// ---- whose file is it

/// Ways to write into a figure folder.
fn writers(work: &Workplace, figures: &str) -> Vec<(&'static str, Vec<String>)> {
    let to = ["--figures".to_owned(), work.text(figures)];
    let with = |arguments: Vec<String>| [arguments, to.to_vec()].concat();
    let reproduce = ["reproduce", "--quick", "--only", "headline", "--out"];
    let study = vec!["study".to_owned(), work.text("drift.toml"), "--runs".to_owned(), work.text("runs")];
    vec![
        ("plot RUN", with(work.stage("plot", "runs/base"))),
        ("run", with(work.run("new", &QUICK))),
        ("report", with(words(&["report"]))),
        ("study", with(study)),
        ("reproduce", with([words(&reproduce), vec![work.text("reproduced")]].concat())),
        ("collect", with(on_sweep(work, "collect", "sweep", &[]))),
    ]
}

fn with_everything() -> Workplace {
    let work = Workplace::new();
    quick(&work, "runs/base");
    let drift = "name = 'mine'\nrun = 'base'\n[study.drift]\ncomponents = [1, 2]\nlags = [[1, 9]]\n";
    fs::write(work.path("drift.toml"), drift).unwrap();
    program!().run(&sweep(&work, "run", "sweep", &["--vary", "seed=1,2"])).succeeds();
    work
}

#[test]
fn figures_and_reports_replace_nothing_that_is_not_varflats() {
    let work = with_everything();
    let files: [(&str, &[&str]); 10] = [
        ("report.md", &["plot RUN", "run", "study", "reproduce"]),
        ("report.html", &["plot RUN", "run", "study", "reproduce"]),
        ("flatness.csv", &["plot RUN", "run", "reproduce"]),
        ("summary.json", &["plot RUN", "run", "reproduce", "report"]),
        ("landscape.svg", &["plot RUN", "run", "reproduce"]),
        ("landscape.png", &["plot RUN", "run", "reproduce"]),
        ("drift.csv", &["study"]),
        ("drift.json", &["study", "report"]),
        ("sweep.csv", &["collect"]),
        ("sweep.json", &["collect", "report"]),
    ];
    for (file, hurt) in files {
        let folder = work.path("figures");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(file), "my notes").unwrap();
        let before = Snapshot::of(&folder);
        for (name, arguments) in writers(&work, "figures") {
            if hurt.contains(&name) {
                let outcome = program!().run(&arguments);
                println!("{name}, {file}: {}", outcome.stderr);
                outcome.fails_clearly(&[file, "move it away"]);
                assert_same(&before, &Snapshot::of(&folder), name);
            }
        }
        assert!(!work.path("new/trajectory.npy").exists(), "it trained before it looked");
        assert!(!work.path("reproduced/headline-quick/trajectory.npy").exists());
        assert!(!work.path("runs/mine/drift.json").exists(), "the study was done before it looked");
    }
    // A run folder is no figure folder: both have a flatness.csv.
    let run = Snapshot::of(&work.path("runs/base"));
    let other = quick(&work, "other");
    for folder in ["runs/base", "other"] {
        let to = [work.stage("plot", "other"), vec!["--figures".to_owned(), work.text(folder)]].concat();
        program!().run(&to).fails_clearly(&[folder, "choose another --figures"]);
    }
    let itself = [work.run("itself", &QUICK), vec!["--figures".to_owned(), work.text("itself")]].concat();
    program!().run(&itself).fails_clearly(&["/itself", "the results themselves"]);
    assert!(!work.path("itself/trajectory.npy").exists());
    assert_same(&run, &Snapshot::of(&work.path("runs/base")), "a run folder");
    assert!(other.join("fit.json").exists());
}

#[test]
fn without_tables_there_is_no_report_and_no_drawing() {
    let work = Workplace::new();
    fs::create_dir(work.path("empty")).unwrap();
    fs::write(work.path("empty/report.md"), "my notes").unwrap();
    for command in ["report", "plot"] {
        for folder in ["empty", "nowhere"] {
            let arguments = vec![command.to_owned(), "--figures".to_owned(), work.text(folder)];
            let outcome = program!().run(&arguments);
            let part = if folder == "empty" { "holds no tables" } else { "No such file" };
            outcome.fails_clearly(&[folder, part]);
        }
    }
    assert_eq!(names(&work.path("empty")), ["report.md"]);
    assert_eq!(fs::read_to_string(work.path("empty/report.md")).unwrap(), "my notes");
}

/// What varflat itself has written gives way without `--force`: that of this version, of earlier ones, and what a kill left.
#[test]
fn own_figures_and_reports_give_way() {
    let work = with_everything();
    for (name, arguments) in writers(&work, "figures") {
        if name != "reproduce" {
            program!().run(&arguments).succeeds();
            let before = Snapshot::of(&work.path("figures"));
            program!().run(&arguments).succeeds();
            assert_same(&before, &Snapshot::of(&work.path("figures")), name);
        }
    }
    // A table that was damaged is written again, and so is one whose record was lost on the way.
    let plot = &writers(&work, "figures")[0].1;
    program!().run(plot).succeeds();
    let before = Snapshot::of(&work.path("figures"));
    for (file, text) in [
        ("flatness.csv", "damaged"),
        ("summary.json", "{\n  \"experiment\": {\n    \"name\": \"da"),
        ("landscape.svg", ""),
    ] {
        fs::write(work.path("figures").join(file), text).unwrap();
        program!().run(plot).succeeds();
        assert_eq!(before.get(file), Snapshot::of(&work.path("figures")).get(file), "{file}");
    }
    fs::remove_file(work.path("figures/summary.json")).unwrap();
    program!().run(plot).fails_clearly(&["move it away"]);
    fs::write(work.path("figures/.summary.json.unfinished"), "").unwrap();
    program!().run(plot).succeeds();
    assert!(!work.path("figures/.summary.json.unfinished").exists());
    // The committed ones are of several earlier versions.
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../figures");
    fs::create_dir(work.path("old")).unwrap();
    for name in names(&committed).iter().filter(|name| committed.join(name).is_file()) {
        fs::copy(committed.join(name), work.path("old").join(name)).unwrap();
    }
    for (name, arguments) in writers(&work, "old") {
        if ["plot RUN", "study", "report"].contains(&name) {
            program!().run(&arguments).succeeds();
        }
    }
}

#[test]
fn a_readme_without_marks_is_refused_before_anything_is_written() {
    let work = with_everything();
    program!().run(&writers(&work, "figures")[0].1).succeeds();
    fs::write(work.path("README.md"), "mine\n").unwrap();
    fs::remove_file(work.path("figures/report.html")).unwrap();
    let arguments = ["report", "--figures", &work.text("figures"), "--readme", &work.text("README.md")];
    program!().run(&arguments).fails_clearly(&["README.md", "<!-- gallery -->"]);
    assert!(!work.path("figures/report.html").exists());
    assert_eq!(fs::read_to_string(work.path("README.md")).unwrap(), "mine\n");
}

#[test]
fn figures_that_cannot_be_written_are_refused_before_anything_is_computed() {
    let work = with_everything();
    fs::write(work.path("afile"), "mine").unwrap();
    std::os::unix::fs::symlink(work.path("gone"), work.path("link")).unwrap();
    for (place, part) in [
        (work.text("afile"), "a file stands where a folder is needed"),
        (work.text("afile/below"), "a file stands where a folder is needed"),
        ("/proc/varflat".to_owned(), "no folder can be made there"),
        (work.text("link"), "leads nowhere"),
    ] {
        for (name, arguments) in writers(&work, "PLACE") {
            if name == "report" {
                continue;
            }
            let to = work.text("PLACE");
            let arguments: Vec<String> =
                arguments.into_iter().map(|word| if word == to { place.clone() } else { word }).collect();
            let outcome = program!().run(&arguments);
            println!("{name}: {}", outcome.stderr);
            outcome.fails_clearly(&[&place, part]);
        }
        assert!(!work.path("new/trajectory.npy").exists(), "it trained before it looked");
        assert!(!work.path("reproduced/headline-quick/trajectory.npy").exists());
        assert!(!work.path("runs/mine/drift.json").exists());
    }
    // Nor where a study of `reproduce` would find no folder, after the headline.
    fs::create_dir(work.path("blocked")).unwrap();
    fs::write(work.path("blocked/drift-quick"), "mine").unwrap();
    let arguments = [
        "reproduce",
        "--quick",
        "--only",
        "drift",
        "--out",
        &work.text("blocked"),
        "--figures",
        &work.text("f"),
    ];
    program!().run(&arguments).fails_clearly(&["drift-quick", "choose another folder"]);
    assert!(!work.path("blocked/headline-quick/trajectory.npy").exists());
}

/// Results of somebody else's in a folder with a copied `config.toml`, or in that of a study.
#[test]
fn results_that_no_record_knows_are_not_overwritten() {
    let work = Workplace::new();
    let run = quick(&work, "run");
    for file in [
        "trajectory.npy",
        "weights_mean.npz",
        "weights_final.npz",
        "metrics.csv",
        "pca.npz",
        "flatness.csv",
        "fit.json",
    ] {
        let foreign = work.path(format!("foreign-{file}"));
        fs::create_dir(&foreign).unwrap();
        fs::copy(run.join("config.toml"), foreign.join("config.toml")).unwrap();
        fs::write(foreign.join(file), "years of work").unwrap();
        let before = Snapshot::of(&foreign);
        for command in ["run", "train"] {
            let arguments = work.experiment(command, format!("foreign-{file}"), &QUICK);
            program!().run(&arguments).fails_clearly(&[file, "run.json", "--force"]);
        }
        assert_same(&before, &Snapshot::of(&foreign), file);
    }
    // A run whose record was lost: neither, unless asked to.
    fs::remove_file(run.join("run.json")).unwrap();
    let mut arguments = work.run("run", &QUICK);
    program!().run(&arguments).fails_clearly(&["run.json", "--force"]);
    arguments.push("--force".to_owned());
    program!().run(&arguments).succeeds();
    // Begun and killed before the first result: nothing is in the way.
    fs::create_dir(work.path("early")).unwrap();
    fs::copy(run.join("config.toml"), work.path("early/config.toml")).unwrap();
    program!().run(&work.run("early", &QUICK)).succeeds();

    let drift = "name = 'mine'\nrun = 'run'\n[study.drift]\ncomponents = [1, 2]\nlags = [[1, 9]]\n";
    fs::write(work.path("drift.toml"), drift).unwrap();
    let study = ["study".to_owned(), work.text("drift.toml"), "--runs".to_owned(), work.text("")];
    for file in ["drift.json", "drift.csv"] {
        let _ = fs::remove_dir_all(work.path("mine"));
        fs::create_dir(work.path("mine")).unwrap();
        fs::write(work.path("mine").join(file), "years of work").unwrap();
        program!().run(&study).fails_clearly(&[file, "--force"]);
        assert_eq!(fs::read_to_string(work.path("mine").join(file)).unwrap(), "years of work");
    }
    program!().run(&[&study[..], &["--force".to_owned()]].concat()).succeeds();
    program!().run(&study).succeeds();
    fs::write(work.path("drift.toml"), drift.replace("'mine'", "'early'")).unwrap();
    program!().run(&study).fails_clearly(&["/early", "another name"]);
}

// ---- sweeps

/// The points of a sweep, as its folder knows them.
fn points(work: &Workplace, folder: &str) -> Vec<String> {
    let list = program!().run(&on_sweep(work, "plan", folder, &["--csv"])).succeeds().stdout;
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    reader.records().map(|row| row.unwrap()[1].to_owned()).collect()
}

#[test]
fn a_sweep_keeps_its_points_whatever_is_asked_for_next() {
    let work = Workplace::new();
    type Steps = &'static [&'static [&'static str]];
    let cases: [(&str, Steps, &[&str]); 7] = [
        ("more seeds", &[&["seed=1,2"], &["seed=4"]], &["seed=1", "seed=2", "seed=4"]),
        ("fewer seeds", &[&["seed=1,2"], &["seed=1"]], &["seed=1", "seed=2"]),
        ("overlapping", &[&["seed=1,2"], &["seed=2,3"]], &["seed=1", "seed=2", "seed=3"]),
        (
            "another key",
            &[&["seed=1,2"], &["fit.skip_first=2,3"]],
            &["seed=1", "seed=2", "skip_first=2", "skip_first=3"],
        ),
        (
            "a corner",
            &[&["fit.skip_first=2", "seed=1"], &["fit.skip_first=3", "seed=2"]],
            &["skip_first=2,seed=1", "skip_first=3,seed=2"],
        ),
        (
            "three times",
            &[&["seed=1"], &["fit.skip_first=2", "seed=1"], &["seed=2"], &["seed=1"]],
            &["seed=1", "skip_first=2,seed=1", "seed=2"],
        ),
        (
            "one more value",
            &[&["fit.skip_first=2", "seed=1,2"], &["fit.skip_first=3", "seed=1,2"]],
            &["skip_first=2,seed=1", "skip_first=2,seed=2", "skip_first=3,seed=1", "skip_first=3,seed=2"],
        ),
    ];
    for (name, steps, expected) in cases {
        for axes in steps {
            let vary: Vec<&str> = axes.iter().flat_map(|axis| ["--vary", axis]).collect();
            // One point of it is done; the sweep has them all.
            program!().run(&sweep(&work, "run", name, &[&vary[..], &["--index", "0"]].concat())).succeeds();
        }
        assert_eq!(points(&work, name), expected, "{name}");
    }
    // The table has every point and the keys of all.
    program!().run(&on_sweep(&work, "run", "another key", &[])).succeeds();
    let collected = program!().run(&on_sweep(&work, "collect", "another key", &[])).succeeds();
    assert!(collected.stdout.contains("4 of 4 points are in"), "{collected:?}");
    let table = fs::read_to_string(work.path("another key/collected/sweep.csv")).unwrap();
    assert!(table.starts_with("index,fit.skip_first,"), "{table}");
    assert!(
        table.contains("\n1,1,small,seed=2,2,") && table.contains("\n2,2,small,skip_first=2,3,"),
        "{table}"
    );
    // Another base experiment is another sweep.
    let other = sweep(&work, "run", "more seeds", &["--vary", "seed=5", "--set", "fit.block=10"]);
    program!().run(&other).fails_clearly(&["holds another sweep", "fit.block"]);
}

#[test]
fn runs_that_no_sweep_names_are_told_of() {
    let work = Workplace::new();
    let vary = |seeds: &str| sweep(&work, "run", "s", &["--vary", seeds]);
    program!().run(&vary("seed=1,2")).succeeds();
    // As an earlier version would have left it.
    let file = work.path("s/sweep.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("seeds = [1, 2]", "seeds = [2]")).unwrap();
    let status = program!().run(&on_sweep(&work, "status", "s", &[])).succeeds().stdout;
    assert!(
        status.contains("1 point: 1 finished") && status.contains("not in the sweep: seed=1"),
        "{status}"
    );
    let collect = program!().run(&on_sweep(&work, "collect", "s", &[])).succeeds();
    assert!(collect.stderr.contains("seed=1"), "{collect:?}");
    let again = program!().run(&vary("seed=1")).succeeds();
    assert!(again.stdout.contains("1 other point"), "{again:?}");
    assert_eq!(points(&work, "s"), ["seed=2", "seed=1"]);
}

#[test]
fn an_interrupted_sweep_keeps_its_points_too() {
    let work = Workplace::new();
    let long = |seeds: &str| {
        let more = ["--vary", seeds, "--jobs", "1", "--set", "training.max_epochs=100000"];
        sweep(&work, "run", "s", &more)
    };
    let metrics = work.path("s/seed=1/metrics.csv");
    for (seeds, epochs) in [("seed=1,2", 3), ("seed=1", 3)] {
        let before = fs::read_to_string(&metrics).map_or(0, |text| text.lines().count());
        let mut running = program!().start(&long(seeds));
        running.wait_for_lines(&metrics, before + epochs);
        running.interrupt();
        assert_eq!(running.outcome().code, Some(130));
    }
    assert_eq!(points(&work, "s"), ["seed=1", "seed=2"]);
    // What is not trained to its end says where it goes on.
    let inspect = program!().run(&work.stage("inspect", "s/seed=1")).succeeds().stdout;
    assert!(inspect.contains("not done; continues after step "), "{inspect}");
}

#[test]
fn failures_say_what_the_same_command_would_do_and_points_name_their_lines() {
    let work = Workplace::new();
    let vary = ["--vary", "training.learning_rate=0.1,1e30", "--jobs", "2"];
    let first = program!().run(&sweep(&work, "run", "s", &vary));
    assert!(!first.stderr.contains("tries these again"), "{}", first.stderr);
    first.clone().fails_clearly(&["does not try these again", "--retry"]);
    let lines: Vec<&str> = first.stdout.lines().filter(|line| line.contains("done in")).collect();
    assert!(
        lines.len() >= 4 && lines.iter().all(|line| line.starts_with("learning_rate=0.1: ")),
        "{}",
        first.stdout
    );
    let again =
        program!().run(&sweep(&work, "run", "s", &vary)).fails_clearly(&["does not try", "earlier attempt"]);
    assert_eq!(again.stderr.matches("--retry").count(), 1, "{}", again.stderr);
    // A point that cannot be made for want of a folder is tried again.
    fs::write(work.path("s/seed=7"), "a file").unwrap();
    let blocked = program!().run(&sweep(&work, "run", "s", &["--vary", "seed=7"]));
    blocked.fails_clearly(&["seed=7", "the same command tries these again"]);
}

#[test]
fn the_folder_of_a_sweep_is_named_for_what_it_is() {
    let work = Workplace::new();
    program!().run(&sweep(&work, "run", "s", &["--vary", "seed=1"])).succeeds();
    for command in ["verify", "inspect", "pca", "plot"] {
        let outcome = program!().run(&work.stage(command, "s"));
        outcome.fails_clearly(&["folder of a sweep", "varflat sweep status", "varflat sweep collect"]);
    }
    program!().run(&work.run("s", &QUICK)).fails_clearly(&["folder of a sweep"]);
    program!().run(&on_sweep(&work, "collect", "s", &[])).succeeds();
    program!().run(&work.stage("inspect", "s/collected")).fails_clearly(&["sweep.json", "varflat verify"]);
    // A sweep file of the user's own in the folder stays as it is.
    let own = "# mine\nname = 'small'\nexperiment = 'small.toml'\nseeds = [1]\n";
    fs::create_dir(work.path("own")).unwrap();
    fs::copy(work.path("small.toml"), work.path("own/small.toml")).unwrap();
    fs::write(work.path("own/sweep.toml"), own).unwrap();
    let other = ["sweep", "run", &work.text("small.toml"), "--vary", "seed=2", "--out", &work.text("own")];
    program!().run(&other).fails_clearly(&["own/sweep.toml", "choose another --out"]);
    assert_eq!(fs::read_to_string(work.path("own/sweep.toml")).unwrap(), own);
    program!().run(&["run", "..", "--out", &work.text("o")]).fails_clearly(&["name the file that is meant"]);
}

// ---- what a run says of itself

#[test]
fn a_threshold_that_was_not_reached_is_told() {
    let work = Workplace::new();
    let said = "did not reach training.loss_below = 1e-9";
    let never = [&QUICK[..], &["training.loss_below=1e-9"]].concat();
    for command in ["run", "train"] {
        let outcome = program!().run(&work.experiment(command, command, &never)).succeeds();
        assert!(outcome.stdout.contains(said) && outcome.stdout.contains("max_epochs = 8"), "{outcome:?}");
    }
    let outcome = program!().run(&work.stage("inspect", "run")).succeeds();
    assert!(outcome.stdout.contains(said), "{outcome:?}");
    // 0 never stops early, and 100 is reached.
    for loss in ["0", "100"] {
        let threshold = format!("training.loss_below={loss}");
        let settings = [&QUICK[..], &[&threshold, "recorder.window=20", "landscape.components=15"]].concat();
        let outcome = program!().run(&work.experiment("train", loss, &settings)).succeeds();
        assert!(!outcome.stdout.contains("did not reach"), "{outcome:?}");
    }
}

#[test]
fn inspect_shows_what_was_asked_for() {
    let work = Workplace::new();
    quick(&work, "run");
    let seen = program!().run(&work.stage("inspect", "run")).succeeds().stdout;
    let images = work.text("images");
    for line in [
        format!("data         {images}"),
        "network      hidden = [12, 12], no biases".to_owned(),
        "learning     SGD, α = 0.1, B = 10".to_owned(),
        "recorded     layer hidden, every step, the last 200 rows".to_owned(),
        "landscape    around the mean of the window, level e·L_0".to_owned(),
    ] {
        assert!(seen.contains(&line), "{line} is not in\n{seen}");
    }
}

// ---- Slurm, of which only the programs are there

/// Programs of Slurm's that do what a test says.
struct FakeSlurm {
    folder: PathBuf,
}

impl FakeSlurm {
    fn new(work: &Workplace) -> Self {
        let fake = Self { folder: work.path("bin") };
        fs::create_dir(&fake.folder).unwrap();
        fake.answers("scontrol", "[ \"$1\" = requeue ] && exit 0; echo 'MaxArraySize = 1001'");
        fake
    }

    /// A program that writes down how it was called and then does this.
    fn answers(&self, program: &str, then: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let log = self.folder.join(format!("{program}.log"));
        let text = format!("#!/bin/sh\necho \"$@\" >> '{}'\n{then}\n", log.display());
        let file = self.folder.join(program);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// How a program was called.
    fn calls(&self, program: &str) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join(format!("{program}.log"))).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn path(&self) -> String {
        format!("{}:{}", self.folder.display(), std::env::var("PATH").unwrap())
    }

    fn program(&self) -> Program {
        program!().with("PATH", &self.path())
    }
}

fn submit(work: &Workplace, program: &Program, more: &[&str]) -> Outcome {
    let more = [&["--vary", "seed=1,2,3", "--engine", "slurm"], more].concat();
    program.run(&sweep(work, "submit", "s", &more))
}

#[test]
fn a_task_that_is_out_of_time_requeues_itself_alone() {
    let work = Workplace::new();
    let slurm = FakeSlurm::new(&work);
    slurm.answers("sbatch", "echo 100");
    submit(&work, &slurm.program(), &["--set", "training.max_epochs=100000"]).succeeds();
    for task in ["0", "2"] {
        let script = work.text("s/slurm/1/array.sbatch");
        let bash = Program::new("/bin/bash")
            .with("PATH", &slurm.path())
            // As of the last task of an array: the job's own number is that of the array.
            .with("SLURM_JOB_ID", "100")
            .with("SLURM_ARRAY_JOB_ID", "100")
            .with("SLURM_ARRAY_TASK_ID", task);
        let mut running = bash.start(&[script]);
        let seed = task.parse::<usize>().unwrap() + 1;
        running.wait_for_lines(&work.path(format!("s/seed={seed}/metrics.csv")), 3);
        running.send("USR1");
        let outcome = running.outcome();
        assert_eq!(outcome.code, Some(130), "{outcome:?}");
    }
    let requeued: Vec<String> =
        slurm.calls("scontrol").into_iter().filter(|call| call.starts_with("requeue")).collect();
    assert_eq!(requeued, ["requeue 100_0", "requeue 100_2"]);
}

#[test]
fn a_cluster_that_refuses_half_is_told_of_and_nothing_is_submitted_twice() {
    let work = Workplace::new();
    let slurm = FakeSlurm::new(&work);
    // Nothing of Slurm's here: no folder stays.
    let bare = program!().with("PATH", "/nonexistent");
    submit(&work, &bare, &["--array-limit", "10"]).fails_clearly(&["sbatch", "--dry-run"]);
    submit(&work, &bare, &[]).fails_clearly(&["--dry-run"]);
    assert!(!work.path("s").exists());
    // The array is refused.
    slurm.answers(
        "sbatch",
        "echo 'sbatch: error: Batch job submission failed: Invalid job array specification' >&2; exit 1",
    );
    submit(&work, &slurm.program(), &[]).fails_clearly(&[
        "Invalid job array specification",
        "nothing is in the queue",
        "--chunk",
    ]);
    // The array is taken, the job that collects is not.
    slurm.answers(
        "sbatch",
        "case \"$*\" in *dependency*) echo 'sbatch: error: no such luck' >&2; exit 1;; esac; echo 100",
    );
    slurm.answers("squeue", "printf '100_0 RUNNING\\n100_1 PENDING\\n100_2 PENDING\\n'");
    let half = submit(&work, &slurm.program(), &[]);
    half.fails_clearly(&[
        "no such luck",
        "in the queue all the same",
        "array 100",
        "3 tasks",
        "sweep collect",
        "scancel 100",
    ]);
    // The same again: all of it is in the queue.
    let calls = slurm.calls("sbatch").len();
    submit(&work, &slurm.program(), &[]).fails_clearly(&[
        "in the queue already",
        "array 100",
        "scancel 100",
        "--again",
    ]);
    assert_eq!(slurm.calls("sbatch").len(), calls, "it was submitted twice");
    // One task has gone: its point alone is submitted.
    slurm.answers("sbatch", "echo 101");
    slurm.answers("squeue", "case \"$*\" in *=100*) printf '100_0 RUNNING\\n100_2 PENDING\\n';; esac");
    let one = submit(&work, &slurm.program(), &[]).succeeds();
    assert!(
        one.stdout.contains("2 points left to array 100")
            && one.stdout.contains("array 101: 1 point in 1 task"),
        "{one:?}"
    );
    // Slurm has forgotten them.
    slurm.answers("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
    let all = submit(&work, &slurm.program(), &[]).succeeds();
    assert!(all.stdout.contains("array 101: 3 points in 3 tasks"), "{all:?}");
    // It does not say.
    slurm.answers("squeue", "echo 'squeue: error: Unable to contact slurm controller' >&2; exit 1");
    submit(&work, &slurm.program(), &[]).fails_clearly(&["Unable to contact", "--again"]);
    submit(&work, &slurm.program(), &["--again"]).succeeds();
    // An answer that is none.
    slurm.answers("sbatch", "echo fine");
    submit(&work, &slurm.program(), &["--again"]).fails_clearly(&["no job number", "squeue --me"]);
    // Finished points are not asked for.
    program!().run(&on_sweep(&work, "run", "s", &[])).succeeds();
    let done = submit(&work, &slurm.program(), &[]).succeeds();
    assert!(done.stdout.contains("all points are finished"), "{done:?}");
}
