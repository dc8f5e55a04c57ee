//! The weights that a training left, as the centre of the landscape.

use varflat_model::DenseNetwork;

use crate::artifacts::{Artifact, WEIGHTS_FINAL, WEIGHTS_MEAN};
use crate::error::Result;
use crate::experiment::Centre;
use crate::network_file::read_network;
use crate::run_folder::RunFolder;
use crate::weights::NamedWeights;

/// The network at the centre of a run's landscape, if its layers are dense.
///
/// # Errors
/// [`Error::File`](crate::Error::File) if the weights are missing or damaged.
pub fn centre(run: &RunFolder, centre: Centre) -> Result<DenseNetwork> {
    read_network(run.checked(file(centre).file.name)?)
}

/// The same of any network.
///
/// # Errors
/// As [`centre`].
pub fn centre_weights(run: &RunFolder, centre: Centre) -> Result<Vec<NamedWeights>> {
    run.read(&file(centre))
}

const fn file(centre: Centre) -> Artifact<Vec<NamedWeights>> {
    match centre {
        Centre::Mean => WEIGHTS_MEAN,
        Centre::Final => WEIGHTS_FINAL,
    }
}
