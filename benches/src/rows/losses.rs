//! One loss along a direction: against a whole forward pass, and against cached activations.

use anyhow::Result;
use varflat_model::DenseLandscape;
use varflat_model::data::{Verify, load};

use super::groups;
use crate::bench::{Bench, timed};
use crate::directions::in_a_row;
use crate::python::Work;
use crate::row::Row;

/// Places of the spectrum where directions are measured, 20 in a row at each.
const PLACES: usize = 3;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let headline = bench.headline()?;
    let images = load(&bench.data, Verify::Listed)?.train;
    let landscape = DenseLandscape::new(&headline.centre()?, "hidden", &images)?;
    drop(images);
    let directions = headline.directions()?;
    let groups = groups(&directions, PLACES, 1);
    let count: usize = groups.iter().map(|group| group.nrows()).sum();
    let mut line = landscape.line();

    let l0 = landscape.reference_loss();
    let mut all_losses = || -> Result<usize> {
        let mut losses = 0;
        for group in &groups {
            losses += in_a_row(&mut line, *group, l0)?.losses;
        }
        Ok(losses)
    };
    let needed = all_losses()? as f64 / count as f64;
    let mut ours = || -> Result<Work> {
        let (seconds, losses) = timed(&mut all_losses)?;
        Ok(Work { seconds, units: losses as f64 })
    };

    let note = format!("{needed:.1} losses a direction, counted over {count} directions");
    let what = "one loss along a direction over 60,000 images, its share of Z_p included, 1 thread";
    let mut forward = Row::new("loss-forward", what, "torch-forward").goal(1.0 / 60.0, 1.0 / 80.0);
    let mut cached = Row::new("loss-cached", what, "torch-cached").goal(1.0 / 10.0, 1.0 / 15.0);
    bench.fill(&mut forward, bench.peer("torch-forward", 1, &[])?, &mut ours)?;
    let asked = needed.round().to_string();
    bench.fill(&mut cached, bench.peer("torch-cached", 1, &["--losses", &asked])?, &mut ours)?;
    forward.notes.push(note.clone());
    cached.notes.push(format!("{note}; torch-cached does {asked} with one Z_p"));
    Ok(vec![forward, cached])
}
