//! A grid of independent runs, side by side: one for every combination of values.

use std::sync::Mutex;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::{Error, Result};

/// A key of the experiment and the values it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Axis {
    key: String,
    values: Vec<String>,
}

/// One run of a grid: where it goes and what it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The run folder's name, such as `batch_size=50,seed=1`.
    pub name: String,
    /// As of `--set`: `training.batch_size=50`, `seed=1`.
    pub overrides: Vec<String>,
}

impl std::str::FromStr for Axis {
    type Err = String;

    /// Reads `training.batch_size=10,25,50`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (key, values) = text.split_once('=').ok_or("write it as KEY=VALUE,VALUE,…")?;
        let values = outside_brackets(values);
        let key = key.trim().to_owned();
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err("the key or one of the values is empty".to_owned());
        }
        if values.iter().any(|value| value.contains(['/', '\\'])) {
            return Err("values become names of folders and cannot hold a slash".to_owned());
        }
        values.iter().try_for_each(|value| crate::experiment::check_value(value))?;
        match values.iter().enumerate().find(|(place, value)| values[..*place].contains(value)) {
            Some((_, twice)) => Err(format!("{twice} is there twice")),
            None => Ok(Self { key, values }),
        }
    }
}

impl TryFrom<String> for Axis {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

impl From<Axis> for String {
    fn from(axis: Axis) -> Self {
        format!("{}={}", axis.key, axis.values.join(","))
    }
}

impl Axis {
    /// The key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Its values, in TOML or as bare words.
    pub(crate) fn values(&self) -> impl Iterator<Item = toml::Value> {
        self.values.iter().map(|value| crate::experiment::toml_value(value))
    }
}

/// Splits at the commas that are not inside a list: `[25, 25],[50, 50]` are two values.
fn outside_brackets(text: &str) -> Vec<String> {
    let mut depth = 0;
    let separated = text.split(|letter| {
        depth += i32::from(letter == '[') - i32::from(letter == ']');
        letter == ',' && depth == 0
    });
    separated.map(|value| value.trim().to_owned()).collect()
}

/// The most threads that are started, unless there are more cores: each has a stack and buffers of its own.
const MOST_THREADS: usize = 256;

/// The most runs of a grid.
const MOST_CELLS: usize = 10_000;

/// The complaint about more runs than can be listed, before they are.
pub(crate) fn check_count(cells: usize) -> std::result::Result<(), String> {
    match cells {
        ..=MOST_CELLS => Ok(()),
        _ => Err(format!("these values make {cells} runs, more than {MOST_CELLS}: leave out some")),
    }
}

/// How many combinations of values there are.
pub(crate) fn count(axes: &[Axis]) -> usize {
    axes.iter().fold(1, |cells, axis| cells.saturating_mul(axis.values.len()))
}

/// Every combination of values; the last axis varies fastest.
pub fn cells(axes: &[Axis]) -> Vec<Cell> {
    let mut cells = vec![Cell { name: String::new(), overrides: Vec::new() }];
    for axis in axes {
        let short = axis.key.rsplit('.').next().unwrap_or(&axis.key);
        cells = cells
            .iter()
            .flat_map(|cell| {
                axis.values.iter().map(move |value| {
                    let comma = if cell.name.is_empty() { "" } else { "," };
                    let mut overrides = cell.overrides.clone();
                    overrides.push(format!("{}={value}", axis.key));
                    Cell { name: format!("{}{comma}{short}={value}", cell.name), overrides }
                })
            })
            .collect();
    }
    cells
}

/// Work on every cell, `jobs` at a time, each on its share of the cores; the outcomes in the order of the cells.
///
/// # Errors
/// [`Error::Interrupted`] after Ctrl-C, when every work that was begun has stopped.
pub(crate) fn side_by_side<T: Send>(
    cells: &[Cell],
    jobs: usize,
    context: &Context<'_>,
    work: impl Fn(&Cell) -> Result<T> + Sync,
) -> Result<Vec<Result<T>>> {
    on_all_cores(cells, jobs, "a grid", context, |cell| {
        context.report.label(&cell.name);
        work(cell)
    })
}

/// The same of anything; `what` is interrupted by Ctrl-C.
pub(crate) fn on_all_cores<I: Sync, T: Send>(
    items: &[I],
    jobs: usize,
    what: &'static str,
    context: &Context<'_>,
    work: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<Result<T>>> {
    on_cores(items, jobs, cores(), what, context, work)
}

/// The same on so many cores.
pub(crate) fn on_cores<I: Sync, T: Send>(
    items: &[I],
    jobs: usize,
    cores: usize,
    what: &'static str,
    context: &Context<'_>,
    work: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<Result<T>>> {
    let jobs = jobs.clamp(1, items.len().max(1));
    let threads = (cores / jobs).max(1);
    let next = Mutex::new(items.iter().enumerate());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for job in 0..jobs {
            let started = thread::Builder::new().spawn_scoped(scope, || {
                while let Some((place, item)) = (!context.asked()).then(|| lock(&next).next()).flatten() {
                    let outcome = on_threads(threads, || work(item));
                    lock(&outcomes).push((place, outcome));
                }
            });
            match started {
                Err(error) if job == 0 => return Err(Error::threads(error)),
                // Those that were started do all the work.
                Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(())
    })?;
    context.go_on(what)?;
    let mut outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Cores of this machine that may be used.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Everything that computes in parallel inside keeps to this many threads.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(no_threads)?.install(work)
}

/// Start the threads that everything computes on which is given no others. Left to the first who needs them, a refusal would be a panic.
pub(crate) fn start_threads(context: &Context<'_>) -> Result<()> {
    let most = MOST_THREADS.max(cores());
    let asked =
        std::env::var("RAYON_NUM_THREADS").ok().and_then(|number| number.trim().parse::<usize>().ok());
    // 0, like no number, stands for as many as there are cores.
    let threads = asked.map_or(0, |threads| threads.min(most));
    if let Some(asked) = asked.filter(|asked| *asked > most) {
        context
            .warn(format_args!("RAYON_NUM_THREADS = {asked}: {most} threads are started, which are enough"));
    }
    // Started already is as good.
    let refused = |error: &rayon::ThreadPoolBuildError| std::error::Error::source(error).is_some();
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().or_else(|error| {
        match refused(&error) {
            true => Err(no_threads(error)),
            false => Ok(()),
        }
    })
}

fn no_threads(error: rayon::ThreadPoolBuildError) -> Error {
    let system = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    let code = system.and_then(std::io::Error::raw_os_error);
    Error::threads(code.map_or_else(|| std::io::Error::other(error), std::io::Error::from_raw_os_error))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_has_a_name() {
        let axes = ["training.batch_size=10, 25", "seed=1,2,3"].map(|axis| axis.parse::<Axis>().unwrap());
        let cells = cells(&axes);
        assert_eq!(cells.len(), 6);
        assert_eq!(cells[4].name, "batch_size=25,seed=2");
        let widths = "model.hidden=[25, 25],[50]".parse::<Axis>().unwrap();
        assert_eq!(widths.values, ["[25, 25]", "[50]"]);
        assert_eq!(cells[4].overrides, ["training.batch_size=25", "seed=2"]);
    }

    #[test]
    fn what_is_no_axis_is_explained() {
        for (text, part) in [
            ("seed", "KEY=VALUE"),
            ("seed=1,,2", "empty"),
            ("=1", "empty"),
            ("seed=1,2,1", "1 is there twice"),
            ("data.folder=/a,/b", "slash"),
        ] {
            let error = text.parse::<Axis>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
