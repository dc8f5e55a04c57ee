//! The loss along directions of any parameter of any burn module, by whole forward passes.

use burn::module::Module;
use burn::tensor::{Element, Tensor, TensorData};

use super::engine::check_direction;
use crate::dense::NetworkError;
use crate::evaluated::check_steady;
use crate::parameters::{Count, Weights, change_at, visit_at};
use crate::training::{Classifier, ResidentSet, TrainingError};

/// The loss of a whole data set around w_0 while one parameter of a module moves.
///
/// It is the loss of the data, without the penalty λ|w|²/2 that a weight decay λ adds to what a training minimises, and that of the
/// network as it is evaluated: dropout is off, batch norm takes its running statistics, which stay as they are along a line
/// ([`with_statistics`](crate::with_statistics) measures those of the centre).
///
/// Every loss is a forward pass of the whole network: for networks of dense layers with ReLU between them,
/// [`DenseLandscape`](super::DenseLandscape) gives the same numbers faster.
///
/// ```
/// use varflat_model::data::ImageSet;
/// use varflat_model::{Mlp, MlpConfig, ModuleLandscape, ResidentSet, device};
/// let device = device::open(None)?;
/// let network = Mlp::new(&MlpConfig::new(4, vec![3, 3], 2).initial(1)?, &device.device)?;
/// let images = ImageSet { images: vec![0.5; 8], labels: vec![0, 1], rows: 2, columns: 2 };
/// let set = ResidentSet::new(&images, 2, &device)?;
/// let landscape = ModuleLandscape::new(&network, "hidden.weight", &set)?;
/// let mut line = landscape.line();
/// line.set_direction(&[1.0 / 3.0; 9])?;
/// let losses = line.losses(&[-0.1, 0.0, 0.1])?;
/// assert!((losses[1] - landscape.reference_loss()).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ModuleLandscape<'a, C> {
    network: C,
    path: String,
    set: &'a ResidentSet,
    centre: Vec<f32>,
    reference_loss: f64,
}

/// A direction p in the moving parameter.
pub struct ModuleLine<'a, C> {
    landscape: &'a ModuleLandscape<'a, C>,
    direction: Vec<f64>,
}

impl<'a, C: Classifier> ModuleLandscape<'a, C> {
    /// The landscape around the network's own weights, of which the parameter at `path` will move: `hidden.weight`, say.
    ///
    /// # Errors
    /// [`NetworkError::UnknownLayer`] when there is no float parameter of that path; [`TrainingError`] when the network does not take
    /// the images, gives other logits at every call, or the device fails.
    pub fn new(network: &C, path: &str, set: &'a ResidentSet) -> Result<Self, LandscapeError> {
        let network = network.valid();
        let mut weights = Weights::<f32>(Ok(Vec::new()));
        visit_at(&network, path, &mut weights)?;
        let centre = weights.0.map_err(TrainingError::Device)?;
        check_steady(&network, set)?;
        let reference_loss = set.measure_fitting(&network)?.loss;
        Ok(Self { network, path: path.to_owned(), set, centre, reference_loss })
    }

    /// L_0 = L(w_0), the mean cross-entropy at the centre.
    pub fn reference_loss(&self) -> f64 {
        self.reference_loss
    }

    /// Number of weights of the moving parameter.
    pub fn weights(&self) -> usize {
        self.centre.len()
    }

    /// One direction at a time; it points nowhere until [`ModuleLine::set_direction`].
    pub fn line(&self) -> ModuleLine<'_, C> {
        ModuleLine { landscape: self, direction: vec![0.0; self.centre.len()] }
    }
}

impl<C: Classifier> ModuleLine<'_, C> {
    /// Point along p, flattened row-major as the parameter is.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when p has another number of entries than the parameter, or one that is not finite.
    pub fn set_direction(&mut self, direction: &[f64]) -> Result<(), NetworkError> {
        check_direction(direction, self.direction.len())?;
        self.direction.copy_from_slice(direction);
        Ok(())
    }

    /// L(w_0 + s·p) for every offset s; w_0 + s·p is rounded to f32, as the network's own weights are.
    ///
    /// # Errors
    /// [`TrainingError::Device`] when the device does not hand out the logits.
    pub fn losses(&self, offsets: &[f64]) -> Result<Vec<f64>, TrainingError> {
        let ModuleLandscape { network, path, set, centre, .. } = self.landscape;
        offsets
            .iter()
            .map(|&offset| {
                let weights = centre.iter().zip(&self.direction);
                let weights = weights.map(|(&w, p)| (f64::from(w) + offset * p) as f32).collect();
                Ok(set.measure_fitting(&replaced(network.clone(), path, weights))?.loss)
            })
            .collect()
    }
}

/// The module with other weights at this path, flattened row-major. Running statistics stay as they are: where there are any,
/// [`with_statistics`](crate::with_statistics) measures those of the new weights.
///
/// # Errors
/// [`NetworkError::UnknownLayer`] when there is no float parameter of that path; [`NetworkError::Shape`] when it has another number of
/// weights.
pub fn with_weights<M: Module>(module: M, path: &str, weights: Vec<f32>) -> Result<M, NetworkError> {
    check_count(&module, path, weights.len())?;
    Ok(replaced(module, path, weights))
}

/// The same from f64: rounded once to what the parameter is in, or not at all where that is f64, too.
///
/// # Errors
/// As [`with_weights`].
pub fn with_exact_weights<M: Module>(module: M, path: &str, weights: Vec<f64>) -> Result<M, NetworkError> {
    check_count(&module, path, weights.len())?;
    Ok(replaced(module, path, weights))
}

fn check_count(module: &impl Module, path: &str, given: usize) -> Result<(), NetworkError> {
    let mut there = Count(0);
    visit_at(module, path, &mut there)?;
    match there.0 == given {
        true => Ok(()),
        false => {
            let problem = format!("has {} weights, but {given} were given", there.0);
            Err(NetworkError::Shape { layer: path.to_owned(), problem })
        }
    }
}

/// The same where the parameter is known to be there, with as many weights.
fn replaced<M: Module, W: Element>(module: M, path: &str, weights: Vec<W>) -> M {
    change_at(module, path, |old| {
        Tensor::from_data(TensorData::new(weights, old.dims()), (&old.device(), old.dtype()))
    })
}

/// A landscape that cannot be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LandscapeError {
    /// The network has no such parameter.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] TrainingError),
}
