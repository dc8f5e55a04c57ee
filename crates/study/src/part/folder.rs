//! Whose files lie in a figure folder: nothing is written over one that varflat did not write, and what cannot be written to is
//! known before anything is computed for it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use varflat_files::{
    FileError, check_files, make_folder, probe, read_bytes, remove, remove_drafts, write_whole,
};
use varflat_run::artifacts::names;
use varflat_run::error::{Error, Remedy, Result};
use varflat_run::run_folder::is_record;

use super::Part;

/// The report: a page.
pub const HTML: &str = "report.html";
/// The same for reading beside code.
pub const MARKDOWN: &str = "report.md";

/// What every report holds, from the first version on.
const REPORTS: [(&str, [&str; 2]); 2] = [
    (HTML, ["<!DOCTYPE html>", "<code>varflat</code> measured"]),
    (MARKDOWN, ["# The inverse variance–flatness relation", "what varflat measured"]),
];

/// Endings of a drawing.
const DRAWINGS: [&str; 3] = ["svg", "png", "pdf"];

/// Make a figure folder if it is not there, and find out whether the tables and drawings of these parts, and a report on them, can be
/// written there. To be asked before anything is computed for them; `sources` are the folders of the runs and studies that they come
/// from.
///
/// # Errors
/// [`Error::File`] if nothing can be written there, [`Error::Malformed`] if it is one of the sources, or a file is in the way that is not
/// varflat's.
pub fn prepare(folder: &Path, parts: &[&Part], sources: &[&Path]) -> Result<()> {
    make_folder(folder)?;
    probe(folder)?;
    sources.iter().try_for_each(|source| check_apart(folder, source))?;
    parts.iter().try_for_each(|part| check(folder, part))?;
    check_report(folder)
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

/// Refuse a folder in which the tables or drawings of a part would replace what is not varflat's.
pub(crate) fn check(folder: &Path, part: &Part) -> Result<()> {
    check_files(folder)?;
    if [names::CONFIG, names::RUN].iter().all(|name| folder.join(name).exists()) {
        let problem = "is a run folder, whose own tables the figures' would replace";
        return Err(Error::malformed(folder, problem, Remedy::OtherFigures));
    }
    let path = folder.join(part.record);
    let ours = is_record(&path)? || mark(folder, part.record).exists();
    if path.exists() && !ours {
        return Err(foreign(&path));
    }
    let tables = if ours { &[] } else { part.tables };
    match tables.iter().map(|table| folder.join(table)).find(|table| holds_something(table)) {
        Some(table) => Err(foreign(&table)),
        None => part.figures.iter().try_for_each(|figure| check_drawing(folder, figure.name)),
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

/// As long as it is there, the tables of a part are being written: what lies there without a record is varflat's all the same.
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    /// The tables of a part are about to be replaced. The record goes first and comes last, because what is drawn is decided by it.
    ///
    /// # Errors
    /// As [`check`]; [`Error::File`] if the folder cannot be written to.
    pub(crate) fn begin(folder: &Path, part: &Part) -> Result<Self> {
        check(folder, part)?;
        let mark = mark(folder, part.record);
        write_whole(&mark, |_| Ok(()))?;
        remove(&folder.join(part.record))?;
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

/// Whether there is anything to lose.
fn holds_something(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|there| !there.is_file() || there.len() > 0)
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

/// Refuse to replace a `report.html` or `report.md` that varflat did not write. All of them say what they hold beside what.
pub(crate) fn check_report(folder: &Path) -> Result<()> {
    for (name, marks) in REPORTS {
        let file = folder.join(name);
        if !file.exists() {
            continue;
        }
        let bytes = if file.is_file() { read_bytes(&file)? } else { b"a folder".to_vec() };
        let text = String::from_utf8_lossy(&bytes);
        if !text.is_empty() && !marks.iter().all(|mark| text.contains(mark)) {
            return Err(foreign(&file));
        }
    }
    Ok(())
}

/// A figure folder to oneself: waits until another process has written its tables or figures, then clears away what a killed one was
/// writing. Released when the file closes.
pub fn claim(folder: &Path) -> Option<File> {
    // The folder itself is locked: it may be under version control, where a lock file would be in the way. What cannot be locked
    // (a folder on Windows or on some network file systems) is as safe as single files are, each of which appears whole.
    let claim = File::open(folder).ok().filter(|opened| opened.lock().is_ok());
    if claim.is_some() {
        // Drafts that stay do no harm; whoever may not remove them may not write either, and learns of it there.
        let _ = remove_drafts(folder);
    }
    claim
}

/// The same of a folder that is made if it is not there.
pub(crate) fn claim_new(folder: &Path) -> Result<Option<File>> {
    make_folder(folder)?;
    Ok(claim(folder))
}

/// The error about a file that is in the way.
pub(crate) fn foreign(file: &Path) -> Error {
    let problem = "was not written by varflat and would be overwritten";
    Error::malformed(file, problem, Remedy::MoveAwayOrOtherFigures)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
