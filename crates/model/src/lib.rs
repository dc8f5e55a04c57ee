//! Networks, data, batches, training and the loss along directions.
//!
#![cfg_attr(feature = "burn", doc = "```")]
#![cfg_attr(not(feature = "burn"), doc = "```ignore")]
//! use burn::optim::ModuleOptimizer;
//! use varflat_model::data::ImageSet;
//! use varflat_model::{Mlp, MlpConfig, ResidentSet, Trainer, TrainingConfig, device};
//!
//! // Two images of two pixels each; real ones come from `data::load`.
//! let images = ImageSet { images: vec![1.0, 0.0, 0.0, 1.0], labels: vec![0, 1], rows: 1, columns: 2 };
//! let device = device::open(None)?;
//! let set = ResidentSet::new(&images, 2, &device)?;
//! let network = Mlp::new(&MlpConfig::new(2, vec![8, 8], 2).initial(1)?, &device.autodiff())?;
//! let config = TrainingConfig { batch_size: 2, ..TrainingConfig::default() };
//! let mut trainer = Trainer::new(network, config.sgd().into(), &config, 1, &set, &set)?;
//! let before = trainer.measure()?.train_loss;
//! for _ in 0..50 {
//!     trainer.step();
//! }
//! assert!(trainer.measure()?.train_loss < before);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Feature `burn` comes with each backend (`flex`, the default, `ndarray`, `wgpu`). Without any the crate is all that runs on
//! the host alone: data, weights, the landscape of dense layers, Langevin walks.

// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]
#![deny(clippy::too_many_lines, clippy::missing_errors_doc)]

pub mod batches;
#[cfg(feature = "burn")]
mod constraint;
#[cfg(feature = "burn")]
mod convolutional;
pub mod data;
pub mod dense;
pub mod device;
#[cfg(feature = "burn")]
mod evaluated;
#[cfg(feature = "burn")]
mod fisher;
#[cfg(feature = "burn")]
mod gradients_along;
mod host;
pub mod landscape;
mod langevin;
pub mod loss;
mod mini_batches;
pub mod mlp;
mod moving_layer;
mod number;
#[cfg(feature = "burn")]
mod parameters;
#[cfg(feature = "burn")]
mod precision;
pub mod random;
#[cfg(feature = "burn")]
mod statistics;
pub mod training;

pub use batches::{RecordedBatches, Shuffle, epoch_order};
#[cfg(feature = "burn")]
pub use constraint::Constraint;
#[cfg(feature = "burn")]
pub use convolutional::{Convolutional, ConvolutionalConfig};
pub use dense::{DenseLayer, DenseNetwork, NetworkError};
#[cfg(feature = "burn")]
pub use fisher::fisher_diagonal;
#[cfg(feature = "burn")]
pub use gradients_along::GradientsAlong;
pub use landscape::{DenseLandscape, Line};
#[cfg(feature = "burn")]
pub use landscape::{
    DeviceLandscape, LandscapeError, Lines, ModuleLandscape, ModuleLine, with_exact_weights, with_weights,
};
pub use langevin::{Langevin, LangevinConfig, QuadraticLandscape};
pub use mini_batches::MiniBatchesOnLine;
pub use mlp::{Initialization, MlpConfig};
#[cfg(feature = "burn")]
pub use mlp::{Mlp, linear};
pub use moving_layer::{CurvatureAndNoise, FullGradient, LinearizedLayer, MovingLayer, SampleOnLine};
pub use number::written;
#[cfg(feature = "burn")]
pub use precision::in_f64;
#[cfg(feature = "burn")]
pub use statistics::with_statistics;
#[cfg(feature = "burn")]
pub use training::{Batch, Classifier, ResidentSet, RoundedAbout, Trainer};
pub use training::{
    Metrics, OptimizerKind, Performance, Precision, StopReason, TrainingConfig, TrainingError,
};
