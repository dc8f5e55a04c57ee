//! Valid files on a bench, and how bytes take the place of one.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use flate2::Crc;
use tempfile::TempDir;
use varflat::RunFolder;

use super::Outcome;

/// A folder of valid files, one of which is replaced at a time.
#[derive(Debug)]
pub struct Bench {
    root: TempDir,
    tables: Vec<PathBuf>,
}

impl Bench {
    /// A copy of `model`: a finished run in `run`, images in `images`, and in `tables` a folder for every figure that has tables.
    pub fn new(model: &Path) -> Self {
        let root = tempfile::tempdir().unwrap();
        copy(model, root.path());
        let mut tables: Vec<PathBuf> = fs::read_dir(root.path().join("tables"))
            .unwrap()
            .flat_map(|part| fs::read_dir(part.unwrap().path()).unwrap())
            .map(|table| table.unwrap().path())
            .collect();
        tables.sort();
        Self { root, tables }
    }

    /// A place on the bench.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The tables of all figures, in order.
    pub fn tables(&self) -> &[PathBuf] {
        &self.tables
    }

    pub(super) fn run(&self) -> Result<RunFolder, String> {
        RunFolder::view(self.path("run")).map_err(|error| error.to_string())
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(&path, &place).unwrap();
        }
    }
}

/// An error has to name the file (or the key, or the text) that it is about.
pub(super) fn naming<T, E: Display>(part: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| {
        let message = error.to_string();
        assert!(message.contains(part), "the error does not name {part}: {message}");
        message
    })
}

/// With the bytes in place of a file for the time being.
pub(super) fn instead<T>(file: &Path, bytes: &[u8], read: impl FnOnce() -> T) -> T {
    let before = fs::read(file).ok();
    fs::write(file, bytes).unwrap();
    let outcome = read();
    match before {
        Some(before) => fs::write(file, before).unwrap(),
        None => fs::remove_file(file).unwrap(),
    }
    outcome
}

/// The bytes in a gzip stream whose checksum fits, since a fuzzer would never find one; stored, which costs no time.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = bytes.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
        stream.extend(block);
    }
    if bytes.is_empty() {
        stream.extend([1, 0, 0, 255, 255]);
    }
    let mut checksum = Crc::new();
    checksum.update(bytes);
    stream.extend([checksum.sum().to_le_bytes(), checksum.amount().to_le_bytes()].concat());
    stream
}

/// An npz file with the checksums of what is stored in it, wherever its directory can be made out.
pub fn with_checksums(npz: &[u8]) -> Vec<u8> {
    let mut repaired = npz.to_vec();
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = npz.get(at..at.checked_add(length)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    for at in npz.windows(4).enumerate().filter(|(_, bytes)| *bytes == b"PK\x01\x02").map(|(at, _)| at) {
        // Fields of the central directory and of the local header it points to.
        let checksum = || {
            let (size, local) = (number(at + 20, 4)?, number(at + 42, 4)?);
            let start = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
            let mut checksum = Crc::new();
            checksum.update(npz.get(start..start.checked_add(size)?)?);
            Some(checksum.sum().to_le_bytes())
        };
        if let (Some(checksum), Some(field)) = (checksum(), repaired.get_mut(at + 16..at + 20)) {
            field.copy_from_slice(&checksum);
        }
    }
    repaired
}

/// An npz file as it is, and with fitting checksums.
pub(super) fn npz(file: &Path, bytes: &[u8], read: impl Fn() -> Outcome) -> Outcome {
    let repaired = instead(file, &with_checksums(bytes), &read);
    instead(file, bytes, &read).and(repaired)
}

/// `count` parts of the bytes, each but the last with its length before it.
pub(super) fn parts(mut bytes: &[u8], count: usize) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while parts.len() + 1 < count {
        let Some((length, rest)) = bytes.split_first_chunk() else { break };
        let (part, rest) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
        parts.push(part);
        bytes = rest;
    }
    parts.push(bytes);
    parts.resize(count, &[]);
    parts
}

/// Parts put together as [`READERS`](super::READERS) of several files take them apart.
pub fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
    let (last, first) = parts.split_last().unwrap();
    let with_length = |part: &Vec<u8>| [&(part.len() as u16).to_le_bytes(), part.as_slice()].concat();
    first.iter().flat_map(with_length).chain(last.iter().copied()).collect()
}
