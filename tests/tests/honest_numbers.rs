//! Numbers with one kind of interval, of nothing that is rounding, and of what was asked for: right values by other means.

use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2};
use serde_json::Value;
use varflat_model::data::{DataSource, Verify};
use varflat_tests::{PlainNetwork, Workplace, npy, npz, program, table};

const TEMPERATURE: &str = "[study.temperature]\nprofiled = [2]\nmini_batches_along = [2]\nmini_batches = 3\npoints = 3\n\
                           full_gradient_every = 1\nranges = [[2, 60]]";

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn column(file: &Path, name: &str) -> Vec<Option<f64>> {
    let (header, rows) = table(file);
    let place = header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name}"));
    rows.iter().map(|row| row[place].parse().ok()).collect()
}

/// Least-squares slope of ln y on ln x.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().map(|(x, y)| (x.ln(), y.ln())).unzip();
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let xy: f64 = x.iter().zip(&y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    xy / x.iter().map(|x| (x - mean_x).powi(2)).sum::<f64>()
}

fn study(work: &Workplace, name: &str, text: &str) {
    fs::write(work.path(format!("{name}.toml")), format!("name = '{name}'\nrun = 'base'\n{text}\n")).unwrap();
    let arguments =
        ["study".to_owned(), work.text(format!("{name}.toml")), "--runs".to_owned(), work.text("runs")];
    program!().run(&arguments).succeeds();
}

/// Weights that hardly move: the last variances are rounding.
const SLOW: [&str; 3] = ["training.learning_rate=3e-5", "fit.decay=[20,140]", "landscape.radius=1000"];

#[test]
fn rounding_is_in_no_law_of_the_temperature() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "runs/base", &SLOW);
    study(&work, "temperature", TEMPERATURE);
    let folder = work.path("runs/temperature");
    let (rows, report) = (folder.join("temperature.csv"), json(&folder.join("temperature.json")));
    let floor = json(&run.join("fit.json"))["floor"].as_f64().unwrap();
    let [index, variance, flatness, temperature] =
        ["index", "variance", "flatness", "temperature"].map(|name| column(&rows, name));
    let (_, cells) = table(&rows);
    let status = table(&rows).0.iter().position(|name| name == "status").unwrap();
    let mut points = Vec::new();
    let mut rounding = 0;
    for row in 0..index.len() {
        let (index, variance) = (index[row].unwrap(), variance[row].unwrap());
        let above = variance > floor;
        rounding += usize::from(!above);
        if above && index > 1.0 && cells[row][status] == "found" {
            points.push((flatness[row].unwrap(), temperature[row].unwrap()));
        }
    }
    assert!(rounding > 0, "every variance lies above the floor: the test shows nothing");
    let law = &report["report"]["temperature"];
    assert_eq!(law["n"].as_u64().unwrap() as usize, points.len());
    assert!((law["exponent"].as_f64().unwrap() - slope(&points)).abs() < 1e-9, "{law}");
    for name in ["theta", "fixed", "path"] {
        let trusted = column_of_words(&rows, &format!("{name}_trusted"));
        for (trusted, variance) in trusted.iter().zip(&variance) {
            assert!(trusted == "false" || variance.unwrap() > floor, "{name}");
        }
    }
}

fn column_of_words(file: &Path, name: &str) -> Vec<String> {
    let (header, rows) = table(file);
    let place = header.iter().position(|column| column == name).unwrap();
    rows.into_iter().map(|row| row[place].clone()).collect()
}

#[test]
fn gamma_is_fitted_above_the_floor() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &SLOW);
    let fit = json(&run.join("fit.json"));
    let variance: Array1<f64> = npz(&run.join("pca.npz"), "variance");
    let floor = fit["floor"].as_f64().unwrap();
    let last = variance.iter().take_while(|variance| **variance > floor).count();
    assert!(last < 140, "every variance lies above the floor: the test shows nothing");
    let decay = &fit["decay"];
    assert_eq!((decay["first"].as_u64(), decay["last"].as_u64()), (Some(20), Some(last as u64)));
    assert_eq!(decay["under_floor"].as_u64(), Some(140 - last as u64));
    let points: Vec<(f64, f64)> = (20..=last).map(|i| (i as f64, variance[i - 1])).collect();
    assert!((fit["gamma"].as_f64().unwrap() + slope(&points)).abs() < 1e-9);
    let inspected = program!().run(&["inspect", &work.text("run")]).succeeds();
    assert!(inspected.stdout.contains("under the floor left out"), "{}", inspected.stdout);
}

#[test]
fn weight_decay_is_no_noise() {
    let work = Workplace::new();
    let decay = ["training.weight_decay=0.02", "recorder.window=300", "training.learning_rate=0.05"];
    let run = work.finished(&program!(), "runs/base", &decay);
    study(&work, "temperature", TEMPERATURE);
    let times = column(&work.path("runs/temperature/temperature.csv"), "path_one_over_e");
    let set = DataSource::Folder(work.images()).load(Verify::Listed).unwrap().train;
    let window: Array2<f32> = npy(&run.join("trajectory.npy"));
    let components: Array2<f64> = npz(&run.join("pca.npz"), "components");
    let mut network = PlainNetwork::of_means(&run.join("weights_mean.npz"));
    for index in [1, 2] {
        let p = components.row(index - 1).to_owned();
        // p·∇L at w_t by differences, the other layers at their means.
        let mut full = |t: usize| -> f64 {
            let mut at = |step: f64| {
                let w = window.row(t).mapv(f64::from) + &p * step;
                let weights = network.layer_mut("hidden.weight");
                *weights = w.to_shape(weights.dim()).unwrap().to_owned();
                network.measure(&set).0
            };
            (at(1e-4) - at(-1e-4)) / 2e-4
        };
        let noise: Vec<f64> = (0..window.nrows() - 1)
            .map(|t| {
                let (now, next) = (window.row(t).mapv(f64::from), window.row(t + 1).mapv(f64::from));
                ((&now - &next) / 0.05 - &now * 0.02).dot(&p) - full(t)
            })
            .collect();
        let (found, right) = (times[index - 1].unwrap(), one_over_e(&noise));
        assert!((found / right - 1.0).abs() < 0.01, "component {index}: {found}, by differences {right}");
    }
}

/// Where the autocorrelation falls to 1/e, by its definition.
fn one_over_e(series: &[f64]) -> f64 {
    let n = series.len();
    let mean = series.iter().sum::<f64>() / n as f64;
    let covariance =
        |lag: usize| -> f64 { (0..n - lag).map(|t| (series[t] - mean) * (series[t + lag] - mean)).sum() };
    let whole = covariance(0);
    let target = (-1f64).exp();
    let lag = (1..n).find(|&lag| covariance(lag) / whole <= target).unwrap();
    let (above, below) = (covariance(lag - 1) / whole, covariance(lag) / whole);
    (lag - 1) as f64 + (above - target) / (above - below)
}

#[test]
fn a_temperature_that_is_not_that_of_the_training_says_so() {
    for (settings, word) in [
        (&["training.optimizer=adam", "training.learning_rate=0.002"][..], "Adam"),
        (&["training.momentum=0.9", "training.learning_rate=0.02"][..], "momentum"),
    ] {
        let work = Workplace::new();
        work.finished(&program!(), "runs/base", settings);
        study(&work, "temperature", TEMPERATURE);
        let report = json(&work.path("runs/temperature/temperature.json"));
        let caveat = report["report"]["caveat"].as_str().unwrap_or_default().to_owned();
        assert!(caveat.contains(word) && caveat.contains("plain SGD"), "{caveat}");
    }
}

#[test]
fn one_number_has_one_interval_wherever_it_stands() {
    let work = Workplace::new();
    let sweep = [
        "sweep".to_owned(),
        "run".to_owned(),
        work.text("small.toml"),
        "--vary".to_owned(),
        "seed=3,4".to_owned(),
        "--out".to_owned(),
        work.text("sweep"),
    ];
    program!().run(&sweep).succeeds();
    program!().run(&["sweep", "collect", &work.text("sweep")]).succeeds();
    let rows = work.path("sweep/collected/sweep.csv");
    for (place, seed) in ["seed=3", "seed=4"].into_iter().enumerate() {
        let fit = json(&work.path("sweep").join(seed).join("fit.json"));
        let psi = &fit["psi_estimate"];
        let inspected = program!().run(&["inspect", &work.text(format!("sweep/{seed}"))]).succeeds().stdout;
        let [low, high] = ["low", "high"].map(|name| column(&rows, name)[place]);
        match psi["interval"].as_array() {
            Some(ends) => {
                assert_eq!([low, high], [0, 1].map(|end| ends[end].as_f64()));
                assert!((low.unwrap()..=high.unwrap()).contains(&fit["psi"].as_f64().unwrap()));
                assert!(
                    inspected.contains("95 % interval over other windows of this training"),
                    "{inspected}"
                );
            }
            None => {
                assert_eq!([low, high], [None, None]);
                let reason = psi["missing"].as_str().unwrap();
                assert!(inspected.contains(reason), "{inspected}");
                assert_eq!(column_of_words(&rows, "trust")[place], "few_samples");
            }
        }
        assert!(!inspected.contains('±'), "{inspected}");
    }
}

#[test]
fn shares_do_not_depend_on_how_many_components_were_kept() {
    let work = Workplace::new();
    let of =
        |name: &str, settings: &[&str]| json(&work.finished(&program!(), name, settings).join("fit.json"));
    let (all, some) = (of("all", &[]), of("some", &["pca.components=60"]));
    for key in ["total_variance", "share_35", "gap"] {
        let (all, some) = (all[key].as_f64().unwrap(), some[key].as_f64().unwrap());
        assert!((all / some - 1.0).abs() < 1e-6, "{key}: {all} {some}");
    }
}

/// σ²–F under a radius that few directions reach: ψ is that of these few, and says so.
#[test]
fn a_law_of_a_few_directions_says_so() {
    let work = Workplace::new();
    let mut few = 0;
    for (run, radius) in [("short", "2"), ("long", "1000")] {
        let run = work.finished(&program!(), run, &[&format!("landscape.radius={radius}")]);
        let fit = json(&run.join("fit.json"));
        let flatness = column(&run.join("flatness.csv"), "flatness");
        let without = flatness.iter().skip(1).filter(|flatness| flatness.is_none()).count() as u64;
        assert_eq!(fit["left_out"].as_u64(), Some(without));
        let words =
            format!("not to be trusted: {without} of {} components have no flatness", flatness.len() - 1);
        let inspected = program!().run(&["inspect", &run.to_string_lossy()]).succeeds().stdout;
        let most = without > fit["n"].as_u64().unwrap();
        assert_eq!(inspected.contains(&words), most, "{inspected}");
        few += usize::from(most);
    }
    assert_eq!(few, 1);
}
