//! Every file of a run, once: its name, the stage that makes it, what it holds, and how it is read and written.

use std::path::Path;

use ndarray::Array2;
use varflat_analysis::{Replicates, TrajectoryPca};
use varflat_files::{read_csv, read_json, read_npy, write_csv, write_json};
use varflat_model::Metrics;

use crate::contents::{FitReport, FlatnessRow, Profiles, jackknife, landscape, pca};
use crate::error::Result;
use crate::experiment::Experiment;
use crate::recorded::RecordedWindow;
use crate::weights::{self, NamedWeights, Precision};

pub use crate::names;
pub use crate::stage::Stage;

/// A file of a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunFile {
    /// Its name.
    pub name: &'static str,
    /// What it holds, in a line.
    pub about: &'static str,
    /// The stage whose result it is; none of what goes beside the results.
    pub stage: Option<Stage>,
}

impl RunFile {
    const fn result(stage: Stage, name: &'static str, about: &'static str) -> Self {
        Self { name, about, stage: Some(stage) }
    }

    const fn beside(name: &'static str, about: &'static str) -> Self {
        Self { name, about, stage: None }
    }
}

/// How a file is read: of some files of older versions the experiment says the rest.
type Read<T> = fn(&Path, &Experiment) -> Result<T>;

/// How a file is written, whole or not at all.
type Write<T> = fn(&Path, &T) -> Result<()>;

/// The other way of writing: what does not fit into memory comes a block at a time.
#[derive(Clone, Copy, Debug)]
pub struct Streamed;

/// The result of a stage that holds a `T`: a handle to read it from a [`RunFolder`](crate::RunFolder). Only its stage can write it.
#[derive(Clone, Copy, Debug)]
pub struct Artifact<T, W = Write<T>> {
    /// The file.
    pub file: RunFile,
    read: Read<T>,
    write: W,
}

impl<T, W> Artifact<T, W> {
    /// What the file at this path holds.
    pub(crate) fn read(&self, path: &Path, experiment: &Experiment) -> Result<T> {
        (self.read)(path, experiment)
    }
}

impl<T> Artifact<T> {
    /// Writes the file at this path.
    pub(crate) fn write(&self, path: &Path, contents: &T) -> Result<()> {
        (self.write)(path, contents)
    }
}

const CONFIG: RunFile = RunFile::beside(names::CONFIG, "the experiment with every default filled in");
const RUN: RunFile = RunFile::beside(
    names::RUN,
    "how the run was made: seed, device, versions, data, times, and the checksum of every file",
);

/// Loss and error at every epoch end.
pub const METRICS: Artifact<Vec<Metrics>> = Artifact {
    file: RunFile::result(
        Stage::Train,
        names::METRICS,
        "loss and error on the training and test set at every epoch end",
    ),
    read: |path, _| Ok(read_csv(path)?),
    write: |path, rows| Ok(write_csv(path, rows)?),
};

/// The recorded layer, `[steps, weights]`. A recorder writes it, step by step.
pub const TRAJECTORY: Artifact<RecordedWindow, Streamed> = Artifact {
    file: RunFile::result(
        Stage::Train,
        names::TRAJECTORY,
        "weights of the recorded layer, f32 [steps, weights]",
    ),
    read: |path, _| RecordedWindow::open(path),
    write: Streamed,
};

const TRAJECTORY_INFO: RunFile = RunFile::result(
    Stage::Train,
    names::TRAJECTORY_INFO,
    "layer, shape and recorded steps of the trajectory",
);

/// Every layer's mean over the window.
pub const WEIGHTS_MEAN: Artifact<Vec<NamedWeights>> = Artifact {
    file: RunFile::result(Stage::Train, names::WEIGHTS_MEAN, "every layer’s mean over the window, f64"),
    read: |path, _| weights::read(path),
    write: |path, means| weights::write(path, means, Precision::Double),
};

/// Every layer after the last step.
pub const WEIGHTS_FINAL: Artifact<Vec<NamedWeights>> = Artifact {
    file: RunFile::result(
        Stage::Train,
        names::WEIGHTS_FINAL,
        "every layer after the last step, f32 or as trained",
    ),
    read: |path, _| weights::read(path),
    write: |path, last| weights::write(path, last, Precision::Single),
};

/// The same of a training in f64, with every digit.
#[cfg_attr(not(feature = "train"), allow(dead_code))]
pub(crate) const WEIGHTS_FINAL_IN_F64: Artifact<Vec<NamedWeights>> =
    Artifact { write: |path, last| weights::write(path, last, Precision::Double), ..WEIGHTS_FINAL };

/// Principal components and their variances.
pub const PCA: Artifact<TrajectoryPca> = Artifact {
    file: RunFile::result(Stage::Pca, names::PCA, "principal directions p_i and variances σ_i²"),
    read: pca::read,
    write: pca::write,
};

/// θ_i(t) of the first components, `[steps, components]`.
pub const PROJECTIONS: Artifact<Array2<f64>, Streamed> = Artifact {
    file: RunFile::result(
        Stage::Pca,
        names::PROJECTIONS,
        "θ_i(t) of the first components, f64 [steps, components]",
    ),
    read: |path, _| Ok(read_npy(path)?),
    write: Streamed,
};

/// Variance and flatness of every measured direction.
pub const FLATNESS: Artifact<Vec<FlatnessRow>> = Artifact {
    file: RunFile::result(
        Stage::Flatness,
        names::FLATNESS,
        "variance σ_i² and flatness F_i of every measured direction",
    ),
    read: |path, _| Ok(read_csv(path)?),
    write: |path, rows| Ok(write_csv(path, rows)?),
};

/// Loss along selected directions.
pub const LANDSCAPE: Artifact<Profiles> = Artifact {
    file: RunFile::result(Stage::Flatness, names::LANDSCAPE, "loss along selected directions"),
    read: landscape::read,
    write: landscape::write,
};

/// ψ and the other fitted numbers.
pub const FIT: Artifact<FitReport> = Artifact {
    file: RunFile::result(
        Stage::Fit,
        names::FIT,
        "ψ, γ, the gap and the other fitted numbers, with their intervals",
    ),
    read: |path, _| Ok(read_json(path)?),
    write: |path, report| Ok(write_json(path, report)?),
};

/// Variances without one block of time after the other; none where the window has none. Older versions did not write it.
pub const JACKKNIFE: Artifact<Option<Replicates>> = Artifact {
    file: RunFile::result(
        Stage::Fit,
        names::JACKKNIFE,
        "variances without one block of time after the other: what the intervals rest on",
    ),
    read: jackknife::read,
    write: jackknife::write,
};

/// The files of a run folder; those that no stage makes first.
pub const FILES: &[RunFile] = &[
    CONFIG,
    RUN,
    METRICS.file,
    TRAJECTORY.file,
    TRAJECTORY_INFO,
    WEIGHTS_MEAN.file,
    WEIGHTS_FINAL.file,
    PCA.file,
    PROJECTIONS.file,
    FLATNESS.file,
    LANDSCAPE.file,
    FIT.file,
    JACKKNIFE.file,
    RunFile::beside(names::CHECKPOINT, "state of an unfinished training"),
    RunFile::beside(names::WALK, "state of an unfinished walk in equilibrium"),
    RunFile::beside(names::FLATNESS_PARTIAL, "directions that an unfinished flatness stage has measured"),
    RunFile::beside(names::LOCK, "held by the process at work in the folder"),
];

impl Stage {
    /// The stage that makes a file.
    pub fn of_file(name: &str) -> Option<Self> {
        FILES.iter().find(|file| file.name == name)?.stage
    }

    /// The files this stage makes.
    pub(crate) fn results(self) -> impl Iterator<Item = &'static str> {
        FILES.iter().filter(move |file| file.stage == Some(self)).map(|file| file.name)
    }

    /// Those of them without which the stage is not done: older versions did not write the others.
    pub(crate) fn required(self) -> impl Iterator<Item = &'static str> {
        self.results().filter(|name| *name != names::JACKKNIFE)
    }
}

/// Whether a run has a file of this name.
pub(crate) fn is_a_runs(name: &str) -> bool {
    FILES.iter().any(|file| file.name == name)
}

/// Whether a file is what an unfinished stage goes on from.
pub(crate) fn is_partial(name: &str) -> bool {
    [names::FLATNESS_PARTIAL, names::WALK].contains(&name)
        || name.starts_with(names::CHECKPOINT)
        || is_part_of_trajectory(name)
}

/// Whether a file holds rows of a trajectory that is not finished.
pub(crate) fn is_part_of_trajectory(name: &str) -> bool {
    name.starts_with("trajectory.part-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_its_files_and_no_file_is_there_twice() {
        let count = |stage: Stage| stage.results().count();
        assert_eq!(Stage::ALL.map(count), [5, 2, 2, 2]);
        assert_eq!(Stage::of_file("pca.npz"), Some(Stage::Pca));
        assert_eq!(Stage::of_file("config.toml"), None);
        for (place, file) in FILES.iter().enumerate() {
            assert!(FILES[..place].iter().all(|before| before.name != file.name), "{}", file.name);
        }
    }
}
