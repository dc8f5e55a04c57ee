//! The loss along directions of one layer, L_i(δθ) = L(w_0 + δθ p_i).
//!
//! [`DenseLandscape`] does it at the speed of the cache for networks of dense layers with ReLU between them. Only one
//! layer moves: with h its inputs (fixed), Z_0 = hW_0 + b and Z_p = hP, every offset s costs relu(Z_0 + s·Z_p), the
//! layers after it, and the loss. The samples are cut into tiles that stay in cache, stored feature-major
//! `[features, samples of the tile]`, so that vector registers run along samples.
//!
//! [`DeviceLandscape`] is the same for a GPU: many directions at once, so that it has work, and one wait for all of them.
//!
//! [`ModuleLandscape`] does it for any parameter of any burn module, by whole forward passes: a hundred times slower, the same
//! answers.
#![cfg_attr(not(feature = "burn"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "burn")]
mod device;
mod engine;
mod kernels;
#[cfg(feature = "burn")]
mod module;
mod search;
mod tiles;
mod vector_math;

#[cfg(feature = "burn")]
pub use device::{DeviceLandscape, Lines};
pub use engine::{DenseLandscape, Line};
pub(crate) use engine::{check_direction, check_fit};
#[cfg(feature = "burn")]
pub use module::{LandscapeError, ModuleLandscape, ModuleLine, with_exact_weights, with_weights};
