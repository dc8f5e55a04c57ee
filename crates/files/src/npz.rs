//! npz files: arrays in a zip archive.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use ndarray::{Array as NdArray, ArrayD, ArrayViewD, Dimension, IxDyn};
use ndarray_npy::NpzWriter;
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive};

use crate::kept::ErrorKept;
use crate::npy::Npy;
use crate::{FileError, Result, open, write_whole};

/// Deflate makes at most so many bytes of one (258 from a symbol of two bits).
const MOST_FROM_A_BYTE: u64 = 1032;

/// The arrays of an npz file.
pub struct Npz {
    path: PathBuf,
    bytes: u64,
    archive: ZipArchive<BufReader<File>>,
}

impl Npz {
    /// Opens the archive and reads its directory.
    ///
    /// # Errors
    /// [`FileError::Malformed`] if it is none; [`FileError::Io`].
    pub fn open(path: &Path) -> Result<Self> {
        let file = open(path)?;
        let bytes = file.metadata().map_err(FileError::reading(path))?.len();
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| {
            FileError::malformed(path, format!("not an npz file ({error}); redo the stage that writes it"))
        })?;
        Ok(Self { path: path.to_path_buf(), bytes, archive })
    }

    /// Names of the arrays, in the order of the file.
    ///
    /// # Errors
    /// [`FileError::Malformed`] if the archive is damaged.
    pub fn names(&mut self) -> Result<Vec<String>> {
        let names = (0..self.archive.len()).map(|position| {
            let entry = self.archive.by_index_raw(position);
            let entry = entry.map_err(|error| FileError::malformed(&self.path, error.to_string()))?;
            Ok(entry.name().strip_suffix(".npy").unwrap_or(entry.name()).to_owned())
        });
        names.collect()
    }

    /// Finds an array and reads it.
    fn array<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Npy<ZipFile<'_, BufReader<File>>>) -> std::result::Result<T, String>,
    ) -> Result<T> {
        let fault = |problem: String| FileError::malformed(&self.path, format!("array `{name}`: {problem}"));
        // As numpy: under its name, or under its name with the suffix.
        let suffixed = format!("{name}.npy");
        let stored = if self.archive.index_for_name(name).is_some() { name } else { &suffixed };
        let entry = self.archive.by_name(stored).map_err(|error| match error {
            ZipError::FileNotFound => fault("is not there".to_owned()),
            error => fault(error.to_string()),
        })?;
        // A size in the archive's directory is as good as any other claim.
        let there = entry.compressed_size().min(self.bytes);
        let most = match entry.compression() {
            CompressionMethod::Stored => there,
            _ => there.saturating_mul(MOST_FROM_A_BYTE),
        };
        Npy::open(entry, most).and_then(read).map_err(fault)
    }

    /// An array of f64, or of f32 widened to it.
    ///
    /// # Errors
    /// [`FileError::Malformed`] if it is not there, or no array of floats.
    pub fn double(&mut self, name: &str) -> Result<ArrayD<f64>> {
        self.array(name, |npy| npy.double())
    }

    /// An array of f64 with a known number of dimensions.
    ///
    /// # Errors
    /// As [`double`](Self::double), or if it has another number.
    pub fn shaped<D: Dimension>(&mut self, name: &str) -> Result<NdArray<f64, D>> {
        self.double(name)?
            .into_dimensionality()
            .map_err(|error| FileError::malformed(&self.path, format!("array `{name}`: {error}")))
    }

    /// A single number.
    ///
    /// # Errors
    /// As [`double`](Self::double), or if there are several.
    pub fn scalar(&mut self, name: &str) -> Result<f64> {
        let array = self.double(name)?;
        array
            .first()
            .copied()
            .filter(|_| array.len() == 1)
            .ok_or_else(|| FileError::malformed(&self.path, format!("array `{name}` should be one number")))
    }

    /// A list of integers that are not negative.
    ///
    /// # Errors
    /// [`FileError::Malformed`] if it is not there, or something else.
    pub fn counts(&mut self, name: &str) -> Result<Vec<usize>> {
        let array = self.array(name, |npy| npy.read::<i64>())?;
        let fault = |problem: &str| FileError::malformed(&self.path, format!("array `{name}` {problem}"));
        if array.ndim() != 1 {
            return Err(fault("should be a list"));
        }
        let counts: Option<Vec<usize>> = array.iter().map(|&count| usize::try_from(count).ok()).collect();
        counts.ok_or_else(|| fault("has a negative entry"))
    }
}

/// Bytes from which an array needs the format for large ones: 4 GiB, with room for its header.
const LARGE: u64 = u32::MAX as u64 - (1 << 16);

/// Arrays for an npz file, written as the type they have.
pub enum Array<'a> {
    /// f32, any shape.
    Single(Vec<usize>, &'a [f32]),
    /// f64, any shape.
    Double(Vec<usize>, &'a [f64]),
    /// i64, one dimension.
    Integer(Vec<i64>),
}

impl<'a> Array<'a> {
    /// An array in C order; of one in another order nothing is written but an error.
    pub fn double<S, D>(array: &'a ndarray::ArrayBase<S, D>) -> Self
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
    pub fn scalar(value: &'a f64) -> Self {
        Self::Double(Vec::new(), std::slice::from_ref(value))
    }
}

/// Writes named arrays as an uncompressed npz file, which numpy opens (and can map into memory).
///
/// # Errors
/// [`FileError::Io`] if it cannot be written.
pub fn write_npz<N: AsRef<str>>(path: &Path, arrays: &[(N, Array<'_>)]) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Ix1};
    use zip::write::ZipWriter;

    /// An archive with one entry, deflated.
    fn deflated(folder: &Path, npy: &[u8]) -> PathBuf {
        let path = folder.join("a.npz");
        let mut archive = ZipWriter::new(File::create(&path).unwrap());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file("a.npy", options).unwrap();
        std::io::Write::write_all(&mut archive, npy).unwrap();
        archive.finish().unwrap();
        path
    }

    fn npy(length: usize, elements: usize) -> Vec<u8> {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({length},), }}\n");
        let preamble = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..]].concat();
        [preamble, header.into_bytes(), vec![0; 8 * elements]].concat()
    }

    #[test]
    fn compressed_arrays_are_read_however_well_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zeros.npz");
        let zeros = Array1::<f64>::zeros(1 << 20);
        let mut npz = NpzWriter::new_compressed(File::create(&path).unwrap());
        npz.add_array("zeros", &zeros).unwrap();
        npz.finish().unwrap();
        assert_eq!(Npz::open(&path).unwrap().shaped::<Ix1>("zeros").unwrap(), zeros);
    }

    #[test]
    fn a_claim_beyond_what_can_be_compressed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = deflated(folder.path(), &npy(1 << 40, 16));
        let message = Npz::open(&path).unwrap().double("a").unwrap_err().to_string();
        assert!(
            message.contains("a.npz") && message.contains("`a`") && message.contains("cannot be"),
            "{message}"
        );
    }

    /// 64 MiB of zeros behind a header that claims one number.
    #[test]
    fn reading_stops_one_byte_past_the_claim() {
        let folder = tempfile::tempdir().unwrap();
        let path = deflated(folder.path(), &npy(1, 8 << 20));
        let message = Npz::open(&path).unwrap().double("a").unwrap_err().to_string();
        assert!(message.contains("behind the array"), "{message}");
    }

    #[test]
    fn a_missing_array_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = deflated(folder.path(), &npy(1, 1));
        let mut npz = Npz::open(&path).unwrap();
        assert_eq!(npz.names().unwrap(), ["a"]);
        assert!(npz.double("b").unwrap_err().to_string().contains("`b`"));
        assert!(npz.counts("a").unwrap_err().to_string().contains("<f8"));
    }

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
