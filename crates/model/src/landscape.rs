//! The loss along directions of one layer, L_i(δθ) = L(w_0 + δθ p_i), at the speed of the cache.
//!
//! Only one dense layer moves. With h its inputs (fixed), Z_0 = hW_0 + b and Z_p = hP, every offset s
//! costs relu(Z_0 + s·Z_p), the layers after it, and the loss. The samples are cut into tiles that
//! stay in cache, stored feature-major `[features, samples of the tile]`, so that vector
//! registers run along samples.

mod engine;
mod kernels;
mod vector_math;

pub use engine::{DenseLandscape, Line};
