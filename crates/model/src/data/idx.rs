//! The IDX format: `00 00`, element type, number of dimensions, each dimension as a big-endian `u32`,
//! then the elements in row-major order; plain or inside gzip.

use std::{
    cmp::Ordering,
    fmt,
    io::{self, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use super::DataError;

/// IDX type code of unsigned bytes, the only element type of images and labels.
const UNSIGNED_BYTE: u8 = 0x08;

/// The most elements of one file that are loaded: 2³⁰, which is 4 GiB of `f32` pixels.
const LARGEST_PAYLOAD: u64 = 1 << 30;

/// What an IDX file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// `[samples, rows, columns]` pixels.
    Images,
    /// `[samples]` labels.
    Labels,
}

impl Content {
    /// The number of dimensions: 3 for images, 1 for labels.
    pub fn dimensions(self) -> u8 {
        match self {
            Self::Images => 3,
            Self::Labels => 1,
        }
    }

    /// The first four bytes of a file with this content.
    pub fn magic(self) -> [u8; 4] {
        [0, 0, UNSIGNED_BYTE, self.dimensions()]
    }

    fn other(self) -> Self {
        match self {
            Self::Images => Self::Labels,
            Self::Labels => Self::Images,
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Images => "images",
            Self::Labels => "labels",
        })
    }
}

/// A decoded file: `elements.len()` is the product of the `D` dimensions.
#[derive(Debug)]
pub(super) struct Idx<const D: usize> {
    pub(super) dimensions: [u32; D],
    /// In row-major order.
    pub(super) elements: Vec<u8>,
}

/// Decodes a stored images file, `[samples, rows, columns]`; see [`decode`].
pub(super) fn images(stored: &[u8], file: &Path) -> Result<Idx<3>, DataError> {
    decode(stored, Content::Images, file, LARGEST_PAYLOAD)
}

/// Decodes a stored labels file, `[samples]`; see [`decode`].
pub(super) fn labels(stored: &[u8], file: &Path) -> Result<Idx<1>, DataError> {
    decode(stored, Content::Labels, file, LARGEST_PAYLOAD)
}

/// Decodes the bytes of a stored file, gzip or plain (told apart by content: IDX starts with `00`, gzip with `1f 8b`).
///
/// Memory grows with the bytes that are there, never with what the header claims: reading stops one byte past
/// that claim or past `limit`, whichever is less.
fn decode<const D: usize>(
    stored: &[u8],
    expected: Content,
    file: &Path,
    limit: u64,
) -> Result<Idx<D>, DataError> {
    let read_error = |cause: io::Error| match cause.kind() {
        io::ErrorKind::UnexpectedEof => DataError::TruncatedGzip { file: file.into(), bytes: stored.len() },
        io::ErrorKind::OutOfMemory => DataError::Unreadable { file: file.into(), cause },
        _ => DataError::CorruptGzip { file: file.into(), cause },
    };
    let mut bytes: Box<dyn Read + '_> = if stored.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(stored))
    } else {
        Box::new(stored)
    };
    let mut read = |most: u64| {
        let mut buffer = Vec::new();
        bytes.by_ref().take(most).read_to_end(&mut buffer).map_err(read_error)?;
        Ok(buffer)
    };

    let magic = read(4)?;
    check_magic(&magic, expected, file)?;
    let sizes = read(4 * D as u64)?;
    let Ok(dimensions) = <[[u8; 4]; D]>::try_from(sizes.as_chunks().0) else {
        let (found, expected) = (magic.len() + sizes.len(), magic.len() + 4 * D);
        return Err(DataError::TruncatedHeader { file: file.into(), found, expected });
    };
    let dimensions = dimensions.map(u32::from_be_bytes);

    let claimed = element_count(&dimensions);
    let elements = read(claimed.min(limit.into()) as u64 + 1)?;
    let (file, found) = (file.to_path_buf(), elements.len());
    if claimed > limit.into() && found as u64 > limit {
        return Err(DataError::TooLarge { file, dimensions: dimensions.into(), limit });
    }
    match (found as u128).cmp(&claimed) {
        Ordering::Equal => Ok(Idx { dimensions, elements }),
        Ordering::Less => Err(DataError::TruncatedPayload { file, dimensions: dimensions.into(), found }),
        Ordering::Greater => Err(DataError::TrailingBytes { file, dimensions: dimensions.into(), found }),
    }
}

fn check_magic(magic: &[u8], expected: Content, file: &Path) -> Result<(), DataError> {
    let file = file.to_path_buf();
    let &[0, 0, code, found] = magic else {
        return Err(DataError::NotIdx { file, found: magic.to_vec(), expected });
    };
    if magic == expected.other().magic() {
        Err(DataError::Swapped { file, found: expected.other(), expected })
    } else if code != UNSIGNED_BYTE {
        Err(DataError::ElementType { file, code })
    } else if found != expected.dimensions() {
        Err(DataError::DimensionCount { file, found, expected })
    } else {
        Ok(())
    }
}

/// Product of the dimensions: at most three of 32 bits each, so 128 bits always hold it.
fn element_count(dimensions: &[u32]) -> u128 {
    dimensions.iter().map(|&size| u128::from(size)).product()
}

/// `60000 × 28 × 28 = 47040000`, or `60000` for one dimension.
pub(super) fn shape(dimensions: &[u32]) -> String {
    let sizes: Vec<String> = dimensions.iter().map(u32::to_string).collect();
    match sizes.as_slice() {
        [single] => single.clone(),
        _ => format!("{} = {}", sizes.join(" × "), element_count(dimensions)),
    }
}

/// The name of an IDX type code.
pub(super) fn element_type(code: u8) -> &'static str {
    match code {
        0x08 => "unsigned byte",
        0x09 => "signed byte",
        0x0b => "16-bit integer",
        0x0c => "32-bit integer",
        0x0d => "32-bit float",
        0x0e => "64-bit float",
        _ => "unknown to IDX",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_payload_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
        let file = |count: u8| [vec![0, 0, 8, 1, 0, 0, 0, count], vec![0; count.into()]].concat();
        for stored in [file(101), gzip(&file(101))] {
            let error = decode::<1>(&stored, Content::Labels, Path::new("f"), 100).unwrap_err();
            assert!(matches!(error, DataError::TooLarge { limit: 100, .. }), "{error}");
        }
        let idx = decode::<1>(&file(100), Content::Labels, Path::new("f"), 100).unwrap();
        assert_eq!((idx.dimensions, idx.elements.len()), ([100], 100));
    }

    #[test]
    fn reading_stops_one_byte_past_the_claim() {
        // 64 MiB of zeros in about 64 kB of gzip, behind a header that claims three labels.
        let bomb = gzip(&[vec![0, 0, 8, 1, 0, 0, 0, 3], vec![0; 64 << 20]].concat());
        let error = labels(&bomb, Path::new("f")).unwrap_err();
        assert!(matches!(error, DataError::TrailingBytes { found: 4, .. }), "{error}");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            prefix in prop::sample::select(vec![vec![], vec![0, 0], vec![0, 0, 8, 1], vec![0, 0, 8, 3], vec![0x1f, 0x8b, 8, 0]]),
            tail in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [prefix, tail].concat();
            let file = Path::new("f");
            for stored in [&bytes, &gzip(&bytes)] {
                if let Ok(idx) = images(stored, file) {
                    prop_assert_eq!(idx.elements.len() as u128, element_count(&idx.dimensions));
                }
                if let Ok(idx) = labels(stored, file) {
                    prop_assert_eq!(idx.elements.len() as u128, element_count(&idx.dimensions));
                }
            }
        }
    }
}
