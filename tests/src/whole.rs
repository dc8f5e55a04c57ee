//! What has to hold of a folder whatever ended the program at work in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::{Array, IxDyn};
use ndarray_npy::NpzReader;
use varflat_recorder::Trajectory;

use crate::{Case, Snapshot};

impl Case {
    /// Whatever has the name of a result is whole: the bytes of before or of the undisturbed end; what grows is a piece of that from its
    /// beginning; and what an unfinished command keeps for itself can be read.
    #[track_caller]
    pub(crate) fn assert_nothing_half(&self, context: &str) {
        let mut checkpoints: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        for (name, bytes) in Snapshot::of(&self.folder).without_times().files() {
            let path = self.folder.join(name);
            let own = |name: &str| name.starts_with('.') || name.ends_with(".tmp");
            let last = name.rsplit('/').next().unwrap_or(name);
            if let Some(folder) = path.parent().filter(|_| !name.split('/').any(own))
                && folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("checkpoint-"))
            {
                checkpoints.entry(folder.to_owned()).or_default().push(last.to_owned());
            }
            let before = self.before.clone().without_times();
            if name.split('/').any(own)
                || self.after.get(name) == Some(bytes)
                || before.get(name) == Some(bytes)
            {
                continue;
            }
            let good = match last {
                "run.json" | "trajectory.json" | "state.json" => {
                    serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
                }
                "metrics.csv" => bytes.ends_with(b"\n") && self.is_beginning(name, 0, bytes),
                "trajectory.npy" => rows(&path).is_some_and(|rows| self.is_beginning(name, 128, &rows)),
                // Why a point of a sweep failed.
                _ if name.starts_with("failures/") => {
                    serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
                }
                "flatness.partial.csv" => lines_are_whole(bytes),
                "optimizer.bin" => !bytes.is_empty(),
                _ if last.starts_with("trajectory.part-") => rows(&path).is_some(),
                "weights.npz" | "means.npz" | "walk.partial.npz" => npz_is_whole(&path),
                _ => false,
            };
            assert!(good, "{context}: {name} is not whole ({} bytes)", bytes.len());
        }
        for (folder, files) in checkpoints {
            let whole = ["means.npz", "optimizer.bin", "state.json", "weights.npz"];
            assert_eq!(files, whole, "{context}: {}", folder.display());
        }
        if self.folder.join("config.toml").exists() {
            let folder = self.folder.to_str().unwrap().to_owned();
            let outcome = self.program.run(&["inspect".to_owned(), folder]);
            assert_eq!(outcome.code, Some(0), "{context}: {outcome:#?}");
        }
    }

    /// Whether these bytes are those of the undisturbed file from `from` on.
    fn is_beginning(&self, name: &str, from: usize, bytes: &[u8]) -> bool {
        self.after.get(name).is_some_and(|whole| whole[from..].starts_with(bytes))
    }
}

/// The rows of a trajectory, if it has all that its header promises.
fn rows(path: &Path) -> Option<Vec<u8>> {
    // A copy by itself: the sidecar belongs to the finished file.
    let copy = tempfile::tempdir().unwrap();
    let alone = copy.path().join("rows.npy");
    std::fs::write(&alone, counted(&std::fs::read(path).unwrap())?).unwrap();
    let trajectory = Trajectory::open(&alone).ok().filter(|rows| !rows.is_truncated())?;
    Some(trajectory.read().ok()?.iter().flat_map(|weight| weight.to_le_bytes()).collect())
}

/// The header and the rows that it counts: of a recording that goes on there may be more, which a file by itself cannot explain.
fn counted(bytes: &[u8]) -> Option<&[u8]> {
    let header = String::from_utf8_lossy(bytes.get(..128)?);
    let shape = header.split_once("'shape': (")?.1.split_once(')')?.0;
    let sides: Option<Vec<usize>> = shape.split(',').map(|side| side.trim().parse().ok()).collect();
    let end = 128 + 4 * sides?.iter().product::<usize>();
    Some(&bytes[..end.min(bytes.len())])
}

/// All but the last line, which a kill may tear, have six cells, or close a block.
fn lines_are_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().all(|line| line.starts_with('#') || line.split(',').count() == 6)
}

fn npz_is_whole(path: &Path) -> bool {
    let Ok(mut npz) = NpzReader::new(std::fs::File::open(path).unwrap()) else { return false };
    let names = npz.names().unwrap_or_default();
    let mut reads = |name: &str| {
        npz.by_name::<ndarray::OwnedRepr<f64>, IxDyn>(name).is_ok()
            || npz.by_name::<ndarray::OwnedRepr<f32>, IxDyn>(name).is_ok()
            || npz.by_name::<ndarray::OwnedRepr<i64>, IxDyn>(name).map(|_: Array<i64, IxDyn>| ()).is_ok()
    };
    !names.is_empty() && names.iter().all(|name| reads(name))
}
