//! The intervals of a fit: what other windows of the same training would give.

use ndarray::{Array2, Axis};
use varflat_analysis::{AnalysisError, Estimate, Replicates, TrajectoryPca, WindowSource, remembers_longer};

use super::OLDER;
use crate::error::{Error, Result};
use crate::files::{Array, Npz, read_npy, write_npz};
use crate::recorded::RecordedWindow;
use crate::run_folder::{RunFolder, names};
use crate::stages::PROJECTED;

/// The variances without one block of time after the other, and the projections that tell whether the blocks are independent.
pub(crate) struct Uncertainty {
    replicates: std::result::Result<Replicates, String>,
    /// θ of the first components, `[T, k]`.
    theta: Array2<f64>,
}

impl Uncertainty {
    /// Of a run's window, for its first `last` components.
    pub(super) fn measure(run: &RunFolder, pca: &TrajectoryPca, last: usize) -> Result<Self> {
        let window = RecordedWindow::open(run.checked(names::TRAJECTORY)?)?;
        let theta = read_npy(&run.checked(names::PROJECTIONS)?)?;
        let replicates = replicates(pca, &window, run.experiment().fit.block, last)?;
        Ok(Self { replicates, theta })
    }

    /// Of any window, along its first `last` components, which are found again in each replicate.
    pub(crate) fn of_components(
        pca: &TrajectoryPca,
        window: impl WindowSource,
        block: usize,
        last: usize,
    ) -> Result<Self> {
        let theta = pca.project(&window, pca.variance().len().min(PROJECTED))?;
        let replicates = replicates(pca, &window, block, last)?;
        Ok(Self { replicates, theta })
    }

    /// Along directions that are held.
    pub(crate) fn of_coordinates(theta: &Array2<f64>, block: usize) -> Self {
        let replicates = Replicates::of_coordinates(theta.view(), block).map_err(|error| error.to_string());
        let shown = theta.ncols().min(PROJECTED);
        Self { replicates, theta: theta.slice_axis(Axis(1), (..shown).into()).to_owned() }
    }

    /// The interval of a number that rests on components `first..=last`, or the value alone and why.
    pub(crate) fn estimate(
        &self,
        value: f64,
        [first, last]: [usize; 2],
        of: impl FnOnce(&Replicates) -> Estimate,
    ) -> Estimate {
        let replicates = match &self.replicates {
            Ok(replicates) => replicates,
            Err(reason) => return Estimate::without(value, reason.clone()),
        };
        let shown = first.max(1) - 1..last.min(self.theta.ncols());
        if !shown.is_empty() {
            let theta = self.theta.slice_axis(Axis(1), shown.into());
            match remembers_longer(theta, first.max(1), replicates.rows()) {
                Ok(None) => {}
                Ok(Some((index, time))) => {
                    return Estimate::without(value, too_long(index, time, replicates.rows(), theta.nrows()));
                }
                Err(error) => return Estimate::without(value, error.to_string()),
            }
        }
        of(replicates)
    }

    /// Writes the replicates beside the fit; none where there are none.
    pub(super) fn write(&self, run: &RunFolder) -> Result<()> {
        let empty = Array2::zeros((0, 0));
        let (rows, variance, held) = match &self.replicates {
            Ok(replicates) => {
                (replicates.rows() as i64, replicates.variance(), replicates.held().unwrap_or(&empty))
            }
            Err(_) => (0, &empty, &empty),
        };
        let arrays = [
            ("rows", Array::Integer(vec![rows])),
            ("variance", Array::double(variance)),
            ("held", Array::double(held)),
        ];
        write_npz(&run.file(names::JACKKNIFE), &arrays)
    }

    /// Reads what a run's fit left; of a fit without replicates the reason is the fit's.
    pub(crate) fn read(run: &RunFolder, missing: Option<&str>) -> Result<Self> {
        let theta = read_npy(&run.checked(names::PROJECTIONS)?)?;
        let reason = missing.unwrap_or(OLDER).to_owned();
        let path = run.file(names::JACKKNIFE);
        if !path.exists() {
            return Ok(Self { replicates: Err(reason), theta });
        }
        run.checked(names::JACKKNIFE)?;
        let mut npz = Npz::open(&path)?;
        let variance: Array2<f64> = npz.shaped("variance")?;
        let rows = npz.counts("rows")?.first().copied().unwrap_or(0);
        if variance.is_empty() {
            return Ok(Self { replicates: Err(reason), theta });
        }
        let held: Array2<f64> = npz.shaped("held")?;
        let replicates = Replicates::from_parts(rows, variance, Some(held))
            .map_err(|error| Error::malformed(&path, error.to_string()))?;
        Ok(Self { replicates: Ok(replicates), theta })
    }
}

/// The replicates, or why the window gives none; a window that cannot be read is an error.
fn replicates(
    pca: &TrajectoryPca,
    window: impl WindowSource,
    block: usize,
    last: usize,
) -> Result<std::result::Result<Replicates, String>> {
    match Replicates::of_components(pca, window, block, last) {
        Ok(replicates) => Ok(Ok(replicates)),
        // A file that cannot be read is no property of the window.
        Err(error @ AnalysisError::Source(_)) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// Why blocks are not independent, and what to do.
fn too_long(index: usize, time: Option<f64>, rows: usize, window: usize) -> String {
    match time {
        None => format!("θ_{index} drifts: it does not forget within the {window} rows of the window"),
        Some(time) => format!(
            "θ_{index} remembers for {time:.0} rows, so that blocks of {rows} are not independent; set fit.block to {:.0} or more, \
             of which the window must hold five",
            2.0 * time
        ),
    }
}
