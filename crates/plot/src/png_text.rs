//! A text inside a PNG.
//!
//! Format: <https://www.w3.org/TR/png-3/#11iTXt>.

use flate2::Crc;

/// Signature and header (length, name, 13 bytes, checksum), after which a text may stand.
const HEAD: usize = 8 + 12 + 13;

/// A PNG with an international text chunk under a keyword.
pub(crate) fn with_text(png: &[u8], keyword: &str, text: &str) -> Vec<u8> {
    let mut body = b"iTXt".to_vec();
    body.extend(keyword.as_bytes());
    // Not compressed, of no language, and with no translation of the keyword.
    body.extend([0; 5]);
    body.extend(text.as_bytes());
    let mut checksum = Crc::new();
    checksum.update(&body);
    let (head, rest) = png.split_at(HEAD.min(png.len()));
    let length = (body.len() - 4) as u32;
    [head, &length.to_be_bytes(), &body, &checksum.sum().to_be_bytes(), rest].concat()
}
