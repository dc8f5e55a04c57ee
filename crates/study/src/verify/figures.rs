//! Figures: from the drawing to its tables, and from these to the run, the commit, the configuration and the data.

use std::collections::BTreeMap;
use std::path::Path;

use varflat_files::{FileError, FileSum, check_files, is_link, read_json, read_text, short};
use varflat_run::context::Context;
use varflat_run::error::{Error, Remedy, Result};
use varflat_run::experiment::is_plain;
use varflat_run::verify::checks::{Checks, Outcome};

use crate::figures::drawn;
use crate::part::{Origin, Provenance};
use crate::registry;

/// Why nothing of a folder or figure was verified.
const UNKNOWN: &str =
    "no checksum of a table is known here, neither in a record such as summary.json nor in a figure";

/// Every record of a folder and the tables beside it, then every figure.
pub(super) fn verify_folder(folder: &Path, context: &Context<'_>) -> Result<()> {
    check_files(folder)?;
    let mut checks = Checks::new(context);
    let records: Vec<&str> = registry::there(folder).map(|part| part.record).collect();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(FileError::reading(folder))? {
        let path = entry.map_err(FileError::reading(folder))?.path();
        if path.extension().is_some_and(|kind| kind == "svg") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    if records.is_empty() && names.is_empty() {
        let problem =
            "nothing was verified: it holds neither a run (config.toml) nor figures or their tables";
        return Err(Error::malformed(folder, problem, Remedy::NameResults));
    }
    names.sort();
    records.into_iter().try_for_each(|record| check_record(folder, record, &mut checks))?;
    names.into_iter().try_for_each(|name| check_figure(folder, &name, &mut checks))?;
    checks.judge(folder, UNKNOWN, Remedy::WriteRecord)
}

/// One figure and what it comes from.
pub(super) fn verify_figure(figure: &Path, context: &Context<'_>) -> Result<()> {
    let (folder, Some(name)) = (figure.parent().unwrap_or(Path::new("")), figure.file_stem()) else {
        return Err(Error::malformed(figure, "names no figure", Remedy::NameResults));
    };
    if figure.extension().is_none_or(|kind| kind != "svg") {
        return Err(Error::malformed(figure, "is neither a folder nor an SVG", Remedy::NameResults));
    }
    let mut checks = Checks::new(context);
    if let Some(provenance) = Provenance::of(&read_text(figure)?)
        && is_plain(&provenance.record)
        && folder.join(&provenance.record).exists()
    {
        check_record(folder, &provenance.record, &mut checks)?;
    }
    check_figure(folder, &name.to_string_lossy(), &mut checks)?;
    checks.judge(figure, UNKNOWN, Remedy::WriteRecord)
}

/// What a record says about itself, and the tables it names.
fn check_record(folder: &Path, record: &str, checks: &mut Checks<'_>) -> Result<()> {
    let path = folder.join(record);
    let mut tables = BTreeMap::new();
    checks.row(record, "what it is of", &[], || {
        let origin: Origin = read_json(&path)?;
        let source = origin.source().map_or_else(String::new, |(run, commit)| {
            format!("; of the run {run}, commit {}", commit.map_or_else(unknown, short))
        });
        let data: Vec<String> =
            origin.data().iter().map(|file| format!("{} {}…", file.file, short(&file.sha256))).collect();
        let words = format!(
            "{}, commit {}{source}; data: {}{}",
            origin.name(),
            origin.git_commit().as_deref().map_or_else(unknown, short),
            if data.is_empty() { "not noted".to_owned() } else { data.join(", ") },
            if origin.tables.is_empty() {
                "; no checksums of its tables, which are from before they were kept"
            } else {
                ""
            }
        );
        tables = origin.tables;
        Ok(Outcome::Read(words))
    })?;
    let how = format!("SHA-256 in {record}");
    for (table, known) in tables {
        checks.row(&table, &how, &[], || against(folder, &table, &known))?;
    }
    Ok(())
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// A figure's tables against the checksums in it, and the drawing against them.
fn check_figure(folder: &Path, name: &str, checks: &mut Checks<'_>) -> Result<()> {
    let file = format!("{name}.svg");
    checks.row(&file, "its tables, and the drawing of them", &[], || {
        let svg = read_text(&folder.join(&file))?;
        let Some(provenance) = Provenance::of(&svg) else {
            let why = "says nothing of where it comes from: drawn before figures did, or by another program";
            return Ok(Outcome::Skipped(why.to_owned()));
        };
        let mut changed = Vec::new();
        for (table, known) in &provenance.tables {
            if let Outcome::Differs(difference) = against(folder, table, known)? {
                changed.push(format!("{table} is not what it was drawn from ({difference})"));
            }
        }
        if !changed.is_empty() {
            return Ok(Outcome::Differs(changed.join(", ")));
        }
        if provenance.tables.is_empty() {
            return Ok(Outcome::Skipped("names no tables that it was drawn from".to_owned()));
        }
        let tables: Vec<&str> = provenance.tables.keys().map(String::as_str).collect();
        let of = format!(
            "{} (commit {}; configuration in {}) by {}",
            provenance.of,
            provenance.git_commit.as_deref().map_or_else(unknown, short),
            provenance.record,
            tables.join(", ")
        );
        if !provenance.is_ours() {
            return Ok(Outcome::Same(format!("{of}; drawn by another version, so not drawn again")));
        }
        match drawn(folder, name)? {
            Some(again) if again.svg() == svg => Ok(Outcome::Same(of)),
            Some(_) => Ok(Outcome::Differs(format!(
                "the tables are what they were, but it is not their drawing; `varflat plot --figures {}` draws it again",
                folder.display()
            ))),
            None => Ok(Outcome::Same(format!("{of}; no figure of this program, so not drawn again"))),
        }
    })
}

/// A table against a checksum. Its name comes from a file that may come from anyone.
fn against(folder: &Path, table: &str, known: &FileSum) -> Result<Outcome> {
    let path = folder.join(table);
    if !is_plain(table) || is_link(&path) {
        return Ok(Outcome::Differs("it is no file of this folder".to_owned()));
    }
    if !path.exists() {
        return Ok(Outcome::Differs("it is missing".to_owned()));
    }
    Ok(match known.difference(&FileSum::of(&path)?) {
        None => Outcome::Same("identical".to_owned()),
        Some(difference) => Outcome::Differs(difference),
    })
}
