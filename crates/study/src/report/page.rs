//! What the page says, before it is HTML or Markdown.

use varflat_analysis::NullVerdict;
use varflat_files::{FileError, short};
use varflat_run::error::Result;

use super::origin::{self, Origin};
use super::settings::{self, Settings, Time};
use super::text::Text;
use crate::part::{Certainty, Finding, NullNumber, Number, Provenance, Tables, Verdict, overall};
use crate::registry;
use crate::words::{count, duration};

/// The whole page.
pub(super) struct Page {
    /// What has to be known before any number is read; empty for the full reproduction.
    pub(super) notice: Text,
    /// What was found, in plain words, before any claim.
    pub(super) openings: Vec<Text>,
    pub(super) claims: Vec<ClaimRow>,
    /// How many claims have each verdict, the frequent ones named.
    pub(super) tally: String,
    pub(super) controls: Vec<ControlRow>,
    pub(super) pictures: Vec<Picture>,
    pub(super) settings: Vec<Settings>,
    pub(super) times: Vec<Time>,
    pub(super) certainties: [Certainty; 3],
}

pub(super) struct ClaimRow {
    pub(super) number: &'static str,
    pub(super) statement: Text,
    pub(super) paper: Vec<(Text, &'static str)>,
    pub(super) rule: Text,
    pub(super) verdict: Verdict,
    pub(super) measured: Vec<Shown>,
    pub(super) summary: Text,
    pub(super) caveat: Text,
    /// Its numbers beside what they would have been anyway.
    pub(super) nulls: NullRows,
    /// The figures of the page that show it.
    pub(super) figures: Vec<&'static str>,
    /// What measures it, where it was not.
    pub(super) command: String,
}

/// Numbers of a claim beside their null; none where it has no null, or that was not measured.
#[derive(Default)]
pub(super) struct NullRows {
    pub(super) rows: Vec<(Text, NullNumber)>,
    pub(super) means: Vec<Text>,
    pub(super) verdict: Option<NullVerdict>,
}

pub(super) struct ControlRow {
    pub(super) id: &'static str,
    pub(super) question: Text,
    pub(super) expected: Text,
    pub(super) link: &'static str,
    pub(super) measured: Vec<Shown>,
    pub(super) means: Text,
    pub(super) figures: Vec<&'static str>,
    pub(super) command: String,
}

/// A number as it is printed.
pub(super) struct Shown {
    pub(super) what: Text,
    pub(super) number: Number,
}

pub(super) struct Picture {
    pub(super) name: String,
    pub(super) title: Text,
    pub(super) plain_title: String,
    pub(super) caption: Text,
    pub(super) svg: String,
    pub(super) tables: Vec<&'static str>,
    /// Other formats that are there.
    pub(super) formats: Vec<&'static str>,
    pub(super) command: String,
    /// Whether the caption was written for this figure.
    pub(super) known: bool,
    /// What the drawing says about where it comes from, if it does.
    pub(super) origin: Option<PictureOrigin>,
}

/// The run or study that a figure shows.
pub(super) struct PictureOrigin {
    pub(super) name: Text,
    /// The first digits of the commit, or nothing.
    pub(super) commit: String,
    /// The part of `reproduce` whose settings are on the page.
    pub(super) part: &'static str,
}

impl ClaimRow {
    /// The tables of its numbers, each once.
    pub(super) fn tables(&self) -> Vec<&'static str> {
        tables(&self.measured)
    }
}

impl ControlRow {
    pub(super) fn tables(&self) -> Vec<&'static str> {
        tables(&self.measured)
    }
}

impl NullRows {
    fn of(tables: &Tables, claim: &str) -> Result<Self> {
        let (mut numbers, mut means) = (Vec::new(), Vec::new());
        for entry in registry::nulls(claim) {
            if let Some(found) = (entry.find)(tables)? {
                numbers.extend(found.numbers);
                means.push(Text::new(found.means));
            }
        }
        let verdict = overall(&numbers);
        let rows = numbers.into_iter().map(|number| (Text::new(&number.what), number)).collect();
        Ok(Self { rows, means, verdict })
    }
}

fn tables(measured: &[Shown]) -> Vec<&'static str> {
    let mut tables: Vec<&'static str> = Vec::new();
    for shown in measured {
        if !tables.contains(&shown.number.table) {
            tables.push(shown.number.table);
        }
    }
    tables
}

fn shown(measured: Vec<Number>) -> Vec<Shown> {
    measured.into_iter().map(|number| Shown { what: Text::new(&number.what), number }).collect()
}

impl Page {
    /// The page of a figure folder.
    pub(super) fn of(tables: &Tables) -> Result<Self> {
        let pictures = pictures(tables)?;
        let there = |figures: &[&'static str]| -> Vec<&'static str> {
            figures
                .iter()
                .copied()
                .filter(|name| pictures.iter().any(|picture| picture.name == *name))
                .collect()
        };
        let mut claims = Vec::new();
        for (part, claim) in registry::claims() {
            let found = (claim.find)(tables)?;
            let finding = found.unwrap_or(Finding {
                verdict: Verdict::NotMeasured,
                measured: Vec::new(),
                summary: String::new(),
                caveat: String::new(),
            });
            let paper =
                claim.paper.iter().map(|(text, certainty)| (Text::new(text), certainty.word())).collect();
            let measured = finding.verdict != Verdict::NotMeasured;
            claims.push(ClaimRow {
                number: claim.number,
                statement: Text::new(claim.statement),
                paper,
                rule: Text::new(claim.rule),
                verdict: finding.verdict,
                measured: shown(finding.measured),
                summary: Text::new(finding.summary),
                caveat: Text::new(finding.caveat),
                nulls: NullRows::of(tables, claim.number)?,
                figures: there(claim.figures),
                command: if measured { String::new() } else { origin::command(tables, part)? },
            });
        }
        let mut controls = Vec::new();
        for (part, control) in registry::controls() {
            let found = (control.find)(tables)?;
            let command = if found.is_some() { String::new() } else { origin::command(tables, part)? };
            let (measured, means) = found.unwrap_or_default();
            controls.push(ControlRow {
                id: control.id,
                question: Text::new(control.question),
                expected: Text::new(control.expected),
                link: control.link,
                measured: shown(measured),
                means: Text::new(means),
                figures: there(control.figures),
                command,
            });
        }
        let (settings, times) = settings::of(tables)?;
        let (notice, tally) = (Text::new(notice(tables)?), tally(&claims));
        let openings = registry::openings().filter_map(|opening| opening(tables).transpose());
        let openings = openings.map(|text| Ok(Text::new(text?))).collect::<Result<_>>()?;
        let certainties = Certainty::ALL;
        Ok(Self { notice, openings, claims, tally, controls, pictures, settings, times, certainties })
    }

    /// The claims about which there is something to admit.
    pub(super) fn disagreements(&self) -> Vec<&ClaimRow> {
        self.claims.iter().filter(|claim| !claim.caveat.is_empty()).collect()
    }

    /// Wall time of all that is there.
    pub(super) fn total(&self) -> String {
        duration(self.times.iter().map(|time| time.seconds).sum())
    }
}

/// "6 of 9 claims reproduced, 2 partly, 1 not measured".
fn tally(claims: &[ClaimRow]) -> String {
    let verdicts = [Verdict::Reproduced, Verdict::Partly, Verdict::Not, Verdict::NotMeasured];
    let of = |verdict: Verdict| claims.iter().filter(|claim| claim.verdict == verdict).count();
    let words: Vec<String> = verdicts
        .into_iter()
        .filter(|verdict| *verdict == Verdict::Reproduced || of(*verdict) > 0)
        .map(|verdict| match verdict {
            Verdict::Reproduced => format!("{} of {} reproduced", of(verdict), count(claims.len(), "claim")),
            verdict => format!("{} {}", of(verdict), verdict.word()),
        })
        .collect();
    words.join(", ")
}

/// Whether these are the numbers of the full experiments.
fn notice(tables: &Tables) -> Result<String> {
    let (mut quick, mut own) = (Vec::new(), Vec::new());
    for part in registry::reproduced() {
        match (origin::of(tables, part)?, origin::name(tables, part)?) {
            (Some(Origin::Quick), Some(name)) => quick.push(name),
            (Some(Origin::Own), Some(name)) => own.push(name),
            _ => {}
        }
    }
    let mut sentences = Vec::new();
    if !quick.is_empty() {
        sentences.push(format!(
            "This was a shortened run (`{}`). It shows that everything works and what the page looks like. Its numbers and verdicts are not \
             meant to be compared with the paper.",
            quick.join("`, `")
        ));
    }
    if !own.is_empty() {
        sentences.push(format!(
            "These are experiments of your own (`{}`), not those of the reproduction: the verdicts say how far the paper’s claims hold for them.",
            own.join("`, `")
        ));
    }
    Ok(sentences.join(" "))
}

/// Every figure of the folder: those with a caption in the order of the captions, then all others.
fn pictures(tables: &Tables) -> Result<Vec<Picture>> {
    let folder = tables.path("");
    let entries = std::fs::read_dir(&folder).map_err(FileError::reading(&folder))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(FileError::reading(&folder))?.path();
        if path.extension().is_some_and(|kind| kind == "svg") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.retain(|name| super::pictures::is_word(name));
    names.sort();
    let place = |name: &String| {
        registry::figures().position(|(_, figure)| figure.name == *name).unwrap_or(usize::MAX)
    };
    names.sort_by_key(place);
    names.into_iter().map(|name| picture(tables, name)).collect()
}

fn picture(tables: &Tables, name: String) -> Result<Picture> {
    let file = tables.path(&format!("{name}.svg"));
    let svg = varflat_files::read_text(&file)?;
    let known = registry::figure(&name);
    let text = known.map(|(_, figure)| (figure.caption)(tables)).transpose()?.flatten();
    let title = known.map_or_else(|| name.replace('_', " "), |(_, figure)| figure.title.to_owned());
    let formats = ["png", "pdf"].into_iter().filter(|kind| tables.has(&format!("{name}.{kind}"))).collect();
    let command = match (&text, known) {
        (Some(_), Some((part, _))) => origin::command(tables, part)?,
        _ => "varflat plot --figures DIR".to_owned(),
    };
    let origin = Provenance::of(&svg).zip(known).map(|(provenance, (part, _))| PictureOrigin {
        name: Text::new(&provenance.of),
        commit: provenance.git_commit.as_deref().map(short).unwrap_or_default(),
        part: part.name,
    });
    Ok(Picture {
        origin,
        known: text.is_some(),
        caption: Text::new(
            text.unwrap_or_else(|| format!("The figure `{name}`, drawn from the tables beside it.")),
        ),
        svg: match super::pictures::only_draws(&svg) {
            true => super::pictures::inline(&svg, &name, &title),
            false => "Not shown here: the file holds more than a drawing.".to_owned(),
        },
        tables: known
            .map_or(&[][..], |(_, figure)| figure.tables)
            .iter()
            .copied()
            .filter(|table| tables.has(table))
            .collect(),
        title: Text::new(&title),
        plain_title: title,
        formats,
        command,
        name,
    })
}
