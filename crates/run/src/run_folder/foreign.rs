//! What a folder holds that may be no run's.

use std::path::{Path, PathBuf};

use varflat_files::{FileError, read_csv, read_json, read_text};
use varflat_model::Metrics;

use crate::artifacts::{Stage, is_a_runs, is_partial, names};
use crate::error::{Error, Remedy, Result};
use crate::experiment::Experiment;
use crate::run_record::RunRecord;

/// Why nothing is made in a folder that holds something else.
pub(super) const NOT_OURS: &str = "the folder is not empty and not a run of varflat's";
/// The same of a folder that is looked into.
pub(super) const NO_RUN: &str = "nothing else in the folder says that it is a run of varflat's";

/// Refuse the folder of a study or of figures where that of a run is needed.
pub(super) fn check_no_tables(path: &Path) -> Result<()> {
    let mut names = if path.is_dir() { visible(path)? } else { Vec::new() };
    names.retain(|name| name.ends_with(".json") && !is_a_runs(name));
    names.sort();
    for name in names {
        let file = path.join(&name);
        if file.metadata().is_ok_and(|file| file.len() > 0) && is_record(&file)? {
            let problem = format!("is no run but holds tables ({name})");
            return Err(Error::malformed(path, problem, Remedy::UseAsTables));
        }
    }
    Ok(())
}

/// Whether a file is a record of varflat's in a folder of tables, whole or damaged: all name the version that made them.
///
/// # Errors
/// [`Error::File`] if it cannot be read.
pub fn is_record(file: &Path) -> Result<bool> {
    if !file.is_file() {
        return Ok(false);
    }
    let bytes = std::fs::read(file).map_err(FileError::reading(file))?;
    let text = String::from_utf8_lossy(&bytes);
    let begins = ["experiment", "study", "sweep"]
        .iter()
        .any(|key| text.starts_with(&format!("{{\n  \"{key}\": {{\n    \"name\": ")));
    let damaged = || serde_json::from_slice::<serde_json::Value>(&bytes).is_err();
    Ok(bytes.is_empty() || text.contains("\"varflat\": \"") || (begins && damaged()))
}

/// Whether a run of varflat's was made in the folder: its record or its experiment says so or, where both are damaged, its
/// measurements do, and there is nothing that is not a run's.
pub(super) fn is_ours(path: &Path) -> Result<bool> {
    let config = path.join(names::CONFIG);
    if has_record(path) || Experiment::read(&config, &[]).is_ok() {
        return Ok(true);
    }
    Ok(!is_foreign(&config) && has_metrics(path) && is_all_a_runs(path)?)
}

/// Whether a file has settings that are no experiment's: somebody else's, and no damage. An experiment has a name.
fn is_foreign(config: &Path) -> bool {
    let settings = read_text(config).ok().and_then(|text| text.parse::<toml::Table>().ok());
    settings.is_some_and(|keys| !keys.is_empty() && !keys.get("name").is_some_and(toml::Value::is_str))
}

/// Whether the measurements of a training are those that varflat writes; names alone could be those of anybody's files.
fn has_metrics(path: &Path) -> bool {
    read_csv::<Metrics>(&path.join(names::METRICS)).is_ok_and(|rows| !rows.is_empty())
}

/// Whether `run.json` says that a run was begun here; it does before any result is written.
fn has_record(path: &Path) -> bool {
    let record = read_json::<RunRecord>(&path.join(names::RUN));
    record.is_ok_and(|record| !record.name.is_empty())
}

/// A file in the place of a result of which no record says that varflat wrote it. A damaged record is named by whoever reads it.
pub(super) fn unknown_result(path: &Path) -> Option<PathBuf> {
    let damaged = || {
        let record = path.join(names::RUN);
        record.exists() && read_json::<RunRecord>(&record).is_err()
    };
    if has_record(path) || damaged() {
        return None;
    }
    let results = Stage::ALL.iter().flat_map(|stage| stage.results());
    let partial = [names::FLATNESS_PARTIAL, names::WALK];
    results.chain(partial).map(|name| path.join(name)).find(|file| file.symlink_metadata().is_ok())
}

/// Refuse the folder of a sweep where that of a run is needed.
///
/// # Errors
/// [`Error::Malformed`].
pub fn check_no_sweep(path: &Path) -> Result<()> {
    if path.join(names::SWEEP).exists() && !path.join(names::CONFIG).exists() {
        let problem = "is the folder of a sweep, whose points are runs";
        return Err(Error::malformed(path, problem, Remedy::UseAsSweep));
    }
    Ok(())
}

fn is_all_a_runs(path: &Path) -> Result<bool> {
    let names = visible(path)?;
    let is_result = |name: &str| Stage::of_file(name).is_some() || name == names::FLATNESS_PARTIAL;
    let known = |name: &String| {
        is_result(name) || is_partial(name) || [names::CONFIG, names::RUN].contains(&name.as_str())
    };
    Ok(names.iter().all(known) && names.iter().any(|name| is_result(name)))
}

/// Names of what is not hidden.
pub(super) fn visible(path: &Path) -> Result<Vec<String>> {
    let names = entries(path)?.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| !name.starts_with('.')).collect())
}

/// What is in a folder.
pub(super) fn entries(path: &Path) -> Result<Vec<std::fs::DirEntry>> {
    let entries = std::fs::read_dir(path).map_err(FileError::reading(path))?;
    Ok(entries.collect::<std::io::Result<_>>().map_err(FileError::reading(path))?)
}
