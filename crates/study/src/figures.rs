//! Figures: first small tables, then drawings made from these tables alone.
//!
//! A run folder is large and stays where it was computed; a figure folder holds everything that is
//! drawn, so that figures can be redrawn, checked or restyled without computing anything.

use std::path::Path;

use varflat_files::check_files;
use varflat_plot::Figure;
use varflat_run::error::{Error, Remedy, Result};
use varflat_run::run_folder::is_record;

use crate::part::{FigureEntry, Origin, Part, Source, check_drawing};
use crate::registry;
use crate::words::count;

pub use crate::studies::headline::write::write_tables;

/// The parts whose tables lie in a folder, all of which varflat wrote.
///
/// # Errors
/// [`Error::Malformed`] if there are none, or a record that somebody else wrote; [`Error::File`] if the folder cannot be read.
pub(crate) fn parts(folder: &Path) -> Result<Vec<&'static Part>> {
    check_files(folder)?;
    let there: Vec<&Part> = registry::there(folder).collect();
    if there.is_empty() {
        let problem = "holds no tables of varflat's (such as summary.json)";
        return Err(Error::malformed(folder, problem, Remedy::WriteTables));
    }
    for part in &there {
        let path = folder.join(part.record);
        if !is_record(&path)? {
            let problem = "was not written by varflat";
            return Err(Error::malformed(&path, problem, Remedy::MoveAwayAndWriteTables));
        }
    }
    Ok(there)
}

/// Draw every figure of a figure folder from its tables; returns their names.
///
/// # Errors
/// [`Error::File`] if a table is missing, [`Error::Malformed`] if there are none at all or a file is in the way that is not varflat's,
/// [`Error::Plot`] if one cannot be drawn.
pub fn draw(folder: &Path) -> Result<Vec<&'static str>> {
    let source = Source::of(folder);
    let mut names = Vec::new();
    for part in parts(folder)? {
        part.figures.iter().try_for_each(|figure| check_drawing(folder, figure.name))?;
        // All of them first: a table that is damaged leaves the drawings of its part as they are.
        let figures = of_part(&source, part)?.into_iter();
        let drawn: Vec<(&str, Figure)> = figures
            .map(|figure| Ok((figure.name, drawing(&source, part, figure)?)))
            .collect::<Result<_>>()?;
        for (name, figure) in drawn {
            figure.save(folder, name)?;
            names.push(name);
        }
    }
    Ok(names)
}

/// All figures whose tables lie in a folder, drawn but not saved.
///
/// # Errors
/// What is wrong with a table.
pub fn drawings(folder: &Path) -> Result<Vec<Figure>> {
    drawings_of(folder, |_| true)
}

/// Those that are drawn from this table.
///
/// # Errors
/// As [`drawings`].
pub fn drawings_from(folder: &Path, table: &str) -> Result<Vec<Figure>> {
    drawings_of(folder, |figure| figure.tables.contains(&table))
}

fn drawings_of(folder: &Path, wanted: impl Fn(&FigureEntry) -> bool) -> Result<Vec<Figure>> {
    let source = Source::of(folder);
    let mut drawings = Vec::new();
    for part in registry::there(folder) {
        for figure in of_part(&source, part)?.into_iter().filter(|figure| wanted(figure)) {
            drawings.push(drawing(&source, part, figure)?);
        }
    }
    Ok(drawings)
}

/// The figures of a part that its tables are for: those of an older version lack some.
fn of_part(source: &Source, part: &Part) -> Result<Vec<&'static FigureEntry>> {
    let origin: Origin = source.json(part.record)?;
    // What the record names and is gone is an error, not an older version.
    let written = |table: &&str| {
        origin.tables.is_empty()
            || *table == part.record
            || origin.tables.contains_key(*table)
            || source.path(table).exists()
    };
    Ok(part.figures.iter().filter(|figure| figure.tables.iter().all(written)).collect())
}

/// One figure of a part.
fn drawing(source: &Source, part: &Part, figure: &FigureEntry) -> Result<Figure> {
    source.figure(figure.name, part.record, figure.draw)
}

/// One figure of a folder, by its name; `None` if there is no such figure.
///
/// # Errors
/// As [`draw`].
pub(crate) fn drawn(folder: &Path, wanted: &str) -> Result<Option<Figure>> {
    let found = registry::figure(wanted);
    found.map(|(part, figure)| drawing(&Source::of(folder), part, figure)).transpose()
}

/// What [`draw`] has drawn, in words.
pub(crate) fn drawn_in(folder: &Path, names: &[&str]) -> String {
    format!("{} in {}: {}\n", count(names.len(), "figure"), folder.display(), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::Tables;

    /// The committed figure folder holds the tables of every part of `reproduce`; those of an earlier version are for fewer figures.
    #[test]
    fn every_figure_has_a_caption_of_its_tables() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../figures");
        let source = Source::of(&folder);
        for figure in registry::reproduced().flat_map(|part| of_part(&source, part).unwrap()) {
            let text = (figure.caption)(&Tables::of(&folder)).unwrap().unwrap();
            let (name, length) = (figure.name, text.chars().count());
            assert!(length > 80, "{name}: {length} letters do not say how it was made: {text}");
            assert!(!text.contains("NaN"), "{name}: {text}");
            figure.tables.iter().for_each(|table| assert!(folder.join(table).exists(), "{table}"));
        }
    }
}
