//! The landscape along a sample of the directions, and the fit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use varflat_analysis::{DirectionFlatness, NEIGHBOURS, TrajectoryPca};
use varflat_files::{FileError, read_json};
use varflat_model::data::Data;
use varflat_model::random::{Purpose, below, stream};

use super::checks::Extent;
use super::checks::{Checks, Outcome, apart, relative};
use crate::artifacts::{FLATNESS, LANDSCAPE, PCA};
use crate::context::Context;
use crate::error::Result;
use crate::experiment::Experiment;
use crate::landscape::{Groups, Landscape, component};
use crate::run_folder::{RunFolder, names};
use crate::stages::{self, FitReport, FlatnessRow, Uncertainty};

/// Groups of directions that are measured again, each as long as those whose searches follow on each other.
const GROUPS: usize = 3;

/// A crossing: the search is done within 1e-4 of one, and a GPU's losses are f32.
const CROSSING: f64 = 1e-3;

/// A loss: sums of another order; of a GPU in f32.
const LOSS: f64 = 1e-4;

/// A fitted number: the logarithms of another processor's library.
const FITTED: f64 = 1e-12;

/// A variance found again: eigenvalues of another processor's library.
const REPLICATED: f64 = 1e-9;

const INPUTS: [&str; 4] = [names::PCA, names::WEIGHTS_MEAN, names::WEIGHTS_FINAL, names::CONFIG];

/// L_0, the profiles and the crossings.
pub(super) fn landscape(
    run: &RunFolder,
    data: Option<Data>,
    extent: Extent,
    checks: &mut Checks,
) -> Result<()> {
    let context = checks.context;
    let how = match extent {
        Extent::Sample => "crossings of a sample of directions",
        Extent::All => "crossings of every direction",
    };
    let skipped = match &data {
        None => Some("the data are not here"),
        Some(_) if !run.experiment().model.is_supported() => Some("a convolutional network needs a backend"),
        Some(_) => None,
    };
    let Some(Data { train, classes, .. }) = data.filter(|_| skipped.is_none()) else {
        let why = || Ok(Outcome::Skipped(skipped.unwrap_or_default().to_owned()));
        checks.row(names::LANDSCAPE, "L₀ and profiles once more", &INPUTS, why)?;
        return checks.row(names::FLATNESS, how, &INPUTS, why);
    };
    // Both rows ask the same landscape, which is dear to make.
    let mut found = None;
    let mut problem = None;
    checks.row(names::LANDSCAPE, "L₀ and profiles once more", &INPUTS, || {
        let made = stages::on_host(run, train, classes, |landscape| {
            let profiles = profiles(run, landscape)?;
            found = Some(crossings(run, landscape, extent, context));
            Ok(profiles)
        });
        made.inspect_err(|error| problem = Some(error.to_string()))
    })?;
    checks.row(names::FLATNESS, how, &INPUTS, || match found {
        Some(outcome) => outcome,
        None => {
            Ok(Outcome::Skipped(problem.unwrap_or_else(|| "landscape.npz is not what it was".to_owned())))
        }
    })
}

fn profiles(run: &RunFolder, landscape: &dyn Landscape) -> Result<Outcome> {
    let (pca, kept) = (run.read(&PCA)?, run.read(&LANDSCAPE)?.directions);
    let beyond = kept.iter().find(|profile| !(1..=pca.variance().len()).contains(&profile.index));
    if let Some(profile) = beyond {
        return Ok(Outcome::Differs(format!("there is no component {}", profile.index)));
    }
    let lines: Vec<(Vec<f64>, Vec<f64>)> =
        kept.iter().map(|profile| (component(&pca, profile.index), profile.offset.clone())).collect();
    let losses = landscape.profiles(&lines)?;
    let deviation = losses.iter().zip(&kept).map(|(found, kept)| relative(found, &kept.loss));
    let l0 = apart(landscape.reference_loss(), stages::read_l0(run)?);
    Ok(Outcome::within(deviation.fold(l0, f64::max), LOSS, "losses"))
}

fn crossings(
    run: &RunFolder,
    landscape: &dyn Landscape,
    extent: Extent,
    context: &Context<'_>,
) -> Result<Outcome> {
    let (experiment, pca, kept) = (run.experiment(), run.read(&PCA)?, run.read(&FLATNESS)?);
    let selected = stages::selected_components(experiment, &pca);
    if selected.len() != kept.len() {
        return Ok(Outcome::Differs(format!(
            "{} directions, not the {} asked for",
            kept.len(),
            selected.len()
        )));
    }
    if let Some((asked, row)) = selected.iter().zip(&kept).find(|(asked, row)| **asked != row.index) {
        return Ok(Outcome::Differs(format!("component {} where {asked} was asked for", row.index)));
    }
    if let Some(row) = kept.iter().find(|row| row.variance != pca.variance()[row.index - 1]) {
        return Ok(Outcome::Differs(format!("σ² of component {} is not that of pca.npz", row.index)));
    }
    let all: Vec<&[usize]> = selected.chunks(NEIGHBOURS).collect();
    let groups: Vec<&[usize]> =
        places(experiment.seed, extent, all.len()).into_iter().map(|place| all[place]).collect();
    let again = measured_again(experiment, landscape, &pca, &groups, context)?;
    Ok(match worst(&again, &kept) {
        Ok(largest) => match Outcome::within(largest, CROSSING, "crossings") {
            Outcome::Same(words) => {
                Outcome::Same(format!("{words}; {} of {} directions", again.len(), selected.len()))
            }
            other => other,
        },
        Err(differs) => Outcome::Differs(differs),
    })
}

/// The groups that are measured again, of so many.
fn places(seed: u64, extent: Extent, all: usize) -> BTreeSet<usize> {
    match extent {
        Extent::All => (0..all).collect(),
        Extent::Sample => {
            let mut random = stream(seed, Purpose::Verification, 0);
            (0..GROUPS).map(|_| below(&mut random, all as u32) as usize).collect()
        }
    }
}

fn measured_again(
    experiment: &Experiment,
    landscape: &dyn Landscape,
    pca: &TrajectoryPca,
    groups: &[&[usize]],
    context: &Context<'_>,
) -> Result<Vec<FlatnessRow>> {
    let bar = context.bar("verify", groups.iter().map(|group| group.len()).sum::<usize>() as u64);
    let again = Mutex::new(Vec::new());
    let take = |group: &[usize], found: &[DirectionFlatness]| {
        again.lock().unwrap_or_else(PoisonError::into_inner).extend(stages::rows_of(group, pca, found));
        context.go_on("verify")
    };
    let (direction, done) = (|index| component(pca, index), |directions| bar.inc(directions));
    let groups = Groups { members: groups, direction: &direction, done: &done, take: &take };
    landscape.flatness_of_groups(&stages::search(&experiment.landscape)?, &groups)?;
    let mut again = again.into_inner().unwrap_or_else(PoisonError::into_inner);
    again.sort_by_key(|row| row.index);
    Ok(again)
}

/// The largest deviation of what was found again from what is kept; or what differs by more than it may.
fn worst(again: &[FlatnessRow], kept: &[FlatnessRow]) -> std::result::Result<f64, String> {
    let mut largest: f64 = 0.0;
    for again in again {
        let Some(kept) = kept.iter().find(|row| row.index == again.index) else { continue };
        let index = kept.index;
        match deviation(again, kept) {
            Some(deviation) if deviation <= CROSSING => largest = largest.max(deviation),
            Some(deviation) => {
                return Err(format!(
                    "the crossings of component {index} by {deviation:.1e} (allowed: {CROSSING:.0e})"
                ));
            }
            None => {
                let (there, again) = (kept.status, again.status);
                return Err(format!("component {index} is {there:?} there, {again:?} again"));
            }
        }
    }
    Ok(largest)
}

/// How far crossings are apart, relative to F; `None` if not the same was found.
fn deviation(again: &FlatnessRow, kept: &FlatnessRow) -> Option<f64> {
    let pairs = [(again.left, kept.left), (again.right, kept.right), (again.flatness, kept.flatness)];
    if again.status != kept.status || pairs.iter().any(|(again, kept)| again.is_some() != kept.is_some()) {
        return None;
    }
    let apart = pairs.into_iter().filter_map(|(again, kept)| Some(apart(again?, kept?)));
    Some(apart.fold(0.0, f64::max))
}

/// `fit.json` from the components and the flatness.
pub(super) fn fit(run: &RunFolder, checks: &mut Checks<'_>) -> Result<()> {
    // The interval of ψ is over windows of the trajectory.
    let inputs = [
        names::TRAJECTORY,
        names::TRAJECTORY_INFO,
        names::PCA,
        names::PROJECTIONS,
        names::FLATNESS,
        names::LANDSCAPE,
        names::WEIGHTS_MEAN,
        names::CONFIG,
    ];
    let mut found = None;
    checks.row(names::FIT, "fitted again", &inputs, || {
        let (report, uncertainty) = stages::fitted(run)?;
        let outcome = compared(run, &report);
        found = Some((uncertainty, report.floor));
        outcome
    })?;
    match found {
        // A fit of an older version left no replicates.
        Some((again, floor)) if run.file(names::JACKKNIFE).exists() => {
            checks.row(names::JACKKNIFE, "replicates found again", &inputs, || replicates(run, &again, floor))
        }
        _ => Ok(()),
    }
}

/// Every number of `fit.json` against those found again, but for those that an older version did not write.
fn compared(run: &RunFolder, again: &FitReport) -> Result<Outcome> {
    let written: serde_json::Value = read_json(&run.file(names::FIT))?;
    let kept: FitReport = read_json(&run.file(names::FIT))?;
    let (again, kept) = (numbers(run, again)?, numbers(run, &kept)?);
    // A field that the file does not have, and of which nothing is known therefore.
    let is_newer = |key: &str| {
        let ends = key.match_indices('.').map(|(end, _)| end).chain([key.len()]);
        ends.map(|end| &key[..end]).any(|field| {
            let place = format!("/{}", field.replace('.', "/"));
            written.pointer(&place).is_none() && kept.get(field).is_some_and(serde_json::Value::is_null)
        })
    };
    let mut largest: f64 = 0.0;
    for (key, value) in again.iter().filter(|(key, _)| !is_newer(key)) {
        let other = kept.get(key);
        let apart = match (value.as_f64(), other.and_then(serde_json::Value::as_f64)) {
            (Some(again), Some(kept)) => apart(again, kept),
            _ if Some(value) == other => 0.0,
            // Why there is no number, in words that change from version to version.
            _ if key.ends_with("missing")
                && value.is_string()
                && other.is_some_and(serde_json::Value::is_string) =>
            {
                0.0
            }
            _ => f64::INFINITY,
        };
        if apart > FITTED {
            let other = other.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            return Ok(Outcome::Differs(format!("{key} is {other} there, {value} again")));
        }
        largest = largest.max(apart);
    }
    let newer = again.keys().filter(|key| is_newer(key)).count();
    Ok(match (Outcome::within(largest, FITTED, "numbers"), newer) {
        (Outcome::Same(words), 1..) => {
            Outcome::Same(format!("{words}, without {newer} that an older version did not write"))
        }
        (outcome, _) => outcome,
    })
}

/// The variances without one block after the other; those under the floor are compared in units of the floor.
fn replicates(run: &RunFolder, again: &Uncertainty, floor: f64) -> Result<Outcome> {
    let kept = Uncertainty::read(run, None)?;
    let (Some(again), Some(kept)) = (again.variances(), kept.variances()) else {
        return Ok(match again.variances().is_some() == kept.variances().is_some() {
            true => Outcome::Same("none, there and again".to_owned()),
            false => Outcome::Differs("there are replicates on one side alone".to_owned()),
        });
    };
    if again.dim() != kept.dim() {
        return Ok(Outcome::Differs(format!(
            "[blocks, components] are {:?} there, {:?} again",
            kept.dim(),
            again.dim()
        )));
    }
    let apart = again.iter().zip(kept).map(|(again, kept)| (again - kept).abs() / kept.abs().max(floor));
    Ok(Outcome::within(apart.fold(0.0, f64::max), REPLICATED, "variances"))
}

/// The numbers of a report by their keys, those of nested ones too.
fn numbers(run: &RunFolder, report: &FitReport) -> Result<BTreeMap<String, serde_json::Value>> {
    let mut flat = BTreeMap::new();
    let whole = serde_json::to_value(report);
    let whole = whole.map_err(|error| FileError::malformed(&run.file(names::FIT), error.to_string()))?;
    let mut open = vec![(String::new(), whole)];
    while let Some((key, value)) = open.pop() {
        let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
        match value {
            serde_json::Value::Object(fields) => {
                open.extend(fields.into_iter().map(|(name, value)| (below(&name), value)));
            }
            serde_json::Value::Array(items) => {
                open.extend(items.into_iter().enumerate().map(|(n, value)| (below(&n.to_string()), value)));
            }
            value => {
                flat.insert(key, value);
            }
        }
    }
    Ok(flat)
}
