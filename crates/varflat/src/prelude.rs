//! Everything needed to open a run, record a burn model, analyse the recording and draw it.
//!
//! In an evcxr notebook figures, fits, relations and runs that end a cell show themselves. What trains is there with a backend
//! (feature `flex`, `ndarray` or `wgpu`); the rest without.

pub use ndarray::{self, Array1, Array2, ArrayView2};
pub use varflat_analysis::{
    Component, DatasetBase, DirectionFlatness, Fit, FlatnessSearch, FlatnessStatus, ParamGuard, PowerLaw,
    Solver, TrajectoryPca, Transformer, WindowSource, spectrum,
};
pub use varflat_model::{
    DenseLandscape, DenseLayer, DenseNetwork, MlpConfig, OptimizerKind, Shuffle, TrainingConfig, data, random,
};
pub use varflat_plot::{Figure, FitLine, Point, VarianceFlatness, variance_flatness};
pub use varflat_recorder::{
    Keep, Schedule, SharedSink, Sink, Step, Trajectory, TrajectorySink, WindowMean, from_fn,
};

pub use varflat_run::experiment::Centre;
pub use varflat_run::landscape::Landscape;
pub use varflat_run::network_file::read_network;
pub use varflat_run::recorded::read_window;
pub use varflat_run::stages::RunResults;
pub use varflat_run::{Error, Experiment, RecordedWindow, RunFolder};

pub use crate::Relation;
pub use crate::notebook::Show;
pub use crate::profiles::profiles;
pub use crate::relation::principal_components;

#[cfg(feature = "train")]
mod training {
    pub use burn;
    pub use burn::module::Module;
    pub use burn::nn::Linear;
    pub use burn::tensor::{Device, Tensor, activation};
    pub use varflat_model::device::{self, OpenDevice};
    pub use varflat_model::{
        Classifier, Constraint, Convolutional, ConvolutionalConfig, GradientsAlong, Mlp, ModuleLandscape,
        ResidentSet, Trainer, fisher_diagonal, in_f64, linear, with_statistics, with_weights,
    };
    pub use varflat_recorder::{Recorder, paths};

    pub use varflat_run::constraint::landscape_constraint;
    pub use varflat_run::record::{Recording, record};
}

#[cfg(feature = "train")]
pub use training::*;
