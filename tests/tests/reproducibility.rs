//! The same seed gives the same numbers: bit by bit on one backend, to rounding on two.

use varflat::Experiment;
use varflat_model::data::Verify;
use varflat_model::{DenseNetwork, Mlp, ResidentSet, Trainer, device};
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

/// 100 steps of the headline experiment on MNIST: flex and ndarray end within 1e-4 of each other, everywhere.
#[test]
fn backends_agree_after_a_hundred_steps_of_the_headline() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments/headline.toml");
    let experiment = Experiment::read(&file, &[]).unwrap();
    let data = experiment.source().unwrap().load(Verify::Listed).unwrap();
    assert_eq!((data.train.samples(), data.train.pixels(), data.classes), (60_000, 784, 10));
    let initial = experiment.network(784, 10).initial(experiment.seed).unwrap();
    let after = |backend: &str| -> DenseNetwork {
        let device = device::open(Some(backend)).unwrap();
        let train = ResidentSet::new(&data.train, 10, &device);
        let test = ResidentSet::new(&data.test, 10, &device);
        let network = Mlp::new(&initial, &device.device.clone().autodiff()).unwrap();
        let training = &experiment.training;
        let optimizer = training.sgd().into();
        let mut trainer = Trainer::new(network, optimizer, training, experiment.seed, &train, &test).unwrap();
        for _ in 0..100 {
            trainer.step();
        }
        trainer.network().to_dense().unwrap()
    };
    let (flex, ndarray) = (after("flex"), after("ndarray"));
    for ((flex, ndarray), initial) in flex.layers().iter().zip(ndarray.layers()).zip(initial.layers()) {
        let largest = |other: &[f64]| {
            let pairs = flex.weight.iter().zip(other);
            pairs.fold(0.0_f64, |largest, (one, other)| largest.max((one - other).abs()))
        };
        let (apart, moved) = (largest(&ndarray.weight), largest(&initial.weight));
        assert!(apart <= 1e-4, "{}: the backends are {apart:.1e} apart", flex.name);
        // Otherwise they would agree because nothing had happened.
        assert!(moved > 1e-2, "{}: no weight moved more than {moved:.1e}", flex.name);
    }
}
