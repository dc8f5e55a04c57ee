//! One way to ask any loss landscape.

use rayon::prelude::*;
use varflat_analysis::{DirectionFlatness, FlatnessSearch, TrajectoryPca};
use varflat_model::{DenseLandscape, Line};

use crate::error::{Error, Result};

/// Directions measured one after the other, each search starting at the one before. A fixed number, so that a
/// result depends neither on the threads nor on where an interrupted run went on.
pub(crate) const IN_A_ROW: usize = 20;

/// Points of a profile, and how far beyond the crossings it goes.
pub(crate) const PROFILE_POINTS: usize = 81;
const BEYOND: f64 = 1.6;

/// A loss around w_0 that can be asked along directions p: L(w_0 + s·p).
///
/// varflat's own landscapes are those of the data's loss: the penalty λ|w|²/2, which a training with weight decay λ minimises with it,
/// is left out.
///
/// A [`DenseLandscape`] is one and, with a backend, `DeviceLandscape` (the same on a GPU) and `ModuleLandscape` (of any burn
/// module) are. For a loss of your own implement
/// [`losses`](Self::losses); the search for the crossings comes with it.
pub trait Landscape {
    /// L_0 = L(w_0).
    fn reference_loss(&self) -> f64;

    /// L(w_0 + s·p) for every offset s.
    ///
    /// # Errors
    /// If the direction does not fit, or the loss cannot be had.
    fn losses(&self, direction: &[f64], offsets: &[f64]) -> Result<Vec<f64>>;

    /// F and the crossings along each direction.
    ///
    /// # Errors
    /// As [`losses`](Self::losses), and where the search refuses L_0.
    fn flatness(&self, search: &FlatnessSearch, directions: &[Vec<f64>]) -> Result<Vec<DirectionFlatness>> {
        let mut guess = 1.0;
        let found = directions.iter().map(|direction| {
            let mut found = search.measure_together(self.reference_loss(), guess, 1, |offsets| {
                Ok::<_, Error>(vec![self.losses(direction, &offsets[0])?])
            })?;
            let found = found.remove(0);
            guess = found.first_step_of_neighbour().unwrap_or(guess);
            Ok(found)
        });
        found.collect()
    }
}

impl Landscape for DenseLandscape {
    fn reference_loss(&self) -> f64 {
        self.reference_loss()
    }

    fn losses(&self, direction: &[f64], offsets: &[f64]) -> Result<Vec<f64>> {
        let mut line = self.line();
        line.set_direction(direction)?;
        Ok(line.losses(offsets))
    }

    /// All cores share the directions, and a search leaves out the samples that cannot matter.
    fn flatness(&self, search: &FlatnessSearch, directions: &[Vec<f64>]) -> Result<Vec<DirectionFlatness>> {
        let groups = directions
            .par_chunks(IN_A_ROW)
            .map_init(|| self.line(), |line, group| in_a_row(line, search, group.iter().cloned(), || {}));
        Ok(groups.collect::<Result<Vec<_>>>()?.concat())
    }
}

#[cfg(feature = "train")]
impl Landscape for varflat_model::DeviceLandscape {
    fn reference_loss(&self) -> f64 {
        self.reference_loss()
    }

    fn losses(&self, direction: &[f64], offsets: &[f64]) -> Result<Vec<f64>> {
        Ok(self.lines(&[direction.to_vec()])?.losses(&[offsets.to_vec()])?.remove(0))
    }

    /// All directions together, each search beginning at the same step.
    fn flatness(&self, search: &FlatnessSearch, directions: &[Vec<f64>]) -> Result<Vec<DirectionFlatness>> {
        let lines = self.lines(directions)?;
        search.measure_together(self.reference_loss(), 1.0, directions.len(), |offsets| {
            Ok(lines.losses(offsets)?)
        })
    }
}

/// The component of this index, from 1.
pub fn component(pca: &TrajectoryPca, index: usize) -> Vec<f64> {
    pca.components().row(index - 1).to_vec()
}

/// Offsets of a profile, from well outside one crossing to well outside the other.
pub fn across(left: f64, right: f64) -> Vec<f64> {
    let share = |point: usize| point as f64 / (PROFILE_POINTS - 1) as f64;
    (0..PROFILE_POINTS).map(|point| BEYOND * (left + (right - left) * share(point))).collect()
}

/// F along directions in a row; `done` after each.
pub(crate) fn in_a_row(
    line: &mut Line<'_>,
    search: &FlatnessSearch,
    directions: impl Iterator<Item = Vec<f64>>,
    done: impl Fn(),
) -> Result<Vec<DirectionFlatness>> {
    let l0 = line.reference_loss();
    let mut guess = 1.0;
    let found = directions.map(|direction| {
        line.set_direction(&direction)?;
        let found = search.measure(l0, guess, |offsets| line.search_losses(offsets))?;
        guess = found.first_step_of_neighbour().unwrap_or(guess);
        done();
        Ok(found)
    });
    found.collect()
}

#[cfg(feature = "train")]
impl<C: varflat_model::Classifier> Landscape for varflat_model::ModuleLandscape<'_, C> {
    fn reference_loss(&self) -> f64 {
        self.reference_loss()
    }

    fn losses(&self, direction: &[f64], offsets: &[f64]) -> Result<Vec<f64>> {
        let mut line = self.line();
        line.set_direction(direction)?;
        Ok(line.losses(offsets)?)
    }
}
