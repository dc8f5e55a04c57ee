//! npy arrays. Memory is bounded by the bytes that are there, never by what a header claims.
//!
//! `ndarray_npy::ReadNpyExt` makes room for the claimed shape before it has read any of it, and parses a header as Python,
//! nested as deep as it likes. So the header is ours and only the elements are its.

mod element;
mod header;
mod remedy;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use ndarray::{Array, Array2, ArrayD, ArrayView2, IxDyn, ShapeBuilder};
use ndarray_npy::{ReadDataError, ReadableElement, WriteNpyError, write_zeroed_npy};
use py_literal::Value;

use crate::{FileError, Result, write_whole};
pub use element::{FloatElement, FromFloat, Precision};
pub use header::{GROWING_HEADER_BYTES, NpyHeader, NpyHeaderError, growing_header};
pub use remedy::{element_remedy, shortened};

/// More dimensions than numpy allows are no array.
const MOST_DIMENSIONS: usize = 64;

/// An npy file or entry whose header has been read.
pub(crate) struct Npy<R> {
    header: NpyHeader,
    shape: Vec<usize>,
    elements: usize,
    /// Positioned at the first element.
    reader: R,
}

impl<R: Read> Npy<R> {
    /// Reads the header of an array of which there are at most `most` bytes. An error says what is wrong, not where.
    pub(crate) fn open(mut reader: R, most: u64) -> std::result::Result<Self, String> {
        let header = NpyHeader::read(&mut reader).map_err(|error| error.to_string())?;
        if header.shape.len() > MOST_DIMENSIONS {
            return Err(format!("a shape of {} dimensions", header.shape.len()));
        }
        let size = element_bytes(&header.element).ok_or_else(|| element_remedy(&header.element))?;
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
    pub(crate) fn read<T: ReadableElement>(self) -> std::result::Result<ArrayD<T>, String> {
        let bytes = self.elements as u64 * element_bytes(&self.header.element).unwrap_or(1);
        // One byte more than is claimed, to find out that there is one.
        let reader = self.reader.take(bytes + 1);
        let kind = Value::String(self.header.element);
        let values = T::read_to_end_exact_vec(reader, &kind, self.elements)
            .map_err(|error| unreadable(error, kind.as_string().map(String::as_str).unwrap_or_default()))?;
        let shape = IxDyn(&self.shape).set_f(self.header.fortran_order);
        Array::from_shape_vec(shape, values).map_err(|error| error.to_string())
    }

    /// Floats of any precision, as f64.
    pub(crate) fn double(mut self) -> std::result::Result<ArrayD<f64>, String> {
        let float = FloatElement::parse(&self.header.element);
        let float = float.ok_or_else(|| element_remedy(&self.header.element))?;
        match float.precision {
            Precision::Single => Ok(self.read::<f32>()?.mapv(f64::from)),
            Precision::Double => self.read(),
            Precision::Half => {
                let mut bytes = Vec::new();
                let claimed = self.elements as u64 * 2;
                self.reader
                    .by_ref()
                    .take(claimed + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| error.to_string())?;
                if bytes.len() as u64 != claimed {
                    return Err(if (bytes.len() as u64) < claimed {
                        CUT.to_owned()
                    } else {
                        BEHIND.to_owned()
                    });
                }
                let mut values = Vec::with_capacity(self.elements);
                float.decode(&bytes, |value| values.push(value));
                let shape = IxDyn(&self.shape).set_f(self.header.fortran_order);
                Array::from_shape_vec(shape, values).map_err(|error| error.to_string())
            }
        }
    }
}

const CUT: &str = "the file ends before the array does";
const BEHIND: &str = "something lies behind the array: was it saved to a file that was open for another?";

/// Why elements cannot be read.
fn unreadable(error: ReadDataError, element: &str) -> String {
    match error {
        ReadDataError::MissingData => CUT.to_owned(),
        ReadDataError::ExtraBytes(_) => BEHIND.to_owned(),
        ReadDataError::WrongDescriptor(_) if element.ends_with("i8") => element_remedy(element),
        error => error.to_string(),
    }
}

/// Bytes of an element, `<f8` or `>i8`; none if it is no float, nor an integer of eight bytes.
fn element_bytes(element: &str) -> Option<u64> {
    match element {
        "<i8" | ">i8" => Some(8),
        _ => FloatElement::parse(element).map(|float| float.bytes() as u64),
    }
}

/// Opens an npy file.
fn open(path: &Path) -> Result<std::result::Result<Npy<BufReader<File>>, String>> {
    let file = crate::open(path)?;
    let bytes = file.metadata().map_err(FileError::reading(path))?.len();
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

/// Reads an npy file of floats with two dimensions, as f64.
///
/// # Errors
/// [`FileError::Io`] if it cannot be read; [`FileError::Malformed`] if it is no such array.
pub fn read_npy(path: &Path) -> Result<Array2<f64>> {
    open(path)?
        .and_then(Npy::double)
        .and_then(rows)
        .map_err(|problem| FileError::malformed(path, format!("not the array expected here: {problem}")))
}

/// Writes a `[rows, columns]` array as npy, block by block of its rows, as `rows` hands them over.
///
/// # Errors
/// That of `rows`, or [`FileError::Io`]; the file is then what it was.
pub fn write_npy<E: From<FileError>>(
    path: &Path,
    shape: (usize, usize),
    rows: impl FnOnce(&mut dyn FnMut(ArrayView2<'_, f64>) -> Result<()>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut failed = None;
    let written = write_whole(path, |file| {
        write_zeroed_npy::<f64, _>(file.get_ref(), shape).map_err(|error| match error {
            WriteNpyError::Io(error) => error,
            error => std::io::Error::other(error),
        })?;
        let mut write = |block: ArrayView2<'_, f64>| {
            let mut values = block.iter();
            values
                .try_for_each(|value| file.write_all(&value.to_le_bytes()))
                .map_err(FileError::writing(path))
        };
        rows(&mut write).map_err(|error| {
            failed = Some(error);
            std::io::Error::other("its rows could not be computed")
        })
    });
    failed.map_or_else(|| written.map_err(E::from), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use ndarray_npy::WriteNpyExt;

    fn file(dictionary: &str, elements: &[u8]) -> Vec<u8> {
        let header = format!("{dictionary}\n");
        [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), elements].concat()
    }

    fn read(bytes: &[u8]) -> std::result::Result<ArrayD<f64>, String> {
        Npy::open(bytes, bytes.len() as u64)?.double()
    }

    fn message(shape: &str, elements: &[u8]) -> String {
        read(&file(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"), elements))
            .unwrap_err()
    }

    #[test]
    fn arrays_of_either_order_and_precision_come_back() {
        let array = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let mut bytes = Vec::new();
        for fortran in [false, true] {
            bytes.clear();
            if fortran {
                array.t().as_standard_layout().t().write_npy(&mut bytes).unwrap();
            } else {
                array.write_npy(&mut bytes).unwrap();
            }
            assert_eq!(read(&bytes).unwrap(), array.clone().into_dyn());
        }
        bytes.clear();
        array.mapv(|value| value as f32).write_npy(&mut bytes).unwrap();
        assert_eq!(read(&bytes).unwrap(), array.into_dyn());
        let big_endian = "{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }";
        assert_eq!(read(&file(big_endian, &1.5_f64.to_be_bytes())).unwrap(), array![1.5].into_dyn());
    }

    /// The first would be 32 GiB, the second more than memory can address, and so would what the third multiplies by zero.
    #[test]
    fn a_claim_beyond_the_file_is_refused_before_memory_is_asked_for() {
        for shape in ["(4294967296,)", "(4294967296, 4294967296)", "(0, 18446744073709551615, 9)", "(3,)"] {
            let message = message(shape, &[0; 16]);
            assert!(message.contains("cannot be in the 16 bytes after it"), "{shape}: {message}");
        }
        assert!(message("(1,)", &[0; 16]).contains("behind the array"));
        assert!(message(&format!("({})", "1,".repeat(65)), &[0; 8]).contains("65 dimensions"));
    }

    /// A parser of Python that calls itself would run out of stack.
    #[test]
    fn a_deep_header_is_refused() {
        let deep = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {}", "(".repeat(60_000));
        assert!(read(&file(&deep, &[])).is_err());
        let deep = format!("{{'descr': {}", "[".repeat(60_000));
        assert!(read(&file(&deep, &[])).is_err());
    }

    #[test]
    fn other_elements_are_named() {
        for element in ["|b1", "<c16", "<i2", "|O", "=f8", ""] {
            let header = format!("{{'descr': '{element}', 'fortran_order': False, 'shape': (1,), }}");
            assert!(read(&file(&header, &[0; 8])).unwrap_err().contains(element), "{element}");
        }
        let integers = file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", &[0; 8]);
        assert!(read(&integers).unwrap_err().contains("<i8"));
    }
}
