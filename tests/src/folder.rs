//! What is in a folder, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The files of a finished run that depend on nothing but the experiment: all but `run.json`, which knows times.
pub const RESULTS: [&str; 12] = [
    "config.toml",
    "metrics.csv",
    "trajectory.npy",
    "trajectory.json",
    "weights_mean.npz",
    "weights_final.npz",
    "pca.npz",
    "projections.npy",
    "flatness.csv",
    "landscape.npz",
    "fit.json",
    "jackknife.npz",
];

/// Every file below a folder and its bytes, but for the lock file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot(BTreeMap<String, Vec<u8>>);

impl Snapshot {
    /// Of everything below a folder.
    pub fn of(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        collect(folder, folder, &mut files);
        Self(files)
    }

    /// Of the [`RESULTS`] alone, each of which has to be there.
    #[track_caller]
    pub fn of_results(run: &Path) -> Self {
        let read = |name: &str| {
            let bytes = fs::read(run.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name.to_owned(), bytes)
        };
        Self(RESULTS.into_iter().map(read).collect())
    }

    /// The same without some files.
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// The same without the times in its JSON files, which no two runs share.
    pub fn without_times(mut self) -> Self {
        for (name, bytes) in &mut self.0 {
            if name.ends_with(".json") {
                *bytes = timeless(bytes);
            }
        }
        self
    }

    /// Names and bytes.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// The bytes of a file, if it is there.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Make a folder hold these files and no others.
    pub fn restore(&self, folder: &Path) {
        let _ = fs::remove_dir_all(folder);
        for (name, bytes) in self.files() {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
    }

    /// Names of files that are in one only, or differ.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut names: Vec<&String> = self.0.keys().chain(other.0.keys()).collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| match (self.0.get(name), other.0.get(name)) {
                (Some(ours), Some(theirs)) if ours == theirs => None,
                (Some(_), Some(_)) => Some(format!("{name} changed")),
                (Some(_), None) => Some(format!("{name} is gone")),
                (None, _) => Some(format!("{name} is new")),
            })
            .collect()
    }
}

/// Panics with the files that differ.
#[track_caller]
pub fn assert_same(before: &Snapshot, after: &Snapshot, context: &str) {
    let differences = before.differences(after);
    assert!(differences.is_empty(), "{context}: {}", differences.join(", "));
}

/// Names of the files and folders in a folder, hidden ones included, but for the lock file.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".lock")
        .collect();
    names.sort();
    names
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Write `run.json` as varflat would, closed by the SHA-256 of all that stands before the last key; or without it, as before
/// checksums were kept.
pub fn write_record(run: &Path, mut record: Value, sealed: bool) {
    record.as_object_mut().unwrap().remove("sha256");
    let text = serde_json::to_string_pretty(&record).unwrap();
    let body = text.strip_suffix("\n}").unwrap();
    let seal =
        if sealed { format!(",\n  \"sha256\": \"{}\"", sha256(body.as_bytes())) } else { String::new() };
    fs::write(run.join("run.json"), format!("{body}{seal}\n}}\n")).unwrap();
}

/// The record of a run without any checksum.
pub fn without_checksums(run: &Path) -> Value {
    let mut record: Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    record.as_object_mut().unwrap().remove("config");
    for stage in record["stages"].as_object_mut().unwrap().values_mut() {
        stage.as_object_mut().unwrap().remove("files");
    }
    record
}

/// JSON with every `seconds` at 0, and without what follows from them: the checksums of its own text and of other records. What is no
/// JSON stays as it is.
fn timeless(bytes: &[u8]) -> Vec<u8> {
    fn clear(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => map.iter_mut().for_each(|(key, value)| match key.as_str() {
                "seconds" => *value = 0.into(),
                _ => clear(value),
            }),
            serde_json::Value::Array(values) => values.iter_mut().for_each(clear),
            _ => {}
        }
    }
    let Ok(mut value) = serde_json::from_slice(bytes) else { return bytes.to_vec() };
    clear(&mut value);
    if let Some(map) = value.as_object_mut() {
        map.remove("sha256");
        map.remove("runs");
    }
    serde_json::to_vec_pretty(&value).unwrap()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    // A folder that is not there holds nothing.
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.file_name().is_some_and(|name| name != ".lock") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}
