//! `[study.controls]`: what is asked, and what it asks of the run.

use serde::{Deserialize, Serialize};
use varflat_analysis::{Basis, WindowSource};
use varflat_run::artifacts::TRAJECTORY;
use varflat_run::error::Result;
use varflat_run::experiment::{
    Checked, Components, MOST_COMPONENTS, all_within, not_too_many, range, within,
};
use varflat_run::memory;
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

use super::tables::words_of;

/// The most weights of a layer whose whole Hessian is made.
pub(in crate::studies) const MOST_WEIGHTS: usize = 4000;
/// More replays than anyone waits for.
const MOST_REPLAYS: u64 = 1000;
const MOST_BURN_IN: u64 = 1000;
const MOST_GRADIENTS: u64 = 100_000;

/// `[study.controls]`: how many replays, and where ψ is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlsStudy {
    /// Realisations of the replay.
    pub replays: usize,
    /// Epochs that a replay makes before its window begins.
    #[serde(default = "two")]
    pub burn_in: usize,
    /// First and last direction of each fit of ψ, counted from 1.
    pub ranges: Vec<[usize; 2]>,
    /// Directions whose correlation time is taken, counted from 1.
    pub times: Vec<usize>,
    /// Kinds of directions, the window's own components among them.
    #[serde(default = "all_bases")]
    pub bases: Vec<Basis>,
    /// Levels at which F is measured beside the run's own, as multiples of L_0.
    #[serde(default)]
    pub levels: Vec<f64>,
    /// Directions along which F is measured: the first 50 and the rest evenly spaced, or all.
    #[serde(default = "two_hundred")]
    pub flatness: Components,
    /// Steps of the window at which the gradient of the full loss is taken.
    #[serde(default = "steps")]
    pub gradients: usize,
}

fn all_bases() -> Vec<Basis> {
    Basis::ALL.to_vec()
}

const fn two() -> usize {
    2
}

const fn two_hundred() -> Components {
    Components::Some(200)
}

const fn steps() -> usize {
    200
}

impl ControlsStudy {
    /// What a run with so many components has room for: the usual ranges and ranks as far as they go, and all components.
    pub fn suited(components: usize, replays: usize) -> Self {
        let ranges = [[2, 40], [2, 50], [10, 500], [2, 500], [500, 2000]]
            .into_iter()
            .filter(|[_, last]| *last < components);
        let times = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
        Self {
            replays,
            burn_in: two(),
            ranges: ranges.chain([[2, components]]).collect(),
            times: times.into_iter().filter(|index| *index <= components).collect(),
            bases: all_bases(),
            levels: Vec::new(),
            flatness: two_hundred(),
            gradients: steps(),
        }
    }

    /// The complaint about impossible settings.
    pub(in crate::studies) fn check_settings(&self) -> Checked {
        within("replays", self.replays, 1, MOST_REPLAYS)?;
        within("burn_in", self.burn_in, 0, MOST_BURN_IN)?;
        within("gradients", self.gradients, 2, MOST_GRADIENTS)?;
        if self.ranges.is_empty() {
            return Err("ranges needs at least one [first, last]".to_owned());
        }
        not_too_many("ranges", self.ranges.len())?;
        self.ranges.iter().try_for_each(|&directions| range("ranges", directions, 3))?;
        if self.times.is_empty() {
            return Err("times needs directions, counted from 1".to_owned());
        }
        all_within("times", &self.times, 1, MOST_COMPONENTS)?;
        not_too_many("levels", self.levels.len())?;
        if let Some(level) = self.levels.iter().find(|level| !(**level > 1.0 && level.is_finite())) {
            return Err(format!("levels: {level}, but a level is a multiple of L_0 above 1"));
        }
        if self.flatness == Components::Some(0) {
            return Err("flatness needs at least one direction".to_owned());
        }
        if ![Basis::Components, Basis::Hessian].iter().all(|basis| self.bases.contains(basis)) {
            return Err("bases needs \"components\" and \"hessian\", which the figures compare".to_owned());
        }
        match self.bases.iter().enumerate().find(|(place, basis)| self.bases[..*place].contains(basis)) {
            Some((_, basis)) => Err(format!("bases: {} is there twice", words_of(*basis))),
            None => Ok(()),
        }
    }

    /// The complaint about a run that cannot be replayed, or has no room for what is asked.
    pub(in crate::studies) fn check_room(&self, run: &RunFolder) -> Result<Checked> {
        let components = stages::read_variance(run)?.0.len();
        let beyond = |last: usize| last > components;
        if let Some([first, last]) = self.ranges.iter().find(|[_, last]| beyond(*last)) {
            return Ok(Err(format!("ranges: [{first}, {last}], but the run has {components} components")));
        }
        if let Some(index) = self.times.iter().copied().find(|index| beyond(*index)) {
            return Ok(Err(format!("times: {index}, but the run has {components} components")));
        }
        if run.experiment().recorder.every != 1 {
            return Ok(Err("the window has to hold every step (recorder.every = 1)".to_owned()));
        }
        Ok(has_hessian(run)?.and(replayable(run)))
    }
}

/// The complaint about a run whose layer has no exact curvature, or one that is too large.
pub(in crate::studies) fn has_hessian(run: &RunFolder) -> Result<Checked> {
    if run.experiment().langevin.is_some() {
        return Ok(Err("the run is a Langevin walk, whose noise is not that of mini-batches".to_owned()));
    }
    if !run.experiment().model.is_dense() {
        return Ok(Err("the exact curvature is that of a network of dense layers".to_owned()));
    }
    let window = run.read(&TRAJECTORY)?;
    let (steps, weights) = (window.steps(), window.weights());
    if weights > MOST_WEIGHTS {
        return Ok(Err(format!(
            "the layer has {weights} weights: its whole Hessian is made, of at most {MOST_WEIGHTS} weights"
        )));
    }
    Ok(memory::lacking(bytes(steps, weights)).map_or(Ok(()), |lacking| {
        Err(format!("{steps} steps of {weights} weights need {lacking}: record a shorter window"))
    }))
}

/// The two windows of a replay and one of them with the drift of the run in f32; H, S and their eigenvectors, and what the principal
/// components and the forms along them take, in f64: sixteen matrices `[weights, weights]`.
fn bytes(steps: usize, weights: usize) -> u64 {
    let (steps, weights) = (steps as u64, weights as u64);
    12u64.saturating_mul(steps).saturating_mul(weights).saturating_add(16 * 8 * weights * weights)
}

/// The complaint about a run whose steps are not those of the linear dynamics.
pub(in crate::studies) fn replayable(run: &RunFolder) -> Checked {
    match run.experiment().training.is_plain_sgd() {
        true => Ok(()),
        false => Err("the replay is that of plain SGD: without momentum, and not Adam".to_owned()),
    }
}
