//! Images and labels from IDX files, checked before they are used and never downloaded.
//!
//! ```
//! use varflat_model::data::{DataSource, Verify};
//!
//! let data = DataSource::Mnist.load(Verify::Listed)?;
//! assert_eq!((data.train.samples(), data.test.samples(), data.classes), (60_000, 10_000, 10));
//! assert_eq!((data.train.pixels(), data.train.label(0)?), (784, 5));
//! # Ok::<(), varflat_model::data::DataError>(())
//! ```
//!
//! Any folder with the four files of the MNIST family works: MNIST itself in `data/mnist`, Fashion-MNIST,
//! KMNIST, or a set of one's own ([`load`] has the accepted names). The SHA-256 of each file as stored comes
//! with the data, and a `SHA256SUMS` in the folder is enforced.

mod checksum;
mod error;
mod folder;
mod idx;
mod image_set;
mod known;
mod load;
mod notices;
mod source;

pub use checksum::{FileChecksum, Verify};
pub use error::DataError;
pub use folder::{default_folder, find_mnist};
pub use idx::Content;
pub use image_set::{ImageItem, ImageSet};
pub use load::{Data, load};
pub use notices::Contradictions;
pub use source::DataSource;

/// Decodes the bytes of one file, for `fuzz/` alone: how many elements there are.
#[doc(hidden)]
pub fn decode(content: Content, bytes: &[u8]) -> Result<usize, DataError> {
    let file = std::path::Path::new("file");
    match content {
        Content::Images => idx::images(bytes, file).map(|idx| idx.elements.len()),
        Content::Labels => idx::labels(bytes, file).map(|idx| idx.elements.len()),
    }
}
