//! Arguments that several commands take.

use std::path::PathBuf;

use clap::Args;
use varflat_files::FileError;
use varflat_run::error::Result;
use varflat_run::experiment::Experiment;
use varflat_run::run_folder::{RunFolder, Stage};
use varflat_run::stages;

use super::terminal::context;

#[derive(Args)]
pub(crate) struct ExperimentChoice {
    /// The experiment file (see experiments/)
    pub(crate) experiment: PathBuf,
    /// The run folder, made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Change a key of the experiment, such as training.learning_rate=0.05; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Throw away what the folder holds and begin again
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) data: DataChoice,
}

#[derive(Args)]
pub(crate) struct RunChoice {
    /// The run folder
    pub(crate) run: PathBuf,
    /// Change a key that only this stage and later ones use, such as landscape.factor=2; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Args)]
pub(crate) struct DeviceChoice {
    /// Backend to train on: flex, ndarray or wgpu, if compiled in [default: the first of these that is]. wgpu takes Vulkan
    /// (Metal on macOS) and nothing else; wgpu:opengl, wgpu:vulkan, wgpu:metal and wgpu:dx12 name the graphics API
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
}

#[derive(Args)]
pub(crate) struct DataChoice {
    /// Folder with four IDX files, gzipped or not, instead of the experiment's data (Fashion-MNIST just works)
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

impl DataChoice {
    /// As an experiment's `[data]` section.
    pub(crate) fn apply(&self, experiment: &mut Experiment) -> Result<()> {
        if let Some(folder) = &self.data {
            let whole = std::path::absolute(folder).map_err(FileError::reading(folder))?;
            experiment.data.set = None;
            experiment.data.folder = Some(whole);
        }
        Ok(())
    }
}

impl ExperimentChoice {
    pub(crate) fn open(&self) -> Result<RunFolder> {
        let mut experiment = Experiment::read(&self.experiment, &self.set)?;
        self.data.apply(&mut experiment)?;
        experiment.check_asked()?;
        RunFolder::create(&self.out, &experiment, self.force)
    }
}

impl RunChoice {
    /// Do a stage of the run.
    pub(crate) fn perform(&self, stage: Stage, device: Option<&str>) -> Result<()> {
        let run = RunFolder::open(&self.run, &self.set)?;
        run.check_overrides(stage)?;
        if stage > Stage::Pca && !self.set.is_empty() && run.is_done(Stage::Pca)? {
            run.experiment().check_found(stages::read_variance(&run)?.0.len())?;
        }
        stages::perform(&run, stage, &context(device))
    }
}
