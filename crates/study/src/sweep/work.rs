//! Doing points: one, or all of them on the cores of this machine.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

use super::failure::Failure;
use super::folder::SweepFolder;
use super::parallel::{cores, on_cores};
use super::point::Point;
use crate::words::count;

/// How often a point that another process works on is asked for.
const PATIENCE: Duration = Duration::from_millis(300);

/// How the points of a sweep are done.
#[derive(Clone, Copy, Debug)]
pub struct Workers {
    /// Points at a time; one on each core when absent.
    pub jobs: Option<usize>,
    /// Threads of all of them together; one on each core when absent. Results do not depend on it.
    pub threads: Option<usize>,
    /// Whether trainings that diverged are tried again.
    pub retry: bool,
}

/// What came of a point.
enum Outcome {
    Done,
    FinishedBefore,
    /// Another process is at work on it.
    Elsewhere,
}

/// Do the points that are not finished, side by side. Points that other processes work on come last and are waited for.
///
/// A point that fails stops no other; why it failed is kept in `failures/`.
///
/// # Errors
/// [`Error::Runs`] names the points that failed; [`Error::Interrupted`] after Ctrl-C, when each has stopped at a safe place.
pub fn run(sweep: &SweepFolder, points: &[&Point], workers: Workers, context: &Context<'_>) -> Result<()> {
    let threads = workers.threads.unwrap_or_else(cores);
    let jobs = workers.jobs.unwrap_or(threads);
    let bar = context.bar("points", points.len() as u64);
    let counter = AtomicUsize::new(0);
    let begun = Instant::now();
    let attempt = |point: &Point, waits: bool| {
        context.reporter.label(&point.name);
        let outcome = complete(sweep, point, workers, waits, context);
        let how = match &outcome {
            Ok(Outcome::Done) => "done".to_owned(),
            Ok(Outcome::FinishedBefore) => "finished already".to_owned(),
            Ok(Outcome::Elsewhere) | Err(Error::Interrupted { .. }) => return outcome,
            Err(error) => format!("failed: {error}"),
        };
        let count = counter.fetch_add(1, Ordering::Relaxed) + 1;
        bar.set_position(count as u64);
        context.message(format_args!("{} ({count} of {}): {how}\n", point.name, points.len()));
        outcome
    };
    let do_all = |points: &[&Point], waits| {
        on_cores(points, jobs, threads, "the sweep", context, |point| attempt(point, waits))
    };
    let mut outcomes: Vec<(&Point, Result<Outcome>)> =
        points.iter().copied().zip(do_all(points, points.len() == 1)?).collect();
    let elsewhere = |outcome: &Result<Outcome>| matches!(outcome, Ok(Outcome::Elsewhere));
    let later: Vec<&Point> =
        outcomes.iter().filter(|(_, outcome)| elsewhere(outcome)).map(|(point, _)| *point).collect();
    outcomes.retain(|(_, outcome)| !elsewhere(outcome));
    outcomes.extend(later.iter().copied().zip(do_all(&later, true)?));
    drop(bar);
    outcomes.sort_by_key(|(point, _)| point.index);
    let failures: Vec<(String, Error)> = outcomes
        .into_iter()
        .filter_map(|(point, outcome)| Some((point.name.clone(), outcome.err()?)))
        .collect();
    if failures.is_empty() {
        let points = count(points.len(), "point");
        context.message(format_args!("{points} in {:.1} s\n", begun.elapsed().as_secs_f64()));
        Ok(())
    } else {
        Err(Error::Runs { failures })
    }
}

/// Do one point, from wherever it stands. One that another process works on is left to it, or waited for and then looked at again:
/// that process may have been killed.
fn complete(
    sweep: &SweepFolder,
    point: &Point,
    workers: Workers,
    waits: bool,
    context: &Context<'_>,
) -> Result<Outcome> {
    if let Some(failure) = Failure::read(sweep, point)?
        && failure.is_finding
        && !workers.retry
    {
        return Err(Error::FailedBefore { error: failure.error });
    }
    let outcome = open(sweep, point, waits, context).and_then(|run| match run {
        None => Ok(Outcome::Elsewhere),
        Some(run) if stages::complete(&run, context)? => Ok(Outcome::Done),
        Some(_) => Ok(Outcome::FinishedBefore),
    });
    match &outcome {
        Ok(Outcome::Elsewhere) | Err(Error::Interrupted { .. }) => {}
        Ok(_) => Failure::forget(sweep, point)?,
        // What cannot be written down is still said: a full disk may be the very failure.
        Err(error) => drop(Failure::write(sweep, point, error)),
    }
    outcome
}

/// The run folder of a point, or none if another process works in it.
fn open(sweep: &SweepFolder, point: &Point, waits: bool, context: &Context<'_>) -> Result<Option<RunFolder>> {
    let folder = sweep.run_folder(point);
    let mut told = false;
    loop {
        match RunFolder::create(&folder, &point.experiment, false) {
            Err(Error::Locked(_)) if !waits => return Ok(None),
            Err(Error::Locked(_)) => {}
            other => return other.map(Some),
        }
        context.go_on("the sweep")?;
        if !told {
            context.message(format_args!("{}: waiting for the process that works on it\n", point.name));
            told = true;
        }
        std::thread::sleep(PATIENCE);
    }
}
