//! One loss along a direction: against a whole forward pass, and against cached activations.

use anyhow::Result;

use super::{groups, landscape};
use crate::bench::{Bench, timed};
use crate::directions::{Losses, measure_neighbours};
use crate::python::Work;
use crate::row::Row;

/// Places of the spectrum where directions are measured, 20 in a row at each.
const PLACES: usize = 3;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let (landscape, directions) = landscape(bench)?;
    let groups = groups(&directions, PLACES, 1);
    let count: usize = groups.iter().map(|group| group.nrows()).sum();
    let mut line = landscape.line();

    let l0 = landscape.reference_loss();
    let mut all_losses = |kind: Losses| -> Result<usize> {
        let mut losses = 0;
        for group in &groups {
            losses += measure_neighbours(&mut line, *group, l0, kind)?.losses;
        }
        Ok(losses)
    };
    let needed = all_losses(Losses::Needed)? as f64 / count as f64;
    let asked = needed.round().to_string();
    let mut rows = Vec::new();
    for (kind, ids, what) in [
        (
            Losses::Whole,
            ["loss-forward", "loss-cached"],
            "one loss along a direction over 60,000 images, its share of Z_p included, 1 thread",
        ),
        (
            Losses::Needed,
            ["search-loss-forward", "search-loss-cached"],
            "one loss of the same searches as `varflat flatness` computes it: samples that together hold less than 1e-6 of \
             the loss are left out",
        ),
    ] {
        let mut ours = || -> Result<Work> {
            let (seconds, losses) = timed(|| all_losses(kind))?;
            Ok(Work { seconds, units: losses as f64 })
        };
        let mut forward = Row::new(ids[0], what, "torch-forward").goal(1.0 / 60.0, 1.0 / 80.0);
        let mut cached = Row::new(ids[1], what, "torch-cached").goal(1.0 / 10.0, 1.0 / 15.0);
        bench.fill(&mut forward, bench.peer("torch-forward", 1, &[])?, &mut ours)?;
        bench.fill(&mut cached, bench.peer("torch-cached", 1, &["--losses", &asked])?, &mut ours)?;
        let note = format!("{needed:.1} losses a direction, counted over {count} directions");
        cached.notes.push(format!("{note}; torch-cached does {asked} with one Z_p"));
        forward.notes.push(note);
        rows.extend([forward, cached]);
    }
    Ok(rows)
}
