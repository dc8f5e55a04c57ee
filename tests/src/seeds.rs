//! Valid files for every reader, from which their mutations start.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use ndarray::{Array1, arr1};
use ndarray_npy::{NpzWriter, WriteNpyExt};
use varflat::registry::study_names;

use crate::readers::{Bench, joined};
use crate::{Packing, Program, SmallSet, Workplace, without_checksums, write_record};

/// A tiny experiment: 16 recorded weights, a window of 40 steps.
const TINY: &str = r#"
name = "tiny"

[model]
hidden = [4, 4]

[training]
batch_size = 10
loss_below = 0
max_epochs = 30

[recorder]
window = 40

[landscape]
profiles = [1, 5]

[fit]
block = 8
resamples = 40
decay = [3, 12]
"#;

/// An experiment with every section.
const EVERYTHING: &str = r#"
name = "everything"
seed = 7
[data]
set = "fashion-mnist"
samples = 1000
[model]
hidden = [50, 50]
channels = [4, 8]
bias = true
init = "uniform_fan_in"
[training]
learning_rate = 0.1
batch_size = 50
loss_below = 5e-5
max_epochs = 400
[recorder]
layer = "second"
every = 2
window = 12000
[landscape]
around = "final"
factor = 2.5
radius = 100.0
components = "all"
last = 200
profiles = [1, 2, 5]
[fit]
skip_first = 1
last = 100
block = 1200
resamples = 1000
decay = [20, 200]
[langevin]
start = "../headline"
temperature = 1e-8
learning_rate = 0.1
trap = 1e-3
components = [1, 70]
burn_in = 1000
"#;

/// A figure of nothing, with all that an SVG can say of where it comes from.
const FIGURE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="573" height="450" viewBox="0 0 5730 4500">
<metadata>{"figure": "variance_flatness", "of": "tiny", "record": "summary.json", "git_commit": "0123456789abcdef",
"versions": {"varflat": "0.1.0"}, "data": [{"file": "train-images-idx3-ubyte", "sha256": "0123"}],
"tables": {"flatness.csv": {"bytes": 9, "sha256": "4567"}}, "drawn_by": {"varflat": "0.1.0"}}</metadata>
<defs><clipPath id="a"><rect x="0" y="0" width="9" height="9"/></clipPath></defs>
<g clip-path="url(#a)"><circle id="b" r="24" fill="#969696"/><use href="#b"/></g><text x="9">ψ &lt; 1</text>
</svg>
"##;

/// Writes into `place`: `bench`, the files of a [`Bench`] (a tiny run, its images, the tables of all figures), and for every reader
/// a folder of files that it reads.
pub fn write(program: &Program, place: &Path) {
    let work = Workplace::new();
    work.write_experiment("small.toml", TINY);
    let run = work.finished(program, "out", &[]);
    let bench = place.join("bench");
    copy_files(&run, &bench.join("run"));
    // With checksums nothing but they would be read.
    write_record(&bench.join("run"), without_checksums(&run), false);
    SmallSet { train: 6, test: 3, seed: 1 }.write(&bench.join("images"), Packing::Plain);
    program.run(&["plot", &work.text("out"), "--figures", &work.text("figures")]).succeeds();
    tables(&work.path("figures"), &bench.join("tables"));
    let checkpoint = bench.join("run/checkpoint-000000000010");
    fs::create_dir_all(&checkpoint).unwrap();
    fs::write(checkpoint.join("optimizer.bin"), [0; 8]).unwrap();
    fs::copy(run.join("weights_final.npz"), checkpoint.join("weights.npz")).unwrap();
    let means = npz(&[
        ("hidden.weight/rows", Numbers::Integers(&[10])),
        ("hidden.weight/first", Numbers::Integers(&[0, 4])),
        ("hidden.weight/0", Numbers::Floats(&[0.5; 16])),
        ("hidden.weight/1", Numbers::Floats(&[0.25; 16])),
    ]);
    let state = br#"{"step": 10, "metrics": [{"epoch": 1, "step": 4, "train_loss": 2.3, "train_error": 0.8, "test_loss": 2.3,
        "test_error": 0.8}], "seconds": 1.5, "backend": "flex"}"#;
    fs::write(checkpoint.join("means.npz"), &means).unwrap();
    fs::write(checkpoint.join("state.json"), state).unwrap();

    let seed = |reader: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(place.join(reader)).unwrap();
        fs::write(place.join(reader).join(name), bytes).unwrap();
    };
    let of_run = |name: &str| fs::read(run.join(name)).unwrap();
    seed("checkpoint_npz", "whole", &joined(&[state.to_vec(), means]));
    seed("walk_npz", "whole", &walk());
    for (reader, file) in [
        ("trajectory_npy", "trajectory.npy"),
        ("projections_npy", "projections.npy"),
        ("window_npy", "projections.npy"),
        ("pca_npz", "pca.npz"),
        ("jackknife_npz", "jackknife.npz"),
        ("weights_npz", "weights_mean.npz"),
        ("landscape_npz", "landscape.npz"),
        ("experiment_toml", "config.toml"),
        ("flatness_csv", "flatness.csv"),
        ("metrics_csv", "metrics.csv"),
        ("run_json", "run.json"),
        ("fit_json", "fit.json"),
    ] {
        seed(reader, file, &of_run(file));
    }
    seed("window_npy", "trajectory.npy", &of_run("trajectory.npy"));
    for (name, bytes) in foreign() {
        seed("window_npy", &name, &bytes);
        seed("trajectory_npy", &name, &bytes);
    }
    seed("weights_npz", "weights_final.npz", &of_run("weights_final.npz"));
    let rows = String::from_utf8(of_run("flatness.csv")).unwrap();
    seed("flatness_partial_csv", "whole", rows.split_once('\n').unwrap().1.as_bytes());
    seed("experiment_toml", "everything", EVERYTHING.as_bytes());
    seed(
        "experiment_toml",
        "overrides",
        b"name = 'x'\0recorder.window=all\0model.hidden=[25, 25]\0data.folder=mine",
    );
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    for entry in fs::read_dir(experiments).unwrap() {
        let path = entry.unwrap().path();
        // Sweeps name their experiment by a path, and a Snakefile is none of ours.
        if path.extension().is_none_or(|kind| kind != "toml")
            || path.file_stem().is_some_and(|name| name == "sweep")
        {
            continue;
        }
        let text = fs::read(&path).unwrap();
        let is_study = text.windows(7).any(|part| part == b"[study.");
        let reader = if is_study { "study_toml" } else { "experiment_toml" };
        seed(reader, path.file_name().unwrap().to_str().unwrap(), &text);
    }
    seed(
        "sweep_toml",
        "whole",
        b"name = 'x'\nseeds = 2\nset = ['fit.block=100']\n[grid]\ntraining.batch_size = [10, 25]\n[zip]\n\
          training.learning_rate = [0.1, 1e-2]\nmodel.hidden = [[5, 5], [7, 7]]\n[base]\nname = 'y'\n",
    );
    seed("figure_svg", "whole", FIGURE.as_bytes());
    seed("axis", "whole", b"training.batch_size=10, 25,50\nmodel.hidden=[25, 25],[50]\nseed=1");

    let images = |name: &str| fs::read(bench.join("images").join(name)).unwrap();
    let files = [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ]
    .map(images);
    seed("idx", "images", &files[0]);
    seed("idx", "labels", &files[1]);
    let list = format!("{}  train-labels-idx1-ubyte\n", "0123456789abcdef".repeat(4)).into_bytes();
    seed("idx_folder", "whole", &joined(&[&files[..], &[list]].concat()));
    seed("trajectory_folder", "finished", &recording(&[(0, 7)], true));
    seed("trajectory_folder", "parts", &recording(&[(0, 4), (4, 3)], false));
    for (number, table) in Bench::new(&bench).tables().iter().enumerate() {
        let name = table.file_name().unwrap().to_str().unwrap();
        seed(
            "tables",
            &format!("{number:02}-{name}"),
            &[&[number as u8], &fs::read(table).unwrap()[..]].concat(),
        );
    }
}

/// A window of 3 rows of 2 weights in every type that weights are read from, in either order, with headers of all versions.
fn foreign() -> Vec<(String, Vec<u8>)> {
    // 1, 2, 3, 1.5, −2, 4.
    let halves: [u16; 6] = [0x3c00, 0x4000, 0x4200, 0x3e00, 0xc000, 0x4400];
    let singles = [1.0_f32, 2.0, 3.0, 1.5, -2.0, 4.0];
    let types: [(&str, Vec<Vec<u8>>); 3] = [
        ("f2", halves.iter().map(|half| half.to_le_bytes().to_vec()).collect()),
        ("f4", singles.iter().map(|single| single.to_le_bytes().to_vec()).collect()),
        ("f8", singles.iter().map(|single| f64::from(*single).to_le_bytes().to_vec()).collect()),
    ];
    let mut files = Vec::new();
    for (version, (kind, numbers)) in (1_u8..).zip(types) {
        for (end, order) in [('<', "True"), ('>', "False"), ('>', "True")] {
            let header =
                format!("{{'descr': '{end}{kind}', 'fortran_order': {order}, 'shape': (3L, 2L), }}\n");
            let length = if version == 1 { 2 } else { 4 };
            let length = &(header.len() as u32).to_le_bytes()[..length];
            let mut bytes = [b"\x93NUMPY".as_slice(), &[version, 0], length, header.as_bytes()].concat();
            for number in &numbers {
                let reversed = number.iter().rev().copied().collect();
                bytes.extend(if end == '>' { reversed } else { number.clone() });
            }
            files.push((format!("{kind}-{}-{order}", if end == '>' { "big" } else { "little" }), bytes));
        }
    }
    files
}

/// The description and the files of a recording of a 2×2 layer: steps and rows of its parts, and whether it is finished.
fn recording(parts: &[(u64, usize)], finished: bool) -> Vec<u8> {
    let json = format!(
        r#"{{"layer": "hidden.weight", "shape": [2, 2], "first_step": 0, "every": 1, "keep": {}, "rows": {}}}"#,
        if finished { "\"all\"" } else { r#"{"last": 4}"# },
        if finished { "7" } else { "null" },
    );
    let mut files = vec![json.into_bytes(), Vec::new(), Vec::new(), Vec::new()];
    for (first, rows) in parts {
        let values = ndarray::Array2::from_shape_fn((*rows, 4), |(row, weight)| (row * 4 + weight) as f32);
        let mut bytes = Vec::new();
        values.write_npy(&mut bytes).unwrap();
        files[if finished {
            3
        } else if *first == 0 {
            1
        } else {
            2
        }] = bytes;
    }
    joined(&files)
}

fn walk() -> Vec<u8> {
    npz(&[
        ("position", Numbers::Floats(&[0.5, -0.25, 1.0])),
        ("sum", Numbers::Floats(&[1.5, 2.5, 3.5])),
        ("rows", Numbers::Integers(&[3])),
        ("step", Numbers::Integers(&[12])),
        ("seconds", Numbers::Number(1.5)),
    ])
}

enum Numbers<'a> {
    Integers(&'a [i64]),
    Floats(&'a [f64]),
    Number(f64),
}

fn npz(arrays: &[(&str, Numbers<'_>)]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut npz = NpzWriter::new(&mut bytes);
    for (name, numbers) in arrays {
        match numbers {
            Numbers::Integers(values) => npz.add_array(*name, &arr1(values)),
            Numbers::Floats(values) => npz.add_array(*name, &Array1::from_vec(values.to_vec())),
            Numbers::Number(value) => npz.add_array(*name, &ndarray::arr0(*value)),
        }
        .unwrap();
    }
    npz.finish().unwrap();
    bytes.into_inner()
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

/// The tables of every figure in a folder of its own: those of the tiny run, and of the studies the committed ones, thinned.
fn tables(of_run: &Path, place: &Path) {
    const MOST_ROWS: usize = 40;
    const PROFILED: [&str; 6] = ["2,", "5,", "20,", "50,", "200,", "1000,"];
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../figures");
    let put = |part: &str, name: &str, text: &str| {
        let folder = place.join(part);
        fs::create_dir_all(&folder).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let rows: Vec<&str> = rows.lines().collect();
        // A summary is small, and its rows are looked up.
        let thin = name.ends_with(".csv") && !name.ends_with("_summary.csv");
        let every = if thin { rows.len().div_ceil(MOST_ROWS) } else { 1 };
        // Components whose profiles are in another table.
        let profiled = |row: &str| PROFILED.iter().any(|index| row.starts_with(index));
        let rows = rows.into_iter().enumerate().filter(|(place, row)| match name {
            // The loss, and two of the mini-batches, at every offset.
            "temperature_mini_batches.csv" => {
                row.split(',').nth(1).is_some_and(|batch| ["", "0", "1"].contains(&batch))
            }
            "temperature.csv" => place % every == 0 || profiled(row),
            _ => place % every == 0,
        });
        let thinned = [header].into_iter().chain(rows.map(|(_, row)| row));
        fs::write(folder.join(name), thinned.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    };
    for (folder, of_studies) in [(of_run, false), (committed.as_path(), true)] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let part = study_names().find(|part| name.starts_with(part));
            let part = if of_studies { part } else { Some("run") };
            if let (Some(part), true) = (part, name.ends_with(".csv") || name.ends_with(".json")) {
                put(part, name, &fs::read_to_string(&path).unwrap());
            }
        }
    }
}
