//! The one thread pool: pieces of work that are done side by side, and the threads that each computes on.

use std::sync::Mutex;
use std::thread;

use varflat_run::context::Context;
use varflat_run::error::{Error, Result};

/// The most threads that are started, unless there are more cores: each has a stack and buffers of its own.
const MOST_THREADS: usize = 256;

/// Work on every item, `jobs` at a time, each on its share of the cores; the outcomes in the order of the items. `what` is interrupted
/// by Ctrl-C.
///
/// # Errors
/// [`Error::Interrupted`] after Ctrl-C, when every work that was begun has stopped; threads that the system refuses.
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
                while let Some((place, item)) =
                    (!context.is_interrupted()).then(|| lock(&next).next()).flatten()
                {
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
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Everything that computes in parallel inside keeps to this many threads.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(no_threads)?.install(work)
}

/// Start the threads that everything computes on which is given no others. Left to the first who needs them, a refusal would be a panic.
///
/// # Errors
/// Threads that the system refuses.
pub fn start_threads(context: &Context<'_>) -> Result<()> {
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
