//! The header of a trajectory: two dimensions of floats, of a length that can grow in place.

use std::{io::Read, path::Path};

use varflat_files::{
    FloatElement, GROWING_HEADER_BYTES, NpyHeader, NpyHeaderError, Precision, element_remedy, growing_header,
};

use super::foreign::shape_remedy;
use crate::RecorderError;

/// The length of the headers written here.
pub(crate) const HEADER_BYTES: usize = GROWING_HEADER_BYTES;

/// The elements of the files written here.
pub(crate) const OURS: FloatElement = FloatElement { precision: Precision::Single, big_endian: false };

/// The header of a file written here: C-ordered `<f4`, `[rows, weights]`.
pub(crate) fn header(rows: u64, weights: usize) -> [u8; HEADER_BYTES] {
    growing_header(OURS, rows, weights)
}

/// Of the header of a trajectory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes before the first row.
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) weights: usize,
    pub(crate) element: FloatElement,
    /// Whether the rows of one weight lie one behind the other.
    pub(crate) fortran_order: bool,
}

impl Header {
    /// Whether it is one of the files written here, which can be appended to.
    pub(crate) fn is_ours(&self) -> bool {
        self.bytes == HEADER_BYTES as u64 && self.element == OURS && !self.fortran_order
    }
}

/// Reads and checks a header of any NPY version: two dimensions of floats, in either order, at least one weight.
pub(crate) fn read_header(file: impl Read, path: &Path) -> Result<Header, RecorderError> {
    let wrong = |expected: &str, found: String| RecorderError::Format {
        path: path.to_path_buf(),
        expected: expected.into(),
        found,
    };
    let header = NpyHeader::read(file).map_err(|error| match error {
        NpyHeaderError::Format { expected, found } => wrong(expected, found),
        NpyHeaderError::Read(source) => RecorderError::read(path)(source),
        other => wrong("the header of an NPY file", other.to_string()),
    })?;
    let Some(element) = FloatElement::parse(&header.element) else {
        let expected = "elements '<f4', '<f8' or '<f2' (floats of 32, 64 or 16 bits)";
        return Err(wrong(expected, element_remedy(&header.element)));
    };
    let expected = "a shape (steps, weights) with at least one weight";
    let [rows, weights] = header.shape[..] else {
        return Err(wrong(expected, shape_remedy(&header, path)));
    };
    let bytes = usize::try_from(weights).ok().and_then(|weights| weights.checked_mul(element.bytes()));
    match bytes {
        Some(1..) => Ok(Header {
            bytes: header.bytes,
            rows,
            weights: weights as usize,
            element,
            fortran_order: header.fortran_order,
        }),
        Some(0) => Err(wrong(expected, shape_remedy(&header, path))),
        None => Err(wrong("a shape that fits in memory", format!("shape ({rows}, {weights})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Header, RecorderError> {
        read_header(bytes, Path::new("x.npy"))
    }

    /// A header as numpy pads it, of any version.
    fn numpy(version: u8, dictionary: &str) -> Vec<u8> {
        let mut bytes = [b"\x93NUMPY".as_slice(), &[version, 0]].concat();
        match version {
            1 => bytes.extend((dictionary.len() as u16).to_le_bytes()),
            _ => bytes.extend((dictionary.len() as u32).to_le_bytes()),
        }
        bytes.extend(dictionary.as_bytes());
        bytes
    }

    #[test]
    fn headers_come_back() {
        let ours =
            |bytes, rows, weights| Header { bytes, rows, weights, element: OURS, fortran_order: false };
        for (rows, weights) in [(0, 1), (12_000, 2500), (u64::MAX, usize::MAX / 4)] {
            let header = header(rows, weights);
            assert_eq!(header[HEADER_BYTES - 1], b'\n');
            assert_eq!(read(&header).unwrap(), ours(128, rows, weights));
            assert!(read(&header).unwrap().is_ours());
        }
        let dictionary = "{'fortran_order': False, 'shape': (3, 4), 'descr': '<f4'}\n";
        for version in [2, 3] {
            assert_eq!(read(&numpy(version, dictionary)).unwrap(), ours(12 + 58, 3, 4));
        }
        let python2 = numpy(1, &dictionary.replace("(3, 4)", "(3L, 4L)"));
        assert_eq!(read(&python2).unwrap(), ours(10 + 60, 3, 4));
    }

    #[test]
    fn floats_of_either_order_are_read_and_not_appended_to() {
        for element in ["<f2", ">f2", ">f4", "<f8", ">f8"] {
            for order in ["False", "True"] {
                let dictionary =
                    format!("{{'descr': '{element}', 'fortran_order': {order}, 'shape': (3, 4), }}");
                let header = read(&numpy(1, &dictionary)).unwrap();
                assert_eq!((header.rows, header.weights), (3, 4));
                assert_eq!(header.element, FloatElement::parse(element).unwrap());
                assert!(header.fortran_order == (order == "True") && !header.is_ours());
            }
        }
    }

    #[test]
    fn foreign_headers_are_named() {
        let message = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(message(b"PK\x03\x04 a zip file").contains("NPY magic"));
        assert!(message(&numpy(9, "")).contains("version 9.0"));
        for (element, remedy) in [
            ("|V2", "bfloat16"),
            ("<V2", "<< 16"),
            ("<i4", "astype(\"<f4\")"),
            ("|u1", "whole numbers"),
            ("<i8", "whole numbers"),
            ("|b1", "whole numbers"),
            ("<c8", "complex"),
            ("<f16", "astype(\"<f8\")"),
            ("|O", "np.stack"),
            ("<f1", "astype(\"<f4\")"),
            ("<U5", "text"),
        ] {
            let dictionary = format!("{{'descr': '{element}', 'fortran_order': False, 'shape': (3, 4), }}");
            let said = message(&numpy(1, &dictionary));
            assert!(said.contains(element) && said.contains(remedy), "{element}: {said}");
        }
        let message_of = |shape: &str| {
            message(&numpy(1, &format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}")))
        };
        let fields = message(&numpy(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }"));
        assert!(fields.contains("structured_to_unstructured"), "{fields}");
        for (shape, remedy) in [
            ("(3,)", "reshape(-1, WEIGHTS)"),
            ("(3, 4, 5)", "transpose(0, 2, 1)"),
            ("(3, 4, 5, 6)", "reshape(len("),
            ("(2,621, 401)", "thousands"),
            ("(3, 0)", "nothing"),
            ("()", "single number"),
        ] {
            let said = message_of(shape);
            assert!(said.contains("shape (steps, weights)") && said.contains(remedy), "{shape}: {said}");
            assert!(said.contains(shape), "{shape}: {said}");
        }
        for shape in ["(-3, 4)", "(99999999999999999999, 4)", "(3LL, 4)"] {
            assert!(message_of(shape).contains("whole numbers"), "{shape}");
        }
        assert!(message_of("(3").contains("'shape': (…)"));
        assert!(message_of(&format!("({})", "a".repeat(60_000))).len() < 300);
        assert!(message(&numpy(1, "{}")).contains("<f4"));
        let mut huge = numpy(2, "");
        huge[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(message(&huge).contains("64 KiB"));
        let whole = header(3, 4);
        for length in 0..HEADER_BYTES {
            assert!(message(&whole[..length]).contains("ends before"), "{length}");
        }
    }
}
