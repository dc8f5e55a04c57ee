//! What the prelude offers to notebooks: recording a network in memory, its landscape and its relation.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use varflat::prelude::burn::{self, module::Module, tensor::Tensor};
use varflat::prelude::*;
use varflat_analysis::AnalysisError;
use varflat_tests::{Packing, SmallSet};

/// A network of one's own: no way but `forward`.
#[derive(Module, Debug)]
struct Mine {
    first: Linear,
    second: Linear,
}

impl Classifier for Mine {
    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        self.second.forward(activation::relu(self.first.forward(images)))
    }
}

fn small() -> (OpenDevice, data::Data) {
    let folder = tempfile::tempdir().unwrap();
    SmallSet::default().write(folder.path(), Packing::Plain);
    (device::open(None).unwrap(), data::load(folder.path(), data::Verify::Listed).unwrap())
}

fn recorded(
    device: &Device,
    open: &OpenDevice,
    data: &data::Data,
    path: &str,
) -> varflat::Result<(Recording<Mine>, DenseNetwork)> {
    let initial = MlpConfig::new(64, vec![8], 4).initial(1)?;
    let network = Mine {
        first: linear(&initial.layers()[0], device).unwrap(),
        second: linear(&initial.layers()[1], device).unwrap(),
    };
    let sets =
        (ResidentSet::new(&data.train, 4, open).unwrap(), ResidentSet::new(&data.test, 4, open).unwrap());
    let training =
        TrainingConfig { batch_size: 10, max_epochs: 20, loss_below: 0.0, ..TrainingConfig::default() };
    Ok((record(network, path, &training, 1, (&sets.0, &sets.1), 90)?, initial))
}

fn weights(network: &Mine, path: &str) -> Vec<f32> {
    varflat_recorder::weights(network, path).unwrap()
}

#[test]
fn a_recording_holds_the_window_its_mean_and_its_end() {
    let (open, data) = small();
    let (recording, initial) = recorded(&open.device, &open, &data, "second.weight").unwrap();
    assert_eq!(recording.window.dim(), (90, 32));
    // 20 epochs of 30 steps, then three more for the window; the initial network is measured, too.
    assert_eq!(recording.metrics.len(), 24);
    assert_eq!(recording.window.row(89).to_vec(), weights(&recording.last, "second.weight"));
    let mean = recording.window.mapv(f64::from).mean_axis(ndarray::Axis(0)).unwrap();
    for (mean, centre) in mean.iter().zip(weights(&recording.centre, "second.weight")) {
        assert_eq!(*mean as f32, centre);
    }
    // The other parameter is at its mean as well: neither where it began nor where it ended.
    let first = weights(&recording.centre, "first.weight");
    assert_ne!(first, weights(&recording.last, "first.weight"));
    assert_ne!(f64::from(first[0]), initial.layers()[0].weight[0]);
    assert!(recording.html().contains("90 steps of 32 weights"));
    // Where the network was made, with autodiff or without, makes no difference.
    let (again, _) = recorded(&open.autodiff(), &open, &data, "second.weight").unwrap();
    assert_eq!(again.window, recording.window);
}

#[test]
fn an_unknown_path_lists_the_paths() {
    let (open, data) = small();
    let error = recorded(&open.autodiff(), &open, &data, "third.weight").err().unwrap();
    let message = error.to_string();
    assert!(message.contains("third.weight") && message.contains("second.weight"), "{message}");
    // A notebook shows errors by Debug.
    assert_eq!(format!("{error:?}"), message);
}

/// The general landscape of a module and the fast one of dense layers give the same relation.
#[test]
fn two_landscapes_give_one_relation() {
    let (open, data) = small();
    let (recording, _) = recorded(&open.autodiff(), &open, &data, "second.weight").unwrap();
    let pca = TrajectoryPca::params().fit(&DatasetBase::from(recording.window.view())).unwrap();
    let set = ResidentSet::new(&data.train, 4, &open).unwrap();
    let general = ModuleLandscape::new(&recording.centre, "second.weight", &set).unwrap();
    let general = Relation::measure(&pca, &general, 20).unwrap();

    let double = |path: &str| weights(&recording.centre, path).into_iter().map(f64::from).collect();
    let layer = |name: &str, inputs, outputs, weight| DenseLayer {
        name: name.to_owned(),
        inputs,
        outputs,
        weight,
        bias: None,
    };
    let dense = DenseNetwork::new(vec![
        layer("first", 64, 8, double("first.weight")),
        layer("second", 8, 4, double("second.weight")),
    ]);
    let dense = DenseLandscape::new(&dense.unwrap(), "second", &data.train).unwrap();
    let dense = Relation::measure(&pca, &dense, 20).unwrap();
    assert_eq!((general.components().len(), dense.components().len()), (20, 20));
    for (general, dense) in general.components().iter().zip(dense.components()) {
        assert_eq!((general.index, general.variance), (dense.index, dense.variance));
        let (Some(general), Some(dense)) = (general.flatness, dense.flatness) else { continue };
        assert!((general / dense - 1.0).abs() < 1e-3, "{general} against {dense}");
    }
}

/// Along the axes of a bowl F = √(8(e − 1)L_0/κ), through the search that every landscape has.
#[test]
fn a_bowl_of_ones_own_is_a_landscape() {
    struct Bowl;
    impl Landscape for Bowl {
        fn reference_loss(&self) -> f64 {
            1e-3
        }
        fn losses(&self, direction: &[f64], offsets: &[f64]) -> varflat::Result<Vec<f64>> {
            let curvature: f64 = direction.iter().zip(1..).map(|(x, kappa)| f64::from(kappa) * x * x).sum();
            Ok(offsets.iter().map(|s| 1e-3 + 0.5 * curvature * s * s).collect())
        }
    }
    let search = FlatnessSearch::params().check().unwrap();
    let axes: Vec<Vec<f64>> =
        (0..5).map(|axis| (0..5).map(|i| f64::from(u8::from(i == axis))).collect()).collect();
    for (found, kappa) in Bowl.flatness(&search, &axes).unwrap().iter().zip(1..) {
        let expected = (8.0 * (std::f64::consts::E - 1.0) * 1e-3 / f64::from(kappa)).sqrt();
        assert!((found.flatness().unwrap() / expected - 1.0).abs() < 1e-4);
    }
}

#[test]
fn files_that_are_no_recording_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.npy");
    std::fs::write(&path, "no numpy").unwrap();
    let message = read_window(&path).unwrap_err().to_string();
    assert!(message.contains("weights.npy") && message.contains("[steps, weights]"), "{message}");
    assert!(read_network(&path).unwrap_err().to_string().contains("weights.npy"));
    let missing = read_window(folder.path().join("missing.npy")).unwrap_err().to_string();
    assert!(missing.contains("missing.npy") && missing.contains("No such file"), "{missing}");
    assert!(RunFolder::view(folder.path()).unwrap_err().to_string().contains("there is no run here"));
}

/// A window whose file can be read so many times, and then no more.
struct Failing<'a> {
    window: &'a Array2<f32>,
    reads: AtomicUsize,
}

impl WindowSource for Failing<'_> {
    fn steps(&self) -> usize {
        self.window.nrows()
    }
    fn weights(&self) -> usize {
        self.window.ncols()
    }
    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> std::result::Result<ArrayView2<'a, f32>, AnalysisError> {
        let left =
            self.reads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |reads| reads.checked_sub(1));
        left.map_err(|_| AnalysisError::Source("the disk is gone".into()))?;
        WindowSource::block(self.window, rows, columns, buffer)
    }
}

/// A window that cannot be read any more is an error; it is not a window without an interval.
#[test]
fn a_read_that_fails_is_no_missing_interval() {
    let window =
        Array2::from_shape_fn((400, 5), |(t, i)| (t as f32 * (1.0 + i as f32)).sin() / (1.0 + i as f32));
    let pca = principal_components(window.view()).unwrap();
    let components = (1..=5).map(|index| Component {
        index,
        variance: pca.variance()[index - 1],
        flatness: Some(index as f64),
        trusted: true,
    });
    let relation = Relation::new(components.collect());
    let estimate = |reads: usize| {
        let failing = Failing { window: &window, reads: AtomicUsize::new(reads) };
        let found = relation.estimate(1..=5, &pca, &failing, 40);
        (found, reads - failing.reads.load(Ordering::Relaxed))
    };
    let (found, reads) = estimate(1000);
    assert!(found.unwrap().interval.is_some() && reads > 1);
    for reads in 0..reads {
        let message = estimate(reads).0.unwrap_err().to_string();
        assert!(message.contains("the disk is gone"), "after {reads} reads: {message}");
    }
}
