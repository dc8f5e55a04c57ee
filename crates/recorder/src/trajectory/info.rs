//! What a trajectory is of, kept beside it in `trajectory.json`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use varflat_files::write_json;

use crate::{Keep, RecorderError, schedule::Stride};

/// Which layer a trajectory is of, and the optimizer steps of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrajectoryInfo {
    /// The parameter's path in the module, e.g. `hidden.weight`.
    pub layer: String,
    /// The parameter's shape, e.g. `[50, 50]`; a row is the parameter flattened row-major.
    pub shape: Vec<usize>,
    /// The optimizer step of row 0; the row holds the weights after that step's update.
    pub first_step: u64,
    /// Optimizer steps from one row to the next.
    pub every: u64,
}

impl TrajectoryInfo {
    /// The trajectory of a parameter that is recorded at every step from step 0.
    pub fn new(layer: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        Self { layer: layer.into(), shape: shape.into(), first_step: 0, every: 1 }
    }

    /// Weights per row: the product of the shape.
    ///
    /// # Errors
    /// [`RecorderError::InvalidSetting`] when the shape has no weights, or more than memory can address.
    pub fn weights(&self) -> Result<usize, RecorderError> {
        let weights =
            self.shape.iter().try_fold(1_usize, |product, dimension| product.checked_mul(*dimension));
        match weights {
            Some(weights) if weights > 0 && weights.checked_mul(size_of::<f32>()).is_some() => Ok(weights),
            _ => Err(RecorderError::InvalidSetting {
                what: "the recorded shape",
                value: format!("{:?}", self.shape),
                expected: "a shape with at least one weight, small enough for memory",
            }),
        }
    }

    pub(crate) fn stride(&self) -> Result<Stride, RecorderError> {
        Stride::new(self.first_step, self.every)
    }
}

/// The content of `trajectory.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sidecar {
    #[serde(flatten)]
    pub(crate) info: TrajectoryInfo,
    #[serde(default)]
    pub(crate) keep: Keep,
    /// The number of rows, once the recording is finished.
    pub(crate) rows: Option<u64>,
}

impl Sidecar {
    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join("trajectory.json")
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), RecorderError> {
        let path = Self::path(folder);
        Ok(write_json(&path, self)?)
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, RecorderError> {
        let path = Self::path(folder);
        let json = fs::read_to_string(&path).map_err(RecorderError::read(&path))?;
        let wrong = |found: String| RecorderError::Format {
            path: path.clone(),
            expected: "JSON with layer, shape, first_step, every and rows".into(),
            found,
        };
        let sidecar: Self = serde_json::from_str(&json).map_err(|error| wrong(error.to_string()))?;
        sidecar.info.weights().map_err(|error| wrong(error.to_string()))?;
        sidecar.info.stride().map_err(|error| wrong(error.to_string()))?;
        Ok(sidecar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (shape, every) in [("[0, 2]", 1), ("[]", 0), ("[18446744073709551615, 2]", 1), ("[2, 2]", 0)] {
            let json = format!(
                r#"{{"layer": "x", "shape": {shape}, "first_step": 0, "every": {every}, "rows": 1}}"#
            );
            fs::write(Sidecar::path(folder.path()), json).unwrap();
            let message = Sidecar::read(folder.path()).unwrap_err().to_string();
            assert!(message.contains("trajectory.json"), "{message}");
        }
    }
}
