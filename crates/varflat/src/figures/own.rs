//! Whose files lie in a figure folder: nothing is written over one that varflat did not write, and what cannot be written to is
//! known before anything is computed for it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use varflat_files::{FileError, check_files, make_folder, probe, remove, write_whole};

use super::{DRAWN, run};
use crate::artifacts::names;
use crate::error::{Error, Remedy, Result};
use crate::{report, study, sweep};

/// Endings of a drawing.
const DRAWINGS: [&str; 3] = ["svg", "png", "pdf"];

/// Make a figure folder if it is not there, and find out whether the tables and drawings of these records, and a report on them, can be
/// written there. To be asked before anything is computed for them; `sources` are the folders of the runs and studies that they come
/// from.
///
/// # Errors
/// [`Error::File`] if nothing can be written there, [`Error::Malformed`] if it is one of the sources, or a file is in the way that is not
/// varflat's.
pub(crate) fn prepare(folder: &Path, records: &[&str], sources: &[&Path]) -> Result<()> {
    make_folder(folder)?;
    probe(folder)?;
    sources.iter().try_for_each(|source| check_apart(folder, source))?;
    records.iter().try_for_each(|record| check(folder, record))?;
    report::check_own(folder)
}

/// Refuse to put figures where the results lie that they are made from: some of the tables have the same names.
pub(crate) fn check_apart(folder: &Path, source: &Path) -> Result<()> {
    let same = folder
        .canonicalize()
        .ok()
        .is_some_and(|folder| source.canonicalize().is_ok_and(|source| source == folder));
    // What is not there yet is at least called otherwise.
    if same || std::path::absolute(folder).ok() == std::path::absolute(source).ok() {
        let problem = "is the folder of the results themselves";
        return Err(Error::malformed(folder, problem, Remedy::OtherFigures));
    }
    Ok(())
}

/// Refuse a folder in which the tables or drawings of a record would replace what is not varflat's.
pub(crate) fn check(folder: &Path, record: &str) -> Result<()> {
    check_files(folder)?;
    if [names::CONFIG, names::RUN].iter().all(|name| folder.join(name).exists()) {
        let problem = "is a run folder, whose own tables the figures' would replace";
        return Err(Error::malformed(folder, problem, Remedy::OtherFigures));
    }
    let path = folder.join(record);
    let ours = is_record(&path)? || is_unfinished(folder, record);
    if path.exists() && !ours {
        return Err(foreign(&path));
    }
    let tables = if ours { &[] } else { tables(record) };
    match tables.iter().map(|table| folder.join(table)).find(|table| holds_something(table)) {
        Some(table) => Err(foreign(&table)),
        None => figures(record).try_for_each(|name| check_drawing(folder, name)),
    }
}

/// Refuse to replace a drawing that varflat did not make.
pub(crate) fn check_drawing(folder: &Path, name: &str) -> Result<()> {
    let [svg, png, pdf] = DRAWINGS.map(|ending| folder.join(format!("{name}.{ending}")));
    // The others are made from the SVG, which is written first.
    let drawn =
        if holds_something(&svg) { is_drawing(&svg)? } else { !holds_something(&png) || is_png(&png)? };
    match [svg, png, pdf].into_iter().find(|file| !drawn && holds_something(file)) {
        Some(file) => Err(foreign(&file)),
        None => Ok(()),
    }
}

/// The records of a folder that varflat wrote.
///
/// # Errors
/// [`Error::Malformed`] if there is none, or one that somebody else wrote; [`Error::File`] if the folder cannot be read.
pub(crate) fn records(folder: &Path) -> Result<Vec<&'static str>> {
    check_files(folder)?;
    let there: Vec<&str> =
        DRAWN.iter().map(|(record, _)| *record).filter(|record| folder.join(record).exists()).collect();
    if there.is_empty() {
        let problem = "holds no tables of varflat's (such as summary.json)";
        return Err(Error::malformed(folder, problem, Remedy::WriteTables));
    }
    for record in &there {
        let path = folder.join(record);
        if !is_record(&path)? {
            let problem = "was not written by varflat";
            return Err(Error::malformed(&path, problem, Remedy::MoveAwayAndWriteTables));
        }
    }
    Ok(there)
}

/// As long as it is there, the tables of a record are being written: what lies there without a record is varflat's all the same.
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    /// The tables of a record are about to be replaced. The record goes first and comes last, because what is drawn is decided by it.
    ///
    /// # Errors
    /// As [`check`]; [`Error::File`] if the folder cannot be written to.
    pub(crate) fn begin(folder: &Path, record: &str) -> Result<Self> {
        check(folder, record)?;
        let mark = mark(folder, record);
        write_whole(&mark, |_| Ok(()))?;
        remove(&folder.join(record))?;
        Ok(Self(mark))
    }

    /// The record is there again.
    pub(crate) fn end(self) -> Result<()> {
        Ok(remove(&self.0)?)
    }
}

fn mark(folder: &Path, record: &str) -> PathBuf {
    folder.join(format!(".{record}.unfinished"))
}

fn is_unfinished(folder: &Path, record: &str) -> bool {
    mark(folder, record).exists()
}

/// The tables beside a record.
fn tables(record: &str) -> &'static [&'static str] {
    match record {
        run::tables::SUMMARY => &run::tables::DRAWN,
        sweep::RECORD => &[sweep::EXPONENTS, sweep::POINTS],
        study => study::tables_of(study),
    }
}

/// The figures drawn of a record.
fn figures(record: &str) -> impl Iterator<Item = &'static str> {
    let drawn = DRAWN.into_iter().filter(move |(of, _)| *of == record);
    drawn.flat_map(|(_, figures)| figures.iter().map(|(name, _)| *name))
}

/// Whether there is anything to lose.
fn holds_something(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|there| !there.is_file() || there.len() > 0)
}

/// Whether a file is a record of varflat's, whole or damaged: all name the version that made them.
pub(crate) fn is_record(file: &Path) -> Result<bool> {
    if !file.is_file() {
        return Ok(false);
    }
    let bytes = fs::read(file).map_err(FileError::reading(file))?;
    let text = String::from_utf8_lossy(&bytes);
    let begins = ["experiment", "study", "sweep"]
        .iter()
        .any(|key| text.starts_with(&format!("{{\n  \"{key}\": {{\n    \"name\": ")));
    let damaged = || serde_json::from_slice::<Value>(&bytes).is_err();
    Ok(bytes.is_empty() || text.contains("\"varflat\": \"") || (begins && damaged()))
}

/// Whether an SVG is a drawing of varflat's: all of them begin so, from the first version on.
fn is_drawing(file: &Path) -> Result<bool> {
    let bytes = fs::read(file).map_err(FileError::reading(file))?;
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    Ok(first.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"")
        && first.contains("stroke-linejoin=\"round\">"))
}

/// Whether a PNG says where it comes from as varflat's do.
fn is_png(file: &Path) -> Result<bool> {
    let bytes = fs::read(file).map_err(FileError::reading(file))?;
    Ok(bytes.windows(PROVENANCE.len()).any(|part| part == PROVENANCE))
}

/// The keyword of a PNG's text about where it comes from.
const PROVENANCE: &[u8] = b"iTXtProvenance";

/// The error about a file that is in the way.
pub(crate) fn foreign(file: &Path) -> Error {
    let problem = "was not written by varflat and would be overwritten";
    Error::malformed(file, problem, Remedy::MoveAwayOrOtherFigures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::RECORDS;

    #[test]
    fn what_varflat_wrote_is_known_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let ours = |name: &str, text: &str| {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            let ours = if name.ends_with("json") { is_record(&file) } else { is_drawing(&file) };
            ours.unwrap()
        };
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"810\" height=\"390\" viewBox=\"0 0 8100 3900\" \
                   stroke-linejoin=\"round\">\n<rect/></svg>";
        for (name, text, expected) in [
            ("a.json", "{\"made\": {\"versions\": {\"varflat\": \"0.1.0\"}}}", true),
            ("a.json", "{\n  \"study\": {\n    \"name\": \"dri", true),
            ("a.json", "", true),
            ("a.json", "{\n  \"study\": {\n    \"name\": \"mine\"\n  }\n}", false),
            ("a.json", "{}", false),
            ("a.svg", svg, true),
            ("a.svg", "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>", false),
            ("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"></svg>", false),
        ] {
            assert_eq!(ours(name, text), expected, "{text}");
        }
    }

    #[test]
    fn every_table_of_a_record_is_known() {
        for (record, figures) in DRAWN {
            assert!(!tables(record).is_empty() && !figures.is_empty(), "{record}");
            assert!(RECORDS.contains(&record), "{record}");
        }
    }
}
