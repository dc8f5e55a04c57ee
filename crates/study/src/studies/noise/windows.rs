//! All windows, one after the other, each kept once it is made.

use serde::{Deserialize, Serialize};
use varflat_files::write_csv;
use varflat_run::error::Result;
use varflat_run::stages;

use super::alone::{self, Point};
use super::checkpoint::Checkpoint;
use super::reading::Reading;
use super::settings::NoiseStudy;
use super::summary::{Found, Summary, half_way_through};
use super::tables::{DIRECTIONS, Kind, LEARNING, NoiseReport, WINDOWS};
use super::theory::Theory;
use super::trained::Bench;
use crate::studies::cached;
use crate::studies::context::StudyContext;

/// What is kept of a window.
#[derive(Serialize, Deserialize)]
struct Made {
    reading: Reading,
    course: Vec<Point>,
}

pub(super) fn measure(study: &NoiseStudy, work: &StudyContext<'_>) -> Result<NoiseReport> {
    let run = work.source()?;
    let plan = plan(study);
    let bar = work.context.bar("noise", plan.len() as u64 + 1);
    let done = || {
        bar.inc(1);
        work.advance(1.0 / (plan.len() + 1) as f64);
        work.context.go_on("noise")
    };
    let data = stages::load_data(run)?;
    let [_, last] = study.range;
    let checkpoint = Checkpoint::of(run, &data, last, study.projected)?;
    let bench = Bench::new(&checkpoint, &data, work.context)?;
    drop(data);
    done()?;
    let source = run.record()?;
    let mut windows = Vec::new();
    for &(kind, order, epochs) in &plan {
        // All that a window and its reading depend on: not how many others there are.
        let of = (kind, order, epochs, study.range, study.projected, source.clone());
        let made = cached::or_make(work, of, &format!("window-{}-{order}.json", kind.file()), || {
            let window = match Kind::TRAINED.contains(&kind) {
                true => bench.window((kind, order, epochs))?,
                false => alone::window(&checkpoint, (kind, order, epochs), work.context)?,
            };
            let reading = Reading::of(&checkpoint, &window.rows, study.range)?;
            Ok(Made { reading, course: window.course })
        })?;
        let Made { reading, course } = made;
        windows.push(Found { kind, order, steps: epochs * checkpoint.steps_per_epoch(), reading, course });
        done()?;
    }
    drop(bar);
    written(study, work, &checkpoint, &windows)
}

/// The tables of all windows, and the numbers beside them.
fn written(
    study: &NoiseStudy,
    work: &StudyContext<'_>,
    checkpoint: &Checkpoint,
    windows: &[Found],
) -> Result<NoiseReport> {
    let mut kinds: Vec<(Kind, usize)> = windows.iter().map(|found| (found.kind, found.steps)).collect();
    kinds.dedup();
    let theory = Theory::of(checkpoint, &kinds)?;
    let summary = Summary { checkpoint, theory: &theory, windows, range: study.range };
    let rows = summary.rows();
    write_csv(&work.file(WINDOWS), &rows)?;
    write_csv(&work.file(DIRECTIONS), summary.directions())?;
    write_csv(&work.file(LEARNING), summary.learning())?;
    let length = checkpoint.steps_per_epoch();
    let trained_steps = study.epochs * length;
    let bands = summary.bands();
    let (flat_ratio, half_way) = theory.crossover(trained_steps);
    let [half_way_measured, half_way_bands] =
        half_way.and(flat_ratio).map_or([None, None], |flat| half_way_through(&bands, flat));
    Ok(NoiseReport {
        orders: study.orders,
        steps_per_epoch: length,
        trained_steps,
        alone_steps: study.window * length,
        range: study.range,
        projected: study.projected,
        largest_curvature: checkpoint.curvature.first().copied().unwrap_or(f64::NAN),
        kappa_crossover: 3.0 / (checkpoint.training.learning_rate * length as f64),
        flat_ratio,
        bands,
        half_way,
        half_way_bands,
        half_way_measured,
        train_loss: checkpoint.layer.performance(checkpoint.layer.weights())?.loss,
        kinds: summary.summaries(&rows),
    })
}

/// Kind, number and epochs of every window.
fn plan(study: &NoiseStudy) -> Vec<(Kind, usize, usize)> {
    let each = |kinds: &[Kind], count: usize, epochs: usize| -> Vec<(Kind, usize, usize)> {
        kinds.iter().flat_map(|&kind| (0..count).map(move |order| (kind, order, epochs))).collect()
    };
    let mut plan = each(&Kind::TRAINED, study.orders, study.epochs);
    plan.extend(each(&Kind::MINI_BATCHES, study.orders, study.window));
    plan.extend(each(&Kind::REPLACED, study.repeats, study.window));
    plan.extend(each(&Kind::PROJECTED[..2], study.repeats, study.window));
    // Without noise there is one only.
    plan.extend(each(&Kind::PROJECTED[2..], 1, study.window));
    plan
}
