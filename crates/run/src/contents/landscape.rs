//! `landscape.npz`: loss along selected directions.

use std::path::Path;

use ndarray::Array2;
use varflat_files::{Array, Npz, write_npz};

use crate::error::Result;
use crate::experiment::Experiment;
use crate::landscape::PROFILE_POINTS;

/// L_i(δθ) of one direction, for drawing.
pub struct ProfileTable {
    /// Index i of the component, from 1.
    pub index: usize,
    /// δθ.
    pub offset: Vec<f64>,
    /// L_i at each δθ.
    pub loss: Vec<f64>,
}

/// Loss along selected directions, and what it is measured against.
pub struct Profiles {
    /// L_0.
    pub l0: f64,
    /// The level that defines flatness, as a multiple of L_0.
    pub factor: f64,
    /// One direction each.
    pub directions: Vec<ProfileTable>,
}

pub(crate) fn write(path: &Path, Profiles { l0, factor, directions }: &Profiles) -> Result<()> {
    let flat = |pick: fn(&ProfileTable) -> &Vec<f64>| -> Vec<f64> {
        directions.iter().flat_map(|profile| pick(profile).clone()).collect()
    };
    let (offset, loss) = (flat(|profile| &profile.offset), flat(|profile| &profile.loss));
    let shape = vec![directions.len(), PROFILE_POINTS];
    Ok(write_npz(
        path,
        &[
            ("l0", Array::scalar(l0)),
            ("factor", Array::scalar(factor)),
            ("index", Array::Integer(directions.iter().map(|profile| profile.index as i64).collect())),
            ("offset", Array::Double(shape.clone(), &offset)),
            ("loss", Array::Double(shape, &loss)),
        ],
    )?)
}

pub(crate) fn read(path: &Path, experiment: &Experiment) -> Result<Profiles> {
    let mut npz = Npz::open(path)?;
    let offset: Array2<f64> = npz.shaped("offset")?;
    let loss: Array2<f64> = npz.shaped("loss")?;
    let index = npz.counts("index")?;
    let rows = index.into_iter().zip(offset.rows().into_iter().zip(loss.rows()));
    let directions = rows
        .map(|(index, (offset, loss))| ProfileTable { index, offset: offset.to_vec(), loss: loss.to_vec() })
        .collect();
    // Another factor would have made the stage give its files up.
    Ok(Profiles { l0: npz.scalar("l0")?, factor: experiment.landscape.factor, directions })
}
