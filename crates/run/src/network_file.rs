//! A network of dense layers from an npz file of anybody's.

use std::path::Path;

use varflat_files::{FileError, Npz};
use varflat_model::{DenseLayer, DenseNetwork};

use crate::error::Result;
use crate::layer_order::{self, Order};
use crate::weights::NamedWeights;

/// What the names of the arrays must be.
const FORMS: &str = "NAME.weight, [d_in, d_out], and NAME.bias, [d_out]";

/// What arrays of batch norm are called.
const BATCH_NORM: [&str; 3] = ["running_mean", "running_var", "num_batches_tracked"];

/// Reads a network of dense layers with ReLU between them from an npz file: `NAME.weight` `[d_in, d_out]` and, if there are biases,
/// `NAME.bias` `[d_out]`.
///
/// The layers come in the order of the file, with two exceptions: names that differ in a number alone (`layers.2`, `layers.10`) come in
/// the order of the number, and varflat's own names in varflat's order. An order that does not fit is refused, and so is one that may
/// be that of the alphabet alone while others fit as well.
///
/// PyTorch keeps weights `[d_out, d_in]`: save `W.T`. Where shapes tell, the error says so; square layers look the same either way, and
/// nothing can tell.
///
/// # Errors
/// [`Error::File`](crate::Error::File) if it is no such file, has arrays that are none of these, numbers that are not finite, or layers that do not
/// fit each other.
pub fn read_network(path: impl AsRef<Path>) -> Result<DenseNetwork> {
    let path = path.as_ref();
    let fault = |problem: String| FileError::malformed(path, problem).into();
    let mut npz = Npz::open(path)?;
    let names = npz.names()?;
    check_names(&names).map_err(fault)?;
    let mut weights = Vec::with_capacity(names.len());
    for name in names {
        let array = npz.double(&name)?;
        let (shape, values) = (array.shape().to_vec(), array.iter().copied().collect());
        let array = NamedWeights { path: name, shape, values };
        check_finite(&array).map_err(fault)?;
        weights.push(array);
    }
    let layers = layers(&weights).map_err(fault)?;
    let layers = match layer_order::of(&layers) {
        Order::Fits(places) => places.into_iter().map(|place| layers[place].clone()).collect(),
        Order::Refused(problem) => return Err(fault(problem)),
    };
    DenseNetwork::new(layers).map_err(|error| fault(error.to_string()))
}

/// Whether every array has a name that is understood.
fn check_names(names: &[String]) -> std::result::Result<(), String> {
    let layer = |name: &str| name.strip_suffix(".weight").map(str::to_owned);
    let layers: Vec<String> = names.iter().filter_map(|name| layer(name)).collect();
    let list =
        |names: &[&String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if let Some(name) = names.iter().find(|name| BATCH_NORM.contains(&last(name))) {
        return Err(format!(
            "`{name}` belongs to batch norm, and this is for networks of dense layers alone: load such a network into a burn \
             module, and use ModuleLandscape"
        ));
    }
    if layers.is_empty() {
        let all: Vec<&String> = names.iter().collect();
        return Err(match all.is_empty() {
            true => format!("holds no arrays; a network is {FORMS}"),
            false => format!(
                "has no array called NAME.weight, but {}; a network is {FORMS}: save them anew under such names",
                list(&all)
            ),
        });
    }
    let known = |name: &str| match name.strip_suffix(".bias") {
        Some(of) => layers.iter().any(|layer| layer == of),
        None => layer(name).is_some(),
    };
    let unknown: Vec<&String> = names.iter().filter(|name| !known(name)).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{} is no weight or bias of a layer here; a network is {FORMS}, and nothing else may be in the file: leave it out, or \
             give it the name of its layer",
            list(&unknown)
        )),
    }
}

/// What follows the last dot.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn check_finite(array: &NamedWeights) -> std::result::Result<(), String> {
    let Some(place) = array.values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
    let mut rest = place;
    let mut index: Vec<String> = Vec::new();
    for size in array.shape.iter().rev() {
        index.insert(0, (rest % size).to_string());
        rest /= size;
    }
    Err(format!(
        "`{}` [{}] is {}: every weight must be a finite number",
        array.path,
        index.join(", "),
        array.values[place]
    ))
}

/// The layers, in the order of the file.
fn layers(arrays: &[NamedWeights]) -> std::result::Result<Vec<DenseLayer>, String> {
    let bias_of = |layer: &str| arrays.iter().find(|array| array.path == format!("{layer}.bias"));
    let weights = arrays.iter().filter_map(|array| Some((array.path.strip_suffix(".weight")?, array)));
    let layers = weights.map(|(name, array)| {
        let &[inputs, outputs] = array.shape.as_slice() else {
            let norm = match array.shape.len() {
                1 => " (batch norm and layer norm have such ones)",
                _ => "",
            };
            return Err(format!(
                "`{name}.weight` should have two dimensions, [d_in, d_out]; it has {}{norm}: this works for networks of dense layers \
                 alone",
                array.shape.len()
            ));
        };
        let bias = match bias_of(name) {
            Some(bias) if bias.shape.len() != 1 => {
                return Err(format!("`{name}.bias` should have one dimension, [d_out]; it has {:?}", bias.shape));
            }
            bias => bias.map(|bias| bias.values.clone()),
        };
        Ok(DenseLayer { name: name.to_owned(), inputs, outputs, weight: array.values.clone(), bias })
    });
    layers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights;

    #[test]
    fn a_file_that_makes_no_network_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weights_mean.npz");
        let layer = |path: &str, shape: [usize; 2]| NamedWeights {
            path: path.to_owned(),
            shape: shape.to_vec(),
            values: vec![0.5; shape[0] * shape[1]],
        };
        let misfits = [vec![], vec![layer("input.weight", [2, 3]), layer("output.weight", [4, 2])]];
        for weights in misfits {
            weights::write(&file, &weights, weights::Precision::Double).unwrap();
            let message = read_network(&file).unwrap_err().to_string();
            assert!(message.contains("weights_mean.npz"), "{message}");
        }
    }
}
