//! One way to ask any loss landscape.

use rayon::prelude::*;
use varflat_analysis::{
    DirectionFlatness, FlatnessSearch, NEIGHBOURS, TrajectoryPca, flatness_of_neighbours,
};
use varflat_model::{DenseLandscape, Line};

use crate::error::{Error, Result};

/// Points of a profile, and how far beyond the crossings it goes.
pub(crate) const PROFILE_POINTS: usize = 81;
const PROFILE_MARGIN: f64 = 1.6;

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

    /// F and the crossings along each direction: one search after the other, each starting at the one before.
    ///
    /// # Errors
    /// As [`losses`](Self::losses), and where the search refuses L_0.
    fn flatness(&self, search: &FlatnessSearch, directions: &[Vec<f64>]) -> Result<Vec<DirectionFlatness>> {
        flatness_of_neighbours(directions, |direction, first_step| {
            let mut found = search.measure_together(self.reference_loss(), first_step, 1, |offsets| {
                Ok::<_, Error>(vec![self.losses(direction, &offsets[0])?])
            })?;
            Ok(found.remove(0))
        })
    }

    /// The same of many groups of directions: one group after the other.
    ///
    /// # Errors
    /// As [`flatness`](Self::flatness), and what taking the results meets.
    fn flatness_of_groups(&self, search: &FlatnessSearch, groups: &Groups<'_>) -> Result<()> {
        groups.members.iter().try_for_each(|group| {
            let directions: Vec<Vec<f64>> = group.iter().map(|&index| (groups.direction)(index)).collect();
            let found = self.flatness(search, &directions)?;
            (groups.done)(group.len() as u64);
            (groups.take)(group, &found)
        })
    }

    /// The losses along each of these directions, at offsets of its own.
    ///
    /// # Errors
    /// As [`losses`](Self::losses).
    fn profiles(&self, lines: &[(Vec<f64>, Vec<f64>)]) -> Result<Vec<Vec<f64>>> {
        lines.iter().map(|(direction, offsets)| self.losses(direction, offsets)).collect()
    }
}

/// Takes what was found along a group of directions, which are given by index.
pub type Take<'a> = dyn Fn(&[usize], &[DirectionFlatness]) -> Result<()> + Sync + 'a;

/// Groups of directions to be measured. A direction may be large: it is made when its turn has come.
pub struct Groups<'a> {
    /// The directions of each group, by index.
    pub members: &'a [&'a [usize]],
    /// The direction p of an index.
    pub direction: &'a (dyn Fn(usize) -> Vec<f64> + Sync),
    /// Told that so many more directions are measured.
    pub done: &'a (dyn Fn(u64) + Sync),
    /// Takes what was found along a group; on several threads at once.
    pub take: &'a Take<'a>,
}

/// Flatness along neighbouring directions by a host's kernels, which leave out the samples that cannot matter to a search; `done` after each.
fn along_line<D: AsRef<[f64]>>(
    line: &mut Line<'_>,
    search: &FlatnessSearch,
    directions: impl Iterator<Item = D>,
    done: impl Fn(),
) -> Result<Vec<DirectionFlatness>> {
    let l0 = line.reference_loss();
    flatness_of_neighbours(directions, |direction, first_step| {
        line.set_direction(direction.as_ref())?;
        let found = search.measure(l0, first_step, |offsets| line.search_losses(offsets))?;
        done();
        Ok(found)
    })
}

/// All cores share the directions.
impl Landscape for DenseLandscape {
    fn reference_loss(&self) -> f64 {
        self.reference_loss()
    }

    fn losses(&self, direction: &[f64], offsets: &[f64]) -> Result<Vec<f64>> {
        let mut line = self.line();
        line.set_direction(direction)?;
        Ok(line.losses(offsets))
    }

    fn flatness(&self, search: &FlatnessSearch, directions: &[Vec<f64>]) -> Result<Vec<DirectionFlatness>> {
        let groups = directions
            .par_chunks(NEIGHBOURS)
            .map_init(|| self.line(), |line, group| along_line(line, search, group.iter(), || {}));
        Ok(groups.collect::<Result<Vec<_>>>()?.concat())
    }

    fn flatness_of_groups(&self, search: &FlatnessSearch, groups: &Groups<'_>) -> Result<()> {
        groups.members.par_iter().try_for_each_init(
            || self.line(),
            |line, group| {
                let directions = group.iter().map(|&index| (groups.direction)(index));
                let found = along_line(line, search, directions, || (groups.done)(1))?;
                (groups.take)(group, &found)
            },
        )
    }

    fn profiles(&self, lines: &[(Vec<f64>, Vec<f64>)]) -> Result<Vec<Vec<f64>>> {
        let losses = lines.par_iter().map_init(
            || self.line(),
            |line, (direction, offsets)| {
                line.set_direction(direction)?;
                Ok(line.losses(offsets))
            },
        );
        losses.collect()
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

/// The component of this index, from 1.
pub fn component(pca: &TrajectoryPca, index: usize) -> Vec<f64> {
    pca.components().row(index - 1).to_vec()
}

/// Offsets of a profile, from well outside one crossing to well outside the other.
pub fn profile_offsets(left: f64, right: f64) -> Vec<f64> {
    let share = |point: usize| point as f64 / (PROFILE_POINTS - 1) as f64;
    (0..PROFILE_POINTS).map(|point| PROFILE_MARGIN * (left + (right - left) * share(point))).collect()
}
