//! Independent trainings side by side: what a second core adds.

use std::thread;

use anyhow::{Result, anyhow};

use crate::bench::{Bench, timed};
use crate::python::Work;
use crate::row::{Quantity, Row};
use crate::training::{Ground, Recording, Training};

/// Steps of each training in a turn.
const STEPS: u64 = 2400;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let what = "steps per second of 2 recorded trainings side by side, on 2 cores, sharing the images";
    let mut row = Row::new("grid", what, "1 training alone").of(Quantity::Rate).against_ourselves();
    row = row.goal(1.85, 1.95);
    let ground = Ground::load(&bench.data)?;
    let start = |seed| Training::start(&ground, 50, seed, Recording::Trajectory, &bench.scratch);
    let mut trainings = [start(1)?, start(2)?];
    let bar = bench.bar("grid", bench.rounds);
    side_by_side(&mut trainings, ground.steps_per_epoch())?;
    for round in 1..=bench.rounds {
        let (seconds, ()) = timed(|| side_by_side(&mut trainings, STEPS))?;
        let work = Work { seconds, units: 2.0 * STEPS as f64 };
        row.ours.push(1.0 / bench.note("grid", "two", round, work));
        let (seconds, ()) = timed(|| trainings[0].steps(STEPS))?;
        let work = Work { seconds, units: STEPS as f64 };
        row.theirs.push(1.0 / bench.note("grid", "one", round, work));
        bar.inc(1);
    }
    bar.finish_and_clear();
    eprintln!("{}", row.line());
    Ok(vec![row])
}

/// The same number of steps of each training, each on a thread of its own.
fn side_by_side(trainings: &mut [Training<'_>], steps: u64) -> Result<()> {
    thread::scope(|scope| {
        let threads: Vec<_> =
            trainings.iter_mut().map(|training| scope.spawn(move || training.steps(steps))).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a training ended in a panic")))
        })
    })
}
