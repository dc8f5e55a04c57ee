//! The intervals of a fit: what other windows of the same training would give.

use std::ops::RangeInclusive;

use ndarray::{Array2, Axis};
use varflat_analysis::{
    AnalysisError, Estimate, Memory, PowerLaw, Remembers, Replicates, TrajectoryPca, WindowSource,
};

use crate::artifacts::{JACKKNIFE, PROJECTIONS, TRAJECTORY};
use crate::contents::OLDER;
use crate::error::Result;
use crate::experiment::PROJECTED;
use crate::run_folder::{RunFolder, names};

/// The variances without one block of time after the other, and whether the blocks are independent; or why there are none.
pub struct Uncertainty(std::result::Result<(Replicates, Memory), String>);

impl Uncertainty {
    /// Of a run's window, for its first `kept` components; blocks are long enough for those of the fit.
    pub(super) fn measure(run: &RunFolder, pca: &TrajectoryPca, law: &PowerLaw, kept: usize) -> Result<Self> {
        let (window, theta) = (run.read(&TRAJECTORY)?, run.read(&PROJECTIONS)?);
        Self::along(pca, window, theta, run.experiment().fit.block, law.first..=law.last, kept)
    }

    /// Of any window, along its components, which are found again in each replicate; blocks of at least so many rows are long enough
    /// for the components of `range`.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if the window cannot be read.
    pub fn of_components(
        pca: &TrajectoryPca,
        window: impl WindowSource,
        block: usize,
        range: RangeInclusive<usize>,
    ) -> Result<Self> {
        let theta = pca.project(&window, pca.variance().len().min(PROJECTED))?;
        let kept = *range.end();
        Self::along(pca, window, theta, block, range, kept)
    }

    /// The same with the projections θ at hand, for the first `kept` components.
    fn along(
        pca: &TrajectoryPca,
        window: impl WindowSource,
        theta: Array2<f64>,
        block: usize,
        range: RangeInclusive<usize>,
        kept: usize,
    ) -> Result<Self> {
        Self::new(Memory::of(theta.view()).and_then(|memory| {
            let block = memory.independent_block(block, range);
            Ok((Replicates::of_components(pca, &window, block, kept)?, memory))
        }))
    }

    /// Along directions that are held.
    ///
    /// # Errors
    /// None that coordinates in memory could cause.
    pub fn of_coordinates(theta: &Array2<f64>, block: usize) -> Result<Self> {
        let first = theta.slice_axis(Axis(1), (..theta.ncols().min(PROJECTED)).into());
        let replicates = Replicates::of_coordinates(theta.view(), block);
        Self::new(replicates.and_then(|replicates| Ok((replicates, Memory::of(first)?))))
    }

    fn new(known: std::result::Result<(Replicates, Memory), AnalysisError>) -> Result<Self> {
        match known {
            // A file that cannot be read is no property of the window.
            Err(error @ AnalysisError::Source(_)) => Err(error.into()),
            known => Ok(Self(known.map_err(|error| error.to_string()))),
        }
    }

    /// The interval of a number that rests on components `first..=last`, or the value alone and why.
    pub(crate) fn estimate(
        &self,
        value: f64,
        [first, last]: [usize; 2],
        of: impl FnOnce(&Replicates) -> std::result::Result<Estimate, AnalysisError>,
    ) -> Estimate {
        let (replicates, memory) = match &self.0 {
            Ok(known) => known,
            Err(reason) => return Estimate::without(value, reason.clone()),
        };
        match memory.longer_than_half(replicates.rows(), first..=last) {
            Some(longest) => Estimate::without(value, too_long(longest, replicates.rows())),
            None => of(replicates).unwrap_or_else(|error| Estimate::without(value, error.to_string())),
        }
    }

    /// The variances without one block after the other `[blocks, components]`; none where the window has none.
    pub(crate) fn variances(&self) -> Option<&Array2<f64>> {
        self.0.as_ref().ok().map(|(replicates, _)| replicates.variance())
    }

    /// The variances without one block after the other; none where the window has none.
    pub(super) fn replicates(&self) -> Option<Replicates> {
        self.0.as_ref().ok().map(|(replicates, _)| replicates.clone())
    }

    /// Reads what a run's fit left; of a fit without replicates the reason is the fit's.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if it is damaged.
    pub fn read(run: &RunFolder, missing: Option<&str>) -> Result<Self> {
        let there = run.file(names::JACKKNIFE).exists();
        let Some(replicates) = there.then(|| run.read(&JACKKNIFE)).transpose()?.flatten() else {
            return Ok(Self(Err(missing.unwrap_or(OLDER).to_owned())));
        };
        let theta = run.read(&PROJECTIONS)?;
        Self::new(Memory::of(theta.view()).map(|memory| (replicates, memory)))
    }
}

/// Why blocks are not independent, and what to do.
fn too_long(Remembers { component, one_over_e, window }: Remembers, rows: usize) -> String {
    match one_over_e {
        None => format!("θ_{component} drifts: it does not forget within the {window} rows of the window"),
        Some(time) => {
            let block = (2.0 * time).ceil();
            let remedy = match 5.0 * block > window as f64 {
                true => format!("an interval needs five blocks of {block}, and the window has {window} rows"),
                false => format!("set fit.block to {block} or more"),
            };
            format!(
                "θ_{component} remembers for {time:.0} rows, so that blocks of {rows} are not independent; {remedy}"
            )
        }
    }
}
