//! What a training left: the trajectory, and the weights at the centre of the landscape.

use varflat_model::DenseNetwork;

use crate::artifacts::{Artifact, WEIGHTS_FINAL, WEIGHTS_MEAN, names};
use crate::error::Result;
use crate::experiment::Centre;
use crate::network_file::read_network;
use crate::recorded::RecordedWindow;
use crate::run_folder::RunFolder;
use crate::weights::NamedWeights;

/// The recorded window, whose files must be those that were written. What it has too little of says more than a checksum.
pub(super) fn recorded(run: &RunFolder) -> Result<RecordedWindow> {
    let window = RecordedWindow::open(run.file(names::TRAJECTORY))?;
    run.checked(names::TRAJECTORY_INFO).and_then(|_| run.checked(names::TRAJECTORY))?;
    Ok(window)
}

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
