//! What the stages of a run left, as a notebook asks for it.

use varflat_analysis::TrajectoryPca;
use varflat_model::{DenseLandscape, DenseNetwork};

use super::{centre, load_data};
use crate::artifacts::PCA;
use crate::error::Result;
use crate::experiment::Centre;
use crate::run_folder::{RunFolder, Stage};

/// What the stages of a run left.
pub trait RunResults {
    /// The principal components of its trajectory, and the variances along them.
    ///
    /// # Errors
    /// [`Error::StageMissing`](crate::Error::StageMissing) before they have been computed; reading errors.
    fn pca(&self) -> Result<TrajectoryPca>;

    /// The loss around its centre while the recorded layer moves. Loads the training images: half a second for MNIST.
    ///
    /// # Errors
    /// [`Error::StageMissing`](crate::Error::StageMissing) before the training is finished; reading errors.
    fn landscape(&self) -> Result<DenseLandscape>;

    /// The network at the centre of the landscape, if its layers are dense.
    ///
    /// # Errors
    /// Reading errors.
    fn centre(&self, centre: Centre) -> Result<DenseNetwork>;
}

impl RunResults for RunFolder {
    fn pca(&self) -> Result<TrajectoryPca> {
        self.require(Stage::Pca)?;
        self.read(&PCA)
    }

    fn landscape(&self) -> Result<DenseLandscape> {
        self.require(Stage::Train)?;
        let network = centre(self, self.experiment().landscape.around)?;
        let data = load_data(self)?;
        Ok(DenseLandscape::new(&network, &self.experiment().recorder.layer, &data.train)?)
    }

    fn centre(&self, of: Centre) -> Result<DenseNetwork> {
        centre(self, of)
    }
}
