//! Bad input: one clear message that names the file or key and the remedy, and nothing lost.

use std::fs;
use std::path::Path;

use varflat_model::device::Backend;
use varflat_recorder::Trajectory;
use varflat_tests::{Outcome, Packing, SmallSet, Snapshot, Workplace, assert_same, names, program};

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "train-labels-idx1-ubyte";

/// Change the bytes of a file.
fn damage(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

/// What can be wrong with a data folder: a name, how to bring it about, and what the message has to say.
type DataFault = (&'static str, fn(&Path), &'static [&'static str]);

const DATA_FAULTS: [DataFault; 12] = [
    (
        "missing file",
        |data| fs::remove_file(data.join(LABELS)).unwrap(),
        &["training labels", "train-labels-idx1-ubyte.gz", "put one there"],
    ),
    (
        "truncated file",
        |data| damage(&data.join(IMAGES), |bytes| bytes.truncate(bytes.len() - 10)),
        &[IMAGES, "cut short", "copy the file again"],
    ),
    (
        "truncated header",
        |data| damage(&data.join(IMAGES), |bytes| bytes.truncate(7)),
        &[IMAGES, "ends inside its IDX header", "copy the file again"],
    ),
    (
        "too long file",
        |data| damage(&data.join(LABELS), |bytes| bytes.push(0)),
        &[LABELS, "too long", "copy the file again"],
    ),
    (
        "truncated gzip",
        |data| {
            gzip(data);
            damage(&data.join("t10k-images-idx3-ubyte.gz"), |bytes| bytes.truncate(bytes.len() / 2));
        },
        &["t10k-images-idx3-ubyte.gz", "cut short", "copy the file again"],
    ),
    (
        "corrupt gzip",
        |data| {
            gzip(data);
            damage(&data.join("train-images-idx3-ubyte.gz"), |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x10;
            });
        },
        &["train-images-idx3-ubyte.gz", "damaged", "copy the file again"],
    ),
    (
        "web page",
        |data| fs::write(data.join(IMAGES), "<!DOCTYPE html><html>not found</html>").unwrap(),
        &[IMAGES, "not an IDX file", "copy the file again"],
    ),
    ("empty file", |data| fs::write(data.join(IMAGES), "").unwrap(), &[IMAGES, "copy the file again"]),
    (
        "labels for images",
        |data| {
            fs::rename(data.join(IMAGES), data.join("held")).unwrap();
            fs::rename(data.join(LABELS), data.join(IMAGES)).unwrap();
            fs::rename(data.join("held"), data.join(LABELS)).unwrap();
        },
        &[IMAGES, "swapped", "rename"],
    ),
    (
        "labels of another set",
        |data| {
            fs::copy(data.join("t10k-labels-idx1-ubyte"), data.join(LABELS)).unwrap();
        },
        &[IMAGES, LABELS, "300 images", "100 labels", "use two files of the same set"],
    ),
    (
        "checksum mismatch",
        |data| {
            let line = format!("{}  {IMAGES}\n", "0123456789abcdef".repeat(4));
            fs::write(data.join("SHA256SUMS"), line).unwrap();
        },
        &[IMAGES, "SHA-256", "0123456789abcdef", "SHA256SUMS", "copy the file again"],
    ),
    (
        "no folder",
        |data| fs::remove_dir_all(data).unwrap(),
        &["is not a folder", "name the folder that holds the four IDX files"],
    ),
];

/// Exchange the plain files for gzipped ones.
fn gzip(data: &Path) {
    fs::remove_dir_all(data).unwrap();
    SmallSet::default().write(data, Packing::Gzip);
}

#[test]
fn every_fault_of_the_data_is_named_with_its_file_and_remedy() {
    for (fault, bring_about, parts) in DATA_FAULTS {
        let work = Workplace::new();
        let data = work.path("faulty");
        SmallSet::default().write(&data, Packing::Plain);
        bring_about(&data);
        let mut arguments = work.run(format!("out of {fault}"), &[]);
        arguments.extend(["--data".to_owned(), work.text("faulty")]);
        let outcome = program!().run(&arguments);
        println!("{fault}: {}", outcome.stderr);
        outcome.fails_clearly(parts).fails_clearly(&[&work.text("faulty")]);
        let trained = names(&work.path(format!("out of {fault}"))).contains(&"trajectory.npy".to_owned());
        assert!(!trained, "{fault}: trained all the same");
    }
}

/// Experiments that cannot be: overrides of the small one, and what the message has to say.
const IMPOSSIBLE: [(&str, &[&str]); 11] = [
    ("training.lerning_rate=0.1", &["--set training.lerning_rate=0.1", "expected one of", "`learning_rate`"]),
    ("trainig.learning_rate=0.1", &["--set trainig.learning_rate=0.1", "expected one of", "`training`"]),
    ("training.batch_size=many", &["--set training.batch_size=many", "batch_size", "expected"]),
    ("training.learning_rate=true", &["--set training.learning_rate=true", "learning_rate", "expected"]),
    (
        "recorder.window=some",
        &["--set recorder.window=some", "window", "a number of recorded steps, or \"all\""],
    ),
    ("seed", &["--set seed", "write it as section.key=value"]),
    ("training.loss_below=-1", &["training.loss_below", "-1", "must not be negative"]),
    ("training.batch_size=301", &["training.batch_size", "301", "300"]),
    (
        "recorder.window=901",
        &["recorder.window = 901", "900", "lower recorder.window or raise training.max_epochs"],
    ),
    ("recorder.layer=hiden", &["recorder.layer = \"hiden\" is unknown", "input, hidden, output"]),
    ("data.set=cifar", &["data.set", "cifar", "fashion-mnist", "data.folder"]),
];

#[test]
fn an_impossible_setting_is_named_with_its_key_and_remedy() {
    let work = Workplace::new();
    for (number, (setting, parts)) in IMPOSSIBLE.into_iter().enumerate() {
        let outcome = program!().run(&work.run(format!("out-{number}"), &[setting]));
        println!("{setting}: {}", outcome.stderr);
        outcome.fails_clearly(parts);
    }
}

#[test]
fn a_fault_in_an_experiment_file_is_named_with_its_file_and_line() {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let before = Snapshot::of(&done);
    for (name, text, parts) in [
        (
            "unknown.toml",
            "name = \"x\"\n[training]\nlerning_rate = 0.1\n",
            &["unknown.toml", "line 3", "lerning_rate", "expected one of", "`learning_rate`"] as &[&str],
        ),
        (
            "typed.toml",
            "name = \"x\"\n[training]\nbatch_size = \"many\"\n",
            &["typed.toml", "line 3", "expected"],
        ),
        ("broken.toml", "name = \"x\"\n[training\n", &["broken.toml", "line 2", "expected"]),
        ("section.toml", "name = \"x\"\n[trainig]\n", &["section.toml", "trainig", "expected one of"]),
        (
            "both.toml",
            "name = \"x\"\n[data]\nset = \"mnist\"\nfolder = \"mine\"\n",
            &["both.toml", "data.set", "exclude each other", "keep one"],
        ),
        ("nameless.toml", "seed = 1\n", &["nameless.toml", "missing field `name`"]),
        ("binary.toml", "\0\0\u{1}", &["binary.toml"]),
    ] {
        fs::write(work.path(name), text).unwrap();
        for force in [false, true] {
            let mut arguments =
                vec!["run".to_owned(), work.text(name), "--out".to_owned(), work.text("done")];
            arguments.extend(force.then(|| "--force".to_owned()));
            let outcome = program!().run(&arguments);
            println!("{name}: {}", outcome.stderr);
            outcome.fails_clearly(parts);
            assert_same(&before, &Snapshot::of(&done), name);
        }
    }
    let missing = ["run".to_owned(), work.text("absent.toml"), "--out".to_owned(), work.text("done")];
    program!().run(&missing).fails_clearly(&["absent.toml", "No such file", "check the path"]);
    assert_same(&before, &Snapshot::of(&done), "a missing experiment file");
}

/// With `--force` the old results may go only for an experiment that can be done.
#[test]
fn force_destroys_nothing_for_an_experiment_that_cannot_be_done() {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let before = Snapshot::of(&done);
    let mut failures = Vec::new();
    let mut attempt = |name: &str, arguments: &[String]| {
        program!().run(arguments).fails_clearly(&[]);
        let differences = before.differences(&Snapshot::of(&done));
        if !differences.is_empty() {
            failures.push(format!("{name}: {}", differences.join(", ")));
            // The next attempt begins with everything in place.
            fs::remove_dir_all(&done).unwrap();
            work.finished(&program!(), "done", &[]);
        }
        // `run.json` knows times; a run that was made anew has others.
    };
    for (setting, _) in IMPOSSIBLE {
        let mut arguments = work.run("done", &[setting]);
        arguments.push("--force".to_owned());
        attempt(setting, &arguments);
    }
    let mut elsewhere = work.run("done", &[]);
    elsewhere.extend(["--force".to_owned(), "--data".to_owned(), work.text("nowhere")]);
    attempt("--data nowhere", &elsewhere);
    let mut device = work.run("done", &[]);
    device.extend(["--force", "--device", "cuda"].map(str::to_owned));
    attempt("--device cuda", &device);
    let damaged: Vec<&String> = failures.iter().filter(|failure| !only_times(failure)).collect();
    assert!(damaged.is_empty(), "results were destroyed:\n{damaged:#?}");
}

/// Whether nothing but `run.json` differs.
fn only_times(failure: &str) -> bool {
    failure.ends_with(": run.json changed")
}

#[test]
fn a_training_that_stops_before_its_window_is_full_says_so() {
    let work = Workplace::new();
    // The loss is below 10 after the first epoch of 30 steps.
    let settings = ["training.loss_below=10", "recorder.window=31"];
    for attempt in 0..2 {
        let outcome = program!().run(&work.run("short", &settings));
        println!("attempt {attempt}: {}", outcome.stderr);
        outcome.fails_clearly(&[
            "recorder.window = 31",
            "30 recorded steps",
            "training.loss_below = 10",
            "lower training.loss_below",
        ]);
        // What was recorded stays readable.
        let trajectory = Trajectory::open(work.path("short")).unwrap();
        assert_eq!((trajectory.steps(), trajectory.weights()), (30, 144));
        assert!(trajectory.read().unwrap().iter().all(|weight| weight.is_finite()));
    }
    let settings = ["training.loss_below=10", "recorder.window=30", "landscape.components=20"];
    program!().run(&work.run("exact", &settings)).succeeds();
}

#[test]
fn a_diverging_training_says_at_which_step_and_keeps_the_rows_before() {
    let work = Workplace::new();
    // The range of γ is one that a window of 6 has room for.
    for (rate, window) in [("1e20", "all"), ("1e30", "600"), ("1e12", "6")] {
        let out = format!("rate {rate}");
        let settings = [format!("training.learning_rate={rate}"), format!("recorder.window={window}")];
        let outcome = program!().run(&work.run(&out, &[&settings[0], &settings[1], "fit.decay=[1, 5]"]));
        println!("{rate}: {}", outcome.stderr);
        let outcome = outcome.fails_clearly(&["diverged", "after step ", "ower training.learning_rate"]);
        let text = outcome.stderr.split("after step ").nth(1).unwrap();
        let step: u64 = text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
        assert!((1..=900).contains(&step), "{}", outcome.stderr);

        let trajectory = Trajectory::open(work.path(&out)).unwrap();
        assert!(!trajectory.is_truncated());
        let rows = trajectory.steps();
        let expected = if outcome.stderr.contains("not finite") { step - 1 } else { step };
        let kept = if window == "all" { expected } else { expected.min(window.parse().unwrap()) };
        assert_eq!(rows as u64, kept, "rows before step {step}: {}", outcome.stderr);
        assert!(trajectory.read().unwrap().iter().all(|weight| weight.is_finite()), "rate {rate}");
    }
}

/// A step so large that every ReLU goes off for good: the loss stays a number, and nothing moves any more.
#[test]
fn a_training_that_has_died_says_so() {
    let work = Workplace::new();
    let outcome = program!().run(&work.run("out", &["training.learning_rate=1e4"]));
    println!("{}", outcome.stderr);
    outcome.fails_clearly(&["standstill", "every ReLU", "lower training.learning_rate"]);
    let trajectory = Trajectory::open(work.path("out")).unwrap();
    assert!(trajectory.steps() > 0 && !trajectory.is_truncated());
}

#[test]
fn an_output_folder_that_is_not_ours_is_refused_and_left_alone() {
    let work = Workplace::new();
    let mut failures = Vec::new();
    let mut check = |out: &str, parts: &[&str]| {
        for force in [false, true] {
            let before = Snapshot::of(&work.path(""));
            let mut arguments = work.run(out, &[]);
            arguments.extend(force.then(|| "--force".to_owned()));
            let outcome = program!().run(&arguments);
            outcome.is_clear();
            let place = format!("{out}, force = {force}");
            if outcome.code == Some(0) || !parts.iter().all(|part| outcome.stderr.contains(part)) {
                failures.push(format!("{place}: {:?} not in: {}", parts, outcome.stderr.trim()));
            }
            let differences = before.differences(&Snapshot::of(&work.path("")));
            if !differences.is_empty() {
                failures.push(format!("{place}: {}", differences.join(", ")));
            }
        }
    };
    fs::write(work.path("file"), "mine").unwrap();
    check("file", &["/file", "choose another folder"]);
    check("file/below", &["/file/below", "choose another folder"]);

    fs::create_dir(work.path("foreign")).unwrap();
    fs::write(work.path("foreign/thesis.tex"), "years of work").unwrap();
    check("foreign", &["/foreign", "not a run", "choose another --out"]);
    fs::create_dir(work.path("project")).unwrap();
    fs::write(work.path("project/config.toml"), "[server]\nport = 80\n").unwrap();
    fs::write(work.path("project/metrics.csv"), "a,b\n1,2\n").unwrap();
    check("project", &["/project", "choose another --out"]);
    // The same where nothing but the names, or nothing but the settings, tell that it is somebody else's.
    fs::create_dir(work.path("empty")).unwrap();
    fs::write(work.path("empty/config.toml"), "").unwrap();
    fs::write(work.path("empty/metrics.csv"), "a,b\n1,2\n").unwrap();
    fs::write(work.path("empty/trajectory.npy"), "years of work").unwrap();
    check("empty", &["/empty", "not a run", "choose another --out"]);
    fs::create_dir(work.path("alike")).unwrap();
    fs::write(work.path("alike/config.toml"), "[server]\nport = 80\n").unwrap();
    let metrics = "epoch,step,train_loss,train_error,test_loss,test_error\n0,0,2.3,0.9,2.3,0.9\n";
    fs::write(work.path("alike/metrics.csv"), metrics).unwrap();
    check("alike", &["/alike", "not a run", "choose another --out"]);

    let unwritable = ["run", &work.text("small.toml"), "--out", "/proc/varflat"];
    program!().run(&unwritable).fails_clearly(&["/proc/varflat", "no folder can be made there"]);
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_folder_that_holds_another_experiment_is_refused() {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let before = Snapshot::of(&done);
    let other = work.run("done", &["seed=4", "training.learning_rate=0.05"]);
    let parts = [
        "another experiment",
        "seed (3 here, 4 asked for)",
        "training.learning_rate (0.1 here, 0.05 asked for)",
        "Choose another --out",
        "--force",
    ];
    program!().run(&other).fails_clearly(&parts);
    assert_same(&before, &Snapshot::of(&done), "another experiment");
}

#[test]
fn an_unknown_device_is_refused_with_the_names_there_are() {
    let work = Workplace::new();
    for command in ["run", "train"] {
        let mut arguments = work.experiment(command, "out", &[]);
        arguments.extend(["--device", "cuda"].map(str::to_owned));
        program!().run(&arguments).fails_clearly(&["`cuda`", "flex, ndarray and wgpu"]);
        assert!(!work.path("out").exists(), "a folder was made for nothing");
    }
    let mut arguments = work.run("out", &[]);
    arguments.extend(["--device", "wgpu"].map(str::to_owned));
    if !Backend::Wgpu.is_compiled() {
        program!().run(&arguments).fails_clearly(&[
            "without its feature `wgpu`",
            "it has: flex, ndarray",
            "rebuild with",
        ]);
    }
}

#[test]
fn a_stage_before_its_predecessor_names_the_stage_to_run() {
    let work = Workplace::new();
    let refused = |command: &str, parts: &[&str]| {
        let before = Snapshot::of(&work.path("out"));
        program!().run(&work.stage(command, "out")).fails_clearly(parts);
        assert_same(&before, &Snapshot::of(&work.path("out")), command);
    };
    fs::create_dir(work.path("out")).unwrap();
    for command in ["pca", "flatness", "fit", "inspect", "plot"] {
        refused(command, &["/out", "no run here", "make one with `varflat run"]);
    }
    program!().run(&work.experiment("train", "out", &[])).succeeds();
    refused("flatness", &["/out", "pca.npz", "run `varflat pca` first"]);
    refused("fit", &["/out", "flatness.csv", "run `varflat flatness` first"]);
    refused("plot", &["/out", "fit.json", "run `varflat fit` first"]);
    program!().run(&work.stage("pca", "out")).succeeds();
    refused("fit", &["/out", "flatness.csv", "run `varflat flatness` first"]);

    let absent = program!().run(&work.stage("pca", "absent"));
    absent.fails_clearly(&["/absent", "no run here", "make one with `varflat run"]);
    assert!(!work.path("absent").exists());
}

/// A damaged file of a finished run: its name, the damage, the command that reads it, what the message has to say.
type Damage = (&'static str, fn(&mut Vec<u8>), &'static str, &'static [&'static str]);

fn half(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

fn garbage(bytes: &mut Vec<u8>) {
    *bytes = b"garbage, not what was here\n".to_vec();
}

// The table of damages needs one type for all.
#[allow(clippy::ptr_arg)]
fn flip(bytes: &mut Vec<u8>) {
    // Inside the last array's values.
    let place = bytes.len() * 3 / 4;
    bytes[place] ^= 0xff;
}

const DAMAGES: [Damage; 15] = [
    ("trajectory.npy", half, "pca", &["trajectory.npy", "rows are missing", "--force"]),
    ("trajectory.npy", garbage, "pca", &["trajectory.npy", "--force"]),
    ("trajectory.json", garbage, "pca", &["trajectory.json", "--force"]),
    ("pca.npz", half, "flatness", &["pca.npz", "`varflat pca`"]),
    ("pca.npz", garbage, "flatness", &["pca.npz", "`varflat pca`"]),
    ("pca.npz", flip, "flatness", &["pca.npz", "`varflat pca`"]),
    ("weights_mean.npz", garbage, "flatness", &["weights_mean.npz", "--force"]),
    ("weights_mean.npz", flip, "flatness", &["weights_mean.npz", "--force"]),
    ("flatness.csv", half, "fit", &["flatness.csv", "`varflat flatness`"]),
    ("flatness.csv", garbage, "fit", &["flatness.csv", "`varflat flatness`"]),
    ("landscape.npz", garbage, "fit", &["landscape.npz", "`varflat flatness`"]),
    ("fit.json", garbage, "inspect", &["fit.json", "`varflat fit`"]),
    ("metrics.csv", garbage, "inspect", &["metrics.csv", "--force"]),
    ("run.json", garbage, "inspect", &["run.json", "--force"]),
    ("config.toml", garbage, "inspect", &["config.toml", "--force"]),
];

/// A fresh copy of a run folder.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

/// Do something to every damaged folder and collect what was not as it should be.
fn with_every_damage(check: impl Fn(&Snapshot, &Outcome, &Path, &[&str]) -> Option<String>) -> Vec<String> {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let run = work.path("damaged");
    let mut failures = Vec::new();
    for (number, (file, harm, command, parts)) in DAMAGES.into_iter().enumerate() {
        copy(&done, &run);
        damage(&run.join(file), harm);
        let before = Snapshot::of(&run);
        let outcome = program!().run(&work.stage(command, "damaged"));
        if let Some(failure) = check(&before, &outcome, &run, parts) {
            failures.push(format!("damage {number} to {file}, then `{command}`: {failure}"));
        }
    }
    failures
}

#[test]
fn a_damaged_file_is_named_with_its_remedy() {
    let failures = with_every_damage(|_, outcome, _, parts| {
        outcome.is_clear();
        let missing = parts.iter().find(|part| !outcome.stderr.contains(**part));
        match (outcome.code, missing) {
            (Some(1), None) => None,
            (Some(1), Some(part)) => Some(format!("{part:?} is not in: {}", outcome.stderr.trim())),
            (code, _) => Some(format!("exit code {code:?}, {}", outcome.stderr.trim())),
        }
    });
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_stage_that_cannot_be_done_again_leaves_the_earlier_results() {
    let failures = with_every_damage(|before, outcome, run, _| {
        let differences = before.differences(&Snapshot::of(run));
        (outcome.code != Some(0) && !differences.is_empty()).then(|| differences.join(", "))
    });
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The same when it is the data that is gone, or the setting that makes no sense.
#[test]
fn flatness_without_its_data_leaves_the_earlier_results() {
    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &[]);
    let before = Snapshot::of(&done);
    let mut impossible = work.stage("flatness", "done");
    impossible.extend(["--set", "landscape.factor=0.5"].map(str::to_owned));
    program!().run(&impossible).fails_clearly(&["landscape.factor = 0.5 must be a number above 1"]);
    assert_same(&before, &Snapshot::of(&done), "an impossible factor");
    let mut early = work.stage("flatness", "done");
    early.extend(["--set", "training.learning_rate=0.2"].map(str::to_owned));
    let parts = ["training.learning_rate", "an earlier stage has used it", "start a new run"];
    program!().run(&early).fails_clearly(&parts);
    assert_same(&before, &Snapshot::of(&done), "a setting of an earlier stage");

    fs::rename(work.images(), work.path("moved")).unwrap();
    let outcome = program!().run(&work.stage("flatness", "done"));
    outcome.fails_clearly(&["/images", "name the folder that holds the four IDX files"]);
    assert_same(&before, &Snapshot::of(&done), "a data folder that is gone");
}

/// Whatever is cut off or flipped in whatever file, the program never panics.
#[test]
fn no_damage_makes_the_program_panic() {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use varflat_tests::below;

    let work = Workplace::new();
    let done = work.finished(&program!(), "done", &["landscape.components=20", "fit.resamples=40"]);
    let run = work.path("damaged");
    let mut random = ChaCha8Rng::seed_from_u64(21);
    let readers: [(&str, &[&str]); 8] = [
        ("trajectory.npy", &["pca"]),
        ("trajectory.json", &["pca"]),
        ("pca.npz", &["flatness", "fit"]),
        ("weights_mean.npz", &["flatness"]),
        ("flatness.csv", &["fit"]),
        ("landscape.npz", &["fit"]),
        ("metrics.csv", &["inspect"]),
        ("run.json", &["inspect", "pca"]),
    ];
    for (file, commands) in readers {
        let whole = fs::read(done.join(file)).unwrap();
        for command in commands {
            for attempt in 0..7 {
                copy(&done, &run);
                let mut bytes = whole.clone();
                match attempt {
                    0 => bytes.clear(),
                    1 => bytes.truncate(1),
                    2 => bytes.truncate(whole.len() - 1),
                    3 => bytes.truncate(below(whole.len(), &mut random)),
                    // Headers are short: strike there as well as anywhere.
                    4 => bytes[below(whole.len().min(200), &mut random)] ^= 1 << below(8, &mut random),
                    _ => bytes[below(whole.len(), &mut random)] ^= 1 << below(8, &mut random),
                }
                fs::write(run.join(file), bytes).unwrap();
                let outcome = program!().run(&work.stage(command, "damaged"));
                println!("{file}, attempt {attempt}, `{command}`: {:?} {}", outcome.code, outcome.stderr);
                outcome.is_clear();
            }
        }
    }
}
