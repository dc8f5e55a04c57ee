//! One SGD step, recorded, against the same in eager PyTorch.

use anyhow::Result;

use crate::bench::{Bench, timed};
use crate::python::Work;
use crate::row::Row;
use crate::training::{Ground, Recording, Training};

/// Steps a unit: one epoch, as in `peers/steps.py`.
const STEPS: u64 = 1200;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let what = "one SGD step of 784–50–50–10, B = 50, recorded (hook and `trajectory.npy`), 1 thread";
    let mut row = Row::new("step", what, "torch-step").goal(0.45, 0.30);
    let ground = Ground::load(&bench.data)?;
    let mut training = Training::start(&ground, 50, 1, Recording::Trajectory, &bench.scratch)?;
    let peer = bench.peer("torch-step", 1, &["--steps", &STEPS.to_string()])?;
    bench.fill(&mut row, peer, || {
        let (seconds, ()) = timed(|| training.steps(STEPS))?;
        Ok(Work { seconds, units: STEPS as f64 })
    })?;
    row.notes.push(format!("our training loss at the end {:.4}", training.loss()?));
    Ok(vec![row])
}
