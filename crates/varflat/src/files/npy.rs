//! npy arrays. Memory is bounded by the bytes that are there, never by what a header claims.
//!
//! `ndarray_npy::ReadNpyExt` makes room for the claimed shape before it has read any of it, and parses a header as Python,
//! nested as deep as it likes. So the header is ours and only the elements are its.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ndarray::{Array, Array2, ArrayD, IxDyn, ShapeBuilder};
use ndarray_npy::ReadableElement;
use py_literal::Value;
use varflat_recorder::NpyHeader;

use crate::error::{Error, Result};

/// More dimensions than numpy allows are no array.
const MOST_DIMENSIONS: usize = 64;

/// An npy file or entry whose header has been read.
pub(super) struct Npy<R> {
    header: NpyHeader,
    shape: Vec<usize>,
    elements: usize,
    /// Positioned at the first element.
    reader: R,
}

impl<R: Read> Npy<R> {
    /// Reads the header of an array of which there are at most `most` bytes. An error says what is wrong, not where.
    pub(super) fn open(mut reader: R, most: u64) -> std::result::Result<Self, String> {
        let header = NpyHeader::read(&mut reader).map_err(|error| error.to_string())?;
        if header.shape.len() > MOST_DIMENSIONS {
            return Err(format!("a shape of {} dimensions", header.shape.len()));
        }
        let size = element_bytes(&header.element)
            .ok_or_else(|| format!("elements '{}', where numbers are expected", header.element.escape_debug()))?;
        // What is multiplied by a zero has to be addressable all the same.
        let mut addressable = header.shape.iter().filter(|length| **length > 0);
        let addressable = addressable.try_fold(size, |bytes, length| bytes.checked_mul(*length));
        let claimed = addressable.filter(|bytes| isize::try_from(*bytes).is_ok());
        let claimed = if header.shape.contains(&0) { claimed.map(|_| 0) } else { claimed };
        let there = most.saturating_sub(header.bytes);
        let Some(claimed) = claimed.filter(|bytes| *bytes <= there) else {
            return Err(format!(
                "its header claims the shape {:?} of '{}', which cannot be in the {there} bytes after it",
                header.shape, header.element
            ));
        };
        let shape = header.shape.iter().map(|length| *length as usize).collect();
        Ok(Self { shape, elements: (claimed / size) as usize, header, reader })
    }

    /// The elements, which must be of this type.
    pub(super) fn read<T: ReadableElement>(self) -> std::result::Result<ArrayD<T>, String> {
        let bytes = self.elements as u64 * element_bytes(&self.header.element).unwrap_or(1);
        // One byte more than is claimed, to find out that there is one.
        let reader = self.reader.take(bytes + 1);
        let kind = Value::String(self.header.element);
        let values =
            T::read_to_end_exact_vec(reader, &kind, self.elements).map_err(|error| error.to_string())?;
        let shape = IxDyn(&self.shape).set_f(self.header.fortran_order);
        Array::from_shape_vec(shape, values).map_err(|error| error.to_string())
    }

    /// Floats of either precision, as f64.
    pub(super) fn double(self) -> std::result::Result<ArrayD<f64>, String> {
        if self.is_single() { Ok(self.read::<f32>()?.mapv(f64::from)) } else { self.read() }
    }

    /// Floats of either precision, as f32.
    fn single(self) -> std::result::Result<ArrayD<f32>, String> {
        if self.is_single() { self.read() } else { Ok(self.read::<f64>()?.mapv(|value| value as f32)) }
    }

    fn is_single(&self) -> bool {
        self.header.element.ends_with("f4")
    }
}

/// Bytes of an element, `<f8` or `>i8`; none if it is no number of four or eight bytes.
fn element_bytes(element: &str) -> Option<u64> {
    match element.strip_prefix(['<', '>'])? {
        "f4" => Some(4),
        "f8" | "i8" => Some(8),
        _ => None,
    }
}

/// Opens an npy file.
fn open(path: &Path) -> Result<std::result::Result<Npy<BufReader<File>>, String>> {
    let file = File::open(path).map_err(Error::reading(path))?;
    let bytes = file.metadata().map_err(Error::reading(path))?.len();
    Ok(Npy::open(BufReader::new(file), bytes))
}

/// Two dimensions, and something in them.
fn rows<T>(array: ArrayD<T>) -> std::result::Result<Array2<T>, String> {
    let dimensions = array.ndim();
    if array.is_empty() {
        return Err(format!("the shape {:?} holds nothing", array.shape()));
    }
    array.into_dimensionality().map_err(|_| format!("{dimensions} dimensions instead of two"))
}

/// Reads recorded weights `[steps, weights]` from an npy file of any making, in f32 (f64 is rounded).
///
/// A weight matrix must have been flattened from `[d_in, d_out]`, row by row. PyTorch keeps `[d_out, d_in]`: transpose first.
///
/// # Errors
/// [`Error::Malformed`] if it is no npy file of two dimensions, or of another type.
pub fn read_window(path: impl AsRef<Path>) -> Result<Array2<f32>> {
    let path = path.as_ref();
    open(path)?.and_then(Npy::single).and_then(rows).map_err(|problem| {
        Error::malformed(
            path,
            format!("not recorded weights, which are [steps, weights] in f32 or f64: {problem}"),
        )
    })
}

/// Read an npy file of f64 with two dimensions.
pub(crate) fn read_npy(path: &Path) -> Result<Array2<f64>> {
    open(path)?
        .and_then(Npy::double)
        .and_then(rows)
        .map_err(|problem| Error::malformed(path, format!("not the array expected here: {problem}")))
}
