//! What a sweep will cost.

use std::fmt::{self, Write as _};

use varflat_run::context::Context;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Experiment, FitSection, LandscapeSection, PROJECTED, PcaSection, Window};
use varflat_run::memory::Demand;

use super::folder::SweepFolder;
use super::point::Point;
use super::status::{self, State, state};
use super::table::Table;
use crate::words::{count, duration};
#[cfg(feature = "train")]
use varflat_run::run_folder::RunFolder;
use varflat_run::stages::TrainingCost;

/// The points of a sweep and what they change, as CSV.
///
/// # Errors
/// [`Error::Experiment`] for what is no text.
pub fn list(points: &[Point]) -> Result<String> {
    let mut bytes = Vec::new();
    let invalid = |error: &dyn fmt::Display| Error::Experiment {
        origin: "the plan".to_owned(),
        problem: error.to_string(),
    };
    Table::of_points(points.iter()).csv(&mut bytes).map_err(|error| invalid(&error))?;
    String::from_utf8(bytes).map_err(|error| invalid(&error))
}

/// A training's cost here, of all experiments that are alike in what decides it.
struct Measured {
    like: Experiment,
    cost: TrainingCost,
}

/// In words, a line.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { like, cost } = self;
        writeln!(
            f,
            "measured here: {:.0} µs a step, {:.1} ms an epoch's end (batch_size = {}, hidden = {:?})",
            cost.step * 1e6,
            cost.epoch_end * 1e3,
            like.training.batch_size,
            like.model.hidden
        )
    }
}

/// The same experiment with everything alike that does not change what a step costs.
fn like(experiment: &Experiment) -> Experiment {
    let mut like = experiment.clone();
    "sweep-plan".clone_into(&mut like.name);
    like.seed = 1;
    like.training.learning_rate = 0.01;
    like.training.loss_below = 0.0;
    like.training.max_epochs = 1_000_000;
    like.recorder.window = Window::Last(1000);
    like.pca = PcaSection::default();
    like.landscape = LandscapeSection::default();
    like.fit = FitSection::default();
    like
}

/// Every point with what its training costs at most, from the time that a step takes here, and what the finished ones took.
///
/// # Errors
/// What the first steps of a training can meet.
pub fn plan(sweep: &SweepFolder, workers: usize, context: &Context<'_>) -> Result<String> {
    let points = sweep.points();
    let mut measured: Vec<Measured> = Vec::new();
    let mut text = String::from("index  steps at most  training at most  point\n");
    let (mut work, mut disk, mut memory, mut left) = (0.0, 0, 0, 0);
    let mut took = Vec::new();
    let bar = context.bar("plan", points.len() as u64);
    for point in points {
        let cost = cost(&mut measured, &point.experiment, context.device)?;
        let epochs = point.experiment.training.max_epochs;
        let steps = epochs * cost.steps_per_epoch;
        let seconds = steps as f64 * cost.step + epochs as f64 * cost.epoch_end;
        let _ = writeln!(text, "{:>5}  {steps:>13}  {:>16}  {}", point.index, duration(seconds), point.name);
        let demand = Demand::of(&point.experiment, cost.images, 1)?;
        disk += bytes(&demand);
        memory = memory.max(demand.most());
        if state(sweep, point)? == State::Finished {
            took.push(status::seconds(sweep, point)?);
        } else {
            left += 1;
            work += seconds;
        }
        bar.inc(1);
    }
    drop(bar);
    text.push('\n');
    text.extend(measured.iter().map(ToString::to_string));
    let workers = workers.clamp(1, points.len().max(1));
    let _ = writeln!(
        text,
        "trainings of {}: at most {} of work, {} on {workers} at a time; one that reaches loss_below ends earlier, and \
         components, flatness and fit come on top",
        count(left, "point"),
        duration(work),
        duration(work / workers as f64)
    );
    if !took.is_empty() {
        let mean = took.iter().sum::<f64>() / took.len() as f64;
        let rest = mean * left as f64;
        let _ = writeln!(
            text,
            "finished: {}, which took {} each in the mean, with everything; so the others may take {} of work",
            count(took.len(), "point"),
            duration(mean),
            duration(rest)
        );
    }
    let _ = writeln!(
        text,
        "memory: at most {} MB a point on one core; disk: about {} MB when all are finished",
        memory.div_ceil(1_000_000),
        disk.div_ceil(1_000_000)
    );
    Ok(text)
}

/// Bytes of a finished run folder: the recorded window in f32, the components and the projections in f64.
fn bytes(demand: &Demand) -> usize {
    let Demand { steps, weights, components, .. } = demand;
    4 * steps * weights + 8 * components * weights + 8 * steps * components.min(&PROJECTED)
}

fn cost(measured: &mut Vec<Measured>, experiment: &Experiment, device: Option<&str>) -> Result<TrainingCost> {
    let like = like(experiment);
    if let Some(known) = measured.iter().find(|known| known.like == like) {
        return Ok(known.cost);
    }
    let cost = measure(&like, device)?;
    measured.push(Measured { like, cost });
    Ok(cost)
}

/// Measured in a folder of its own, gone afterwards.
#[cfg(feature = "train")]
fn measure(experiment: &Experiment, device: Option<&str>) -> Result<TrainingCost> {
    if experiment.langevin.is_some() {
        return Err(Error::NotTimed { experiment: experiment.name.clone() });
    }
    let folder = std::env::temp_dir().join(format!("varflat-plan-{}", std::process::id()));
    let measured = RunFolder::create(&folder, experiment, true)
        .and_then(|run| varflat_run::stages::training_cost(&run, device));
    // What is left in a temporary folder is in nobody's way.
    let _ = std::fs::remove_dir_all(&folder);
    measured
}

/// Without a backend there is nothing to measure.
#[cfg(not(feature = "train"))]
fn measure(_: &Experiment, device: Option<&str>) -> Result<TrainingCost> {
    varflat_run::stages::check_device(device)?;
    Err(Error::Experiment { origin: "plan".to_owned(), problem: "no backend is compiled in".to_owned() })
}
