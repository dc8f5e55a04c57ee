//! The same seed gives the same numbers: bit by bit. (Backends among each other: `parity.rs`.)

use varflat_tests::{Snapshot, Workplace, assert_same, program};

/// A run on any number of threads writes the same bytes; another seed writes others.
#[test]
fn one_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let work = Workplace::new();
    let threads = |count: &str| program!().with("RAYON_NUM_THREADS", count);
    let first = Snapshot::of_results(&work.finished(&threads("1"), "one", &[]));
    let again = Snapshot::of_results(&work.finished(&threads("1"), "again", &[]));
    let five = Snapshot::of_results(&work.finished(&threads("5"), "five", &[]));
    assert_same(&first, &again, "the second run with one thread");
    assert_same(&first, &five, "the run with five threads");

    let other = Snapshot::of_results(&work.finished(&threads("1"), "other", &["seed=4"]));
    let differences = first.differences(&other);
    for file in ["trajectory.npy", "weights_final.npz", "metrics.csv", "pca.npz", "flatness.csv", "fit.json"]
    {
        assert!(differences.contains(&format!("{file} changed")), "another seed leaves {file} as it is");
    }
}

/// The same on the second backend.
#[test]
fn the_ndarray_backend_repeats_itself_too() {
    let work = Workplace::new();
    let run = |out: &str, threads: &str| {
        let mut arguments = work.run(out, &[]);
        arguments.extend(["--device", "ndarray"].map(str::to_owned));
        program!().with("RAYON_NUM_THREADS", threads).run(&arguments).succeeds();
        Snapshot::of_results(&work.path(out))
    };
    assert_same(&run("one", "1"), &run("two", "2"), "the second run on ndarray");
}
