//! What recording every step adds to it: three trainings of the same network in turns.

use anyhow::Result;

use crate::bench::{Bench, timed};
use crate::python::Work;
use crate::row::Row;
use crate::training::{Ground, Recording, Training};

/// Steps in a turn: long against the clock, short against what else the machine does.
const STEPS: u64 = 300;
/// Turns in a round.
const TURNS: u32 = 16;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let ground = Ground::load(&bench.data)?;
    let start = |recording| Training::start(&ground, 50, 1, recording, &bench.scratch);
    let mut plain = start(Recording::Nothing)?;
    let mut trajectory = start(Recording::Trajectory)?;
    let mut everything = start(Recording::Everything)?;

    let new =
        |name, what| Row::new(name, what, "the same step, not recorded").against_ourselves().goal(1.03, 1.01);
    let mut rows = [
        new("recording", "a step with the hook and `trajectory.npy` of the centre layer"),
        new("recording-all", "a step with that and ⟨w⟩_T of every layer in f64, as `varflat train` does"),
    ];
    let bar = bench.bar("recording", bench.rounds * TURNS);
    // The first epoch opens files and sums.
    for training in [&mut plain, &mut trajectory, &mut everything] {
        training.steps(ground.steps_per_epoch())?;
    }
    for turn in 1..=bench.rounds * TURNS {
        let take = |side: &str, training: &mut Training<'_>| -> Result<f64> {
            let (seconds, ()) = timed(|| training.steps(STEPS))?;
            Ok(bench.note("recording", side, turn, Work { seconds, units: STEPS as f64 }))
        };
        // Each recorded turn lies between two plain ones; the one before and the one after count half.
        let before = take("plain", &mut plain)?;
        let with_trajectory = take("trajectory", &mut trajectory)?;
        let after = take("plain", &mut plain)?;
        let with_everything = take("everything", &mut everything)?;
        let last = take("plain", &mut plain)?;
        rows[0].ours.push(with_trajectory);
        rows[0].theirs.push(0.5 * (before + after));
        rows[1].ours.push(with_everything);
        rows[1].theirs.push(0.5 * (after + last));
        bar.inc(1);
    }
    bar.finish_and_clear();
    for row in &rows {
        eprintln!("{}", row.line());
    }
    Ok(rows.into())
}
