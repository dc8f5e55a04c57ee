//! `varflat verify`: a changed byte is named with its file, what does not follow from its inputs is found, and a figure leads back
//! to its run.

use std::fs;
use std::path::Path;

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;
use varflat_tests::{
    Outcome, RESULTS, SmallSet, Snapshot, Workplace, assert_same, below, names, npy, program, sha256, table,
    without_checksums, write_record,
};

/// Few directions, so that a run takes a second; 25 of them need two groups of searches.
const FEW: [&str; 4] = ["landscape.components=25", "recorder.window=70", "fit.block=10", "fit.resamples=40"];

fn verify(work: &Workplace, place: &str) -> Outcome {
    program!().run(&work.stage("verify", place))
}

/// A fresh copy of a run folder.
fn copy(work: &Workplace, from: &str, to: &str) {
    let (from, to) = (work.path(from), work.path(to));
    let _ = fs::remove_dir_all(&to);
    fs::create_dir(&to).unwrap();
    for name in names(&from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Give every file the checksum it has now, as a forger would.
fn forge(run: &Path) {
    let mut record = json(&run.join("run.json"));
    for stage in record["stages"].as_object_mut().unwrap().values_mut() {
        for (name, sum) in stage["files"].as_object_mut().unwrap() {
            let bytes = fs::read(run.join(name)).unwrap();
            sum["bytes"] = bytes.len().into();
            sum["sha256"] = sha256(&bytes).into();
        }
    }
    write_record(run, record, true);
}

#[test]
fn an_undisturbed_run_is_what_it_was_and_stays_so() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &FEW);
    let record = json(&run.join("run.json"));
    for (stage, files) in [("train", 5), ("pca", 2), ("flatness", 2), ("fit", 2)] {
        let sums = record["stages"][stage]["files"].as_object().unwrap();
        assert_eq!(sums.len(), files, "{stage}: {sums:?}");
        for (name, sum) in sums {
            assert_eq!(sum["sha256"], sha256(&fs::read(run.join(name)).unwrap()), "{name}");
        }
    }
    let before = Snapshot::of(&run);
    for arguments in [vec!["verify"], vec!["verify", "--all"]] {
        let mut arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        arguments.push(work.text("run"));
        let outcome = program!().run(&arguments).succeeds();
        println!("{}", outcome.stdout);
        for name in RESULTS {
            let line = outcome.stdout.lines().find(|line| line.starts_with(name) && line.contains("SHA-256"));
            assert!(line.is_some_and(|line| line.contains("ok, identical")), "{name}: {line:?}");
        }
        for (name, how) in [
            ("metrics.csv", "last row"),
            ("trajectory.npy", "last row and mean"),
            ("pca.npz", "once more"),
            ("projections.npy", "along pca.npz"),
            ("landscape.npz", "once more"),
            ("flatness.csv", "crossings"),
            ("fit.json", "fitted again"),
        ] {
            let of = |line: &&str| line.starts_with(name) && line.contains(how);
            let line = outcome.stdout.lines().find(of).unwrap_or_default();
            assert!(line.contains("ok, "), "{name}: {line:?} in {}", outcome.stdout);
        }
        assert!(!outcome.stdout.contains("not checked"), "{}", outcome.stdout);
        assert_same(&before, &Snapshot::of(&run), "verifying");
    }
    // Of an unfinished run, what there is.
    program!().run(&work.experiment("train", "begun", &FEW)).succeeds();
    let outcome = verify(&work, "begun").succeeds();
    assert!(outcome.stdout.contains("`pca` is not done"), "{}", outcome.stdout);
}

/// The command that reads each file of a run.
const READERS: [(&str, &[&str]); 13] = [
    ("config.toml", &["fit"]),
    ("metrics.csv", &["inspect"]),
    ("trajectory.npy", &["pca"]),
    ("trajectory.json", &["pca"]),
    ("weights_mean.npz", &["flatness"]),
    ("weights_final.npz", &["flatness", "--set", "landscape.around=final"]),
    ("pca.npz", &["flatness"]),
    ("projections.npy", &["plot"]),
    ("flatness.csv", &["fit"]),
    ("landscape.npz", &["fit"]),
    ("fit.json", &["inspect"]),
    // Studies read it.
    ("jackknife.npz", &["verify"]),
    ("run.json", &["inspect"]),
];

#[test]
fn a_changed_byte_is_named_with_its_file_by_verify_and_by_the_stage_that_reads_it() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &FEW);
    let mut random = ChaCha8Rng::seed_from_u64(34);
    assert_eq!(READERS.len(), RESULTS.len() + 1);
    for (file, reader) in READERS {
        let whole = fs::read(run.join(file)).unwrap();
        for attempt in 0..3 {
            copy(&work, "run", "hurt");
            let mut bytes = whole.clone();
            let (place, bit) = (below(bytes.len(), &mut random), below(8, &mut random));
            bytes[place] ^= 1 << bit;
            fs::write(work.path("hurt").join(file), bytes).unwrap();
            let before = Snapshot::of(&work.path("hurt"));
            let context = format!("{file}, bit {bit} of byte {place}");

            let outcome = verify(&work, "hurt").fails_clearly(&[file]);
            println!("{context}: {}", outcome.stderr.trim());
            for (other, _) in READERS.iter().filter(|(other, _)| *other != file) {
                assert!(!outcome.stderr.contains(other), "{context} is called {}", outcome.stderr);
            }
            if attempt == 0 {
                let mut arguments = vec![reader[0].to_owned(), work.text("hurt")];
                arguments.extend(reader[1..].iter().map(|part| (*part).to_owned()));
                if reader[0] == "plot" {
                    arguments.extend(["--figures".to_owned(), work.text("figures")]);
                }
                program!().run(&arguments).fails_clearly(&[file]);
            }
            assert_same(&before, &Snapshot::of(&work.path("hurt")), &context);
        }
    }
    // Missing, cut short and longer are named too.
    for change in [|bytes: &mut Vec<u8>| bytes.truncate(100), |bytes: &mut Vec<u8>| bytes.push(0)] {
        copy(&work, "run", "hurt");
        let file = work.path("hurt/projections.npy");
        let mut bytes = fs::read(&file).unwrap();
        change(&mut bytes);
        fs::write(&file, bytes).unwrap();
        verify(&work, "hurt").fails_clearly(&["projections.npy", "bytes instead of"]);
    }
    fs::remove_file(work.path("hurt/projections.npy")).unwrap();
    verify(&work, "hurt").fails_clearly(&["projections.npy", "missing"]);
    // A stage done again has new checksums.
    program!().run(&work.stage("pca", "hurt")).succeeds();
    verify(&work, "hurt").succeeds();
}

/// How a forger changes a file, and what the derivation then says.
type Forgery = (&'static str, fn(&Path), &'static [&'static str]);

fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(file).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed);
    fs::write(file, changed).unwrap();
}

/// Replace one cell of the last row of a table.
fn change_last_row(file: &Path, column: usize, change: fn(f64) -> f64) {
    edit(file, |text| {
        let (rest, last) = text.trim_end().rsplit_once('\n').unwrap();
        let mut cells: Vec<String> = last.split(',').map(str::to_owned).collect();
        cells[column] = change(cells[column].parse().unwrap()).to_string();
        format!("{rest}\n{}\n", cells.join(","))
    });
}

/// Add to the little-endian number so many bytes before the end of a file.
fn change_number<const N: usize>(file: &Path, before_end: usize, change: fn([u8; N]) -> [u8; N]) {
    let mut bytes = fs::read(file).unwrap();
    let place = bytes.len() - before_end;
    let number: [u8; N] = bytes[place..place + N].try_into().unwrap();
    bytes[place..place + N].copy_from_slice(&change(number));
    fs::write(file, bytes).unwrap();
}

const FORGERIES: [Forgery; 6] = [
    (
        "fit.json",
        |file| {
            let psi = json(file)["psi"].to_string();
            edit(file, |text| text.replace(&format!("\"psi\": {psi}"), "\"psi\": 4.0"));
        },
        &["psi is 4.0 there"],
    ),
    ("flatness.csv", |file| change_last_row(file, 4, |right| 1.01 * right), &["crossings of component"]),
    ("flatness.csv", |file| change_last_row(file, 1, |variance| 1.01 * variance), &["σ² of component"]),
    ("metrics.csv", |file| change_last_row(file, 2, |loss| 0.9 * loss), &["loss by"]),
    (
        "trajectory.npy",
        |file| change_number(file, 4, |w: [u8; 4]| (f32::from_le_bytes(w) + 1e-3).to_le_bytes()),
        &["not the final weights"],
    ),
    (
        "projections.npy",
        |file| change_number(file, 8, |theta: [u8; 8]| (f64::from_le_bytes(theta) + 1e-3).to_le_bytes()),
        &["θ/σ₁"],
    ),
];

#[test]
fn what_does_not_follow_from_its_inputs_is_found_though_its_checksum_is_right() {
    let work = Workplace::new();
    work.finished(&program!(), "run", &FEW);
    for (file, change, parts) in FORGERIES {
        copy(&work, "run", "forged");
        change(&work.path("forged").join(file));
        forge(&work.path("forged"));
        let arguments = ["verify".to_owned(), work.text("forged"), "--all".to_owned()];
        let outcome = program!().run(&arguments).fails_clearly(&[file]).fails_clearly(parts);
        println!("{}", outcome.stderr.trim());
        let named = |name: &str| outcome.stderr.contains(&format!("{name}: "));
        // What is fitted to forged numbers is not called another forgery.
        for other in RESULTS.iter().filter(|other| **other != file) {
            assert!(!named(other), "{file} was forged, and this was named: {}", outcome.stderr);
        }
    }
    // The sample is the same each time, and is a part of all.
    copy(&work, "run", "forged");
    let rows = table(&work.path("forged/flatness.csv")).1.len();
    assert_eq!(rows, 25);
}

#[test]
fn a_run_from_before_checksums_is_derived_again_all_the_same() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &FEW);
    write_record(&run, without_checksums(&run), false);
    let outcome = verify(&work, "run").succeeds();
    assert!(outcome.stdout.contains("no checksums"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("fitted again"), "{}", outcome.stdout);
    program!().run(&work.stage("inspect", "run")).succeeds();
    edit(&run.join("fit.json"), |text| text.replacen("\"gap\": ", "\"gap\": 1", 1));
    verify(&work, "run").fails_clearly(&["fit.json", "gap is"]);
    // Checksums taken away to hide a change are missed.
    let mut record = json(&work.finished(&program!(), "sealed", &FEW).join("run.json"));
    record["seed"] = 4.into();
    write_record(&work.path("sealed"), record, false);
    verify(&work, "sealed").fails_clearly(&["run.json", "SHA-256", "--force"]);
}

#[test]
fn other_images_are_named_and_missing_ones_are_no_difference() {
    let work = Workplace::new();
    work.finished(&program!(), "run", &FEW);
    let hidden = work.path("hidden");
    fs::rename(work.images(), &hidden).unwrap();
    let outcome = verify(&work, "run").succeeds();
    assert!(outcome.stdout.contains("not checked: not here"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("fitted again"), "{}", outcome.stdout);
    SmallSet { seed: 9, ..SmallSet::default() }.write(&work.images(), varflat_tests::Packing::Gzip);
    verify(&work, "run").fails_clearly(&["train-images-idx3-ubyte.gz", "not the file the run began with"]);
}

#[test]
fn a_run_at_work_is_left_alone() {
    let work = Workplace::new();
    let mut first = program!().start(&work.run("run", &["training.max_epochs=400"]));
    first.wait_for_lines(&work.path("run/metrics.csv"), 3);
    verify(&work, "run").fails_clearly(&["/run", "in use by another"]);
    first.interrupt();
    assert_eq!(first.outcome().code, Some(130));
    verify(&work, "run").fails_clearly(&["/run", "nothing was verified", "no stage of the run is finished"]);
}

#[test]
fn a_figure_leads_back_to_its_tables_its_run_and_its_data() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &FEW);
    let arguments = ["plot".to_owned(), work.text("run"), "--figures".to_owned(), work.text("figures")];
    program!().run(&arguments).succeeds();
    let outcome = verify(&work, "figures").succeeds();
    assert!(!outcome.stdout.contains("not checked"), "{}", outcome.stdout);
    verify(&work, "figures/flatness.svg").succeeds();

    let folder = work.path("figures");
    let svg = fs::read_to_string(folder.join("flatness.svg")).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let metadata = document.descendants().find(|node| node.has_tag_name("metadata")).unwrap();
    let provenance: Value = serde_json::from_str(metadata.text().unwrap()).unwrap();
    let record = json(&run.join("run.json"));
    assert_eq!((&provenance["of"], &provenance["record"]), (&"small".into(), &"summary.json".into()));
    assert_eq!(provenance["git_commit"], record["git_commit"]);
    assert_eq!(provenance["versions"], record["versions"]);
    assert_eq!(provenance["data"], record["data"]);
    let tables = provenance["tables"].as_object().unwrap();
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["flatness.csv", "summary.json"]);
    for (name, sum) in tables {
        assert_eq!(sum["sha256"], sha256(&fs::read(folder.join(name)).unwrap()), "{name}");
    }
    // And from the summary to the configuration and every file of the run.
    let summary = json(&folder.join("summary.json"));
    assert_eq!(summary["run"]["stages"], record["stages"]);
    assert_eq!(summary["experiment"]["training"]["batch_size"], 10);
    let png = fs::read(folder.join("flatness.png")).unwrap();
    let text = format!("iTXtProvenance\0\0\0\0\0{}", metadata.text().unwrap());
    assert!(png.windows(text.len()).any(|bytes| bytes == text.as_bytes()), "the PNG does not say it");

    // A table that was changed, the figures drawn from it and no others.
    let spectrum = folder.join("pca_spectrum.csv");
    let before = fs::read_to_string(&spectrum).unwrap();
    edit(&spectrum, |text| text.replacen("\n2,", "\n2,1", 1));
    let outcome = verify(&work, "figures").fails_clearly(&["pca_spectrum.csv", "pca_spectrum.svg"]);
    assert!(!outcome.stderr.contains("flatness.svg"), "{}", outcome.stderr);
    verify(&work, "figures/pca_spectrum.svg").fails_clearly(&["pca_spectrum.csv"]);
    fs::write(&spectrum, before).unwrap();
    // A drawing that was retouched.
    edit(&folder.join("landscape.svg"), |svg| svg.replacen("<circle cx=\"", "<circle cx=\"1", 1));
    let outcome =
        verify(&work, "figures").fails_clearly(&["landscape.svg", "not their drawing", "varflat plot"]);
    assert!(!outcome.stderr.contains("flatness.svg"), "{}", outcome.stderr);
    // One from before figures said where they come from, and one that is none of ours.
    let (start, rest) = svg.split_once("<metadata>").unwrap();
    let bare = format!("{start}{}", rest.split_once("</metadata>").unwrap().1);
    fs::write(folder.join("flatness.svg"), bare).unwrap();
    let outcome = verify(&work, "figures/flatness.svg").fails_clearly(&["nothing was verified"]);
    assert!(outcome.stdout.contains("not checked: says nothing"), "{}", outcome.stdout);
    fs::create_dir(work.path("empty")).unwrap();
    verify(&work, "empty").fails_clearly(&["/empty", "nothing was verified"]);
    verify(&work, "nowhere").fails_clearly(&["/nowhere"]);
}

#[test]
fn a_study_keeps_the_checksums_of_its_tables_runs_and_data() {
    let work = Workplace::new();
    work.finished(&program!(), "runs/base", &FEW);
    let study = "name = 'few'\nrun = 'base'\n[study.grid]\n[[study.grid.groups]]\ntitle = 'seeds'\nvary = ['seed=3,4']\n";
    fs::write(work.path("few.toml"), study).unwrap();
    let arguments = |figures: &str| -> Vec<String> {
        let places = ["--runs".to_owned(), work.text("runs"), "--figures".to_owned(), work.text(figures)];
        [["study".to_owned(), work.text("few.toml")].as_slice(), &places].concat()
    };
    program!().run(&arguments("figures")).succeeds();
    let record = json(&work.path("runs/few/grid.json"));
    for seed in ["seed=3", "seed=4"] {
        let run = fs::read(work.path(format!("runs/few/{seed}/run.json"))).unwrap();
        assert_eq!(record["runs"][seed], sha256(&run));
        verify(&work, &format!("runs/few/{seed}")).succeeds();
    }
    let data = record["data"].as_object().unwrap();
    assert_eq!(data.values().next().unwrap(), &json(&work.path("runs/base/run.json"))["data"]);
    verify(&work, "figures").succeeds();
    let outcome = verify(&work, "figures/grid.svg").succeeds();
    assert!(outcome.stdout.contains("train-images-idx3-ubyte.gz"), "{}", outcome.stdout);
    // A damaged table is not copied into a figure folder.
    edit(&work.path("runs/few/grid_points.csv"), |text| text.replacen("\nseed=3,", "\nseed=3 ,", 1));
    program!().run(&arguments("again")).fails_clearly(&["grid_points.csv", "--force"]);
}

#[test]
fn a_damaged_checkpoint_is_named_and_goes_no_further() {
    let work = Workplace::new();
    let settings = ["training.max_epochs=400"];
    let mut first = program!().start(&work.run("run", &settings));
    first.wait_for_lines(&work.path("run/metrics.csv"), 3);
    first.interrupt();
    assert_eq!(first.outcome().code, Some(130));
    let all = names(&work.path("run"));
    let checkpoint = all.iter().find(|name| name.starts_with("checkpoint-")).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(35);
    for file in ["state.json", "weights.npz", "optimizer.bin", "means.npz"] {
        let path = work.path("run").join(checkpoint).join(file);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        let place = below(bytes.len(), &mut random);
        bytes[place] ^= 1 << below(8, &mut random);
        fs::write(&path, bytes).unwrap();
        program!().run(&work.run("run", &settings)).fails_clearly(&[checkpoint, file, "--force"]);
        fs::write(&path, whole).unwrap();
    }
    let undisturbed = work.finished(&program!(), "undisturbed", &settings);
    let run = work.finished(&program!(), "run", &settings);
    assert_same(&Snapshot::of_results(&undisturbed), &Snapshot::of_results(&run), "after all");
}

/// The last row is the last step only where the stride meets it; a walk's mean was never rounded.
#[test]
fn strides_walks_and_other_centres_are_verified_too() {
    let work = Workplace::new();
    for (name, settings) in [
        (
            "stride",
            &["recorder.every=7", "recorder.window=60", "fit.block=10", "landscape.components=20"]
                as &[&str],
        ),
        ("final", &["landscape.around=final", "model.bias=true", "landscape.components=20"]),
    ] {
        work.finished(&program!(), name, settings);
        let outcome = verify(&work, name).succeeds();
        assert!(!outcome.stdout.contains("not checked"), "{name}: {}", outcome.stdout);
    }
    let walk = format!(
        "name = 'walk'\n[recorder]\nwindow = 300\n[landscape]\ncomponents = 20\n[fit]\nblock = 30\nresamples = 40\ndecay = [2, 10]\n\
         [langevin]\nstart = {:?}\ntemperature = 1e-6\nlearning_rate = 0.5\ntrap = 1e-3\nburn_in = 50",
        work.text("final")
    );
    let walk = walk.replace("[recorder]", "[model]\nhidden = [12, 12]\nbias = true\n[recorder]");
    work.write_experiment("walk.toml", &walk);
    program!().run(&["run", &work.text("walk.toml"), "--out", &work.text("walk")]).succeeds();
    let outcome = verify(&work, "walk").succeeds();
    assert!(!outcome.stdout.contains("not checked"), "{}", outcome.stdout);
    let trajectory: Array2<f32> = npy(&work.path("walk/trajectory.npy"));
    assert_eq!(trajectory.nrows(), 300);
}
