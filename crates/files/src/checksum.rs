//! SHA-256: whether a file is still the one that was written.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{FileError, Result, open};

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 18;

/// What a file held when it was finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its length.
    pub bytes: u64,
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl FileSum {
    /// Of a file as it is now.
    ///
    /// # Errors
    /// [`FileError::Io`] if it cannot be read, [`FileError::Malformed`] if it is no ordinary file.
    pub fn of(path: &Path) -> Result<Self> {
        Self::of_with_progress(path, |_| {})
    }

    /// The same; `read` is told of every so many bytes that were read.
    ///
    /// # Errors
    /// As [`FileSum::of`].
    pub fn of_with_progress(path: &Path, read: impl Fn(u64)) -> Result<Self> {
        let mut file = open(path)?;
        let (mut hash, mut block, mut bytes) = (Sha256::new(), vec![0; BLOCK], 0);
        loop {
            match file.read(&mut block).map_err(FileError::reading(path))? {
                0 => break,
                count => {
                    hash.update(&block[..count]);
                    bytes += count as u64;
                    read(count as u64);
                }
            }
        }
        Ok(Self { bytes, sha256: hex::encode(hash.finalize()) })
    }

    /// Of files of a folder, by their names.
    ///
    /// # Errors
    /// As [`FileSum::of`].
    pub fn of_all(folder: &Path, names: &[&str]) -> Result<BTreeMap<String, Self>> {
        names.iter().map(|name| Ok(((*name).to_owned(), Self::of(&folder.join(name))?))).collect()
    }

    /// Of a file's content.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: sha256(&[bytes]) }
    }

    /// What tells another file apart from this one; `None` if it is the same.
    pub fn difference(&self, found: &Self) -> Option<String> {
        if self == found {
            None
        } else if self.bytes != found.bytes {
            Some(format!("{} bytes instead of {}", found.bytes, self.bytes))
        } else {
            Some(format!("SHA-256 {}… instead of {}…", short(&found.sha256), short(&self.sha256)))
        }
    }
}

/// The first digits of a checksum, enough to tell two apart.
pub fn short(sha256: &str) -> String {
    sha256.chars().take(12).collect()
}

/// SHA-256 of parts one after the other, in lower-case hexadecimal.
pub fn sha256(parts: &[&[u8]]) -> String {
    let digest = parts.iter().fold(Sha256::new(), |digest, bytes| digest.chain_update(bytes));
    hex::encode(digest.finalize())
}

/// The last key of a sealed JSON object.
const SEAL: &str = ",\n  \"sha256\": \"";
const END: &str = "\n}\n";

/// Whether a JSON text is the one that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Every byte is.
    Whole,
    /// It was changed.
    Broken,
    /// It has none.
    None,
}

/// Closes an indented JSON object with the SHA-256 of all that stands before, as its key `sha256`.
pub(crate) fn sealed(json: &str) -> String {
    match json.trim_end().strip_suffix("\n}") {
        Some(body) => format!("{body}{SEAL}{}\"{END}", FileSum::of_bytes(body.as_bytes()).sha256),
        None => json.to_owned(),
    }
}

/// Looks at the seal of a text.
pub fn seal(text: &str) -> Seal {
    let Some((body, rest)) = text.rsplit_once(SEAL) else { return Seal::None };
    match rest.strip_suffix(END).and_then(|rest| rest.strip_suffix('"')) {
        Some(sha256) if sha256 == FileSum::of_bytes(body.as_bytes()).sha256 => Seal::Whole,
        _ => Seal::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's example, and the file of one million `a` (NIST).
    #[test]
    fn checksums_are_those_of_the_standard() {
        let abc = FileSum::of_bytes(b"abc");
        assert_eq!(abc.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, vec![b'a'; 1_000_000]).unwrap();
        let million = FileSum::of(&file).unwrap();
        assert_eq!(million.bytes, 1_000_000);
        assert_eq!(million.sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    #[test]
    fn any_change_breaks_a_seal() {
        let text = sealed("{\n  \"a\": 1,\n  \"b\": {}\n}\n");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        assert_eq!(seal(&text), Seal::Whole);
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_ne!(seal(&changed), Seal::Whole, "byte {place}");
        }
        assert_eq!(seal("{\n  \"a\": 1\n}\n"), Seal::None);
        assert_eq!(seal(&format!("{text} ")), Seal::Broken);
    }
}
