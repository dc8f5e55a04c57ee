//! Figures: first small tables, then drawings made from these tables alone.
//!
//! A run folder is large and stays where it was computed; a figure folder holds everything that is
//! drawn, so that figures can be redrawn, checked or restyled without computing anything.

mod drift;
mod exponents;
mod forgetting;
mod generality;
mod grid;
mod langevin;
mod own;
mod run;
mod sensitivity;
mod source;
mod sweep;
mod temperature;
mod width;

use std::fs::File;
use std::path::Path;

use varflat_analysis::{Estimate, Scaling};
use varflat_files::{make_folder, remove_drafts};
use varflat_plot::Figure;
pub(crate) use varflat_plot::fixed;
pub(crate) use varflat_plot::number::scientific;

use crate::error::Result;
use crate::report::count;
use crate::stages::FitReport;

pub(crate) use langevin::label as walk_label;
pub(crate) use own::{Unfinished, check_apart, foreign, is_record, prepare, records};
pub(crate) use run::tables::{FLATNESS, LANDSCAPE, LEARNING, SPECTRUM, SUMMARY, TRAJECTORIES};
pub use run::write_tables;
pub(crate) use run::{SpectrumRow, Summary};
pub(crate) use source::{Origin, Provenance, Source};

/// The figures made from a table and those beside it: the name of each, and what draws it.
type Figures = &'static [(&'static str, fn(&Source) -> Result<Figure>)];

/// What can be drawn: the table that says whether it is there, which is also the one that says how it was made.
pub(crate) const DRAWN: [(&str, Figures); 10] = [
    (run::tables::SUMMARY, run::FIGURES),
    ("grid.json", grid::FIGURES),
    ("langevin.json", langevin::FIGURES),
    ("temperature.json", temperature::FIGURES),
    ("drift.json", drift::FIGURES),
    ("sensitivity.json", sensitivity::FIGURES),
    ("width.json", width::FIGURES),
    ("generality.json", generality::FIGURES),
    ("forgetting.json", forgetting::FIGURES),
    (crate::sweep::RECORD, sweep::FIGURES),
];

/// Draw every figure of a figure folder from its tables; returns their names.
///
/// # Errors
/// [`Error::File`](crate::Error::File) if a table is missing, [`Error::Malformed`](crate::Error::Malformed) if there are none at all or a file is in the way that is not varflat's,
/// [`Error::Plot`](crate::Error::Plot) if one cannot be drawn.
pub fn draw(folder: &Path) -> Result<Vec<&'static str>> {
    let records = records(folder)?;
    let source = Source::of(folder);
    let mut names = Vec::new();
    for (record, figures) in DRAWN.iter().filter(|(record, _)| records.contains(record)) {
        figures.iter().try_for_each(|(name, _)| own::check_drawing(folder, name))?;
        // All of them first: a table that is damaged leaves the drawings of its part as they are.
        let drawn: Vec<(&str, Figure)> = figures
            .iter()
            .map(|(name, draw)| Ok((*name, source.figure(name, record, draw)?)))
            .collect::<Result<_>>()?;
        for (name, figure) in drawn {
            figure.save(folder, name)?;
            names.push(name);
        }
    }
    Ok(names)
}

/// One figure of a folder, by its name; `None` if there is no such figure.
///
/// # Errors
/// As [`draw`].
pub(crate) fn drawn(folder: &Path, wanted: &str) -> Result<Option<Figure>> {
    for (record, figures) in DRAWN {
        if let Some((name, draw)) = figures.iter().find(|(name, _)| *name == wanted) {
            return Source::of(folder).figure(name, record, draw).map(Some);
        }
    }
    Ok(None)
}

/// A figure folder to oneself: waits until another process has written its tables or figures, then clears away what a killed one was
/// writing. Released when the file closes.
pub(crate) fn claim(folder: &Path) -> Option<File> {
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

/// What [`draw`] has drawn, in words.
pub(crate) fn drawn_in(folder: &Path, names: &[&str]) -> String {
    format!("{} in {}: {}\n", count(names.len(), "figure"), folder.display(), names.join(", "))
}

/// A value with its 95 % interval, and no more digits than that allows.
pub(crate) fn estimate(estimate: &Estimate) -> String {
    varflat_plot::with_interval(estimate.value, pair(estimate.interval))
}

/// Decimals of an exponent that varies from the least to the largest: as many as tell these apart.
pub(crate) fn bend_decimals([least, largest]: [f64; 2]) -> usize {
    varflat_plot::interval_decimals(0.0, (least, largest))
}

/// The exponent of a law: where it bends, with its range and no more decimals than that allows.
pub(crate) fn exponent(law: &Scaling) -> String {
    let interval = pair(law.estimate().interval);
    let Some(bend) = law.bend else {
        return varflat_plot::with_interval(law.exponent, interval);
    };
    let decimals = bend_decimals(bend);
    let exponent = varflat_plot::with_decimals(law.exponent, interval, decimals);
    format!("{exponent}, {}", by_range(bend, decimals))
}

/// How far an exponent varies where the relation bends, such as `bent: 3.3 to 4.8 by range`.
pub(crate) fn by_range([least, largest]: [f64; 2], decimals: usize) -> String {
    format!("bent: {} to {} by range", fixed(least, decimals), fixed(largest, decimals))
}

/// ψ of a fit: with one decimal where the relation bends and one ψ does not describe it.
pub(crate) fn psi(fit: &FitReport) -> String {
    let most = if fit.bend().is_some() { 1 } else { 6 };
    varflat_plot::with_decimals(fit.psi, pair(fit.psi_estimate().interval), most)
}

/// The ends of an interval as figures take them.
pub(crate) fn pair(interval: Option<[f64; 2]>) -> Option<(f64, f64)> {
    interval.map(|[low, high]| (low, high))
}
