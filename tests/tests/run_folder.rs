//! What a run folder holds: names, types and shapes, and that its numbers are what they say.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array1, Array2, Axis, Ix0, Ix1, Ix2};
use varflat_model::data::{ImageSet, Verify, load};
use varflat_tests::{PlainNetwork, RESULTS, Workplace, metrics, names, npy, npz, npz_names, program, table};

fn fit(run: &Path) -> BTreeMap<String, serde_json::Value> {
    serde_json::from_slice(&std::fs::read(run.join("fit.json")).unwrap()).unwrap()
}

/// Largest |a − b| over two arrays of one shape.
#[track_caller]
fn apart<D: ndarray::Dimension>(a: &ndarray::Array<f64, D>, b: &ndarray::Array<f64, D>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    a.iter().zip(b).fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

/// Checks that hold for every finished run of a network without biases whose hidden layer is recorded.
fn check_recording(run: &Path, shape: (usize, usize), steps: usize) {
    let weights = shape.0 * shape.1;
    let trajectory: Array2<f32> = npy(&run.join("trajectory.npy"));
    assert_eq!(trajectory.dim(), (steps, weights));
    assert_eq!(npz_names(&run.join("weights_final.npz")), ["input.weight", "hidden.weight", "output.weight"]);
    assert_eq!(npz_names(&run.join("weights_mean.npz")), ["input.weight", "hidden.weight", "output.weight"]);

    let last: Array2<f32> = npz(&run.join("weights_final.npz"), "hidden.weight");
    assert_eq!(last.dim(), shape);
    let bits = |weights: Vec<f32>| weights.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    let row = trajectory.row(steps - 1).to_vec();
    assert_eq!(bits(row), bits(last.iter().copied().collect()), "the last row is not the final weights");

    let mean: Array2<f64> = npz(&run.join("weights_mean.npz"), "hidden.weight");
    let mean = mean.into_shape_with_order(weights).unwrap();
    let wide = trajectory.mapv(f64::from);
    let rows: Array1<f64> = wide.sum_axis(Axis(0)) / steps as f64;
    let pca: Array1<f64> = npz(&run.join("pca.npz"), "mean");
    assert!(apart(&mean, &rows) < 1e-12, "⟨w⟩ is not the mean of the rows: {:e}", apart(&mean, &rows));
    assert!(apart(&mean, &pca) < 1e-12, "⟨w⟩ is not the mean of the PCA: {:e}", apart(&mean, &pca));

    // θ = (w − ⟨w⟩)·pᵀ: orthonormal p, uncorrelated θ, variances with divisor T, all by plain products.
    let variance: Array1<f64> = npz(&run.join("pca.npz"), "variance");
    let components: Array2<f64> = npz(&run.join("pca.npz"), "components");
    let kept = weights.min(steps - 1);
    assert_eq!((variance.len(), components.dim()), (kept, (kept, weights)));
    let gram = components.dot(&components.t());
    assert!(
        apart(&gram, &Array2::eye(kept)) < 1e-8,
        "p_i are not orthonormal: {:e}",
        apart(&gram, &Array2::eye(kept))
    );
    let theta = (&wide - &rows).dot(&components.t());
    let covariance = theta.t().dot(&theta) / steps as f64;
    let floor = npz::<f64, Ix0>(&run.join("pca.npz"), "floor").into_scalar();
    for i in 0..kept {
        let (found, expected) = (variance[i], covariance[[i, i]]);
        assert!(
            (found - expected).abs() < 1e-9 * expected + 1e-3 * floor,
            "σ²_{}: {found:e}, {expected:e}",
            i + 1
        );
        assert!(i == 0 || found <= variance[i - 1], "σ²_{} is larger than the one before", i + 1);
    }
    let total = wide.var_axis(Axis(0), 0.0).sum();
    assert!(
        (variance.sum() / total - 1.0).abs() < 1e-6,
        "variance was lost: {:e} of {total:e}",
        variance.sum()
    );
    for i in 0..kept {
        for j in 0..i {
            let correlation = covariance[[i, j]] / (covariance[[i, i]] * covariance[[j, j]]).sqrt();
            let trusted = variance[i] > 1e3 * floor;
            assert!(
                !trusted || correlation.abs() < 1e-3,
                "θ_{} and θ_{} correlate: {correlation}",
                i + 1,
                j + 1
            );
        }
    }
    let projections: Array2<f64> = npy(&run.join("projections.npy"));
    assert_eq!(projections.dim(), (steps, kept.min(60)));
    let first = theta.slice_axis(Axis(1), (..kept.min(60)).into()).to_owned();
    assert!(apart(&projections, &first) < 1e-9 * variance[0].sqrt() + 1e-12);
}

/// L_0 and the crossings by a plain f64 network; ψ by a plain straight line.
fn check_flatness(run: &Path, train: &ImageSet, checked: &[usize]) {
    let mut network = PlainNetwork::of_means(&run.join("weights_mean.npz"));
    let (l0, _) = network.measure(train);
    let fit = fit(run);
    let number = |key: &str| fit[key].as_f64().unwrap_or_else(|| panic!("{key} = {}", fit[key]));
    assert!((number("l0") / l0 - 1.0).abs() < 1e-5, "L_0 = {}, a plain network says {l0}", number("l0"));
    assert_eq!(npz::<f64, Ix0>(&run.join("landscape.npz"), "l0").into_scalar(), number("l0"));

    let (header, rows) = table(&run.join("flatness.csv"));
    assert_eq!(header, ["index", "variance", "flatness", "left", "right", "status"]);
    let variance: Array1<f64> = npz(&run.join("pca.npz"), "variance");
    let components: Array2<f64> = npz(&run.join("pca.npz"), "components");
    let centre = network.layer_mut("hidden.weight").clone();
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in &rows {
        let index: usize = row[0].parse().unwrap();
        assert_eq!(row[1].parse::<f64>().unwrap(), variance[index - 1], "variance of {index}");
        assert!(["found", "censored", "not_monotone"].contains(&row[5].as_str()), "status {}", row[5]);
        assert_eq!(row[5] == "found", !row[2].is_empty(), "flatness and status of {index}: {row:?}");
        if row[5] != "found" {
            continue;
        }
        let [flatness, left, right] = [2, 3, 4].map(|column| row[column].parse::<f64>().unwrap());
        assert!(left < 0.0 && right > 0.0 && (flatness - (right - left)).abs() < 1e-12 * flatness, "{row:?}");
        let floor = npz::<f64, Ix0>(&run.join("pca.npz"), "floor").into_scalar();
        let [first, last] = [0, 1].map(|end| fit["range"][end].as_u64().unwrap() as usize);
        if (first..=last).contains(&index) && variance[index - 1] > floor {
            x.push(flatness.ln());
            y.push(variance[index - 1].ln());
        }
        if !checked.contains(&index) {
            continue;
        }
        let direction = components.row(index - 1).to_owned().into_shape_with_order(centre.dim()).unwrap();
        for offset in [left, right] {
            *network.layer_mut("hidden.weight") = &centre + &(&direction * offset);
            let ratio = network.measure(train).0 / l0;
            assert!((ratio / 1f64.exp() - 1.0).abs() < 1e-3, "L/L_0 = {ratio} at {offset} along p_{index}");
            // The nearest crossing: half-way the loss is still under the level.
            *network.layer_mut("hidden.weight") = &centre + &(&direction * (0.5 * offset));
            assert!(network.measure(train).0 / l0 < 1f64.exp(), "p_{index} crosses before {offset}");
        }
    }
    assert_eq!(x.len() as u64, fit["n"].as_u64().unwrap(), "points in the fit");
    let (x, y) = (Array1::from(x), Array1::from(y));
    let (dx, dy) = (&x - x.mean().unwrap(), &y - y.mean().unwrap());
    let psi = -dx.dot(&dy) / dx.dot(&dx);
    assert!((number("psi") - psi).abs() < 1e-9, "ψ = {}, by hand {psi}", number("psi"));
    let r = dx.dot(&dy) / (dx.dot(&dx) * dy.dot(&dy)).sqrt();
    assert!((number("r") - r).abs() < 1e-9, "r = {}, by hand {r}", number("r"));
    assert!((number("gap") - variance[0] / variance[1]).abs() < 1e-9 * number("gap"));
    let share = variance.iter().skip(1).take(35).sum::<f64>() / variance.iter().skip(1).sum::<f64>();
    assert!((number("share_35") - share).abs() < 1e-9, "share {}, by hand {share}", number("share_35"));
    let mean: Array1<f64> = npz(&run.join("pca.npz"), "mean");
    let cosine = (components.row(0).dot(&mean) / mean.dot(&mean).sqrt()).abs();
    assert!((number("alignment") - cosine).abs() < 1e-9, "alignment {}", number("alignment"));
}

#[test]
fn a_small_run_holds_what_it_says() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &[]);
    let mut expected: Vec<&str> = RESULTS.to_vec();
    expected.push("run.json");
    expected.sort_unstable();
    assert_eq!(names(&run), expected, "files of a finished run");
    check_recording(&run, (12, 12), 600);

    let data = load(&work.images(), Verify::Listed).unwrap();
    let every: Vec<usize> = (1..=144).collect();
    check_flatness(&run, &data.train, &every);
    assert_eq!(table(&run.join("flatness.csv")).1.len(), 144);

    let rows = metrics(&run);
    assert_eq!(rows.len(), 31, "a row before the first epoch and one after each");
    for (epoch, row) in rows.iter().enumerate() {
        assert_eq!((row[0], row[1]), (epoch as f64, 30.0 * epoch as f64));
    }
    let last = rows[30];
    assert!(last[2] < 0.5 * rows[0][2], "nothing was learned: {rows:?}");
    let network = PlainNetwork::of_singles(&run.join("weights_final.npz"));
    for (set, [loss, error]) in [(&data.train, [last[2], last[3]]), (&data.test, [last[4], last[5]])] {
        let (plain_loss, plain_error) = network.measure(set);
        assert!((loss / plain_loss - 1.0).abs() < 1e-5, "loss {loss}, a plain network says {plain_loss}");
        assert_eq!(error, plain_error);
    }
    let fit = fit(&run);
    for key in [
        "l0",
        "psi",
        "psi_estimate",
        "psi_least_squares_standard_error",
        "psi_time_resampling_interval",
        "bent",
        "total_variance",
        "r",
        "range",
        "n",
        "gap",
        "alignment",
        "gamma",
        "share_35",
    ] {
        assert!(fit.get(key).is_some_and(|value| !value.is_null()), "{key} in {fit:?}");
    }
    // By construction: an interval holds its estimate, or it is missing and says why.
    for (name, value) in [("psi", "psi_estimate"), ("gap", "gap_estimate"), ("gamma", "gamma_estimate")] {
        let estimate = &fit[value];
        assert_eq!(estimate["value"], fit[name], "{value}");
        match estimate["interval"].as_array() {
            Some(ends) => {
                let [low, high] = [0, 1].map(|end| ends[end].as_f64().unwrap());
                assert!((low..=high).contains(&fit[name].as_f64().unwrap()), "{value}: [{low}, {high}]");
                assert!(estimate["method"]["time"]["blocks"].as_u64().unwrap() >= 5);
            }
            None => {
                assert!(estimate["missing"].as_str().is_some_and(|reason| reason.len() > 20), "{estimate}")
            }
        }
    }
    assert!(npz::<f64, Ix2>(&run.join("jackknife.npz"), "variance").ncols() >= 5);

    let landscape = run.join("landscape.npz");
    let offsets: Array2<f64> = npz(&landscape, "offset");
    let losses: Array2<f64> = npz(&landscape, "loss");
    let index: ndarray::Array1<i64> = npz(&landscape, "index");
    assert_eq!((offsets.dim(), losses.dim()), ((index.len(), 81), (index.len(), 81)));
    assert_eq!(npz::<f64, Ix1>(&run.join("pca.npz"), "variance").len(), 144);
    assert_eq!(npz::<f64, Ix2>(&run.join("pca.npz"), "segment_sum").dim(), (6, 144));

    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
    assert_eq!((record["seed"].as_u64(), record["steps"].as_u64()), (Some(3), Some(900)));
    assert_eq!((&record["backend"], &record["stop_reason"]), (&"flex".into(), &"max_epochs".into()));
    assert_eq!(record["data"].as_array().unwrap().len(), 4);
    for library in ["varflat", "burn", "faer"] {
        assert!(record["versions"][library].is_string(), "the version of {library} is not on record");
    }
    for stage in ["train", "pca", "flatness", "fit"] {
        assert!(record["stages"][stage]["seconds"].as_f64().unwrap() > 0.0, "{stage}");
    }
    let mut sidecar: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&std::fs::read(run.join("trajectory.json")).unwrap()).unwrap();
    assert_eq!(sidecar.remove("layer"), Some("hidden.weight".into()));
    assert_eq!(sidecar.remove("first_step"), Some(300.into()));
    assert_eq!(sidecar.remove("rows"), Some(600.into()));
}

/// A short stretch of the headline experiment on MNIST itself: one epoch, the last 600 steps of it, 25 directions.
#[test]
fn an_epoch_of_the_headline_on_mnist_holds_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let experiment = root.join("experiments/headline.toml");
    let mut arguments = vec!["run", experiment.to_str().unwrap(), "--out", run.to_str().unwrap()];
    let settings =
        ["training.max_epochs=1", "recorder.window=600", "landscape.components=25", "fit.block=100"];
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    program!().run(&arguments).succeeds();
    check_recording(&run, (50, 50), 600);
    let data = load(&root.join("data/mnist"), Verify::Listed).unwrap();
    check_flatness(&run, &data.train, &[2, 25]);
    let last = metrics(&run)[1];
    assert_eq!((last[0], last[1]), (1.0, 1200.0));
    assert!(last[3] < 0.08 && last[5] < 0.08, "errors after one epoch: {last:?}");
    let (loss, error) = PlainNetwork::of_singles(&run.join("weights_final.npz")).measure(&data.test);
    assert!((last[4] / loss - 1.0).abs() < 1e-5, "test loss {}, a plain network says {loss}", last[4]);
    assert!((last[5] - error).abs() < 1.5e-4, "test error {}, a plain network says {error}", last[5]);
}
