//! What a Langevin walk may reach.

use ndarray::{Array1, Array2, ArrayView1, Axis, Slice};
use varflat_model::DenseLayer;

use super::pca;
use crate::artifacts::PCA;
use crate::error::{Error, Result};
use crate::experiment::LangevinSection;
use crate::run_folder::RunFolder;

/// What the walk may reach: w = w_0 + Σ x_i p_i over some components, or all of weight space.
pub struct Subspace {
    origin: Array1<f64>,
    /// `[dimensions, weights]`; none where x is w − w_0 itself.
    directions: Option<Array2<f64>>,
}

impl Subspace {
    /// The components that `section` names, of the run that the walk starts from; or all of weight space.
    ///
    /// # Errors
    /// A start without components, or with too few.
    pub fn of(start: &RunFolder, section: &LangevinSection, layer: &DenseLayer) -> Result<Self> {
        let origin = Array1::from(layer.weight.clone());
        let Some([first, last]) = section.components else { return Ok(Self { origin, directions: None }) };
        let pca = start.read(&PCA)?;
        pca::check_weights(start, &pca, origin.len())?;
        let there = pca.variance().len();
        if last > there {
            return Err(Error::Experiment {
                origin: "langevin.components".to_owned(),
                problem: format!("[{first}, {last}]: {} has {there} components", start.path().display()),
            });
        }
        let directions = pca.components().slice_axis(Axis(0), Slice::from(first - 1..last)).to_owned();
        Ok(Self { origin, directions: Some(directions) })
    }

    /// The directions p_i; none where x is w − w_0 itself.
    pub fn directions(&self) -> Option<&Array2<f64>> {
        self.directions.as_ref()
    }

    /// A direction of x as one of w.
    pub fn lifted(&self, direction: ArrayView1<'_, f64>) -> Vec<f64> {
        match &self.directions {
            None => direction.to_vec(),
            Some(directions) => direction.dot(directions).to_vec(),
        }
    }

    /// Number of coordinates of x.
    pub fn dimensions(&self) -> usize {
        self.directions.as_ref().map_or(self.origin.len(), Array2::nrows)
    }

    /// w at x, in f64.
    pub(crate) fn exact(&self, position: &[f64]) -> Vec<f64> {
        let x = ArrayView1::from(position);
        match &self.directions {
            None => (&self.origin + &x).to_vec(),
            Some(directions) => (&self.origin + &x.dot(directions)).to_vec(),
        }
    }

    /// w at x as the network takes it.
    pub(crate) fn weights(&self, position: &[f64]) -> Vec<f32> {
        self.exact(position).into_iter().map(|w| w as f32).collect()
    }

    /// ∂L/∂x.
    pub(crate) fn project(&self, gradient: &[f64]) -> Vec<f64> {
        match &self.directions {
            None => gradient.to_vec(),
            Some(directions) => directions.dot(&ArrayView1::from(gradient)).to_vec(),
        }
    }
}
