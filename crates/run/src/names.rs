//! Names of the files in a run folder. Other tools rely on them.

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
