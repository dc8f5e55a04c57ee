//! Studies of a finished run: what they measure, that they are done once, and that they go on where they stopped.

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use varflat::registry::study_names;
use varflat_model::data::{DataSource, ImageSet, Verify};
use varflat_model::{Shuffle, epoch_order};
use varflat_tests::{
    Outcome, PlainNetwork, Snapshot, Workplace, assert_golden, assert_same, names, npz, program, table,
    without_checksums, write_record,
};

const DRIFT: &str = "[study.drift]\ncomponents = [1, 2, 5]\nlags = [[2, 20], [10, 100]]\npoints = 7";
const TEMPERATURE: &str = "[study.temperature]\nprofiled = [2, 9]\nmini_batches_along = [2, 20]\nmini_batches = 5\npoints = 9\n\
                           full_gradient_every = 50\nranges = [[2, 20]]";
const CONTROLS: &str = "[study.controls]\nreplays = 5\nburn_in = 1\nranges = [[2, 20], [10, 100]]\ntimes = [1, 5, 40]\n\
     levels = [2.0]\nflatness = 40\ngradients = 20";
const NULLS: &str = "[study.nulls]\nreplays = 5\nranges = [[2, 40]]\nset = ['landscape.components=30', 'training.loss_below=0.8', \
                     'recorder.window=50', 'fit.block=10']\n[[study.nulls.groups]]\ntitle = 'stride'\nvary = ['recorder.every=1,2']\n\
                     [[study.nulls.groups]]\ntitle = 'not replayed'\nvary = ['training.momentum=0.5']\n\
                     [[study.nulls.groups]]\ntitle = 'too wide'\nvary = ['model.hidden=[12, 400]']";
const SURROGATES: &str =
    "[study.surrogates]\nrealisations = 5\nranges = [[2, 20], [10, 100]]\ntimes = [1, 5, 40]";
const NOISE: &str =
    "[study.noise]\norders = 5\nepochs = 2\nwindow = 1\nrange = [2, 40]\nrepeats = 2\nprojected = 8";
const PRECISION: &str = "[study.precision]\nconstants = [0, 1.5, 12]\ndirections = 30";
const GRID: &str = "[study.grid]\nset = ['landscape.components=30']\n[[study.grid.groups]]\ntitle = 'never'\nset = ['training.loss_below=1e-9']\n\
                    vary = ['training.learning_rate=0.02,1e20']\n[[study.grid.groups]]\ntitle = 'to the end'\nset = ['training.loss_below=0']\n\
                    vary = ['training.learning_rate=0.03']\n[[study.grid.groups]]\ntitle = 'soon'\n\
                    set = ['training.loss_below=0.6', 'recorder.window=180']\nvary = ['training.learning_rate=0.05']\n[[study.grid.groups]]\n\
                    title = 'late'\nset = ['training.loss_below=0.8']\nvary = ['training.learning_rate=0.02', 'seed=3,4']";
const LANGEVIN: &str = "[study.langevin]\nrelaxations = 5\nset = ['langevin.learning_rate=0.5', 'langevin.burn_in=50', 'recorder.window=400', \
                        'landscape.components=40', 'fit.block=50', 'fit.decay=[2,10]']\n[[study.langevin.groups]]\ntitle = 'a few'\n\
                        vary = ['langevin.components=[2,21]', 'langevin.temperature=1e-6']\n[[study.langevin.groups]]\ntitle = 'all'\n\
                        vary = ['langevin.trap=1e-3', 'langevin.temperature=1e-6']";
const SENSITIVITY: &str = "[study.sensitivity]\nset = ['landscape.components=30']\nranges = [[2, 60], [5, 40]]\n\
                           [[study.sensitivity.groups]]\ntitle = 'centre'\nvary = ['landscape.around=final']\n\
                           [[study.sensitivity.groups]]\ntitle = 'window'\nvary = ['recorder.window=300']";
const FORGETTING: &str = "[study.forgetting]\npairs = [[0, 1], [3, 2]]\nheads = ['shared', 'own']\nepochs = 3\nwindow = 2\nevery = 2\nseeds = [1, 2]\n\
                          strengths = [0.1, 1e6]\ncomponents = [2, 6]\nshown = 6\nexponents = [0.0]\nweights = [10]\nfisher_samples = 20";

const WIDTH: &str = "[study.width]\nset = ['landscape.components=30', 'training.loss_below=0.8', 'recorder.window=120', 'fit.block=20']\n[[study.width.groups]]\ntitle = 'width'\n\
                     vary = ['model.hidden=[6, 6],[12, 12],[24, 24]']\n[[study.width.groups]]\ntitle = 'stride'\n\
                     set = ['recorder.window=60', 'fit.block=10']\nvary = ['recorder.every=2']";
const GENERALITY: &str = "[study.generality]\nset = ['landscape.components=20', 'training.loss_below=0.8', 'recorder.window=150', 'fit.block=25']\n\
                          [[study.generality.groups]]\ntitle = 'output'\nvary = ['recorder.layer=output', 'seed=1,2']\n\
                          [[study.generality.groups]]\ntitle = 'three'\nvary = ['model.hidden=[12, 12, 12]']\n\
                          [[study.generality.groups]]\ntitle = 'Adam'\nset = ['training.learning_rate=0.002']\n\
                          vary = ['training.optimizer=adam']";

/// A workplace with a finished run `runs/base` and a study of it.
fn prepared(name: &str, study: &str) -> Workplace {
    let work = Workplace::new();
    // All weights of every unit move, and the window is shorter than the training.
    work.finished(&program!(), "runs/base", &["fit.decay=[5,50]"]);
    write_study(&work, name, study);
    work
}

fn write_study(work: &Workplace, name: &str, study: &str) {
    fs::write(work.path(format!("{name}.toml")), format!("name = '{name}'\nrun = 'base'\n{study}\n"))
        .unwrap();
}

fn arguments(work: &Workplace, name: &str) -> Vec<String> {
    let runs = ["--runs".to_owned(), work.text("runs"), "--figures".to_owned(), work.text("figures")];
    [["study".to_owned(), work.text(format!("{name}.toml"))].as_slice(), &runs].concat()
}

fn study(work: &Workplace, name: &str) -> Outcome {
    program!().run(&arguments(work, name))
}

/// A column of a table, by its name.
fn column(file: &Path, name: &str) -> Vec<String> {
    let (header, rows) = table(file);
    let place =
        header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name} in {header:?}"));
    rows.into_iter().map(|row| row[place].clone()).collect()
}

fn numbers(file: &Path, name: &str) -> Vec<f64> {
    column(file, name).iter().map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()
}

fn folder(work: &Workplace, name: &str) -> PathBuf {
    work.path("runs").join(name)
}

#[test]
fn every_study_is_done_once_and_drawn_from_its_tables() {
    let work = prepared("drift", DRIFT);
    let studies = [
        ("temperature", TEMPERATURE, 2),
        ("drift", DRIFT, 1),
        ("controls", CONTROLS, 3),
        ("surrogates", SURROGATES, 2),
        ("noise", NOISE, 3),
        ("precision", PRECISION, 1),
        ("langevin", LANGEVIN, 2),
        ("grid", GRID, 2),
        ("sensitivity", SENSITIVITY, 1),
        ("width", WIDTH, 1),
        ("generality", GENERALITY, 2),
        ("nulls", NULLS, 2),
        ("forgetting", FORGETTING, 4),
    ];
    assert!(studies.iter().map(|(name, ..)| *name).eq(study_names()), "a study is not tried here");
    for (name, text, figures) in studies {
        write_study(&work, name, text);
        study(&work, name).succeeds();
        let made = names(&work.path("figures"));
        let drawn = made.iter().filter(|file| file.starts_with(name) && file.ends_with(".svg"));
        assert_eq!(drawn.count(), figures, "{made:?}");
        let svg = fs::read_to_string(work.path(format!("figures/{name}.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{name}");
        assert!(made.contains(&format!("{name}.json")) && made.contains(&format!("{name}.csv")), "{made:?}");
        let of_study = |file: &&String| file.ends_with(".csv") && file.starts_with(name);
        for table in made.iter().filter(of_study) {
            assert_golden(table.trim_end_matches(".csv"), &work.path(format!("figures/{table}")));
        }

        let before = (Snapshot::of(&folder(&work, name)), Snapshot::of(&work.path("figures")));
        let again = study(&work, name).succeeds();
        assert!(again.stdout.contains("already finished"), "{again:?}");
        assert_same(&before.0, &Snapshot::of(&folder(&work, name)), name);
        assert_same(&before.1, &Snapshot::of(&work.path("figures")), name);
    }
    // The figures of all come from the tables alone.
    let before = Snapshot::of(&work.path("figures"));
    for file in names(&work.path("figures")) {
        if ["svg", "png", "pdf"].iter().any(|kind| file.ends_with(kind)) {
            fs::remove_file(work.path("figures").join(file)).unwrap();
        }
    }
    program!().run(&["plot".to_owned(), "--figures".to_owned(), work.text("figures")]).succeeds();
    assert_same(&before, &Snapshot::of(&work.path("figures")), "redrawing");

    // Another fit of the run is another run to look at.
    let fit =
        [work.stage("fit", "runs/base"), vec!["--set".to_owned(), "fit.skip_first=2".to_owned()]].concat();
    program!().run(&fit).succeeds();
    let anew = study(&work, "drift").succeeds();
    assert!(!anew.stdout.contains("already finished"), "{anew:?}");
}

#[test]
fn the_temperature_is_that_of_the_slopes_of_every_mini_batch() {
    let work = prepared("temperature", TEMPERATURE);
    study(&work, "temperature").succeeds();
    let run = work.path("runs/base");
    let set = DataSource::Folder(work.images()).load(Verify::Listed).unwrap().train;
    let components: Array2<f64> = npz(&run.join("pca.npz"), "components");
    let network = PlainNetwork::of_means(&run.join("weights_mean.npz"));
    // dL/ds of some images along p, by differences in f64.
    let slope = |set: &ImageSet, p: &Array1<f64>| -> f64 {
        let at = |step: f64| {
            let mut moved = network.clone();
            let weights = moved.layer_mut("hidden.weight");
            let p = p.to_shape(weights.dim()).unwrap();
            *weights = &*weights + &(&p * step);
            moved.measure(set).0
        };
        (at(1e-5) - at(-1e-5)) / 2e-5
    };
    let samples = set.samples();
    let temperatures = numbers(&folder(&work, "temperature").join("temperature.csv"), "temperature");
    for index in [2, 7] {
        let p = components.row(index - 1).to_owned();
        let full = slope(&set, &p);
        let mut squares = Vec::new();
        // The window: the last 600 of 900 steps, epochs 10 to 29.
        for epoch in 10..30 {
            for batch in epoch_order(3, epoch, Shuffle::Epoch, samples, 10).chunks(10) {
                let images =
                    batch.iter().flat_map(|&sample| set.image(sample as usize).unwrap().to_vec()).collect();
                let labels = batch.iter().map(|&sample| set.labels[sample as usize]).collect();
                let part = ImageSet { images, labels, rows: set.rows, columns: set.columns };
                squares.push((slope(&part, &p) - full).powi(2));
            }
        }
        assert_eq!(squares.len(), 600);
        let expected = 0.5 * 0.1 * squares.iter().sum::<f64>() / 600.0;
        let found = temperatures[index - 1];
        assert!((found / expected - 1.0).abs() < 1e-3, "T_{index} = {found:e}, by differences {expected:e}");
    }
}

#[test]
fn a_grid_says_what_did_not_settle_and_what_failed() {
    let work = prepared("grid", GRID);
    study(&work, "grid").succeeds();
    let file = folder(&work, "grid").join("grid.csv");
    let (trust, psi, note) = (column(&file, "trust"), column(&file, "psi"), column(&file, "note"));
    // Of the last four a window of some may hold five blocks that are long enough, and of others not.
    assert_eq!(trust[..2], ["not_settled", "failed"], "{note:?}");
    assert!(trust[2..].iter().all(|trust| trust == "few_samples" || trust == "trusted"), "{trust:?}");
    assert!(note[0].contains("did not reach") && note[1].contains("diverged"), "{note:?}");
    let few = trust[2..].iter().zip(&note[2..]).filter(|(trust, _)| *trust == "few_samples");
    assert!(few.into_iter().all(|(_, note)| note.starts_with("no interval:")), "{note:?}");
    for (trust, (psi, note)) in trust.iter().zip(psi.iter().zip(&note)) {
        assert_eq!(psi.parse::<f64>().is_ok_and(f64::is_finite), trust != "failed");
        assert_eq!(note.is_empty(), trust == "trusted", "{note}");
    }
}

#[test]
fn the_width_is_read_from_the_spectrum_and_the_weights() {
    let work = prepared("width", WIDTH);
    study(&work, "width").succeeds();
    let file = folder(&work, "width").join("width.csv");
    assert_eq!(numbers(&file, "weights"), [36.0, 144.0, 576.0, 144.0]);
    assert_eq!(numbers(&file, "every"), [1.0, 1.0, 1.0, 2.0]);
    for (place, run) in column(&file, "run").into_iter().enumerate() {
        let run = folder(&work, "width").join(run);
        let variance: Array1<f64> = npz(&run.join("pca.npz"), "variance");
        for (column, skip) in [("components", 0), ("components_rest", 1)] {
            let rest = &variance.as_slice().unwrap()[skip..];
            let count = numbers(&file, column)[place] as usize;
            let held = |n: usize| rest[..n].iter().sum::<f64>() / rest.iter().sum::<f64>();
            assert!(held(count) >= 0.9 && held(count - 1) < 0.9, "{column}: {count}");
        }
        let norm = |layers: &[&str]| {
            let square = |layer: &&str| {
                let weights: Array2<f64> = npz(&run.join("weights_mean.npz"), &format!("{layer}.weight"));
                weights.iter().map(|w| w * w).sum::<f64>()
            };
            layers.iter().map(square).sum::<f64>().sqrt()
        };
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
        close(numbers(&file, "layer_norm")[place], norm(&["hidden"]));
        close(numbers(&file, "norm")[place], norm(&["input", "hidden", "output"]));
    }
}

#[test]
fn a_set_that_is_not_there_is_left_out_and_tried_again() {
    let text = GENERALITY.replace("'training.optimizer=adam'", "'data.set=mnist', 'data.samples=60001'");
    let work = prepared("generality", &text);
    // What a file says wrongly stops the study; what is not on this machine does not.
    study(&work, "generality").fails_clearly(&["60001", "60000 training images"]);
    let report = folder(&work, "generality").join("generality.json");
    assert!(!report.exists());
    write_study(&work, "generality", GENERALITY);
    study(&work, "generality").succeeds();
    let found: serde_json::Value = serde_json::from_str(&fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(found["report"]["missing_data"].as_array().unwrap().len(), 0);
    let configurations = found["report"]["configurations"].as_array().unwrap();
    assert_eq!(configurations.iter().map(|one| one["runs"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(configurations[0]["weights"], 48);

    // As if Fashion-MNIST had not been there.
    let lacking = fs::read_to_string(&report)
        .unwrap()
        .replace("\"missing_data\": []", "\"missing_data\": [\"no set\"]");
    assert!(lacking.contains("no set"));
    fs::write(&report, lacking).unwrap();
    let again = study(&work, "generality").succeeds();
    assert!(!again.stdout.contains("already finished") && !again.stdout.contains("left out"), "{again:?}");
    let again = study(&work, "generality").succeeds();
    assert!(again.stdout.contains("already finished"), "{again:?}");
}

#[test]
fn an_interrupted_study_goes_on_to_the_same_tables() {
    let text = "[study.grid]\nset = ['landscape.components=30']\n[[study.grid.groups]]\ntitle = 'B = 10'\n\
                vary = ['training.learning_rate=0.02,0.05', 'seed=1,2,3,4']";
    let work = prepared("whole", text);
    study(&work, "whole").succeeds();
    write_study(&work, "grid", text);
    let mut running = program!().start(&arguments(&work, "grid"));
    let first = folder(&work, "grid").join("learning_rate=0.02,seed=1/metrics.csv");
    running.wait_for_lines(&first, 3);
    running.interrupt();
    let outcome = running.outcome();
    assert_eq!(outcome.code, Some(130), "{outcome:#?}");
    outcome.is_clear();
    assert!(!folder(&work, "grid").join("grid.json").exists());
    let mut running = program!().start(&arguments(&work, "grid"));
    running.wait_until("the first run", || first.with_file_name("fit.json").exists());
    running.kill();
    study(&work, "grid").succeeds();
    for table in ["grid.csv", "grid_points.csv"] {
        let of = |name: &str| fs::read_to_string(folder(&work, name).join(table)).unwrap();
        assert_eq!(of("whole"), of("grid"), "{table}");
    }
}

#[test]
fn a_walk_goes_on_where_it_stopped() {
    let work = prepared("unused", DRIFT);
    let start = work.text("runs/base");
    let walk = format!(
        "name = 'walk'\nseed = 5\n[model]\nhidden = [12, 12]\n[recorder]\nwindow = 6000\n[fit]\nblock = 500\ndecay = [5, 50]\n\
         [langevin]\nstart = {start:?}\ntemperature = 1e-6\nlearning_rate = 0.5\ntrap = 1e-3\nburn_in = 500"
    );
    work.write_experiment("small.toml", &walk);
    let undisturbed = work.finished(&program!(), "undisturbed", &[]);
    let run = work.path("out");
    for lines in [3, 8] {
        let mut running = program!().start(&work.run("out", &[]));
        running.wait_for_lines(&run.join("metrics.csv"), lines);
        running.interrupt();
        let outcome = running.outcome();
        assert_eq!(outcome.code, Some(130), "{outcome:#?}");
        outcome.is_clear();
        assert!(run.join("walk.partial.npz").exists());
    }
    let mut running = program!().start(&work.run("out", &[]));
    running.wait_for_lines(&run.join("metrics.csv"), 14);
    running.kill();
    let outcome = program!().run(&work.run("out", &[])).succeeds();
    assert!(outcome.stdout.contains("continuing after step"), "{outcome:#?}");
    assert_same(&Snapshot::of_results(&undisturbed), &Snapshot::of_results(&run), "an interrupted walk");
    assert_eq!(names(&undisturbed), names(&run), "files left over");
}

#[test]
fn a_run_that_shares_stages_with_its_source_is_the_run_it_would_be_alone() {
    let work = prepared("sensitivity", SENSITIVITY);
    study(&work, "sensitivity").succeeds();
    let settings = ["fit.decay=[5,50]", "landscape.components=30", "landscape.around=final"];
    let alone = work.finished(&program!(), "alone", &settings);
    let cell = folder(&work, "sensitivity").join("around=final");
    assert_same(&Snapshot::of_results(&alone), &Snapshot::of_results(&cell), "the adopted run");
    let ranges = folder(&work, "sensitivity").join("sensitivity_ranges.csv");
    assert_eq!(numbers(&ranges, "first"), [2.0, 5.0]);
    assert!(numbers(&ranges, "psi").iter().all(|psi| psi.is_finite()));
}

#[test]
fn what_is_held_fast_is_not_forgotten_and_learns_nothing() {
    let work = prepared("forgetting", FORGETTING);
    study(&work, "forgetting").succeeds();
    let file = folder(&work, "forgetting").join("forgetting.csv");
    let of = |name: &str| column(&file, name);
    let (heads, method, strength, seed) = (of("heads"), of("method"), of("strength"), of("seed"));
    let (first, held) = (numbers(&file, "first_test_error"), numbers(&file, "constraints"));
    // 2 heads and seeds; LDC with 6, 2 and other stiffness, EWC twice, PPAP, σ² and L2, each with two strengths; and no constraint.
    assert_eq!(heads.len(), 2 * 2 * (8 * 2 + 1));
    let report = fs::read_to_string(folder(&work, "forgetting").join("forgetting.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let frozen = (0..heads.len()).filter(|&row| method[row] == "l2" && strength[row].starts_with("1000000"));
    for row in frozen {
        // All weights, but for those of an output layer that rests: 64·12 + 12·12 + 12·2.
        assert_eq!(held[row], if heads[row] == "shared" { 936.0 } else { 912.0 });
        let same: Vec<f64> = (0..heads.len())
            .filter(|&other| {
                method[other] == "l2" && strength[other] == strength[row] && seed[other] == seed[row]
            })
            .map(|other| first[other])
            .collect();
        assert_eq!(same[0], same[1], "nothing moves, whatever the heads: {same:?}");
    }
    for (row, held) in held.iter().enumerate().filter(|(row, _)| method[*row] == "ldc") {
        let layers = if heads[row] == "shared" { 3.0 } else { 2.0 };
        assert!(*held <= 6.0 * layers && *held > 0.0, "{held} directions");
    }
    let setups = report["report"]["setups"].as_array().unwrap();
    for setup in setups {
        let methods = setup["methods"].as_array().unwrap();
        assert_eq!(methods.len(), 9);
        let chosen = |name: &str| {
            methods.iter().find(|method| method["name"] == name).unwrap()["mean_error"]["value"]
                .as_f64()
                .unwrap()
        };
        let difference = &setup["differences"][0];
        assert_eq!(difference["from"], "no constraint");
        let expected = chosen("LDC, 6 a layer, F^−2") - chosen("no constraint");
        assert!((difference["mean_error"]["value"].as_f64().unwrap() - expected).abs() < 1e-12);
    }
    // All data together have one head.
    assert_eq!(setups[0]["sequence"].as_array().unwrap().len(), 7);
    assert_eq!(setups[1]["sequence"].as_array().unwrap().len(), 6);
    single_weights(&work, &report["report"]["weights"]);
}

/// The layers of the report, and their tables: once a seed, whatever the heads.
fn single_weights(work: &Workplace, layers: &serde_json::Value) {
    let ranks = folder(work, "forgetting").join("forgetting_weight_ranks.csv");
    assert_eq!(column(&ranks, "layer"), ["input", "hidden", "output", "input", "hidden", "output"]);
    assert_eq!(numbers(&ranks, "weights")[..3], [768.0, 144.0, 24.0]);
    let (used, still) = (numbers(&ranks, "used"), numbers(&ranks, "still"));
    let groups = folder(work, "forgetting").join("forgetting_weights.csv");
    let (layer, weights) = (column(&groups, "layer"), numbers(&groups, "weights"));
    let grouped: f64 =
        weights.iter().zip(&layer).filter(|(_, layer)| *layer == "input").map(|(n, _)| n).sum();
    assert_eq!(grouped, used[0] + used[3]);
    assert!(used.iter().zip(&still).all(|(used, still)| *used >= 1.0 && used + still <= 768.0));
    assert_eq!(layers.as_array().unwrap().len(), 3);
    let mean = 0.5 * (numbers(&ranks, "spearman")[0] + numbers(&ranks, "spearman")[3]);
    assert!((layers[0]["spearman"]["value"].as_f64().unwrap() - mean).abs() < 1e-9);
}

#[test]
fn an_interrupted_forgetting_study_goes_on_to_the_same_tables() {
    let work = prepared("whole", FORGETTING);
    study(&work, "whole").succeeds();
    write_study(&work, "forgetting", FORGETTING);
    let mut running = program!().start(&arguments(&work, "forgetting"));
    let first = folder(&work, "forgetting").join("two-tasks-shared-1.json");
    running.wait_until("the first seed", || first.exists());
    running.kill();
    let before = fs::read(&first).unwrap();
    let begun = fs::metadata(&first).unwrap().modified().unwrap();
    study(&work, "forgetting").succeeds();
    assert_eq!(before, fs::read(&first).unwrap());
    assert_eq!(begun, fs::metadata(&first).unwrap().modified().unwrap(), "a finished seed is not done again");
    let tables = [
        "forgetting.csv",
        "forgetting_summary.csv",
        "forgetting_sequence.csv",
        "forgetting_weights.csv",
        "forgetting_weight_ranks.csv",
    ];
    let compare = |other: &str| {
        for table in tables {
            let of = |name: &str| fs::read_to_string(folder(&work, name).join(table)).unwrap();
            assert_eq!(of("whole"), of(other), "{table}");
        }
    };
    compare("forgetting");
    // On one thread; and of other settings nothing is taken up.
    write_study(&work, "alone", FORGETTING);
    program!().with("RAYON_NUM_THREADS", "1").run(&arguments(&work, "alone")).succeeds();
    compare("alone");
    write_study(&work, "forgetting", &FORGETTING.replace("epochs = 3", "epochs = 2"));
    study(&work, "forgetting").succeeds();
    assert_ne!(before, fs::read(&first).unwrap());
}

/// Without checksums, as a run from before they were kept: they would have told the files apart.
#[test]
fn files_of_another_run_are_named() {
    let work = prepared("temperature", TEMPERATURE);
    write_study(&work, "drift", DRIFT);
    write_study(&work, "langevin", LANGEVIN);
    work.finished(
        &program!(),
        "runs/other",
        &["model.hidden=[8, 8]", "recorder.window=500", "fit.decay=[5,50]"],
    );
    let (run, other) = (work.path("runs/base"), work.path("runs/other"));
    write_record(&run, without_checksums(&run), false);
    let refused = |name: &str, file: &str, bytes: &[u8]| {
        let before = fs::read(run.join(file)).unwrap();
        fs::write(run.join(file), bytes).unwrap();
        study(&work, name).fails_clearly(&[file]);
        fs::write(run.join(file), before).unwrap();
    };
    let of_other = |file: &str| fs::read(other.join(file)).unwrap();
    refused("temperature", "pca.npz", &of_other("pca.npz"));
    refused("langevin", "pca.npz", &of_other("pca.npz"));
    refused("drift", "projections.npy", &of_other("projections.npy"));
    let rows = fs::read_to_string(run.join("flatness.csv")).unwrap();
    for index in ["0", "145"] {
        let changed = rows.replacen("\n1,", &format!("\n{index},"), 1);
        assert_ne!(rows, changed);
        refused("temperature", "flatness.csv", changed.as_bytes());
        fs::write(run.join("flatness.csv"), changed).unwrap();
        program!().run(&["fit", &work.text("runs/base")]).fails_clearly(&["flatness.csv", index, "144"]);
        fs::write(run.join("flatness.csv"), &rows).unwrap();
    }
    program!().run(&["verify", &work.text("runs/base")]).succeeds();
    fs::write(run.join("jackknife.npz"), of_other("jackknife.npz")).unwrap();
    program!().run(&["verify", &work.text("runs/base")]).fails_clearly(&["jackknife.npz"]);
}

#[test]
fn what_no_study_can_do_is_refused_clearly() {
    let work = prepared("drift", DRIFT);
    write_study(&work, "strange", &FORGETTING.replace("[3, 2]", "[3, 9]"));
    study(&work, "strange").fails_clearly(&["digit 9", "0 training images"]);
    write_study(&work, "short", &FORGETTING.replace("every = 2", "every = 9"));
    study(&work, "short").fails_clearly(&["components", "window", "every"]);
    write_study(&work, "weather", "[study.weather]");
    study(&work, "weather").fails_clearly(&["weather.toml", "weather"]);
    let twice = "[study.grid]\n[[study.grid.groups]]\ntitle = 'a'\nvary = ['seed=1']\n[[study.grid.groups]]\ntitle = 'b'\nvary = ['seed=1,2']";
    write_study(&work, "twice", twice);
    study(&work, "twice").fails_clearly(&["two runs", "seed=1"]);
    fs::write(work.path("lost.toml"), format!("name = 'lost'\nrun = 'nowhere'\n{DRIFT}")).unwrap();
    study(&work, "lost").fails_clearly(&["nowhere", "no run here"]);
    write_study(&work, "far", &TEMPERATURE.replace("profiled = [2, 9]", "profiled = [9999]"));
    study(&work, "far").fails_clearly(&["profiled", "9999", "144"]);
    let only = ["reproduce", "--quick", "--only", "wether", "--out"].map(str::to_owned);
    program!().run(&[only.as_slice(), &[work.text("x")]].concat()).fails_clearly(&[
        "wether",
        "sensitivity",
        "forgetting",
    ]);
    assert!(!work.path("x").exists());
}
