//! Every reader of files, fed with any bytes: it reads them or refuses them by an error that names the file, and never panics.
//!
//! The fuzz targets in `fuzz/` include this file; the test `readers.rs` calls the same functions on a few thousand seeded mutations each.

mod bench;

use std::fs;
use std::path::PathBuf;

use varflat::stages::RunResults;
use varflat::sweep::{Axis, combinations};
use varflat::{Experiment, RunFolder, Study, SweepFile, figures, inspect, report};
use varflat_files::read_npy;
use varflat_model::data::{self, Content, Verify};
use varflat_recorder::{Keep, Schedule, Trajectory, TrajectoryInfo, TrajectorySink};
use varflat_run::artifacts::LANDSCAPE;
use varflat_run::checkpoint::Checkpoint;
use varflat_run::stages::{Uncertainty, finished_rows, fitted, unfinished_walk};

pub use bench::{Bench, copy, joined, with_checksums};
use bench::{gzip, instead, naming, npz, parts};

/// Whether all the bytes could be read, or why not.
pub type Outcome = Result<(), String>;

/// A reader and what it is given.
#[derive(Clone, Copy)]
pub struct Reader {
    /// Also the name of the fuzz target and of the folder of its seeds.
    pub name: &'static str,
    /// Read bytes.
    pub read: fn(&Bench, &[u8]) -> Outcome,
}

/// All readers.
pub const READERS: [Reader; 23] = [
    Reader { name: "idx", read: idx },
    Reader { name: "idx_folder", read: idx_folder },
    Reader { name: "trajectory_npy", read: trajectory_npy },
    Reader { name: "trajectory_folder", read: trajectory_folder },
    Reader { name: "window_npy", read: window_npy },
    Reader { name: "projections_npy", read: projections_npy },
    Reader { name: "pca_npz", read: pca_npz },
    Reader { name: "jackknife_npz", read: jackknife_npz },
    Reader { name: "weights_npz", read: weights_npz },
    Reader { name: "landscape_npz", read: landscape_npz },
    Reader { name: "checkpoint_npz", read: checkpoint_npz },
    Reader { name: "walk_npz", read: walk_npz },
    Reader { name: "experiment_toml", read: experiment_toml },
    Reader { name: "study_toml", read: study_toml },
    Reader { name: "sweep_toml", read: sweep_toml },
    Reader { name: "axis", read: axis },
    Reader { name: "flatness_csv", read: flatness_csv },
    Reader { name: "flatness_partial_csv", read: flatness_partial_csv },
    Reader { name: "metrics_csv", read: metrics_csv },
    Reader { name: "run_json", read: run_json },
    Reader { name: "fit_json", read: fit_json },
    Reader { name: "tables", read: tables },
    Reader { name: "figure_svg", read: figure_svg },
];

/// The reader of a name.
///
/// # Panics
/// If there is none.
pub fn reader(name: &str) -> Reader {
    READERS.into_iter().find(|reader| reader.name == name).unwrap_or_else(|| panic!("no reader {name}"))
}

const IMAGE_FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

fn load(bench: &Bench) -> Outcome {
    let folder = bench.path("images");
    let data = naming(&folder.display().to_string(), data::load(&folder, Verify::Listed))?;
    for set in [&data.train, &data.test] {
        assert_eq!(set.images.len(), set.samples() * set.pixels());
    }
    Ok(())
}

/// Images or labels, plain and gzipped.
fn idx(_: &Bench, bytes: &[u8]) -> Outcome {
    let gzipped = gzip(bytes);
    let decoded = [Content::Images, Content::Labels].map(|content| {
        let (plain, gzipped) = (data::decode(content, bytes), data::decode(content, &gzipped));
        let is_gzip = bytes.starts_with(&[0x1f, 0x8b]);
        assert!(is_gzip || plain.is_ok() == gzipped.is_ok(), "plain and gzipped bytes are read differently");
        naming("file", gzipped).and(naming("file", plain))
    });
    let [images, labels] = decoded;
    images.or(labels).map(drop)
}

/// All four files and their checksums.
fn idx_folder(bench: &Bench, bytes: &[u8]) -> Outcome {
    let parts = parts(bytes, 5);
    let files: Vec<PathBuf> = IMAGE_FILES.iter().map(|name| bench.path("images").join(name)).collect();
    let list = bench.path("images/SHA256SUMS");
    for (file, bytes) in files.iter().zip(&parts) {
        fs::write(file, bytes).unwrap();
    }
    let _ = instead(&list, parts[4], || load(bench));
    load(bench)
}

fn whole(trajectory: &Trajectory) -> Outcome {
    let values = trajectory.read().map_err(|error| error.to_string())?;
    assert_eq!(values.len(), trajectory.steps() * trajectory.weights());
    let _ = (trajectory.step(0), trajectory.step(trajectory.steps()), trajectory.missing_rows());
    if trajectory.is_truncated() { Err("cut short".to_owned()) } else { Ok(()) }
}

fn trajectory_npy(bench: &Bench, bytes: &[u8]) -> Outcome {
    let file = bench.path("foreign.npy");
    instead(&file, bytes, || whole(&naming("foreign.npy", Trajectory::open(&file))?))
}

/// Parts, their description, a finished file; then a recording that goes on from there.
fn trajectory_folder(bench: &Bench, bytes: &[u8]) -> Outcome {
    let folder = bench.path("recording");
    fs::create_dir_all(&folder).unwrap();
    let names = ["trajectory.json", "trajectory.part-0.npy", "trajectory.part-4.npy", "trajectory.npy"];
    for (name, part) in names.iter().zip(parts(bytes, names.len())) {
        if !part.is_empty() {
            fs::write(folder.join(name), part).unwrap();
        }
    }
    let place = folder.display().to_string();
    let opened = naming(&place, Trajectory::open(&folder)).and_then(|trajectory| whole(&trajectory));
    for name in &names[1..] {
        let _ = Trajectory::open(folder.join(name)).map(|trajectory| whole(&trajectory));
    }
    let shape = TrajectoryInfo::new("hidden.weight", [2, 2]);
    for keep in [Keep::All, Keep::Last(4)] {
        let schedule = Schedule { every: 1, keep };
        let resumed = TrajectorySink::resume(&folder, &shape.layer, shape.shape.clone(), schedule, 6);
        let _ = naming(&place, resumed);
    }
    fs::remove_dir_all(&folder).unwrap();
    opened
}

fn window_npy(bench: &Bench, bytes: &[u8]) -> Outcome {
    let file = bench.path("window.npy");
    instead(&file, bytes, || {
        let array = naming("window.npy", varflat::prelude::read_window(&file));
        let window = naming("window.npy", varflat::RecordedWindow::open(&file));
        assert_eq!(array.is_ok(), window.is_ok(), "one door opens, the other does not");
        let rows = window?.rows(0..array.as_ref().map_or(0, |array| array.nrows())).unwrap();
        let array = array?.mapv(|weight| weight as f32);
        assert!(array.iter().zip(&rows).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan()));
        Ok(())
    })
}

fn projections_npy(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    let tables = bench.path("made");
    instead(&run.file("projections.npy"), bytes, || {
        naming("projections.npy", read_npy(&run.file("projections.npy")))?;
        figures::write_tables(&run, &tables).map_err(|error| error.to_string())
    })
}

/// The exponents of a run, computed again.
fn fit(run: &RunFolder) -> Outcome {
    fitted(run).map(drop).map_err(|error| error.to_string())
}

fn pca_npz(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    npz(&run.file("pca.npz"), bytes, || {
        naming("pca.npz", run.pca())?;
        fit(&run)
    })
}

fn jackknife_npz(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    npz(&run.file("jackknife.npz"), bytes, || {
        naming("jackknife.npz", Uncertainty::read(&run, None)).map(drop)
    })
}

fn weights_npz(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    let file = run.file("weights_mean.npz");
    npz(&file, bytes, || {
        naming("weights_mean.npz", varflat::prelude::read_network(&file))?;
        fit(&run)
    })
}

fn landscape_npz(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    npz(&run.file("landscape.npz"), bytes, || naming("landscape.npz", run.read(&LANDSCAPE)).map(drop))
}

/// The running sums of a checkpoint and its state.
fn checkpoint_npz(bench: &Bench, bytes: &[u8]) -> Outcome {
    let folder = bench.path("run/checkpoint-000000000010");
    let [state, means] = parts(bytes, 2)[..] else { return Ok(()) };
    instead(&folder.join("state.json"), state, || {
        npz(&folder.join("means.npz"), means, || {
            naming("checkpoint-000000000010", Checkpoint::load(&bench.path("run"))).map(drop)
        })
    })
}

fn walk_npz(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    npz(&run.file("walk.partial.npz"), bytes, || naming("walk.partial.npz", unfinished_walk(&run)).map(drop))
}

/// An experiment, and after each zero byte an override.
fn experiment_toml(_: &Bench, bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    let mut texts = text.split('\0');
    let file = texts.next().unwrap_or_default();
    let overrides: Vec<String> = texts.map(str::to_owned).collect();
    let alone = naming("file.toml", Experiment::parse(file, "file.toml", &[]))?;
    let _ = (alone.recorder.window_steps(), alone.langevin.as_ref().map(|section| section.dimensions()));
    let place = if overrides.is_empty() { "file.toml" } else { "" };
    let experiment = naming(place, Experiment::parse(file, "file.toml", &overrides))?;
    let _ = (experiment.differences(&alone), experiment.source(), experiment.network(784, 10));
    assert_eq!(experiment.with(&[]).map_err(|error| error.to_string())?.differences(&experiment), [""; 0]);
    Ok(())
}

fn study_toml(_: &Bench, bytes: &[u8]) -> Outcome {
    naming("file.toml", Study::parse(&String::from_utf8_lossy(bytes), "file.toml")).map(drop)
}

/// A sweep with its points. It may name another file, and then that is the one an error is about.
fn sweep_toml(_: &Bench, bytes: &[u8]) -> Outcome {
    naming("", SweepFile::parse(&String::from_utf8_lossy(bytes), "file.toml".as_ref())).map(drop)
}

/// Axes of a sweep, one a line.
fn axis(_: &Bench, bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    let axes: Result<Vec<Axis>, String> = text.lines().map(str::parse).collect();
    for axis in axes? {
        assert_eq!(String::from(axis.clone()).parse(), Ok(axis.clone()));
        assert!(!combinations(&[axis]).is_empty());
    }
    Ok(())
}

/// The table in the stage that fits ψ.
fn flatness_csv(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    instead(&run.file("flatness.csv"), bytes, || fit(&run))
}

fn flatness_partial_csv(bench: &Bench, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    let name = "flatness.partial.csv";
    instead(&run.file(name), bytes, || naming(name, finished_rows(&run.file(name))).map(drop))
}

fn inspected(bench: &Bench, name: &str, bytes: &[u8]) -> Outcome {
    let run = bench.run()?;
    instead(&run.file(name), bytes, || naming(name, inspect::inspect(&run)).map(drop))
}

fn metrics_csv(bench: &Bench, bytes: &[u8]) -> Outcome {
    inspected(bench, "metrics.csv", bytes)
}

fn run_json(bench: &Bench, bytes: &[u8]) -> Outcome {
    inspected(bench, "run.json", bytes)
}

fn fit_json(bench: &Bench, bytes: &[u8]) -> Outcome {
    inspected(bench, "fit.json", bytes)
}

/// A table of a figure, which the first byte names: as it is drawn and as the report reads it.
fn tables(bench: &Bench, bytes: &[u8]) -> Outcome {
    let Some((number, table)) = bytes.split_first() else { return Ok(()) };
    let file = &bench.tables()[usize::from(*number) % bench.tables().len()];
    let (folder, name) = (file.parent().unwrap(), file.file_name().unwrap().to_str().unwrap());
    instead(file, table, || {
        let drawn = figures::drawings_from(folder, name).map(drop).map_err(|error| error.to_string());
        let told = report::read(folder).map(drop).map_err(|error| error.to_string());
        drawn.and(told)
    })
}

/// A figure as the report shows it: what it says of where it comes from, and whether it only draws.
fn figure_svg(bench: &Bench, bytes: &[u8]) -> Outcome {
    let folder = bench.path("figures");
    fs::create_dir_all(&folder).unwrap();
    let name = "variance_flatness.svg";
    instead(&folder.join(name), bytes, || naming(name, report::read(&folder)).map(drop))
}
