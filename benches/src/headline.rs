//! The finished headline run that rows and peers work on, and what it took.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ndarray::{Array2, Ix2, OwnedRepr};
use ndarray_npy::NpzReader;
use varflat::experiment::Centre;
use varflat::run_folder::{Stage, names};
use varflat::{RunFolder, stages};
use varflat_model::DenseNetwork;
use varflat_recorder::Trajectory;

use crate::places::root;
use crate::subprocess::{self, Spent};

/// A finished run of `experiments/headline.toml`.
pub(crate) struct Headline {
    run: RunFolder,
    /// What the process took, where it was one of ours.
    pub(crate) spent: Option<Spent>,
    /// Seconds of each stage, by its name.
    pub(crate) stages: BTreeMap<String, f64>,
    /// Optimizer steps of the training.
    pub(crate) steps: u64,
    /// Versions of the libraries that decide numbers.
    pub(crate) versions: BTreeMap<String, String>,
}

impl Headline {
    /// Do the experiment in a process of its own, as `varflat run` does.
    pub(crate) fn perform(folder: &Path, data: Option<&Path>, threads: usize) -> Result<Self> {
        let mut arguments: Vec<OsString> = vec!["run".into(), "experiments/headline.toml".into()];
        arguments.extend(["--out".into(), folder.into(), "--force".into()]);
        if let Some(data) = data {
            arguments.extend(["--data".into(), std::path::absolute(data)?.into()]);
        }
        let spent = subprocess::varflat(&arguments, threads, folder.parent().unwrap_or(root()))?;
        Ok(Self { spent: Some(spent), ..Self::open(folder)? })
    }

    /// A run that is finished already.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let run = RunFolder::view(folder)?;
        run.require(Stage::Fit).with_context(|| {
            format!("finish it: varflat run experiments/headline.toml --out {}", folder.display())
        })?;
        let record = run.record()?;
        let stages = record.stages.into_iter().map(|(name, stage)| (name, stage.seconds)).collect();
        Ok(Self { run, spent: None, stages, steps: record.steps, versions: record.versions })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.run.path()
    }

    /// Seconds of the whole run: of its process, or else of its stages.
    pub(crate) fn seconds(&self) -> f64 {
        self.spent.map_or_else(|| self.stages.values().sum(), |spent| spent.seconds)
    }

    /// The weights of the centre of the landscape, ⟨w⟩_T.
    pub(crate) fn centre(&self) -> Result<DenseNetwork> {
        Ok(stages::centre(&self.run, Centre::Mean)?)
    }

    /// The principal directions, one a row.
    pub(crate) fn directions(&self) -> Result<Array2<f64>> {
        let path: PathBuf = self.run.file(names::PCA);
        let told = || format!("cannot read `components` of {}", path.display());
        let mut npz = NpzReader::new(std::fs::File::open(&path).with_context(told)?).with_context(told)?;
        // Stored in either precision.
        match npz.by_name::<OwnedRepr<f64>, Ix2>("components") {
            Ok(components) => Ok(components),
            Err(_) => {
                let components = npz.by_name::<OwnedRepr<f32>, Ix2>("components").with_context(told)?;
                Ok(components.mapv(f64::from))
            }
        }
    }

    /// The recorded window `[steps, weights]`.
    pub(crate) fn window(&self) -> Result<Array2<f32>> {
        let trajectory = Trajectory::open(self.run.path())?;
        let values = trajectory.read()?;
        Ok(Array2::from_shape_vec((trajectory.steps(), trajectory.weights()), values)?)
    }
}
