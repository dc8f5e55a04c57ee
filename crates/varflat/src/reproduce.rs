//! The experiments and studies behind the figures, compiled in so that the program needs no other file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use varflat_files::{make_folder, probe};

use crate::context::{Context, Progress};
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::run_folder::RunFolder;
use crate::study::Study;
use crate::{figures, inspect, report, stages};

/// Something that `reproduce` does: the run of an experiment, or a study.
struct Part {
    name: &'static str,
    /// Its file and the shortened one: name and content.
    full: (&'static str, &'static str),
    quick: (&'static str, &'static str),
    /// Seconds that the full and the shortened one take on two cores, for the estimate of the time left.
    seconds: (f64, f64),
}

macro_rules! part {
    ($name:literal, $full:literal, $quick:literal) => {
        Part {
            name: $name,
            full: (
                concat!("experiments/", $name, ".toml"),
                include_str!(concat!("../../../experiments/", $name, ".toml")),
            ),
            quick: (
                concat!("experiments/", $name, "-quick.toml"),
                include_str!(concat!("../../../experiments/", $name, "-quick.toml")),
            ),
            seconds: ($full, $quick),
        }
    };
}

/// The run that the studies look at.
const HEADLINE: Part = part!("headline", 115.0, 20.0);

/// Its name.
pub(crate) const HEADLINE_NAME: &str = HEADLINE.name;

const STUDIES: [Part; 8] = [
    part!("temperature", 25.0, 20.0),
    part!("drift", 4.0, 5.0),
    part!("langevin", 490.0, 30.0),
    part!("grid", 505.0, 40.0),
    part!("sensitivity", 310.0, 30.0),
    part!("width", 225.0, 6.0),
    part!("generality", 605.0, 30.0),
    part!("forgetting", 350.0, 12.0),
];

/// What is reproduced, how, and where it goes.
#[derive(Clone, Copy)]
pub struct Reproduction<'a> {
    /// The shortened experiments.
    pub quick: bool,
    /// Throw earlier results away.
    pub force: bool,
    /// Only these parts, and the run they look at; all when empty.
    pub only: &'a [String],
    /// Folder of the run folders.
    pub runs: &'a Path,
    /// Folder of figures and tables.
    pub figures: &'a Path,
}

/// Names of the parts, for `--only`.
pub fn names() -> Vec<&'static str> {
    std::iter::once(&HEADLINE).chain(&STUDIES).map(|part| part.name).collect()
}

impl Part {
    fn file(&self, quick: bool) -> (&'static str, &'static str) {
        if quick { self.quick } else { self.full }
    }

    fn seconds(&self, quick: bool) -> f64 {
        if quick { self.seconds.1 } else { self.seconds.0 }
    }
}

/// The record of every part in the figure folder, none of a run that is only looked into, and its folder below `runs`.
fn wanted_parts(
    experiment: &Experiment,
    headline: Option<bool>,
    studies: &[(&Part, &str, Study)],
) -> Vec<(Option<String>, String)> {
    let run = headline.map(|drawn| (drawn.then(|| figures::SUMMARY.to_owned()), experiment.name.clone()));
    let studies = studies.iter().map(|(.., study)| (Some(study.study.record()), study.name.clone()));
    run.into_iter().chain(studies).collect()
}

/// Make every folder that will be written to, and find out whether it can be, before three quarters of an hour are spent.
fn prepare(figures: &Path, runs: &Path, parts: &[(Option<String>, String)]) -> Result<()> {
    let folders: Vec<PathBuf> = parts.iter().map(|(_, name)| runs.join(name)).collect();
    for folder in &folders {
        make_folder(folder)?;
        probe(folder)?;
    }
    let records: Vec<&str> = parts.iter().filter_map(|(record, _)| record.as_deref()).collect();
    figures::prepare(figures, &records, &folders.iter().map(PathBuf::as_path).collect::<Vec<_>>())
}

/// Run every experiment and study below `runs` and draw every figure. Finished work is not repeated.
///
/// `adjust` may change the experiment before it runs: other data, say.
///
/// # Errors
/// An unknown name in `only`; the first failure of any run, study or figure.
pub fn reproduce(
    asked: Reproduction<'_>,
    adjust: impl Fn(&mut Experiment) -> Result<()>,
    context: &Context<'_>,
) -> Result<()> {
    let Reproduction { quick, force, only, runs, figures } = asked;
    if let Some(unknown) = only.iter().find(|name| !names().contains(&name.as_str())) {
        let problem = format!("there is no part {unknown}; there are {}", names().join(", "));
        return Err(Error::Experiment { origin: "--only".to_owned(), problem });
    }
    let wanted = |part: &Part| only.is_empty() || only.iter().any(|name| name == part.name);
    let (file, text) = HEADLINE.file(quick);
    let mut experiment = Experiment::parse(text, file, &[])?;
    adjust(&mut experiment)?;
    let mut studies: Vec<(&Part, &str, Study)> = Vec::new();
    for part in STUDIES.iter().filter(|part| wanted(part)) {
        let (file, text) = part.file(quick);
        studies.push((part, file, Study::parse(text, file)?));
    }
    let needed = wanted(&HEADLINE) || studies.iter().any(|(.., study)| study.study.needs_the_run());
    let expected = studies.iter().map(|(part, ..)| part.seconds(quick)).sum::<f64>();
    prepare(figures, runs, &wanted_parts(&experiment, needed.then_some(wanted(&HEADLINE)), &studies))?;
    let overall = Overall::over(expected + if needed { HEADLINE.seconds(quick) } else { 0.0 }, context);

    if needed {
        overall.begin(HEADLINE.name, HEADLINE.seconds(quick));
        let folder = runs.join(&experiment.name);
        context.say(format_args!("{file}: {}\n", folder.display()));
        // Whoever asks for one study to be done again does not ask for the run.
        let run = RunFolder::create(&folder, &experiment, force && wanted(&HEADLINE))?;
        if !stages::complete(&run, context)? {
            context.say("  already finished; nothing to compute\n");
        }
        if let Some(words) = inspect::unreached(&run)? {
            context.say(format_args!("  {words}\n"));
        }
        if wanted(&HEADLINE) {
            figures::write_tables(&run, figures)?;
        }
    }
    for (part, file, study) in &studies {
        overall.begin(part.name, part.seconds(quick));
        context.say(format_args!("{file}: {}\n", runs.join(&study.name).display()));
        study.complete(&experiment, runs, context, force, &|share| overall.reach(share))?;
        study.copy_tables(runs, figures)?;
    }
    drop(overall);
    draw(figures, context)
}

/// Draw every figure of a figure folder and write the report on it, and say so.
pub(crate) fn draw(folder: &Path, context: &Context<'_>) -> Result<()> {
    let _claim = figures::claim(folder);
    figures::records(folder)?;
    report::check_own(folder)?;
    context.say(figures::drawn_in(folder, &figures::draw(folder)?));
    report::write(folder)?;
    context.say(report::written_in(folder));
    Ok(())
}

/// The bar over everything that one command does, above the bars of its parts. Its unit is a second of expected work.
struct Overall {
    bar: Box<dyn Progress>,
    /// Seconds of the finished parts and of the one at work, as expected.
    seconds: Mutex<(f64, f64)>,
}

impl Overall {
    fn over(seconds: f64, context: &Context<'_>) -> Self {
        let bar = context.bar("all", seconds.ceil() as u64);
        bar.show_time();
        Self { bar, seconds: Mutex::new((0.0, 0.0)) }
    }

    /// Whatever the part before still lacked is done; the next is expected to take so long.
    fn begin(&self, part: &str, seconds: f64) {
        let mut now = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        now.0 += now.1;
        now.1 = seconds;
        self.bar.set_position(now.0 as u64);
        self.bar.set_message(part.to_owned());
    }

    /// This share of the part at work is done.
    fn reach(&self, share: f64) {
        let now = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        self.bar.set_position((now.0 + share.clamp(0.0, 1.0) * now.1) as u64);
    }
}
