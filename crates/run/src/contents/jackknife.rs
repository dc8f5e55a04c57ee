//! `jackknife.npz`: variances without one block of time after the other.

use std::path::Path;

use ndarray::Array2;
use varflat_analysis::Replicates;
use varflat_files::{Array, FileError, Npz, write_npz};

use crate::error::Result;
use crate::experiment::Experiment;

pub(crate) fn write(path: &Path, replicates: &Option<Replicates>) -> Result<()> {
    let empty = Array2::zeros((0, 0));
    let (rows, variance, held) = match replicates {
        Some(known) => (known.rows() as i64, known.variance(), known.held().unwrap_or(&empty)),
        None => (0, &empty, &empty),
    };
    let arrays = [
        ("rows", Array::Integer(vec![rows])),
        ("variance", Array::double(variance)),
        ("held", Array::double(held)),
    ];
    Ok(write_npz(path, &arrays)?)
}

pub(crate) fn read(path: &Path, _: &Experiment) -> Result<Option<Replicates>> {
    let mut npz = Npz::open(path)?;
    let variance: Array2<f64> = npz.shaped("variance")?;
    if variance.is_empty() {
        return Ok(None);
    }
    let rows = npz.counts("rows")?.first().copied().unwrap_or(0);
    let held: Array2<f64> = npz.shaped("held")?;
    match Replicates::from_parts(rows, variance, Some(held)) {
        Ok(replicates) => Ok(Some(replicates)),
        Err(error) => Err(FileError::malformed(path, error.to_string()).into()),
    }
}
