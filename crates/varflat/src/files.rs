//! Files that appear whole or not at all: npz, csv, json, and the atomic rename behind them.

mod npy;
mod npz;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use ndarray::{ArrayViewD, IxDyn};
use ndarray_npy::{NpzWriter, WriteNpyExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

pub(crate) use npy::read_npy;
pub use npy::read_window;
pub(crate) use npz::Npz;

/// Write a file beside its place and rename it: a reader sees the old file or the new one.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> std::io::Result<()>,
) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let attempt = || -> std::io::Result<()> {
        let file = File::create(&temporary)?;
        let mut writer = BufWriter::new(&file);
        write(&mut writer)?;
        writer.flush()?;
        drop(writer);
        // A rename may otherwise reach the disk before the data and leave an empty file after a power cut.
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    attempt().map_err(|source| {
        // Nothing more can be done about a temporary file that will not go away.
        let _ = std::fs::remove_file(&temporary);
        Error::Io { action: "writing", path: path.to_path_buf(), source }
    })
}

/// Write `value` as indented JSON.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_whole(path, |file| {
        serde_json::to_writer_pretty(&mut *file, value)?;
        writeln!(file)
    })
}

/// Read a JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let file = File::open(path).map_err(Error::reading(path))?;
    serde_json::from_reader(BufReader::new(file))
        .map_err(|error| Error::malformed(path, format!("not the JSON expected here: {error}")))
}

/// Write rows as CSV with a header of their field names; numbers with every digit they have.
pub(crate) fn write_csv<T: Serialize>(path: &Path, rows: impl IntoIterator<Item = T>) -> Result<()> {
    write_whole(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        for row in rows {
            writer.serialize(row).map_err(std::io::Error::other)?;
        }
        writer.flush()
    })
}

/// Read all rows of a CSV file.
pub(crate) fn read_csv<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let file = File::open(path).map_err(Error::reading(path))?;
    let rows: Vec<T> = csv::Reader::from_reader(BufReader::new(file))
        .deserialize()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::malformed(path, format!("not the table expected here: {error}")))?;
    // Every table here has rows, and without one nothing has checked the header.
    if rows.is_empty() { Err(Error::malformed(path, "a table without rows")) } else { Ok(rows) }
}

/// Arrays for an npz file, written as the type they have.
pub(crate) enum Array<'a> {
    /// f32, any shape.
    Single(Vec<usize>, &'a [f32]),
    /// f64, any shape.
    Double(Vec<usize>, &'a [f64]),
    /// i64, one dimension.
    Integer(Vec<i64>),
}

impl<'a> Array<'a> {
    /// An array in C order; of one in another order nothing is written but an error.
    pub(crate) fn double<S, D>(array: &'a ndarray::ArrayBase<S, D>) -> Self
    where
        S: ndarray::Data<Elem = f64>,
        D: ndarray::Dimension,
    {
        Self::Double(array.shape().to_vec(), array.as_slice().unwrap_or_default())
    }

    /// Bytes of its values.
    fn bytes(&self) -> usize {
        match self {
            Self::Single(_, values) => size_of_val(*values),
            Self::Double(_, values) => size_of_val(*values),
            Self::Integer(values) => size_of_val(values.as_slice()),
        }
    }

    /// A scalar, as an array without dimensions.
    pub(crate) fn scalar(value: &'a f64) -> Self {
        Self::Double(Vec::new(), std::slice::from_ref(value))
    }
}

/// Write named arrays as an uncompressed npz file, which numpy opens (and can map into memory).
pub(crate) fn write_npz<N: AsRef<str>>(path: &Path, arrays: &[(N, Array<'_>)]) -> Result<()> {
    write_whole(path, |file| {
        // In memory first: an npz writer that meets a full disk would print on its own account when dropped.
        // As large as it will be, because a buffer that grows is there twice.
        let size = arrays.iter().map(|(name, array)| array.bytes() + 2 * name.as_ref().len() + 512).sum();
        let mut bytes = std::io::Cursor::new(Vec::with_capacity(size));
        let mut npz = NpzWriter::new(&mut bytes);
        for (name, array) in arrays {
            let name = name.as_ref();
            let shaped = |error| std::io::Error::other(format!("{name}: {error}"));
            let written = match array {
                Array::Single(shape, values) => {
                    let view = ArrayViewD::from_shape(IxDyn(shape), values).map_err(shaped)?;
                    npz.add_array(name, &view)
                }
                Array::Double(shape, values) => {
                    let view = ArrayViewD::from_shape(IxDyn(shape), values).map_err(shaped)?;
                    npz.add_array(name, &view)
                }
                Array::Integer(values) => {
                    let shape = IxDyn(&[values.len()]);
                    npz.add_array(name, &ArrayViewD::from_shape(shape, values).map_err(shaped)?)
                }
            };
            written.map_err(std::io::Error::other)?;
        }
        npz.finish().map_err(std::io::Error::other)?;
        file.write_all(bytes.get_ref())
    })
}

/// Write a `[rows, columns]` array as npy.
pub(crate) fn write_npy(path: &Path, array: &ndarray::Array2<f64>) -> Result<()> {
    write_whole(path, |file| array.write_npy(file).map_err(std::io::Error::other))
}

/// Recorded weights as `[steps, weights]`; `path` names their file in errors.
pub(crate) fn rows<'a>(
    path: &Path,
    values: &'a [f32],
    weights: usize,
) -> Result<ndarray::ArrayView2<'a, f32>> {
    ndarray::ArrayView2::from_shape((values.len() / weights.max(1), weights), values)
        .map_err(|error| Error::malformed(path, error.to_string()))
}
