//! Networks beyond the perceptron, from training to ψ.

use std::path::Path;

use ndarray::{Array2, Array4};
use varflat_recorder::Trajectory;
use varflat_tests::{Snapshot, Workplace, assert_same, metrics, npz, program, set_aside_for_products, table};

/// A small convolutional network on a few images of MNIST, with an optimizer that has a state.
const CONVOLUTION: &str = r#"
name = "convolution"
seed = 3

[data]
samples = 300

[model]
channels = [2, 3]
hidden = [8]

[training]
learning_rate = 0.1
momentum = 0.8
batch_size = 20
loss_below = 0
max_epochs = 8

[recorder]
layer = "second"
window = 90

[landscape]
components = 8
profiles = [2]

[fit]
block = 15
resamples = 100
decay = [2, 8]
"#;

fn arguments(work: &Workplace, out: &str) -> Vec<String> {
    ["run", "--out"]
        .map(str::to_owned)
        .into_iter()
        .chain([work.text(out), work.text("convolution.toml")])
        .collect()
}

#[test]
fn a_convolution_is_recorded_measured_and_resumed() {
    let work = Workplace::new();
    std::fs::write(work.path("convolution.toml"), CONVOLUTION).unwrap();
    program!().run(&arguments(&work, "undisturbed")).succeeds();
    let run = work.path("undisturbed");
    let verified = program!().run(&work.stage("verify", "undisturbed")).succeeds();
    assert!(!verified.stdout.contains("not checked"), "{}", verified.stdout);

    let last: Array4<f32> = npz(&run.join("weights_final.npz"), "second.weight");
    assert_eq!(last.shape(), [3, 2, 5, 5]);
    let mean: Array4<f64> = npz(&run.join("weights_mean.npz"), "second.weight");
    let trajectory = Trajectory::open(run.join("trajectory.npy")).unwrap();
    assert_eq!((trajectory.steps(), trajectory.info().shape.as_slice()), (90, &[3, 2, 5, 5][..]));
    let rows = trajectory.read().unwrap();
    assert_eq!(rows[89 * 150..], *last.as_slice().unwrap());
    for (weight, mean) in mean.iter().enumerate() {
        let exact = (0..90).map(|row| f64::from(rows[row * 150 + weight])).sum::<f64>() / 90.0;
        assert!((mean - exact).abs() < 1e-12);
    }
    // Convolutions learn, too.
    assert!(rows[..150].iter().zip(&rows[89 * 150..]).all(|(first, last)| first != last));
    assert!(metrics(&run).last().unwrap()[2] < 0.5 * metrics(&run)[0][2]);

    // F is where the recorded profile crosses e·L_0.
    let (header, rows) = table(&run.join("flatness.csv"));
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let second = &rows[1];
    let (offset, loss): (Array2<f64>, Array2<f64>) =
        (npz(&run.join("landscape.npz"), "offset"), npz(&run.join("landscape.npz"), "loss"));
    let level = std::f64::consts::E * l0(&run);
    let crossings: Vec<f64> = (1..81)
        .filter(|&point| (loss[[0, point - 1]] - level) * (loss[[0, point]] - level) < 0.0)
        .map(|point| 0.5 * (offset[[0, point - 1]] + offset[[0, point]]))
        .collect();
    let step = offset[[0, 1]] - offset[[0, 0]];
    for (crossing, name) in crossings.iter().zip(["left", "right"]) {
        let found: f64 = second[column(name)].parse().unwrap();
        assert!((found - crossing).abs() <= 0.5001 * step, "{name}: {found} and {crossing}");
    }
    assert_eq!(crossings.len(), 2);

    let out = work.path("out");
    let mut running = program!().start(&arguments(&work, "out"));
    running.wait_for_lines(&out.join("metrics.csv"), 4);
    running.interrupt();
    assert_eq!(running.outcome().code, Some(130));
    let outcome = program!().run(&arguments(&work, "out")).succeeds();
    assert!(outcome.stdout.contains("continuing after step"), "{outcome:#?}");
    assert_same(&Snapshot::of_results(&run), &Snapshot::of_results(&out), "an interrupted convolution");
}

fn l0(run: &Path) -> f64 {
    let fit: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(run.join("fit.json")).unwrap()).unwrap();
    fit["l0"].as_f64().unwrap()
}

#[test]
fn what_needs_dense_layers_says_so() {
    let work = Workplace::new();
    std::fs::write(work.path("convolution.toml"), CONVOLUTION).unwrap();
    let changed = ["--set", "recorder.layer=hidden"].map(str::to_owned);
    let wrong = [arguments(&work, "out").as_slice(), &changed].concat();
    program!().run(&wrong).fails_clearly(&[
        "recorder.layer = \"hidden\" is unknown",
        "second",
        "dense.input",
    ]);
    work.finished(&program!(), "runs/base", &[]);
    let small = [work.run("small", &["model.channels=[2, 2]", "recorder.layer=second"])].concat();
    program!().run(&small).fails_clearly(&["8 × 8", "5 × 5"]);
}

/// Two hidden layers of 200: 1200 rows of 40,000 recorded weights are 0.18 GiB in f32, their components 0.36 GiB in f64, which are
/// there twice while they are made orthogonal. With the images and the landscape it all fits into 3 GiB of address space, beside what
/// products of matrices set aside.
#[test]
#[cfg(target_os = "linux")]
fn a_width_of_200_fits_into_little_memory() {
    let work = Workplace::new();
    let text = "name = 'wide'\nseed = 1\n[model]\nhidden = [200, 200]\n[training]\nmax_epochs = 1\n[recorder]\nevery = 1\n\
                window = 1200\n[landscape]\ncomponents = 6\nprofiles = [2]\n[fit]\nblock = 120\nresamples = 100\ndecay = [2, 100]\n";
    std::fs::write(work.path("wide.toml"), text).unwrap();
    let program = program!();
    let command = format!(
        "ulimit -v {}; exec {} run {} --out {} --device flex",
        ((3 << 30) + set_aside_for_products(3)) >> 10,
        program.path().display(),
        work.text("wide.toml"),
        work.text("out")
    );
    varflat_tests::Program::new("/bin/sh").run(&["-c", &command]).succeeds();
    let trajectory = Trajectory::open(work.path("out/trajectory.npy")).unwrap();
    assert_eq!((trajectory.steps(), trajectory.weights()), (1200, 40_000));
}
