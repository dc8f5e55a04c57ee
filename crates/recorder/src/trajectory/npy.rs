//! The NPY header: magic, version, and a dictionary that names element type, order and shape.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::{
    io::{self, Read},
    path::Path,
};

use crate::RecorderError;

/// The length of the headers written here: the row count can grow to any u64 in place.
pub(crate) const HEADER_BYTES: usize = 128;
const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Magic, two version bytes and the two bytes of the dictionary's length (version 1.0).
const PREAMBLE_BYTES: usize = 10;
/// A dictionary with three entries is a few dozen bytes; a longer one is no header of ours or of numpy.
const LONGEST_DICTIONARY: usize = 1 << 16;

/// The NPY 1.0 header of a C-ordered `<f4` array of shape `[rows, weights]`, 128 bytes.
pub(crate) fn header(rows: u64, weights: usize) -> [u8; HEADER_BYTES] {
    let mut header = [b' '; HEADER_BYTES];
    header[..6].copy_from_slice(MAGIC);
    header[6..8].copy_from_slice(&[1, 0]);
    header[8..10].copy_from_slice(&((HEADER_BYTES - PREAMBLE_BYTES) as u16).to_le_bytes());
    // At most 98 bytes, with twenty digits in both numbers.
    let dictionary = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {weights}), }}");
    header[PREAMBLE_BYTES..PREAMBLE_BYTES + dictionary.len()].copy_from_slice(dictionary.as_bytes());
    header[HEADER_BYTES - 1] = b'\n';
    header
}

/// What the header of an NPY file says, before anything is allocated on its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NpyHeader {
    /// Bytes before the first element.
    pub bytes: u64,
    /// The element type as numpy writes it, e.g. `<f4`.
    pub element: String,
    /// Whether the first index varies fastest.
    pub fortran_order: bool,
    /// Elements along each dimension.
    pub shape: Vec<u64>,
}

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
pub enum NpyHeaderError {
    /// The bytes are no header.
    #[error("expected {expected}, found {found}")]
    Format {
        /// What a header holds there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// The operating system refused.
    #[error(transparent)]
    Read(#[from] io::Error),
}

impl NpyHeader {
    /// Reads a header of any NPY version and leaves the reader at the first element.
    ///
    /// # Errors
    /// [`NpyHeaderError::Format`] if these are no such bytes, or not all of them; [`NpyHeaderError::Read`].
    pub fn read(mut file: impl Read) -> Result<Self, NpyHeaderError> {
        let mut preamble = [0; 8];
        read_whole(&mut file, &mut preamble)?;
        let (magic, version) = preamble.split_at(6);
        if magic != MAGIC {
            let found = format!("{:?}", String::from_utf8_lossy(magic));
            return Err(wrong("the NPY magic \\x93NUMPY", found));
        }
        let (length, length_bytes) = match version[0] {
            1 => {
                let mut length = [0; 2];
                read_whole(&mut file, &mut length)?;
                (usize::from(u16::from_le_bytes(length)), 2)
            }
            2 | 3 => {
                let mut length = [0; 4];
                read_whole(&mut file, &mut length)?;
                (u32::from_le_bytes(length) as usize, 4)
            }
            _ => {
                return Err(wrong(
                    "NPY version 1.0 to 3.0",
                    format!("version {}.{}", version[0], version[1]),
                ));
            }
        };
        if length > LONGEST_DICTIONARY {
            return Err(wrong("an NPY header of at most 64 KiB", format!("one of {length} bytes")));
        }
        let mut dictionary = vec![0; length];
        read_whole(&mut file, &mut dictionary)?;
        let dictionary = String::from_utf8_lossy(&dictionary);

        let descr = first_token(entry(&dictionary, "descr").unwrap_or_default());
        let element = ['\'', '"'].iter().find_map(|quote| descr.strip_prefix(*quote)?.strip_suffix(*quote));
        let element = element.ok_or_else(|| wrong("an element type such as '<f4'", shortened(descr)))?;
        let fortran_order = match first_token(entry(&dictionary, "fortran_order").unwrap_or_default()) {
            "False" => false,
            "True" => true,
            order => return Err(wrong("'fortran_order': False or True", shortened(order))),
        };
        let shape = entry(&dictionary, "shape")
            .and_then(|rest| rest.strip_prefix('('))
            .and_then(|rest| rest.split_once(')'))
            .map(|(shape, _)| shape)
            .ok_or_else(|| wrong("'shape': (…)", "nothing".into()))?;
        let dimensions = shape.split(',').map(str::trim).filter(|dimension| !dimension.is_empty());
        let dimensions: Result<Vec<u64>, _> = dimensions.map(str::parse).collect();
        let dimensions = dimensions
            .map_err(|_| wrong("a shape of whole numbers", format!("shape ({})", shortened(shape))))?;
        Ok(Self {
            bytes: (8 + length_bytes + length) as u64,
            element: element.to_owned(),
            fortran_order,
            shape: dimensions,
        })
    }
}

fn wrong(expected: &'static str, found: String) -> NpyHeaderError {
    NpyHeaderError::Format { expected, found }
}

fn read_whole(file: &mut impl Read, buffer: &mut [u8]) -> Result<(), NpyHeaderError> {
    file.read_exact(buffer).map_err(|source| match source.kind() {
        io::ErrorKind::UnexpectedEof => {
            wrong("a whole NPY header (128 bytes)", "a file that ends before it does".into())
        }
        _ => source.into(),
    })
}

/// Of the header of a trajectory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes before the first row.
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) weights: usize,
}

/// Reads and checks a header of any NPY version: two dimensions, `<f4`, C order, at least one weight.
pub(crate) fn read_header(file: impl Read, path: &Path) -> Result<Header, RecorderError> {
    let wrong = |expected: &str, found: String| RecorderError::Format {
        path: path.to_path_buf(),
        expected: expected.into(),
        found,
    };
    let header = NpyHeader::read(file).map_err(|error| match error {
        NpyHeaderError::Format { expected, found } => wrong(expected, found),
        NpyHeaderError::Read(source) => RecorderError::read(path)(source),
    })?;
    if header.element != "<f4" {
        return Err(wrong(
            "elements '<f4' (32-bit floats, little endian)",
            format!("'{}'", shortened(&header.element)),
        ));
    }
    if header.fortran_order {
        return Err(wrong("C order ('fortran_order': False)", "'fortran_order': True".into()));
    }
    match header.shape[..] {
        [rows, weights] if weights > 0 => {
            let Ok(weights) = usize::try_from(weights) else {
                return Err(wrong("a shape that fits in memory", format!("shape ({rows}, {weights})")));
            };
            Ok(Header { bytes: header.bytes, rows, weights })
        }
        _ => {
            let found = shortened(&format!("{:?}", header.shape));
            Err(wrong("a shape (steps, weights) with at least one weight", format!("shape {found}")))
        }
    }
}

/// For messages: a header's text may be as long as the header.
fn shortened(text: &str) -> String {
    if text.is_empty() {
        return "nothing".to_owned();
    }
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text after `'key':` in the header's dictionary.
fn entry<'a>(dictionary: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = dictionary.split_once(&format!("'{key}'"))?;
    rest.trim_start().strip_prefix(':').map(str::trim_start)
}

fn first_token(text: &str) -> &str {
    text.split([',', '}', '\n']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Header, RecorderError> {
        read_header(bytes, Path::new("x.npy"))
    }

    /// A header as numpy pads it, of any version.
    fn numpy(version: u8, dictionary: &str) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &[version, 0]].concat();
        match version {
            1 => bytes.extend((dictionary.len() as u16).to_le_bytes()),
            _ => bytes.extend((dictionary.len() as u32).to_le_bytes()),
        }
        bytes.extend(dictionary.as_bytes());
        bytes
    }

    #[test]
    fn headers_come_back() {
        for (rows, weights) in [(0, 1), (12_000, 2500), (u64::MAX, usize::MAX)] {
            let header = header(rows, weights);
            assert_eq!(header[HEADER_BYTES - 1], b'\n');
            assert_eq!(read(&header).unwrap(), Header { bytes: 128, rows, weights });
        }
        let dictionary = "{'fortran_order': False, 'shape': (3, 4), 'descr': '<f4'}\n";
        assert_eq!(read(&numpy(2, dictionary)).unwrap(), Header { bytes: 12 + 58, rows: 3, weights: 4 });
    }

    #[test]
    fn foreign_headers_are_named() {
        let message = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(message(b"PK\x03\x04 a zip file").contains("NPY magic"));
        assert!(message(&numpy(9, "")).contains("version 9.0"));
        assert!(
            message(&numpy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }"))
                .contains("'<f8'")
        );
        assert!(
            message(&numpy(1, "{'descr': '>f4', 'fortran_order': False, 'shape': (3, 4), }"))
                .contains("'>f4'")
        );
        assert!(
            message(&numpy(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }"))
                .contains("C order")
        );
        let message_of = |shape: &str| {
            message(&numpy(1, &format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}")))
        };
        for shape in ["(3,)", "(3, 4, 5)", "(3, 0)", "()"] {
            assert!(message_of(shape).contains("shape (steps, weights)"), "{shape}");
        }
        for shape in ["(-3, 4)", "(99999999999999999999, 4)"] {
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
