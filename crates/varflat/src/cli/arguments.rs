//! Arguments that several commands take.

use std::path::PathBuf;

use clap::Args;
use varflat_files::FileError;

use crate::error::Result;
use crate::experiment::Experiment;
use crate::run_folder::RunFolder;

#[derive(Args)]
pub(super) struct ExperimentChoice {
    /// The experiment file (see experiments/)
    pub(super) experiment: PathBuf,
    /// The run folder, made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Change a key of the experiment, such as training.learning_rate=0.05; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Throw away what the folder holds and begin again
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) data: DataChoice,
}

#[derive(Args)]
pub(super) struct RunChoice {
    /// The run folder
    pub(super) run: PathBuf,
    /// Change a key that only this stage and later ones use, such as landscape.factor=2; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

#[derive(Args)]
pub(super) struct DeviceChoice {
    /// Backend to train on: flex, ndarray or wgpu, if compiled in [default: the first of these that is]. wgpu takes Vulkan
    /// (Metal on macOS) and nothing else; wgpu:opengl, wgpu:vulkan, wgpu:metal and wgpu:dx12 name the graphics API
    #[arg(long, value_name = "NAME")]
    pub(super) device: Option<String>,
}

#[derive(Args)]
pub(super) struct DataChoice {
    /// Folder with four IDX files, gzipped or not, instead of the experiment's data (Fashion-MNIST just works)
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
}

impl DataChoice {
    /// As an experiment's `[data]` section.
    pub(super) fn apply(&self, experiment: &mut Experiment) -> Result<()> {
        if let Some(folder) = &self.data {
            let whole = std::path::absolute(folder).map_err(FileError::reading(folder))?;
            experiment.data.set = None;
            experiment.data.folder = Some(whole);
        }
        Ok(())
    }
}

impl ExperimentChoice {
    pub(super) fn open(&self) -> Result<RunFolder> {
        let mut experiment = Experiment::read(&self.experiment, &self.set)?;
        self.data.apply(&mut experiment)?;
        experiment.check_asked()?;
        RunFolder::create(&self.out, &experiment, self.force)
    }
}
