//! Windows larger than the memory a run may take: what is found in them is exact, and no stage takes more than its formula.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use varflat::memory::{Demand, Images};
use varflat::run_folder::Stage;
use varflat::{Experiment, RunFolder};
use varflat_recorder::{Keep, TrajectoryInfo, TrajectoryWriter};
use varflat_tests::{Workplace, npy, npz, program, set_aside_for_products};

/// Threads of the program where its address space is limited: each takes buffers of its own.
const THREADS: usize = 1;

/// Set to run the tests that write several gigabytes, too.
const LARGE: &str = "VARFLAT_LARGE_TESTS";

/// The parity of common bits, ±1: for m ≥ 1 a function of zero mean over any 2^k > m times, and orthogonal to those of other m.
fn walsh(m: usize, time: usize) -> f32 {
    if (m & time).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// A run folder whose training is done, as far as the next stage can tell, with a trajectory of these rows.
fn recorded(
    folder: &Path,
    experiment: &Experiment,
    weights: [usize; 2],
    rows: impl Iterator<Item = Vec<f32>>,
) {
    drop(RunFolder::create(folder, experiment, false).unwrap());
    std::fs::write(folder.join("config.toml"), toml::to_string(experiment).unwrap()).unwrap();
    for result in ["metrics.csv", "weights_mean.npz", "weights_final.npz"] {
        std::fs::write(folder.join(result), "").unwrap();
    }
    let run = serde_json::json!({ "name": experiment.name, "stages": { "train": { "seconds": 1.0 } } });
    std::fs::write(folder.join("run.json"), run.to_string()).unwrap();
    let info = TrajectoryInfo::new("hidden.weight", weights);
    let mut writer = TrajectoryWriter::create(folder, info, Keep::All).unwrap();
    for (step, row) in (0..).zip(rows) {
        writer.append(step, &row).unwrap();
    }
    writer.finish().unwrap();
}

/// `varflat pca` with an address space of what the formula says and what is set aside besides, without being used: `aside`, for
/// arenas of the allocator and the file of the program, and four times the last cache for products. Then the memory in use is held against the formula alone.
#[track_caller]
fn analysed(folder: &Path, demand: &Demand, window: u64, aside: u64) {
    let limit = (demand.bytes(Stage::Pca) + aside + set_aside_for_products(THREADS + 1)) >> 10;
    let program = program!();
    let shell = varflat_tests::Program::new("/bin/sh").with("RAYON_NUM_THREADS", &THREADS.to_string());
    let command = format!("ulimit -v {limit}; exec {} pca {}", program.path().display(), folder.display());
    let start = std::time::Instant::now();
    let (outcome, peak) = shell.start(&["-c", &command]).outcome_and_peak();
    outcome.succeeds();
    println!(
        "window {} MB, address space {} MB, formula {} MB, peak {} MB, {:.1} s",
        window / 1_000_000,
        limit / 1000,
        demand.bytes(Stage::Pca) / 1_000_000,
        peak / 1_000_000,
        start.elapsed().as_secs_f64()
    );
    assert!(peak <= demand.bytes(Stage::Pca), "{peak} bytes, by the formula {}", demand.bytes(Stage::Pca));
    assert!(peak < window / 2, "{peak} bytes for a window of {window}");
}

/// A window of `repetitions` · 2048 rows whose components and variances are known exactly: weight j of a repetition goes as
/// ±(1000 − j)·s·Walsh(j + 1), the sign turning after half of it, s another power of two each time; then four weights each are
/// mixed by a rotation. All of it is exact in f32.
fn tall(work: &Workplace, hidden: [usize; 2], repetitions: usize) -> (PathBuf, Demand) {
    let (weights, steps) = (hidden[0] * hidden[1], repetitions * 2048);
    let text =
        format!("name = 'tall'\nmodel.hidden = [{}, {}]\nrecorder.window = {steps}", hidden[0], hidden[1]);
    let experiment = Experiment::parse(&text, "tall", &[]).unwrap();
    let mean = |j: usize| (j % 400) as f32 / 1024.0;
    let pattern: Vec<f32> = (0..2048)
        .flat_map(|time| {
            let turn = if time < 1024 { 1.0 } else { -1.0 };
            let plain: Vec<f32> =
                (0..weights).map(|j| turn * scale(j) as f32 * walsh(j + 1, time % 1024)).collect();
            let mixed = plain.chunks(4).flat_map(|w| {
                [[1., 1., 1., 1.], [1., -1., 1., -1.], [1., 1., -1., -1.], [1., -1., -1., 1.]]
                    .map(|signs: [f32; 4]| 0.5 * w.iter().zip(signs).map(|(w, sign)| sign * w).sum::<f32>())
            });
            mixed.collect::<Vec<f32>>()
        })
        .collect();
    let rows = (0..repetitions).flat_map(|repetition| {
        let stretch = stretch(repetition) as f32;
        pattern
            .chunks(weights)
            .map(move |row| row.iter().enumerate().map(|(j, w)| stretch * w + mean(j)).collect::<Vec<f32>>())
    });
    let folder = work.path("tall");
    recorded(&folder, &experiment, hidden, rows);
    (folder, Demand::of(&experiment, Images::MNIST, THREADS).unwrap())
}

fn scale(j: usize) -> f64 {
    (1000 - j) as f64 / f64::from(1 << 20)
}

fn stretch(repetition: usize) -> f64 {
    [0.25, 1.0, 4.0, 0.5, 2.0][repetition % 5]
}

fn a_tall_window(hidden: [usize; 2], repetitions: usize, aside: u64) {
    let work = Workplace::new();
    let (folder, demand) = tall(&work, hidden, repetitions);
    let (steps, weights) = (demand.steps, demand.weights);
    analysed(&folder, &demand, (4 * steps * weights) as u64, aside);

    let mean_square = (0..repetitions).map(|r| stretch(r).powi(2)).sum::<f64>() / repetitions as f64;
    let variance: Array1<f64> = npz(&folder.join("pca.npz"), "variance");
    assert_eq!(variance.len(), weights);
    for (j, found) in variance.iter().enumerate() {
        let exact = mean_square * scale(j).powi(2);
        assert!((found / exact - 1.0).abs() < 1e-11, "σ² of {j}: {found} and {exact}");
    }
    let mean: Array1<f64> = npz(&folder.join("pca.npz"), "mean");
    assert!(mean.iter().enumerate().all(|(j, mean)| (mean - (j % 400) as f64 / 1024.0).abs() < 1e-12));
    let components: Array2<f64> = npz(&folder.join("pca.npz"), "components");
    for (j, component) in components.rows().into_iter().enumerate() {
        for (weight, p) in component.iter().enumerate() {
            let exact = if weight / 4 == j / 4 { 0.5 } else { 0.0 };
            assert!((p.abs() - exact).abs() < 1e-6, "p of {j} at {weight}: {p}");
        }
    }
    let theta: Array2<f64> = npy(&folder.join("projections.npy"));
    assert_eq!(theta.dim(), (steps, 60));
    for row in [0, 1, 1023, 1024, 503, 504, steps / 2 + 77, steps - 2049, steps - 1] {
        for i in 0..60 {
            let exact = stretch(row / 2048) * scale(i);
            assert!(
                (theta[[row, i]].abs() / exact - 1.0).abs() < 1e-6,
                "θ of {i} at {row}: {}",
                theta[[row, i]]
            );
        }
    }
}

#[test]
fn a_window_larger_than_its_address_space_is_exact() {
    a_tall_window([20, 24], 153, 128 << 20);
}

#[test]
fn a_window_of_gigabytes_is_exact() {
    if std::env::var_os(LARGE).is_some() {
        a_tall_window([30, 30], 440, 384 << 20);
    }
}

/// Far more weights than steps: weight j goes as c_m·Walsh(m + 1), m = j mod 1000, so that p_m has the same entry in every
/// thousandth weight.
#[test]
fn the_first_components_of_a_wide_window_are_exact() {
    let (steps, hidden, shapes, kept) = (1024, [400, 500], 1000, 20);
    let weights = hidden[0] * hidden[1];
    let c = |m: usize| (0.97f64.powi(m as i32) / 1024.0) as f32;
    let text = format!(
        "name = 'wide'\nmodel.hidden = [400, 500]\nrecorder.window = {steps}\npca.components = {kept}"
    );
    let experiment = Experiment::parse(&text, "wide", &[]).unwrap();
    let work = Workplace::new();
    let folder = work.path("wide");
    let rows = (0..steps).map(|time| {
        let few: Vec<f32> = (0..shapes).map(|m| c(m) * walsh(m + 1, time)).collect();
        few.repeat(weights / shapes)
    });
    recorded(&folder, &experiment, hidden, rows);
    let demand = Demand::of(&experiment, Images::MNIST, THREADS).unwrap();
    analysed(&folder, &demand, (4 * steps * weights) as u64, 384 << 20);

    let many = (weights / shapes) as f64;
    let variance: Array1<f64> = npz(&folder.join("pca.npz"), "variance");
    let components: Array2<f64> = npz(&folder.join("pca.npz"), "components");
    assert_eq!(components.dim(), (kept, weights));
    for m in 0..kept {
        let exact = many * f64::from(c(m)).powi(2);
        assert!((variance[m] / exact - 1.0).abs() < 1e-9, "σ² of {m}: {} and {exact}", variance[m]);
        for (weight, p) in components.row(m).iter().enumerate() {
            let exact = if weight % shapes == m { many.sqrt().recip() } else { 0.0 };
            assert!((p.abs() - exact).abs() < 1e-6, "p of {m} at {weight}: {p}");
        }
    }
}

/// All stages on MNIST, with more steps than weights and with fewer.
#[test]
fn no_stage_takes_more_memory_than_its_formula() {
    for settings in [
        ["model.hidden=[30, 30]", "recorder.window=2400", "landscape.components=20"],
        ["model.hidden=[60, 60]", "recorder.window=1200", "landscape.components=20"],
    ] {
        let work = Workplace::new();
        let text = "name = 'mnist'\n[training]\nmax_epochs = 2\n[fit]\nresamples = 100\ndecay = [2, 100]\n";
        std::fs::write(work.path("mnist.toml"), text).unwrap();
        let settings = settings.map(str::to_owned);
        let demand =
            Demand::of(&Experiment::parse(text, "mnist", &settings).unwrap(), Images::MNIST, 2).unwrap();
        let program = program!().with("RAYON_NUM_THREADS", "2");
        for stage in Stage::ALL {
            let mut arguments = vec![stage.name().to_owned()];
            if stage == Stage::Train {
                arguments.extend([work.text("mnist.toml"), "--out".to_owned()]);
            }
            arguments.push(work.text("out"));
            if stage == Stage::Train {
                arguments.extend(settings.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]));
            }
            let (outcome, peak) = program.start(&arguments).outcome_and_peak();
            outcome.succeeds();
            let formula = demand.bytes(stage);
            println!(
                "{settings:?} {}: formula {} MB, peak {} MB",
                stage.name(),
                formula / 1_000_000,
                peak / 1_000_000
            );
            assert!(peak <= formula, "{}: {peak} bytes, by the formula {formula}", stage.name());
        }
    }
}
