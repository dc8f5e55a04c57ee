//! Stage 2: trajectory → principal components, variances, projections.

use varflat_analysis::{DatasetBase, Fit, TrajectoryPca};
use varflat_recorder::{RecorderError, Trajectory};

use crate::error::{Error, Result};
use crate::files::{Array, Npz, rows, write_npy, write_npz};
use crate::progress::Spinner;
use crate::run_folder::{RunFolder, Stage, names};

/// Components whose θ_i(t) are written out.
const PROJECTED: usize = 60;

/// Analyse the recorded window; there is nothing to continue, so no earlier time.
pub(super) fn pca(run: &RunFolder) -> Result<f64> {
    let file = run.file(names::TRAJECTORY);
    let damaged = |error: RecorderError| Error::malformed(&file, error.to_string());
    let trajectory = Trajectory::open(&file).map_err(damaged)?;
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
    run.checked("trajectory.json").and_then(|_| run.checked(names::TRAJECTORY))?;
    let values = trajectory.read().map_err(damaged)?;
    let window = rows(&file, &values, trajectory.weights())?;
    let _spinner = Spinner::start("pca", "covariance and principal components");
    let pca = TrajectoryPca::params().fit(&DatasetBase::from(window))?;
    let projections = pca.project(window, PROJECTED.min(pca.variance().len()))?;
    drop(values);
    run.begin(Stage::Pca)?;
    write_npy(&run.file(names::PROJECTIONS), &projections)?;
    save(run, &pca)?;
    Ok(0.0)
}

fn save(run: &RunFolder, pca: &TrajectoryPca) -> Result<()> {
    let segments = pca.segments();
    let segment_steps = segments.steps.iter().map(|&steps| steps as i64).collect();
    // The npz writer wants C order, whatever the solver left behind.
    let components = pca.components().as_standard_layout();
    let (sum, square) = (segments.sum.as_standard_layout(), segments.square.as_standard_layout());
    write_npz(
        &run.file(names::PCA),
        &[
            ("mean", Array::double(pca.mean())),
            ("variance", Array::double(pca.variance())),
            ("components", Array::double(&components)),
            ("floor", Array::scalar(&pca.floor())),
            ("segment_length", Array::Integer(vec![segments.length as i64])),
            ("segment_steps", Array::Integer(segment_steps)),
            ("segment_sum", Array::double(&sum)),
            ("segment_square", Array::double(&square)),
        ],
    )
}

/// Read the decomposition back.
pub(crate) fn read(run: &RunFolder) -> Result<TrajectoryPca> {
    let path = run.checked(names::PCA)?;
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
        .map_err(|error| Error::malformed(&path, error.to_string()))
}

/// Read the variances alone: of wide layers the components are hundreds of megabytes.
pub(crate) fn read_variance(run: &RunFolder) -> Result<ndarray::Array1<f64>> {
    Npz::open(&run.checked(names::PCA)?)?.shaped("variance")
}
