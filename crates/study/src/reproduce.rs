//! Every run and study behind the figures, one after the other.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use varflat_files::{make_folder, probe};
use varflat_run::context::{Context, Progress};
use varflat_run::error::{Error, Result};
use varflat_run::experiment::Experiment;
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

use crate::figures;
use crate::inspect;
use crate::part::{self, Part};
use crate::registry::{self, HEADLINE};
use crate::report;
use crate::studies::headline::FILES;
use crate::study::Study;

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
    registry::reproduced().map(|part| part.name).collect()
}

/// What one call does.
struct Plan {
    /// The run, and its file.
    experiment: Experiment,
    file: &'static str,
    /// Whether the run is done, and whether its figures are asked for.
    needed: bool,
    drawn: bool,
    studies: Vec<PlannedStudy>,
    /// Studies that `--quick` leaves out.
    left_out: Vec<&'static str>,
    /// Seconds that the run is expected to take.
    seconds: f64,
}

struct PlannedStudy {
    part: &'static Part,
    file: &'static str,
    study: Study,
    /// Seconds that it is expected to take.
    seconds: f64,
}

impl Plan {
    fn of(quick: bool, only: &[String]) -> Result<Self> {
        if let Some(unknown) = only.iter().find(|name| !names().contains(&name.as_str())) {
            let problem = format!("there is no part {unknown}; there are {}", names().join(", "));
            return Err(Error::Experiment { origin: "--only".to_owned(), problem });
        }
        let asked = |part: &Part| only.iter().any(|name| name == part.name);
        let wanted = |part: &Part| only.is_empty() || asked(part);
        let (mut studies, mut left_out) = (Vec::new(), Vec::new());
        for (part, files) in registry::studies().filter(|(part, _)| wanted(part)) {
            if !asked(part) && !files.is_made(quick) {
                left_out.push(part.name);
                continue;
            }
            let (file, text) = files.file(quick);
            studies.push(PlannedStudy {
                part,
                file,
                study: Study::parse(text, file)?,
                seconds: files.seconds(quick),
            });
        }
        let (file, text) = FILES.file(quick);
        let experiment = Experiment::parse(text, file, &[])?;
        let drawn = wanted(HEADLINE);
        let needed = drawn || studies.iter().any(|planned| planned.study.study.needs_the_run());
        Ok(Self { experiment, file, needed, drawn, studies, left_out, seconds: FILES.seconds(quick) })
    }

    fn expected(&self) -> f64 {
        let studies: f64 = self.studies.iter().map(|planned| planned.seconds).sum();
        if self.needed { studies + self.seconds } else { studies }
    }

    /// Make every folder that will be written to, and find out whether it can be, before three quarters of an hour are spent.
    fn prepare(&self, figures: &Path, runs: &Path) -> Result<()> {
        let run = self.needed.then_some(&self.experiment.name);
        let names = run.into_iter().chain(self.studies.iter().map(|planned| &planned.study.name));
        let folders: Vec<PathBuf> = names.map(|name| runs.join(name)).collect();
        for folder in &folders {
            make_folder(folder)?;
            probe(folder)?;
        }
        let run = self.drawn.then_some(HEADLINE);
        let parts: Vec<&Part> =
            run.into_iter().chain(self.studies.iter().map(|planned| planned.part)).collect();
        part::prepare(figures, &parts, &folders.iter().map(PathBuf::as_path).collect::<Vec<_>>())
    }

    /// Do the run, and write its tables if its figures are asked for.
    fn run(&self, asked: Reproduction<'_>, context: &Context<'_>) -> Result<()> {
        let folder = asked.runs.join(&self.experiment.name);
        context.message(format_args!("{}: {}\n", self.file, folder.display()));
        // Whoever asks for one study to be done again does not ask for the run.
        let run = RunFolder::create(&folder, &self.experiment, asked.force && self.drawn)?;
        if !stages::complete(&run, context)? {
            context.message("  already finished; nothing to compute\n");
        }
        if let Some(words) = inspect::unreached(&run)? {
            context.message(format_args!("  {words}\n"));
        }
        if self.drawn { figures::write_tables(&run, asked.figures) } else { Ok(()) }
    }
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
    let mut plan = Plan::of(quick, only)?;
    adjust(&mut plan.experiment)?;
    plan.prepare(figures, runs)?;
    let overall = Overall::over(plan.expected(), context);
    if plan.needed {
        overall.begin(HEADLINE.name, plan.seconds);
        plan.run(asked, context)?;
    }
    for PlannedStudy { part, file, study, seconds } in &plan.studies {
        overall.begin(part.name, *seconds);
        context.message(format_args!("{file}: {}\n", runs.join(&study.name).display()));
        study.complete(&plan.experiment, runs, context, force, &|share| overall.reach(share))?;
        study.copy_tables(runs, figures)?;
    }
    drop(overall);
    if !plan.left_out.is_empty() {
        let names = plan.left_out.join(", ");
        context.message(format_args!("left out of --quick: {names}; --only NAME makes them\n"));
    }
    draw(figures, context)
}

/// Draw every figure of a figure folder and write the report on it, and say so.
///
/// # Errors
/// As [`figures::draw`] and [`report::write`].
pub fn draw(folder: &Path, context: &Context<'_>) -> Result<()> {
    let _claim = part::claim(folder);
    figures::parts(folder)?;
    part::check_report(folder)?;
    context.message(figures::drawn_in(folder, &figures::draw(folder)?));
    report::write(folder)?;
    context.message(report::written_in(folder));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_minutes_is_in_the_quick_reproduction_only_if_it_is_asked_for() {
        let made = |quick, only: &[&str]| -> (Vec<&str>, Vec<&str>) {
            let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
            let plan = Plan::of(quick, &only).unwrap();
            (plan.studies.iter().map(|planned| planned.part.name).collect(), plan.left_out)
        };
        let (full, none) = made(false, &[]);
        let (quick, left_out) = made(true, &[]);
        assert!(none.is_empty() && !left_out.is_empty() && left_out.contains(&"noise"));
        assert_eq!(quick.len() + left_out.len(), full.len());
        assert_eq!(made(true, &["noise", "drift"]), (vec!["drift", "noise"], vec![]));
    }
}
