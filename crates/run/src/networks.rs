//! The networks that an experiment can ask for, with their weights. What else differs between their kinds is `ModelSection`'s.

use std::path::Path;

use varflat_model::data::Data;
use varflat_model::device::OpenDevice;
use varflat_model::{Classifier, Convolutional, Mlp, Precision, ResidentSet, in_f64};

use crate::error::Result;
use crate::experiment::Experiment;
use crate::weights::{self, NamedWeights};

/// What is done with a network, of whatever kind it is.
pub(crate) trait WithNetwork {
    /// What comes of it.
    type Made;

    /// Does it.
    fn with(self, network: impl Classifier) -> Result<Self::Made>;
}

/// A network in the numbers that a training computes with.
pub(crate) fn in_precision<C: Classifier>(network: C, precision: Precision) -> C {
    match precision {
        Precision::F32 => network,
        Precision::F64 => in_f64(network),
    }
}

/// The training and the test images for such a network.
pub(crate) fn resident(data: &Data, open: &OpenDevice, precision: Precision) -> Result<[ResidentSet; 2]> {
    let resident = |images| -> Result<ResidentSet> {
        Ok(ResidentSet::new(images, data.classes, open)?.in_precision(precision)?)
    };
    Ok([resident(&data.train)?, resident(&data.test)?])
}

/// Lets `work` have the network of an experiment with its initial weights, for images of so many rows and columns in `classes`
/// classes.
pub(crate) fn initial<W: WithNetwork>(
    experiment: &Experiment,
    (image, classes): ([usize; 2], usize),
    open: &OpenDevice,
    work: W,
) -> Result<W::Made> {
    match experiment.model.convolutional(image, classes) {
        Some(config) => work.with(Convolutional::new(&config, experiment.seed, &open.device)?),
        None => {
            let initial = experiment.network(image[0] * image[1], classes).initial(experiment.seed)?;
            work.with(Mlp::new(&initial, &open.device)?)
        }
    }
}

/// The same with these weights; `origin` names where they come from in errors.
pub(crate) fn with_weights<W: WithNetwork>(
    experiment: &Experiment,
    images: ([usize; 2], usize),
    open: &OpenDevice,
    (weights, origin): (&[NamedWeights], &Path),
    work: W,
) -> Result<W::Made> {
    initial(experiment, images, open, Loaded { weights, origin, work })
}

/// Work on a network that has its weights from elsewhere.
struct Loaded<'a, W> {
    weights: &'a [NamedWeights],
    origin: &'a Path,
    work: W,
}

impl<W: WithNetwork> WithNetwork for Loaded<'_, W> {
    type Made = W::Made;

    fn with(self, network: impl Classifier) -> Result<W::Made> {
        self.work.with(weights::into_module(network, self.weights, self.origin)?)
    }
}
