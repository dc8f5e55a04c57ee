//! Everything needed to record a burn model, analyse the recording and draw it.

pub use ndarray::{self, Array1, Array2, ArrayView2};
pub use varflat_analysis::{
    Component, DatasetBase, Fit, FlatnessSearch, FlatnessStatus, ParamGuard, PowerLaw, Solver, TrajectoryPca,
    Transformer, spectrum,
};
pub use varflat_model::{
    Classifier, DenseLandscape, DenseNetwork, Mlp, MlpConfig, ModuleLandscape, ResidentSet, Shuffle, Trainer,
    TrainingConfig, data, device, random,
};
pub use varflat_plot::{Figure, FitLine, Point, VarianceFlatness, variance_flatness};
pub use varflat_recorder::{
    Keep, Recorder, Schedule, SharedSink, Sink, Step, Trajectory, TrajectorySink, WindowMean, from_fn,
};

pub use crate::{Error, Experiment, Result, RunFolder};
