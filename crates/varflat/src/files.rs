//! Files that appear whole or not at all: npz, csv, json, and the atomic rename behind them.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use ndarray::{ArrayD, ArrayViewD, IxDyn};
use ndarray_npy::{NpzReader, NpzWriter, WriteNpyExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// The ends of the names under which files are written before they take their own.
const DRAFTS: [&str; 2] = [".tmp", varflat_plot::DRAFT];

/// Write a file beside its place and rename it: a reader sees the old file or the new one. The folder has to be there: one that was
/// moved away while a run is at work must not come back with half of its files.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> std::io::Result<()>,
) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
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

/// Wait until the names in a folder are on the disk: a rename that a power cut undoes would otherwise be undone after what relied on it
/// (a checkpoint removed, a stage noted as done). A kill alone needs none of this.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    // Elsewhere a folder cannot be opened as a file.
    if cfg!(unix) {
        let opened = File::open(folder).map_err(Error::reading(folder))?;
        match opened.sync_all() {
            // Some network file systems know no such thing.
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported
                ) => {}
            synced => synced.map_err(Error::writing(folder))?,
        }
    }
    Ok(())
}

/// Clear away what a killed process was writing in a folder that nobody else is at work in.
pub(crate) fn remove_drafts(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(Error::reading(folder))? {
        let draft = entry.map_err(Error::reading(folder))?.path();
        let name = draft.file_name().unwrap_or_default().to_string_lossy();
        let ours = name.starts_with('.') || name.starts_with("trajectory.");
        if ours && DRAFTS.iter().any(|end| name.ends_with(end)) {
            remove_draft(&draft)?;
        }
    }
    Ok(())
}

/// Remove a file, if it is there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    if_there(path, std::fs::remove_file(path))
}

/// Remove a draft, be it a file or a folder with all that is in it, if it is there.
pub(crate) fn remove_draft(path: &Path) -> Result<()> {
    if_there(path, if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) })
}

fn if_there(path: &Path, removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::removing(path)(error)),
        _ => Ok(()),
    }
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
            writer.serialize(row).map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => std::io::Error::other(format!("{other:?}")),
            })?;
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
        let mut room = Vec::new();
        room.try_reserve_exact(size).map_err(|_| std::io::ErrorKind::OutOfMemory)?;
        let mut bytes = std::io::Cursor::new(room);
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
    write_whole(path, |file| {
        array.write_npy(file).map_err(|error| match error {
            ndarray_npy::WriteNpyError::Io(error) => error,
            other => std::io::Error::other(other),
        })
    })
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

/// Reads recorded weights `[steps, weights]` from an npy file of any making, in f32 (f64 is rounded).
///
/// A weight matrix must have been flattened from `[d_in, d_out]`, row by row. PyTorch keeps `[d_out, d_in]`: transpose first.
///
/// # Errors
/// [`Error::Malformed`] if it is no npy file of two dimensions, or of another type.
pub fn read_window(path: impl AsRef<Path>) -> Result<ndarray::Array2<f32>> {
    let path = path.as_ref();
    let open = || File::open(path).map(BufReader::new).map_err(Error::reading(path));
    if let Ok(window) = ndarray_npy::ReadNpyExt::read_npy(open()?) {
        return Ok(window);
    }
    let window: ndarray::Array2<f64> = ndarray_npy::ReadNpyExt::read_npy(open()?).map_err(|error| {
        Error::malformed(
            path,
            format!("not recorded weights, which are [steps, weights] in f32 or f64: {error}"),
        )
    })?;
    Ok(window.mapv(|w| w as f32))
}

/// Read an npy file of f64 with two dimensions.
pub(crate) fn read_npy(path: &Path) -> Result<ndarray::Array2<f64>> {
    let file = File::open(path).map_err(Error::reading(path))?;
    ndarray_npy::ReadNpyExt::read_npy(BufReader::new(file))
        .map_err(|error| Error::malformed(path, format!("not the array expected here: {error}")))
}

/// The arrays of an npz file.
pub(crate) struct Npz {
    path: std::path::PathBuf,
    reader: NpzReader<BufReader<File>>,
}

impl Npz {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::reading(path))?;
        let reader = NpzReader::new(BufReader::new(file)).map_err(|error| {
            Error::malformed(path, format!("not an npz file ({error}); redo the stage that writes it"))
        })?;
        Ok(Self { path: path.to_path_buf(), reader })
    }

    /// Names of the arrays, in the order of the file.
    pub(crate) fn names(&mut self) -> Result<Vec<String>> {
        self.reader.names().map_err(|error| Error::malformed(&self.path, error.to_string()))
    }

    /// An array of f64, or of f32 widened to it.
    pub(crate) fn double(&mut self, name: &str) -> Result<ArrayD<f64>> {
        if let Ok(array) = self.reader.by_name::<ndarray::OwnedRepr<f32>, IxDyn>(name) {
            return Ok(array.mapv(f64::from));
        }
        self.reader
            .by_name(name)
            .map_err(|error| Error::malformed(&self.path, format!("array `{name}`: {error}")))
    }

    /// An array of f64 with a known number of dimensions.
    pub(crate) fn shaped<D: ndarray::Dimension>(&mut self, name: &str) -> Result<ndarray::Array<f64, D>> {
        self.double(name)?
            .into_dimensionality()
            .map_err(|error| Error::malformed(&self.path, format!("array `{name}`: {error}")))
    }

    /// A single number.
    pub(crate) fn scalar(&mut self, name: &str) -> Result<f64> {
        let array = self.double(name)?;
        array
            .first()
            .copied()
            .filter(|_| array.len() == 1)
            .ok_or_else(|| Error::malformed(&self.path, format!("array `{name}` should be one number")))
    }

    /// A list of integers that are not negative.
    pub(crate) fn counts(&mut self, name: &str) -> Result<Vec<usize>> {
        let array: ndarray::Array1<i64> = self
            .reader
            .by_name(name)
            .map_err(|error| Error::malformed(&self.path, format!("array `{name}`: {error}")))?;
        let counts: Option<Vec<usize>> = array.iter().map(|&count| usize::try_from(count).ok()).collect();
        counts.ok_or_else(|| Error::malformed(&self.path, format!("array `{name}` has a negative entry")))
    }
}
