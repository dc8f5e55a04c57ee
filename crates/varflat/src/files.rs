//! Files that appear whole or not at all: npz, csv, json, and the atomic rename behind them.

mod kept;
mod npy;
mod npz;
mod text;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ndarray::{ArrayView2, ArrayViewD, IxDyn};
use ndarray_npy::{NpzWriter, WriteNpyError, write_zeroed_npy};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::checksum::{Seal, seal, sealed};
use crate::error::{Error, Result};
use kept::ErrorKept;

pub(crate) use npy::read_npy;
pub use npy::read_window;
pub(crate) use npz::Npz;

/// What is said of a pipe, a socket or a device. It may be one that the whole system needs: nobody is told to remove it.
pub(crate) const NO_FILE: &str =
    "is no ordinary file but a pipe, socket or device; name a file, or copy what it gives into one";

/// Open a file for reading. What is no file, such as a pipe, is refused before it can keep anyone waiting.
pub(crate) fn open(path: &Path) -> Result<File> {
    let there = std::fs::metadata(path).map_err(Error::reading(path))?;
    if there.is_dir() {
        let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(Error::reading(path)(source));
    }
    if !there.is_file() {
        return Err(Error::malformed(path, NO_FILE));
    }
    File::open(path).map_err(Error::reading(path))
}

/// The whole of a text file, in UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    text::decoded(read_bytes(path)?).map_err(|problem| Error::malformed(path, problem))
}

/// The whole of a file.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut open(path)?, &mut bytes).map_err(Error::reading(path))?;
    Ok(bytes)
}

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
        // A draft of a process that was killed, or a link that somebody put there: nothing is written through it.
        let _ = std::fs::remove_file(&temporary);
        let file = File::create_new(&temporary)?;
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

/// Make a folder and those above it, if they are not there.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    if path.is_symlink() && !path.exists() {
        return Err(Error::malformed(
            path,
            "is a symbolic link that leads nowhere; remove it, or choose another folder",
        ));
    }
    std::fs::create_dir_all(path).map_err(Error::making(path))
}

/// Find out whether files can be written in a folder, before anything is computed that would have to be.
pub(crate) fn probe(folder: &Path) -> Result<()> {
    let file = folder.join(format!(".probe.{}.tmp", std::process::id()));
    let written = std::fs::write(&file, "probe").map_err(Error::writing(folder));
    // Of a full disk the empty file stays; one that was not made is not missed.
    let removed = remove(&file);
    written.and(removed)
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

/// Write `value` as indented JSON that is closed by the SHA-256 of all that stands before.
pub(crate) fn write_sealed(path: &Path, value: &impl Serialize) -> Result<()> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Error::malformed(path, error.to_string()))?;
    write_whole(path, |file| file.write_all(sealed(&text).as_bytes()))
}

/// Read such a file, which must be as it was written. One from before files were sealed is taken as it is.
pub(crate) fn read_sealed<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_text(path)?;
    let value = serde_json::from_str(&text)
        .map_err(|error| Error::malformed(path, format!("not the JSON expected here: {error}")))?;
    match seal(&text) {
        Seal::Whole | Seal::None => Ok(value),
        Seal::Broken => Err(Error::malformed(path, BROKEN)),
    }
}

/// What is wrong with a file whose seal is broken, or gone.
pub(crate) const BROKEN: &str = "does not match its own SHA-256: damaged or changed since it was written";

/// Read a JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?)
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
    let table = text::decoded(read_bytes(path)?)
        .map_err(|problem| Error::malformed(path, format!("{problem}, {SPREADSHEET}")))?;
    let rows: std::result::Result<Vec<T>, _> =
        csv::Reader::from_reader(table.as_bytes()).deserialize().collect();
    let rows = rows.map_err(|error| {
        let problem = match text::spreadsheet(&table) {
            Some(what) => format!("has {what}, {SPREADSHEET}"),
            None => format!("not the table expected here: {error}"),
        };
        Error::malformed(path, problem)
    })?;
    // Every table here has rows, and without one nothing has checked the header.
    if rows.is_empty() { Err(Error::malformed(path, "a table without rows")) } else { Ok(rows) }
}

/// Where a table that cannot be read any more has probably been.
const SPREADSHEET: &str = "where UTF-8 text with commas between the columns and points in the numbers is expected: was it saved by a \
                           spreadsheet?";

/// Bytes from which an array needs the format for large ones: 4 GiB, with room for its header.
const LARGE: u64 = u32::MAX as u64 - (1 << 16);

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
    // Only arrays that need them: numbers of 64 bits make every other file longer.
    let large = arrays.iter().any(|(_, array)| array.bytes() as u64 >= LARGE);
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(large);
    write_whole(path, |file| {
        let mut file = ErrorKept::new(file);
        let mut npz = NpzWriter::new_with_options(&mut file, options);
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
        file.outcome()
    })
}

/// Write a `[rows, columns]` array as npy, block by block of its rows, as `rows` hands them over.
pub(crate) fn write_npy(
    path: &Path,
    shape: (usize, usize),
    rows: impl FnOnce(&mut dyn FnMut(ArrayView2<'_, f64>) -> Result<()>) -> Result<()>,
) -> Result<()> {
    let mut failed = None;
    let written = write_whole(path, |file| {
        write_zeroed_npy::<f64, _>(file.get_ref(), shape).map_err(|error| match error {
            WriteNpyError::Io(error) => error,
            error => std::io::Error::other(error),
        })?;
        let mut write = |block: ArrayView2<'_, f64>| {
            let mut values = block.iter();
            values.try_for_each(|value| file.write_all(&value.to_le_bytes())).map_err(Error::writing(path))
        };
        rows(&mut write).map_err(|error| {
            failed = Some(error);
            std::io::Error::other("its rows could not be computed")
        })
    });
    failed.map_or(written, Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "writes 4.3 GB"]
    fn arrays_beyond_four_gibibytes_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.npz");
        let mut values = vec![0.0; (1 << 29) + 1000];
        values[1 << 29] = 0.5;
        let shape = vec![values.len()];
        write_npz(&path, &[("large", Array::Double(shape, &values)), ("after", Array::scalar(&2.0))])
            .unwrap();
        drop(values);
        let mut npz = Npz::open(&path).unwrap();
        assert_eq!(npz.scalar("after").unwrap(), 2.0);
        let large: ndarray::Array1<f64> = npz.shaped("large").unwrap();
        assert_eq!((large.len(), large[1 << 29], large.sum()), ((1 << 29) + 1000, 0.5, 0.5));
    }
}
