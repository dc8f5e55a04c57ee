//! Records a layer's weights at every optimizer step, of any burn module under any optimizer.
//!
//! A [`Recorder`] puts a decorator around the optimizer of the chosen parameters; what it sees goes to a [`Sink`]: the trajectory
//! file of shape `[steps, weights]` that numpy opens ([`TrajectorySink`], [`Trajectory`]), the mean weights ⟨w⟩_T of the last T
//! steps ([`WindowMean`]), a closure ([`from_fn`]), or several.
//!
#![cfg_attr(feature = "burn", doc = "```")]
#![cfg_attr(not(feature = "burn"), doc = "```ignore")]
//! # use burn::{nn::LinearConfig, tensor::{Device, Tensor}};
//! use burn::optim::{GradientsParams, SgdConfig};
//! use varflat_recorder::{Recorder, Schedule, SharedSink, Trajectory, TrajectorySink, weights};
//!
//! # let run = tempfile::tempdir()?;
//! # let device = Device::flex().autodiff();
//! # let mut module = LinearConfig::new(3, 2).init(&device); // any module
//! # let batch = Tensor::<2>::ones([4, 3], &device);
//! let sink = SharedSink::new(TrajectorySink::create(&run, "weight", [3, 2], Schedule::default())?);
//! let mut optimizer = Recorder::new(&module, SgdConfig::new().build()).record("weight", &sink)?.into_optimizer();
//! for _ in 0..10 {
//!     let loss = module.forward(batch.clone()).powi_scalar(2).mean();
//!     let gradients = GradientsParams::from_grads(loss.backward(), &module);
//!     module = optimizer.step(0.1, module, gradients);
//!     sink.check()?; // an optimizer step cannot return an error
//! }
//! sink.with(TrajectorySink::finish)?;
//!
//! let trajectory = Trajectory::open(&run)?;
//! assert_eq!((trajectory.steps(), trajectory.weights()), (10, 6));
//! assert_eq!(trajectory.rows(9..10)?, weights(&module, "weight")?); // bit for bit
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Feature `burn` (default): [`Recorder`], [`Recorded`], [`paths`] and [`weights`]. Without it the crate is the sinks and the
//! trajectory file, and burn is not built.
#![cfg_attr(not(feature = "burn"), allow(rustdoc::broken_intra_doc_links))]
// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]
#![deny(clippy::too_many_lines, clippy::missing_errors_doc)]

#[cfg(feature = "burn")]
mod attach;
mod error;
#[cfg(feature = "burn")]
mod hook;
#[cfg(feature = "burn")]
mod parameters;
#[cfg(feature = "burn")]
mod queue;
mod schedule;
mod shared;
mod sink;
mod trajectory;
mod window_mean;

#[cfg(feature = "burn")]
pub use attach::Recorder;
pub use error::RecorderError;
#[cfg(feature = "burn")]
pub use hook::Recorded;
#[cfg(feature = "burn")]
pub use parameters::{ParamPath, parameter, paths, weights, weights_in_f64};
pub use schedule::{Keep, Schedule};
pub use shared::SharedSink;
pub use sink::{FnSink, Sink, Step, from_fn};
pub use trajectory::{
    Trajectory, TrajectoryInfo, TrajectoryReader, TrajectorySink, TrajectorySummary, TrajectoryWriter,
};
pub use varflat_files::{FromFloat, Precision};
pub use window_mean::{Segment, WindowMean, WindowMeanSettings, WindowMeanState};
