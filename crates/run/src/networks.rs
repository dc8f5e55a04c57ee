//! The networks that an experiment can ask for: what differs between their kinds is decided here.

#[cfg(feature = "train")]
use varflat_model::data::Data;
#[cfg(feature = "train")]
use varflat_model::device::OpenDevice;
#[cfg(feature = "train")]
use varflat_model::{Classifier, Convolutional, Mlp};

use crate::experiment::Experiment;
#[cfg(feature = "train")]
use crate::{error::Result, weights::NamedWeights};

/// Whether all layers are dense, so that the host's own kernels do without a backend.
pub(crate) fn is_dense(experiment: &Experiment) -> bool {
    experiment.model.channels.is_none()
}

/// Whether the loss of such a network can be had from this program.
pub(crate) fn is_known(experiment: &Experiment) -> bool {
    cfg!(feature = "train") || is_dense(experiment)
}

/// What is done with a network, of whatever kind it is.
#[cfg(feature = "train")]
pub(crate) trait WithNetwork {
    /// What comes of it.
    type Made;

    /// Does it; the images are those that the network is for.
    fn with(self, network: impl Classifier, data: Data) -> Result<Self::Made>;
}

/// The network that an experiment asks for, for such images, with its initial weights.
#[cfg(feature = "train")]
pub(crate) fn initial<W: WithNetwork>(
    experiment: &Experiment,
    data: Data,
    open: &OpenDevice,
    work: W,
) -> Result<W::Made> {
    match experiment.convolutional(&data.train, data.classes) {
        Some(config) => work.with(Convolutional::new(&config, experiment.seed, &open.device)?, data),
        None => {
            let initial = experiment.network(data.train.pixels(), data.classes).initial(experiment.seed)?;
            work.with(Mlp::new(&initial, &open.device)?, data)
        }
    }
}

/// The convolutional network of an experiment with these weights; `origin` names where they come from in errors.
#[cfg(feature = "train")]
pub(crate) fn convolutional(
    experiment: &Experiment,
    images: &varflat_model::data::ImageSet,
    classes: usize,
    open: &OpenDevice,
    weights: &[NamedWeights],
    origin: &std::path::Path,
) -> Result<Convolutional> {
    let Some(config) = experiment.convolutional(images, classes) else {
        return Err(varflat_files::FileError::malformed(origin, "this is no convolutional network").into());
    };
    let network = Convolutional::new(&config, experiment.seed, &open.device)?;
    crate::weights::into_module(network, weights, origin)
}
