//! Arithmetic on the host: small matrices, dense layers forward and backward, and images by the pixels that are not zero.

mod layers;
mod row_matrix;
#[cfg(feature = "burn")]
mod sparse_images;
#[cfg(feature = "burn")]
mod sparse_step;

pub(crate) use layers::{HostLayer, backward, forward};
pub(crate) use row_matrix::RowMatrix;
#[cfg(feature = "burn")]
pub(crate) use sparse_images::SparseImages;
#[cfg(feature = "burn")]
pub(crate) use sparse_step::{SparseBatch, gradients, logits};
