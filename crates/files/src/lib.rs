//! Files that are there whole or not at all.
//!
//! Everything is written beside its place and renamed ([`write_whole`]); memory is bounded by the bytes that are there, never by what a
//! header claims; a pipe, a socket or a device is no file. Arrays are those of numpy ([`write_npz`], [`Npz`], [`read_npy`]), tables are
//! CSV, records are JSON, closed by their own checksum where they have to be trusted.
//!
//! ```
//! use varflat_files::{Array, FileSum, Npz, write_npz};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("weights.npz");
//! write_npz(&path, &[("w", Array::Double(vec![2, 2], &[1.0, 2.0, 3.0, 4.0]))])?;
//! let sum = FileSum::of(&path)?; // length and SHA-256
//! assert_eq!(Npz::open(&path)?.double("w")?[[1, 0]], 3.0);
//! assert_eq!(sum.difference(&FileSum::of(&path)?), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]
#![deny(clippy::too_many_lines, clippy::missing_errors_doc)]

mod checksum;
mod error;
mod folder;
mod guard;
mod json;
mod kept;
mod lock;
mod npy;
mod npz;
mod open;
mod table;
mod text;
mod whole;

pub use checksum::{FileSum, Seal, seal, sha256, short};
pub use error::{FileError, MAKING, Result};
pub use folder::{make_folder, probe, remove, remove_draft, remove_drafts, sync_folder};
pub use guard::{check_files, is_link};
pub use json::{BROKEN, read_json, read_sealed, write_json, write_sealed};
pub use lock::{Lock, lock_exclusive, lock_shared};
pub use npy::{
    FloatElement, FromFloat, GROWING_HEADER_BYTES, NpyHeader, NpyHeaderError, Precision, element_remedy,
    growing_header, read_npy, shortened, write_npy,
};
pub use npz::{Array, Npz, write_npz};
pub use open::{NO_FILE, open, read_bytes, read_text};
pub use table::{read_csv, write_csv};
pub use whole::write_whole;
