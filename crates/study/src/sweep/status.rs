//! How far a sweep has come.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use varflat_run::error::Result;
use varflat_run::run_folder::{RunFolder, Stage, names};

use super::failure::Failure;
use super::folder::SweepFolder;
use super::point::Point;
use crate::words::{count, duration};

/// How far a point has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// All stages are done.
    Finished,
    /// The last attempt failed.
    Failed {
        /// Why.
        error: String,
        /// Whether it says something about the training, so that another attempt would come to the same.
        is_finding: bool,
    },
    /// A process is at work on this stage.
    InWork(Stage),
    /// Nobody is; this stage is next.
    Stopped(Stage),
    /// Not begun.
    Waiting,
}

/// The state of every point, in order. Nothing is written.
///
/// # Errors
/// If a file of the sweep is damaged.
pub fn states(sweep: &SweepFolder) -> Result<Vec<State>> {
    sweep.points().iter().map(|point| state(sweep, point)).collect()
}

/// The state of one point.
pub(super) fn state(sweep: &SweepFolder, point: &Point) -> Result<State> {
    let folder = sweep.run_folder(point);
    let next = if folder.join(names::CONFIG).exists() {
        let run = RunFolder::view(&folder)?;
        let mut left = Stage::ALL.into_iter();
        loop {
            match left.next() {
                None => return Ok(State::Finished),
                Some(stage) if run.is_done(stage)? => {}
                Some(stage) => break stage,
            }
        }
    } else {
        Stage::Train
    };
    if varflat_run::run_folder::is_locked(&folder) {
        return Ok(State::InWork(next));
    }
    Ok(match Failure::read(sweep, point)? {
        Some(Failure { error, is_finding, .. }) => State::Failed { error, is_finding },
        None if folder.join(names::CONFIG).exists() => State::Stopped(next),
        None => State::Waiting,
    })
}

/// What a finished point took, all stages together, in seconds.
pub(super) fn seconds(sweep: &SweepFolder, point: &Point) -> Result<f64> {
    let record = RunFolder::view(sweep.run_folder(point))?.record()?;
    Ok(record.stages.values().map(|stage| stage.seconds).sum())
}

/// How far a sweep has come, in words.
///
/// # Errors
/// As [`states`].
pub fn status(sweep: &SweepFolder) -> Result<String> {
    let states = states(sweep)?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    let mut took = Vec::new();
    for (point, state) in sweep.points().iter().zip(&states) {
        let (word, details) = match state {
            State::Finished => {
                took.push(seconds(sweep, point)?);
                ("finished", String::new())
            }
            State::Failed { error, .. } => ("failed", error.clone()),
            State::InWork(stage) => ("in work", format!("{} …", stage.name())),
            State::Stopped(stage) => ("stopped", format!("{} is next", stage.name())),
            State::Waiting => ("waiting", String::new()),
        };
        *counts.entry(word).or_default() += 1;
        if !matches!(state, State::Finished | State::Waiting) {
            let _ = writeln!(text, "{:>5}  {:<9} {}  {details}", point.index, word, point.name);
        }
    }
    let words: Vec<String> = ["finished", "in work", "stopped", "waiting", "failed"]
        .into_iter()
        .filter_map(|word| Some(format!("{} {word}", counts.get(word)?)))
        .collect();
    for stranger in sweep.strangers()? {
        let _ =
            writeln!(text, "    -  not in the sweep: {stranger}, a run here that sweep.toml does not name");
    }
    let mut head = format!("{}: {}: {}\n", sweep.file().name, count(states.len(), "point"), words.join(", "));
    let left = states.len() - counts.get("finished").unwrap_or(&0) - counts.get("failed").unwrap_or(&0);
    if !took.is_empty() && left > 0 {
        let mean = took.iter().sum::<f64>() / took.len() as f64;
        let rest = duration(mean * left as f64);
        let _ = writeln!(
            head,
            "a finished point took {mean:.1} s in the mean; {rest} of work left, on one worker"
        );
    }
    Ok(head + &text)
}
