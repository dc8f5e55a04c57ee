//! Stage 2: trajectory → principal components, variances, projections.

mod passes;

use varflat_analysis::{ParamGuard, TrajectoryPca};

use crate::error::{Error, Result};
use crate::files::{Array, Npz, write_npy, write_npz};
use crate::recorded::RecordedWindow;
use crate::run_folder::{RunFolder, Stage, names};
use passes::Watched;

/// Components whose θ_i(t) are written out.
pub(super) const PROJECTED: usize = 60;

/// Steps of a time segment whose moments are kept for the bootstrap …
pub(super) const SEGMENT: usize = 100;
/// … and the most of these; of a longer window a segment is as long as a block of the bootstrap.
pub(super) const SEGMENTS: usize = 2000;

/// Analyse the recorded window; there is nothing to continue, so no earlier time.
pub(super) fn pca(run: &RunFolder) -> Result<f64> {
    let window = RecordedWindow::open(run.file(names::TRAJECTORY))?;
    let watched = Watched::new(&window, PROJECTED);
    let segment = segment(window.trajectory().steps(), run.experiment().fit.block);
    let pca = TrajectoryPca::params().segment(segment).check()?.fit_source(&watched)?;
    run.begin(Stage::Pca)?;
    let shape = (window.trajectory().steps(), PROJECTED.min(pca.variance().len()));
    write_npy(&run.file(names::PROJECTIONS), shape, |write| pca.project_blocks(&watched, shape.1, write))?;
    drop(watched);
    save(run, &pca)?;
    Ok(0.0)
}

/// Steps of a time segment.
pub(super) fn segment(steps: usize, block: usize) -> usize {
    if steps <= SEGMENT * SEGMENTS { SEGMENT } else { block.max(SEGMENT) }
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
        .map_err(|error| Error::malformed(&path, error.to_string()))
}

/// Read the variances alone: of wide layers the components are hundreds of megabytes.
pub(crate) fn read_variance(run: &RunFolder) -> Result<ndarray::Array1<f64>> {
    Npz::open(&run.file(names::PCA))?.shaped("variance")
}
