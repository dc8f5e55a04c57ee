//! What the stages of a run left, as a notebook asks for it.

use varflat_analysis::TrajectoryPca;
use varflat_model::DenseLandscape;

use super::{load_data, read_pca};
use crate::error::Result;
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
}

impl RunResults for RunFolder {
    fn pca(&self) -> Result<TrajectoryPca> {
        self.require(Stage::Pca)?;
        read_pca(self)
    }

    fn landscape(&self) -> Result<DenseLandscape> {
        self.require(Stage::Train)?;
        let network = self.centre(self.experiment().landscape.around)?;
        let data = load_data(self)?;
        Ok(DenseLandscape::new(&network, &self.experiment().recorder.layer, &data.train)?)
    }
}
