//! The NPY header: magic, version, and a dictionary that names element type, order and shape.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::io::{self, Read};

use super::element::FloatElement;
use super::remedy::{element_remedy, shortened};

/// What every NPY file begins with.
const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// A dictionary with three entries is a few dozen bytes; a longer one is no header of ours or of numpy.
const LONGEST_DICTIONARY: usize = 1 << 16;
/// The length of the headers that [`growing_header`] makes.
pub const GROWING_HEADER_BYTES: usize = 128;
/// Magic, two version bytes and the two bytes of the dictionary's length (version 1.0).
const PREAMBLE_BYTES: usize = 10;

/// The NPY 1.0 header of a C-ordered array `[rows, columns]`, in 128 bytes whatever the numbers: the rows can grow to any u64 in place.
pub fn growing_header(element: FloatElement, rows: u64, columns: usize) -> [u8; GROWING_HEADER_BYTES] {
    let mut header = [b' '; GROWING_HEADER_BYTES];
    header[..6].copy_from_slice(MAGIC);
    header[6..8].copy_from_slice(&[1, 0]);
    header[8..10].copy_from_slice(&((GROWING_HEADER_BYTES - PREAMBLE_BYTES) as u16).to_le_bytes());
    // At most 98 bytes, with twenty digits in both numbers.
    let dictionary =
        format!("{{'descr': '{element}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    header[PREAMBLE_BYTES..PREAMBLE_BYTES + dictionary.len()].copy_from_slice(dictionary.as_bytes());
    header[GROWING_HEADER_BYTES - 1] = b'\n';
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
    /// The shape as it is written, without its parentheses.
    pub shape_text: String,
}

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
        let (dictionary, bytes) = read_dictionary(&mut file)?;
        let (element, fortran_order) = (element(&dictionary)?, fortran_order(&dictionary)?);
        let shape_text = shape(&dictionary)?;
        let shape = dimensions(shape_text)?;
        Ok(Self { bytes, element, fortran_order, shape, shape_text: shape_text.to_owned() })
    }

    /// Whether a comma between digits, followed by three of them and no space, may separate thousands: numpy writes a space after
    /// the commas of a shape.
    pub fn has_groups(&self) -> bool {
        let mut parts = self.shape_text.split(',').skip(1);
        parts.any(|part| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// The dictionary of a header of any version, and the bytes before the first element.
fn read_dictionary(file: &mut impl Read) -> Result<(String, u64), NpyHeaderError> {
    let mut preamble = [0; 8];
    read_whole(file, &mut preamble)?;
    let (magic, version) = preamble.split_at(6);
    if magic != MAGIC {
        let found = format!("{:?}", String::from_utf8_lossy(magic));
        return Err(wrong("the NPY magic \\x93NUMPY", found));
    }
    let (length, length_bytes) = match version[0] {
        1 => {
            let mut length = [0; 2];
            read_whole(file, &mut length)?;
            (usize::from(u16::from_le_bytes(length)), 2)
        }
        2 | 3 => {
            let mut length = [0; 4];
            read_whole(file, &mut length)?;
            (u32::from_le_bytes(length) as usize, 4)
        }
        _ => return Err(wrong("NPY version 1.0 to 3.0", format!("version {}.{}", version[0], version[1]))),
    };
    if length > LONGEST_DICTIONARY {
        return Err(wrong("an NPY header of at most 64 KiB", format!("one of {length} bytes")));
    }
    let mut dictionary = vec![0; length];
    read_whole(file, &mut dictionary)?;
    let bytes = preamble.len() + length_bytes + length;
    Ok((String::from_utf8_lossy(&dictionary).into_owned(), bytes as u64))
}

/// The element type.
fn element(dictionary: &str) -> Result<String, NpyHeaderError> {
    let descr = first_token(entry(dictionary, "descr").unwrap_or_default());
    let element = ['\'', '"'].iter().find_map(|quote| descr.strip_prefix(*quote)?.strip_suffix(*quote));
    element.map(str::to_owned).ok_or_else(|| {
        let found = if descr.starts_with('[') { element_remedy(descr) } else { shortened(descr) };
        wrong("an element type such as '<f4'", found)
    })
}

/// Whether the first index varies fastest.
fn fortran_order(dictionary: &str) -> Result<bool, NpyHeaderError> {
    match first_token(entry(dictionary, "fortran_order").unwrap_or_default()) {
        "False" => Ok(false),
        "True" => Ok(true),
        order => Err(wrong("'fortran_order': False or True", shortened(order))),
    }
}

/// The shape as it is written, without its parentheses.
fn shape(dictionary: &str) -> Result<&str, NpyHeaderError> {
    entry(dictionary, "shape")
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.split_once(')'))
        .map(|(shape, _)| shape)
        .ok_or_else(|| wrong("'shape': (…)", "nothing".into()))
}

/// The lengths in a shape.
fn dimensions(shape: &str) -> Result<Vec<u64>, NpyHeaderError> {
    let dimensions = shape.split(',').map(str::trim).filter(|dimension| !dimension.is_empty());
    // Python 2 marks long numbers with an L.
    let numbers = dimensions.map(|dimension| dimension.strip_suffix('L').unwrap_or(dimension).parse());
    numbers
        .collect::<Result<_, _>>()
        .map_err(|_| wrong("a shape of whole numbers", format!("shape ({})", shortened(shape))))
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

/// The text after `'key':` in the header's dictionary.
fn entry<'a>(dictionary: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = dictionary.split_once(&format!("'{key}'"))?;
    rest.trim_start().strip_prefix(':').map(str::trim_start)
}

fn first_token(text: &str) -> &str {
    text.split([',', '}', '\n']).next().unwrap_or_default().trim()
}
