//! The kernels, one by one: `cargo bench -p varflat-benches`, under a minute on made-up inputs.

use std::sync::LazyLock;
use std::time::Duration;

use divan::{Bencher, black_box, counter::ItemsCount};
use ndarray::Array2;
use tempfile::TempDir;
use varflat_analysis::{DatasetBase, Fit, TrajectoryPca};
use varflat_benches::directions::{Losses, measure_neighbours, threads};
use varflat_benches::synthetic;
use varflat_benches::training::{Ground, Recording, Training};
use varflat_model::{DenseLandscape, MlpConfig};
use varflat_recorder::{Keep, Schedule, Sink, Step, TrajectorySink};

/// As in the `varflat` program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Images of the landscape and of the training: a sixth of MNIST.
const SAMPLES: usize = 10_000;
const MOST: Duration = Duration::from_secs(3);

static LANDSCAPE: LazyLock<DenseLandscape> = LazyLock::new(|| {
    let network = MlpConfig::new(784, vec![50, 50], 10).initial(1).expect("the widths are positive");
    let images = synthetic::images(SAMPLES);
    DenseLandscape::new(&network, "hidden", &images).expect("the images fit the network")
});
static DIRECTIONS: LazyLock<Array2<f64>> = LazyLock::new(|| synthetic::directions(1, 2_500));
static GROUND: LazyLock<Ground> =
    LazyLock::new(|| Ground::new(&synthetic::images(SAMPLES)).expect("flex opens everywhere"));

fn main() {
    divan::main();
}

/// Z_p = hP over 10,000 samples.
#[divan::bench(max_time = MOST)]
fn set_direction(bencher: Bencher<'_, '_>) {
    let direction = DIRECTIONS.row(0).to_vec();
    let mut line = LANDSCAPE.line();
    bencher
        .counter(ItemsCount::new(SAMPLES))
        .bench_local(|| line.set_direction(black_box(&direction)).expect("the direction fits"));
}

/// L(w_0 + s·p) over 10,000 samples, at several s in one pass.
#[divan::bench(args = [1, 2, 6], max_time = MOST)]
fn losses(bencher: Bencher<'_, '_>, offsets: usize) {
    let mut line = LANDSCAPE.line();
    line.set_direction(&DIRECTIONS.row(0).to_vec()).expect("the direction fits");
    let offsets: Vec<f64> = (0..offsets).map(|n| 0.1 * n as f64).collect();
    bencher
        .counter(ItemsCount::new(SAMPLES * offsets.len()))
        .bench_local(|| line.losses(black_box(&offsets)));
}

/// F of one direction over 10,000 samples, with its Z_p and all its losses.
#[divan::bench(max_time = MOST)]
fn flatness(bencher: Bencher<'_, '_>) {
    let mut line = LANDSCAPE.line();
    let l0 = LANDSCAPE.reference_loss();
    bencher.bench_local(|| {
        measure_neighbours(&mut line, DIRECTIONS.view(), l0, Losses::Needed).expect("the direction fits")
    });
}

/// An SGD step of 784–50–50–10 with B = 50: by itself, with the hook, with the trajectory, with means of all layers.
#[divan::bench(
    args = [Recording::Nothing, Recording::Hook, Recording::Trajectory, Recording::Everything],
    sample_size = 50,
    max_time = MOST
)]
fn step(bencher: Bencher<'_, '_>, recording: Recording) {
    let scratch = folder();
    let mut training =
        Training::start(&GROUND, 50, 1, recording, scratch.path()).expect("the folder is ours");
    bencher.bench_local(|| training.steps(1).expect("nothing fails at the first steps"));
}

/// One row of 2500 weights into the trajectory file, the last 12,000 kept.
#[divan::bench(sample_size = 100, max_time = MOST)]
fn append(bencher: Bencher<'_, '_>) {
    let folder = folder();
    let schedule = Schedule { every: 1, keep: Keep::Last(12_000) };
    let mut sink = TrajectorySink::create(folder.path(), "hidden.weight", [50, 50], schedule)
        .expect("the folder is ours");
    let weights = vec![0.25f32; 2_500];
    let mut steps = 0..;
    bencher.bench_local(|| {
        let step = steps.next().unwrap_or_default();
        let step =
            Step { step, weights: black_box(&weights), before: None, gradient: None, learning_rate: 0.1 };
        sink.record(step).expect("the disk has room")
    });
}

/// All principal components of 1500 steps of 400 weights, in f64.
#[divan::bench(args = [1, 2], max_time = MOST)]
fn pca(bencher: Bencher<'_, '_>, count: usize) {
    static WINDOW: LazyLock<Array2<f32>> = LazyLock::new(|| synthetic::window(1_500, 400));
    let pool = threads(count).expect("there are threads");
    let dataset = DatasetBase::from(WINDOW.view());
    bencher.bench_local(|| {
        pool.install(|| TrajectoryPca::params().fit(black_box(&dataset))).expect("the window moves")
    });
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is a folder for temporary files")
}
