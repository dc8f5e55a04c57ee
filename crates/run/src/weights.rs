//! Weights of any network by the paths of its parameters, and the npz files that hold them.

use std::path::Path;

#[cfg(feature = "train")]
use burn::module::Module;
#[cfg(feature = "train")]
use varflat_files::FileError;
use varflat_files::{Array, Npz, write_npz};
use varflat_model::DenseNetwork;

use crate::error::Result;

/// The weights of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedWeights {
    /// Such as `hidden.weight`.
    pub path: String,
    pub(crate) shape: Vec<usize>,
    /// Flattened row-major.
    pub values: Vec<f64>,
}

/// Precision of weights in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// As trained.
    Single,
    /// As averaged, and as trained in f64.
    Double,
}

impl From<varflat_model::Precision> for Precision {
    fn from(trained: varflat_model::Precision) -> Self {
        match trained {
            varflat_model::Precision::F32 => Self::Single,
            varflat_model::Precision::F64 => Self::Double,
        }
    }
}

/// Every parameter of a module, in its order.
#[cfg(feature = "train")]
pub(crate) fn of_module(module: &impl Module) -> Result<Vec<NamedWeights>> {
    let of = |there: varflat_recorder::ParamPath| {
        let values = varflat_recorder::weights_in_f64(module, &there.path)?;
        Ok(NamedWeights { path: there.path, shape: there.shape, values })
    };
    varflat_recorder::paths(module).into_iter().map(of).collect()
}

/// The module with these weights, rounded to f32 unless it is in f64; `origin` names where they come from in errors.
#[cfg(feature = "train")]
pub(crate) fn into_module<M: Module>(module: M, weights: &[NamedWeights], origin: &Path) -> Result<M> {
    let there = varflat_recorder::paths(&module);
    let fits = there.len() == weights.len()
        && there.iter().all(|there| {
            weights.iter().any(|weights| weights.path == there.path && weights.shape == there.shape)
        });
    if !fits {
        let expected: Vec<String> =
            there.iter().map(|there| format!("{} {:?}", there.path, there.shape)).collect();
        let problem = format!("these are not the weights of this network, which has {}", expected.join(", "));
        return Err(FileError::malformed(origin, problem).into());
    }
    weights.iter().try_fold(module, |module, weights| {
        Ok(varflat_model::with_exact_weights(module, &weights.path, weights.values.clone())?)
    })
}

/// Every parameter of a network of dense layers.
pub(crate) fn of_dense(network: &DenseNetwork) -> Vec<NamedWeights> {
    let mut all = Vec::new();
    for layer in network.layers() {
        let (path, shape) = (format!("{}.weight", layer.name), vec![layer.inputs, layer.outputs]);
        all.push(NamedWeights { path, shape, values: layer.weight.clone() });
        if let Some(bias) = &layer.bias {
            let (path, shape) = (format!("{}.bias", layer.name), vec![layer.outputs]);
            all.push(NamedWeights { path, shape, values: bias.clone() });
        }
    }
    all
}

/// Write weights as npz: `input.weight` `[d_in, d_out]`, `input.bias` `[d_out]`, ….
pub(crate) fn write(path: &Path, weights: &[NamedWeights], precision: Precision) -> Result<()> {
    let rounded: Vec<Vec<f32>> =
        weights.iter().map(|weights| weights.values.iter().map(|&value| value as f32).collect()).collect();
    let arrays: Vec<(&String, Array<'_>)> = weights
        .iter()
        .zip(&rounded)
        .map(|(NamedWeights { path, shape, values }, rounded)| {
            let array = match precision {
                Precision::Single => Array::Single(shape.clone(), rounded),
                Precision::Double => Array::Double(shape.clone(), values),
            };
            (path, array)
        })
        .collect();
    Ok(write_npz(path, &arrays)?)
}

/// Read weights, in the order of the file.
pub(crate) fn read(path: &Path) -> Result<Vec<NamedWeights>> {
    let mut npz = Npz::open(path)?;
    let names = npz.names()?;
    let weights = names.into_iter().map(|name| {
        let array = npz.double(&name)?;
        let (shape, values) = (array.shape().to_vec(), array.iter().copied().collect());
        Ok(NamedWeights { path: name, shape, values })
    });
    weights.collect()
}
