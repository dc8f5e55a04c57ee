//! The whole headline experiment: its time against JAX and numpy doing the same, and its memory.

use anyhow::Result;

use crate::bench::{Bench, missing};
use crate::headline::Headline;
use crate::python::{Peer, Work};
use crate::row::{Quantity, Row};

/// Threads of either side.
pub(crate) const THREADS: usize = 2;
/// A run takes a minute or more: so many are enough.
const MOST_ROUNDS: u32 = 3;
/// Directions that the peer measures in a unit.
const DIRECTIONS: usize = 20;

/// What a run is held against, stage by stage.
const PEERS: [(&str, &str); 3] = [("train", "jax-train"), ("pca", "numpy-pca"), ("flatness", "jax-flatness")];

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let first = bench.headline()?;
    let what = "the whole headline run (train, PCA, flatness of every direction, fits), 2 cores";
    let mut whole = Row::new("headline", what, "JAX + numpy").goal(1.0 / 4.0, 1.0 / 8.0);
    let mut stages =
        PEERS.map(|(stage, peer)| Row::new(format!("headline-{stage}"), format!("… of which {stage}"), peer));
    let directions = DIRECTIONS.to_string();
    let mut peers = Vec::new();
    for (_, task) in PEERS {
        let more =
            if task == "jax-flatness" { vec!["--directions", directions.as_str()] } else { Vec::new() };
        peers.push(bench.peer(task, THREADS, &more)?);
    }
    let mut memory = memory(first)?;
    // What one unit of each peer stands for.
    let scales = [first.steps as f64, 1.0, first.directions()?.nrows() as f64];

    let rounds = bench.rounds.min(MOST_ROUNDS);
    let bar = bench.bar("headline", rounds);
    for round in 1..=rounds {
        // The run that the other rows worked on is the first one.
        let again = match (round, first.spent) {
            (2.., Some(_)) => {
                let folder = bench.scratch.join("headline-again");
                Some(Headline::perform(&folder, bench.other_data.as_deref(), THREADS)?)
            }
            _ => None,
        };
        let run = again.as_ref().unwrap_or(first);
        let work = Work { seconds: run.seconds(), units: 1.0 };
        whole.ours.push(bench.note("headline", "varflat", round, work));
        if let (Some(_), Some(peak)) = (&again, run.spent.and_then(|spent| spent.peak)) {
            memory.ours.push(peak as f64);
            memory.theirs.extend(memory.theirs.first().copied());
        }
        let mut theirs = Some(0.0);
        for (((stage, task), row), (peer, scale)) in
            PEERS.iter().zip(&mut stages).zip(peers.iter_mut().zip(scales))
        {
            row.ours.push(run.stages.get(*stage).copied().unwrap_or(f64::NAN));
            let seconds = ask(bench, peer.as_mut(), task, round, scale)?;
            row.theirs.extend(seconds);
            theirs = theirs.zip(seconds).map(|(sum, seconds)| sum + seconds);
        }
        whole.theirs.extend(theirs);
        bar.inc(1);
    }
    bar.finish_and_clear();

    for ((row, (_, task)), peer) in stages.iter_mut().zip(PEERS).zip(&peers) {
        if peer.is_none() {
            row.notes.push(missing(task));
            whole.notes.push(missing(task));
        }
    }
    note_scales(first, &mut whole, &mut stages, scales[2]);
    let mut rows = vec![whole];
    rows.extend(stages);
    rows.push(memory);
    for row in &rows {
        eprintln!("{}", row.line());
    }
    Ok(rows)
}

/// What the times are of, where they are not of a whole run.
fn note_scales(run: &Headline, whole: &mut Row, [train, _, flatness]: &mut [Row; 3], directions: f64) {
    if run.spent.is_none() {
        whole.notes.push("ours is told from the run.json of --run, where its stages add up".to_owned());
    }
    train.notes.push(format!(
        "jax-train: 6000 steps with the measurements after each epoch, scaled to {} steps",
        run.steps
    ));
    flatness.notes.push(format!("jax-flatness: {DIRECTIONS} directions, scaled to {directions}"));
}

/// The peak memory of the run, against the window alone.
fn memory(run: &Headline) -> Result<Row> {
    let what = "peak memory of that run";
    let mut row =
        Row::new("memory", what, "the trajectory window itself").of(Quantity::Memory).against_ourselves();
    row = row.goal(6.0, 4.0);
    match run.spent {
        Some(spent) => row.ours.extend(spent.peak.map(|peak| peak as f64)),
        None => row.notes.push("not measured: the run was there before (--run)".to_owned()),
    }
    if !row.ours.is_empty() {
        row.theirs.push(4.0 * run.window()?.len() as f64);
    } else if row.notes.is_empty() {
        row.notes.push("not measured: this system does not tell a process its peak memory".to_owned());
    }
    Ok(row)
}

/// Seconds that a peer takes for `scale` units, from one unit of its work.
fn ask(bench: &Bench, peer: Option<&mut Peer>, task: &str, round: u32, scale: f64) -> Result<Option<f64>> {
    let Some(peer) = peer else { return Ok(None) };
    Ok(Some(scale * bench.ask("headline", peer, task, round)?))
}
