//! The files of a run, and the stage that makes each of them.

/// Names of the files in a run folder. Other tools rely on them.
pub mod names {
    /// The resolved experiment.
    pub const CONFIG: &str = "config.toml";
    /// Seed, versions, device, times: how the run was made.
    pub const RUN: &str = "run.json";
    /// Loss and error at every epoch end.
    pub const METRICS: &str = "metrics.csv";
    /// The recorded layer, f32 `[steps, weights]`.
    pub const TRAJECTORY: &str = "trajectory.npy";
    /// Layer, shape and schedule of the trajectory.
    pub const TRAJECTORY_INFO: &str = "trajectory.json";
    /// Every layer's mean over the window, f64.
    pub const WEIGHTS_MEAN: &str = "weights_mean.npz";
    /// Every layer after the last step, f32.
    pub const WEIGHTS_FINAL: &str = "weights_final.npz";
    /// Principal components and their variances.
    pub const PCA: &str = "pca.npz";
    /// θ_i(t) of the first components, f64 `[steps, components]`.
    pub const PROJECTIONS: &str = "projections.npy";
    /// Loss along selected directions.
    pub const LANDSCAPE: &str = "landscape.npz";
    /// Variance and flatness of every measured direction.
    pub const FLATNESS: &str = "flatness.csv";
    /// Directions done so far by an unfinished flatness stage.
    pub const FLATNESS_PARTIAL: &str = "flatness.partial.csv";
    /// ψ and the other fitted numbers.
    pub const FIT: &str = "fit.json";
    /// Variances without one block of time after the other: what the intervals of the fit rest on.
    pub const JACKKNIFE: &str = "jackknife.npz";
    /// State of an unfinished training.
    pub const CHECKPOINT: &str = "checkpoint";
    /// State of an unfinished Langevin walk.
    pub const WALK: &str = "walk.partial.npz";
    /// The resolved sweep, in the folder of one.
    pub const SWEEP: &str = "sweep.toml";
    /// Held by the process at work in the folder.
    pub const LOCK: &str = ".lock";
}

/// A stage of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Training and recording.
    Train,
    /// Principal components.
    Pca,
    /// Flatness along them.
    Flatness,
    /// The exponents.
    Fit,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 4] = [Self::Train, Self::Pca, Self::Flatness, Self::Fit];

    /// The name of the subcommand.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Pca => "pca",
            Self::Flatness => "flatness",
            Self::Fit => "fit",
        }
    }

    /// The stage that makes a file.
    pub fn of_file(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.results().contains(&name))
    }

    /// The files this stage makes.
    pub(crate) const fn results(self) -> &'static [&'static str] {
        match self {
            Self::Train => &[
                names::METRICS,
                names::TRAJECTORY,
                names::TRAJECTORY_INFO,
                names::WEIGHTS_MEAN,
                names::WEIGHTS_FINAL,
            ],
            Self::Pca => &[names::PCA, names::PROJECTIONS],
            Self::Flatness => &[names::FLATNESS, names::LANDSCAPE],
            Self::Fit => &[names::FIT, names::JACKKNIFE],
        }
    }

    /// Those of them without which the stage is not done: older versions did not write the others.
    pub(crate) fn required(self) -> impl Iterator<Item = &'static str> {
        self.results().iter().copied().filter(|name| *name != names::JACKKNIFE)
    }

    /// Sections of an experiment that may change when this stage is done again, because no stage before it uses them; of a training none.
    const fn sections(self) -> &'static [&'static str] {
        match self {
            Self::Train => &[],
            Self::Pca => &["pca.", "landscape.", "fit."],
            Self::Flatness => &["landscape.", "fit."],
            Self::Fit => &["fit."],
        }
    }

    /// Whether the stages before this one are the same for two experiments that differ in these keys.
    pub(crate) fn leaves_earlier_stages(self, differences: &[String]) -> bool {
        differences.iter().all(|key| self.sections().iter().any(|section| key.starts_with(section)))
    }
}

/// What each file of a run folder holds, in a line; those that no stage makes first.
pub const FILES: &[(&str, &str)] = &[
    (names::CONFIG, "the experiment with every default filled in"),
    (names::RUN, "how the run was made: seed, device, versions, data, times, and the checksum of every file"),
    (names::METRICS, "loss and error on the training and test set at every epoch end"),
    (names::TRAJECTORY, "weights of the recorded layer, f32 [steps, weights]"),
    (names::TRAJECTORY_INFO, "layer, shape and recorded steps of the trajectory"),
    (names::WEIGHTS_MEAN, "every layer’s mean over the window, f64"),
    (names::WEIGHTS_FINAL, "every layer after the last step, f32"),
    (names::PCA, "principal directions p_i and variances σ_i²"),
    (names::PROJECTIONS, "θ_i(t) of the first components, f64 [steps, components]"),
    (names::FLATNESS, "variance σ_i² and flatness F_i of every measured direction"),
    (names::LANDSCAPE, "loss along selected directions"),
    (names::FIT, "ψ, γ, the gap and the other fitted numbers, with their intervals"),
    (names::JACKKNIFE, "variances without one block of time after the other: what the intervals rest on"),
    (names::CHECKPOINT, "state of an unfinished training"),
    (names::WALK, "state of an unfinished walk in equilibrium"),
    (names::FLATNESS_PARTIAL, "directions that an unfinished flatness stage has measured"),
    (names::LOCK, "held by the process at work in the folder"),
];

/// Tables of a figure folder, or of the folder of a study or sweep, that say how those beside them were made.
pub const RECORDS: [&str; 10] = [
    "summary.json",
    "grid.json",
    "langevin.json",
    "temperature.json",
    "drift.json",
    "sensitivity.json",
    "width.json",
    "generality.json",
    "forgetting.json",
    "sweep.json",
];

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
    fn every_file_of_a_stage_is_described() {
        let results = Stage::ALL.into_iter().flat_map(Stage::results);
        results.for_each(|file| assert!(FILES.iter().any(|(name, _)| name == file), "{file}"));
    }
}
