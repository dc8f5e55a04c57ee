//! Networks, data, batches, training and the loss along directions.
//!
//! ```
//! use burn::optim::ModuleOptimizer;
//! use varflat_model::data::ImageSet;
//! use varflat_model::{Mlp, MlpConfig, ResidentSet, Trainer, TrainingConfig, device};
//!
//! // Two images of two pixels each; real ones come from `data::load`.
//! let images = ImageSet { images: vec![1.0, 0.0, 0.0, 1.0], labels: vec![0, 1], rows: 1, columns: 2 };
//! let device = device::open(None)?;
//! let set = ResidentSet::new(&images, 2, &device);
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

pub mod batches;
pub mod data;
pub mod dense;
pub mod device;
pub mod landscape;
mod langevin;
pub mod loss;
pub mod mlp;
mod moving_layer;
pub mod random;
pub mod training;

pub use batches::{Shuffle, epoch_order};
pub use dense::{DenseLayer, DenseNetwork, NetworkError};
pub use landscape::{DenseLandscape, LandscapeError, Line, ModuleLandscape, ModuleLine};
pub use langevin::{Langevin, LangevinConfig};
pub use mlp::{Initialization, Mlp, MlpConfig};
pub use moving_layer::{MovingLayer, SampleOnLine};
pub use training::{
    Batch, Classifier, Metrics, OptimizerKind, Performance, ResidentSet, StopReason, Trainer, TrainingConfig,
    TrainingError,
};
