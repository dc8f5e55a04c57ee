//! `pca.npz`: principal components and their variances.

use std::path::Path;

use ndarray::Array1;
use varflat_analysis::{SegmentMoments, TrajectoryPca};
use varflat_files::{Array, FileError, Npz, write_npz};

use crate::error::{Error, Remedy, Result};
use crate::experiment::{Components, Experiment};
use crate::stage::Stage;

pub(crate) fn write(path: &Path, pca: &TrajectoryPca) -> Result<()> {
    let segments = pca.segments();
    let segment_steps = segments.steps.iter().map(|&steps| steps as i64).collect();
    // The npz writer wants C order, whatever the solver left behind.
    let components = pca.components().as_standard_layout();
    let (sum, square) = (segments.sum.as_standard_layout(), segments.square.as_standard_layout());
    Ok(write_npz(
        path,
        &[
            ("mean", Array::double(pca.mean())),
            ("variance", Array::double(pca.variance())),
            ("components", Array::double(&components)),
            ("total_variance", Array::scalar(&pca.total_variance())),
            ("floor", Array::scalar(&pca.floor())),
            ("segment_length", Array::Integer(vec![segments.length as i64])),
            ("segment_steps", Array::Integer(segment_steps)),
            ("segment_sum", Array::double(&sum)),
            ("segment_square", Array::double(&square)),
        ],
    )?)
}

pub(crate) fn read(path: &Path, experiment: &Experiment) -> Result<TrajectoryPca> {
    let mut npz = Npz::open(path)?;
    let length = npz.counts("segment_length")?;
    let segments = SegmentMoments {
        length: length.first().copied().unwrap_or(0),
        steps: npz.counts("segment_steps")?,
        sum: npz.shaped("segment_sum")?,
        square: npz.shaped("segment_square")?,
    };
    let variance: Array1<f64> = npz.shaped("variance")?;
    let (mean, components) = (npz.shaped("mean")?, npz.shaped("components")?);
    let (total, floor) = (total_variance(path, experiment, &mut npz, &variance)?, npz.scalar("floor")?);
    TrajectoryPca::from_parts(mean, variance, components, total, floor, segments)
        .map_err(|error| FileError::malformed(path, error.to_string()).into())
}

/// The variances and their total alone: of wide layers the components are hundreds of megabytes.
pub(crate) fn read_variance(path: &Path, experiment: &Experiment) -> Result<(Array1<f64>, f64)> {
    let mut npz = Npz::open(path)?;
    let variance = npz.shaped("variance")?;
    let total = total_variance(path, experiment, &mut npz, &variance)?;
    Ok((variance, total))
}

/// The variance in all directions. Files from before it was written have it where all components were kept.
fn total_variance(
    path: &Path,
    experiment: &Experiment,
    npz: &mut Npz,
    variance: &Array1<f64>,
) -> Result<f64> {
    if npz.names()?.iter().any(|name| name == "total_variance") {
        return Ok(npz.scalar("total_variance")?);
    }
    match experiment.pca.components {
        Components::All(_) => Ok(variance.sum()),
        Components::Some(_) => Err(Error::malformed(
            path,
            "is from an older version, which did not note the variance of all components",
            Remedy::Redo(Stage::Pca),
        )),
    }
}
