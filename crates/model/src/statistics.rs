//! Running statistics that belong to the weights: those of batch norm, measured anew.

use std::collections::{BTreeMap, HashSet};

use burn::module::{Flag, Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};

use crate::parameters::{Visit, change_at, visit_running};
use crate::training::{Classifier, ResidentSet, TrainingError};

/// Most images in a pass: their activations are in memory together.
const TOGETHER: usize = 2_000;

/// Running statistics by their paths.
type Statistics = BTreeMap<String, Vec<f32>>;

/// Those of some images, before they are put together.
type Exact = BTreeMap<String, Vec<f64>>;

/// The network with the running mean and variance of every batch norm measured anew over `set`: those of its present weights.
///
/// Weights that were set by hand, averaged or moved need it, as in stochastic weight averaging (arXiv 1803.05407): what a
/// training leaves is an average over its last weights. One pass over the set in parts of at most 2000 images, everything but
/// batch norm as evaluated; means and variances (divided by n) of the parts become those of the set. A norm behind another one
/// sees each part normalised by itself. A network without running statistics comes back as it is, and so do statistics that a
/// training would not move: of a frozen norm, or one of momentum 0.
///
/// # Errors
/// [`TrainingError`] if the network does not take the images, or the device fails.
pub fn with_statistics<C: Classifier>(network: &C, set: &ResidentSet) -> Result<C, TrainingError> {
    let network = network.valid();
    let kept = read(&network)?;
    if kept.is_empty() {
        return Ok(network);
    }
    set.check_network(&network)?;
    let parts = parts(set.samples());
    let filled = |value: f32| -> Statistics {
        kept.iter().map(|(path, values)| (path.clone(), vec![value; values.len()])).collect()
    };
    let zeros = filled(0.0);
    let ones = filled(1.0);
    let first = parts.first().map(Vec::as_slice).unwrap_or_default();
    // A pass makes r ← (1 − m) r + m b, with b of the images: from 0 it gives mb, and from there (2 − m) mb.
    let from_zero = pass(&network, &zeros, set, first)?;
    let from_one = pass(&network, &ones, set, first)?;
    let again = pass(&network, &from_zero, set, first)?;
    let moves = |path: &String| from_zero[path] != zeros[path] || from_one[path] != ones[path];
    let shares: BTreeMap<&String, f64> = from_zero
        .iter()
        .filter(|(path, _)| moves(path))
        .map(|(path, values)| (path, share(values, &again[path])))
        .collect();
    let mut measured = Vec::new();
    for part in &parts {
        let moved = pass(&network, &zeros, set, part)?;
        let of_part = shares.iter().map(|(path, share)| {
            let values = moved[*path].iter().map(|&value| f64::from(value) / share);
            ((*path).clone(), values.collect::<Vec<f64>>())
        });
        measured.push((part.len() as f64, of_part.collect::<Exact>()));
    }
    let of_set = shares.keys().map(|path| ((*path).clone(), together(path, &measured)));
    Ok(write(&network, &of_set.collect()))
}

/// 0..samples in parts of about the same size.
fn parts(samples: usize) -> Vec<Vec<u32>> {
    let count = samples.div_ceil(TOGETHER).max(1);
    let end = |part: usize| (part * samples / count) as u32;
    (0..count).map(|part| (end(part)..end(part + 1)).collect()).collect()
}

/// m, from mb and (2 − m) mb.
fn share(once: &[f32], twice: &[f32]) -> f64 {
    let largest = once.iter().zip(twice).max_by(|one, other| one.0.abs().total_cmp(&other.0.abs()));
    match largest {
        Some((&once, &twice)) if once != 0.0 => 2.0 - f64::from(twice) / f64::from(once),
        // Then b is 0, whatever m is.
        _ => 1.0,
    }
}

/// A statistic of the whole set, from those of its parts: of a variance the mean of the parts' and the variance of their means.
fn together(path: &str, parts: &[(f64, Exact)]) -> Vec<f32> {
    let samples: f64 = parts.iter().map(|(count, _)| count).sum();
    let mean = |of: &dyn Fn(&Exact) -> f64| -> f64 {
        parts.iter().map(|(count, part)| count * of(part)).sum::<f64>() / samples
    };
    let sibling = path.strip_suffix("running_var").map(|module| format!("{module}running_mean"));
    let sibling = sibling.filter(|sibling| parts.iter().all(|(_, part)| part.contains_key(sibling)));
    let length = parts.first().map_or(0, |(_, part)| part[path].len());
    let of_set = (0..length).map(|feature| {
        let within = mean(&|part| part[path][feature]);
        let between = sibling.as_ref().map_or(0.0, |sibling| {
            let centre = mean(&|part| part[sibling][feature]);
            mean(&|part| (part[sibling][feature] - centre).powi(2))
        });
        (within + between) as f32
    });
    of_set.collect()
}

/// The running statistics after a forward pass in training of these images, from given ones.
fn pass<C: Classifier>(
    network: &C,
    from: &Statistics,
    set: &ResidentSet,
    images: &[u32],
) -> Result<Statistics, TrainingError> {
    let owners = from.keys().filter_map(|path| Some(path.rsplit_once('.')?.0.to_owned()));
    let mut only = OnlyOf { owners: owners.collect(), names: Vec::new() };
    let training = write(network, from).train().map(&mut only).no_grad();
    let _ = training.forward(Tensor::from_inner(set.chosen(images).images()));
    read(&training.valid())
}

/// Evaluates everything but the modules that keep running statistics.
struct OnlyOf {
    owners: HashSet<String>,
    names: Vec<String>,
}

impl ModuleMapper for OnlyOf {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.names.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.names.pop();
    }

    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        let owner = self.names.split_last().map(|(_, owner)| owner.join(".")).unwrap_or_default();
        if self.owners.contains(&owner) { flag } else { flag.with_value(false) }
    }
}

/// The running statistics of a network without autodiff.
fn read(network: &impl Module) -> Result<Statistics, TrainingError> {
    struct Values(Result<Statistics, String>);
    impl Visit for Values {
        fn parameter<const D: usize>(&mut self, path: &str, parameter: &Param<Tensor<D>>) {
            let values = parameter.val().inner().try_into_vec_as::<f32>();
            match (&mut self.0, values) {
                (Ok(all), Ok(values)) => drop(all.insert(path.to_owned(), values)),
                (kept @ Ok(_), Err(error)) => *kept = Err(error.to_string()),
                (Err(_), _) => {}
            }
        }
    }
    let mut values = Values(Ok(Statistics::new()));
    visit_running(network, &mut values);
    values.0.map_err(TrainingError::Device)
}

/// The network with these running statistics. Clones of a module share theirs: this is a copy with its own.
fn write<C: Module>(network: &C, statistics: &Statistics) -> C {
    statistics.iter().fold(network.valid(), |network, (path, values)| {
        change_at(network, path, |old| {
            Tensor::from_data(TensorData::new(values.clone(), old.dims()), &old.device())
        })
    })
}
