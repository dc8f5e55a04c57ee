//! Stage 2: trajectory → principal components, variances, projections.

use ndarray::ArrayView2;
use varflat_analysis::{DatasetBase, Fit, TrajectoryPca};
use varflat_recorder::Trajectory;

use crate::error::{Error, Result};
use crate::files::{Array, Npz, write_npy, write_npz};
use crate::run_folder::{RunFolder, names};

/// Components whose θ_i(t) are written out.
const PROJECTED: usize = 60;

/// Analyse the recorded window; there is nothing to continue, so no earlier time.
pub(super) fn pca(run: &RunFolder) -> Result<f64> {
    let file = run.file(names::TRAJECTORY);
    let trajectory = Trajectory::open(&file)?;
    if trajectory.is_truncated() {
        return Err(Error::malformed(
            &file,
            format!(
                "{} of {} rows are missing: the file was cut short; restore it, or run the training again with --force",
                trajectory.missing_rows(),
                trajectory.missing_rows() + trajectory.steps() as u64
            ),
        ));
    }
    let values = trajectory.read()?;
    let window = ArrayView2::from_shape((trajectory.steps(), trajectory.weights()), &values)
        .map_err(|error| Error::malformed(&file, error.to_string()))?;
    let pca = TrajectoryPca::params().fit(&DatasetBase::from(window))?;
    let projections = pca.project(window, PROJECTED.min(pca.variance().len()))?;
    drop(values);
    write_npy(&run.file(names::PROJECTIONS), &projections)?;
    save(run, &pca)?;
    Ok(0.0)
}

fn save(run: &RunFolder, pca: &TrajectoryPca) -> Result<()> {
    fn values<'a>(array: Option<&'a [f64]>) -> &'a [f64] {
        // Every array here was just made in standard order.
        array.unwrap_or_default()
    }
    let segments = pca.segments();
    let components = pca.components();
    write_npz(
        &run.file(names::PCA),
        &[
            ("mean", Array::Double(vec![pca.mean().len()], values(pca.mean().as_slice()))),
            ("variance", Array::Double(vec![pca.variance().len()], values(pca.variance().as_slice()))),
            ("components", Array::Double(components.shape().to_vec(), values(components.as_slice()))),
            ("floor", Array::scalar(&pca.floor())),
            ("segment_length", Array::Integer(vec![segments.length as i64])),
            ("segment_steps", Array::Integer(segments.steps.iter().map(|&steps| steps as i64).collect())),
            ("segment_sum", Array::Double(segments.sum.shape().to_vec(), values(segments.sum.as_slice()))),
            (
                "segment_square",
                Array::Double(segments.square.shape().to_vec(), values(segments.square.as_slice())),
            ),
        ],
    )
}

/// Read the decomposition back.
pub(super) fn read(run: &RunFolder) -> Result<TrajectoryPca> {
    let path = run.file(names::PCA);
    let mut npz = Npz::open(&path)?;
    let length = npz.counts("segment_length")?;
    let segments = varflat_analysis::SegmentMoments {
        length: length.first().copied().unwrap_or(0),
        steps: npz.counts("segment_steps")?,
        sum: npz.shaped("segment_sum")?,
        square: npz.shaped("segment_square")?,
    };
    let (mean, variance, components) =
        (npz.shaped("mean")?, npz.shaped("variance")?, npz.shaped("components")?);
    let floor = npz.scalar("floor")?;
    TrajectoryPca::from_parts(mean, variance, components, floor, segments)
        .map_err(|error| Error::malformed(&path, format!("{error}; redo `varflat pca`")))
}
