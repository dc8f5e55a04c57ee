//! `varflat sweep …`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::arguments::{DataChoice, DeviceChoice};
use crate::cli::terminal::{context, say};
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::grid::{self, Axis};
use crate::stages;
use crate::sweep::{self, Indices, Point, Slurm, SweepFile, SweepFolder, Workers};
use crate::words::count;

#[derive(Subcommand)]
pub(crate) enum SweepCommand {
    /// List the points and what they will cost, from the time a step takes on this machine
    Plan {
        #[command(flatten)]
        sweep: SweepChoice,
        /// Print index, name and values of every point as CSV, and measure nothing
        #[arg(long)]
        csv: bool,
        #[command(flatten)]
        device: DeviceChoice,
    },
    /// Do the points that are not finished, side by side on all cores, or those of --index alone
    Run {
        #[command(flatten)]
        sweep: SweepChoice,
        /// Only these points: 3, 0-9, or 1,4,7-9, as `plan` counts them
        #[arg(long, value_name = "INDEX")]
        index: Option<Indices>,
        /// Points at a time [default: one on each core]
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
        jobs: Option<u16>,
        /// Cores for all of them together; results do not depend on it [default: all]
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
        threads: Option<u16>,
        /// Try again what diverged before, which comes to the same unless the program has changed
        #[arg(long)]
        retry: bool,
        #[command(flatten)]
        device: DeviceChoice,
    },
    /// Say how far every point is
    Status {
        /// The folder of the sweep
        folder: PathBuf,
    },
    /// Write all points into one tidy table, and draw it
    Collect {
        /// The folder of the sweep
        folder: PathBuf,
        /// Folder for the table and the figures [default: collected, in the folder of the sweep]
        #[arg(long, value_name = "DIR")]
        figures: Option<PathBuf>,
    },
    /// Give the points that are not finished to a cluster's scheduler, and collect them when it is through
    Submit {
        #[command(flatten)]
        sweep: SweepChoice,
        /// The scheduler
        #[arg(long, value_enum)]
        engine: Engine,
        #[command(flatten)]
        slurm: Slurm,
        #[command(flatten)]
        device: DeviceChoice,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Engine {
    Slurm,
}

#[derive(Args)]
pub(crate) struct SweepChoice {
    /// The sweep file; or an experiment file, with --vary; or the folder of a sweep that was begun
    sweep: PathBuf,
    /// The folder of the sweep [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A key and the values it takes, such as training.batch_size=10,25,50: a sweep of an experiment without a file of its own.
    /// Repeat it for more keys
    #[arg(long, value_name = "KEY=VALUE,VALUE")]
    vary: Vec<Axis>,
    /// Change a key in every point; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    data: DataChoice,
}

impl SweepChoice {
    fn file(&self) -> Result<SweepFile> {
        let file = if self.vary.is_empty() {
            SweepFile::read(&self.sweep)?
        } else {
            SweepFile::of(Experiment::read(&self.sweep, &[])?, &self.vary)?
        };
        let mut base = file.base()?.with(&self.set)?;
        self.data.apply(&mut base)?;
        let file = file.around(base);
        file.check_asked()?;
        Ok(file)
    }

    /// The folder of the sweep, begun if it is not there.
    fn open(&self) -> Result<SweepFolder> {
        if self.is_folder()? { SweepFolder::open(&self.sweep) } else { self.of_file(SweepFolder::begin) }
    }

    /// The same, but nothing is written.
    fn look(&self) -> Result<SweepFolder> {
        if self.is_folder()? { SweepFolder::open(&self.sweep) } else { self.of_file(SweepFolder::at) }
    }

    fn of_file(&self, make: impl Fn(&Path, SweepFile) -> Result<SweepFolder>) -> Result<SweepFolder> {
        let file = self.file()?;
        let default = || Path::new("runs").join(&file.name);
        make(&self.out.clone().unwrap_or_else(default), file)
    }

    fn is_folder(&self) -> Result<bool> {
        let settings = self.out.is_some() || self.data.data.is_some();
        if self.sweep.is_dir() && (settings || !self.vary.is_empty() || !self.set.is_empty()) {
            return Err(Error::Experiment {
                origin: self.sweep.display().to_string(),
                problem: "is the folder of a sweep, which has its settings: --out, --vary, --set and --data go with a file".into(),
            });
        }
        Ok(self.sweep.is_dir())
    }
}

impl SweepCommand {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Plan { sweep, csv, device } => {
                let sweep = sweep.look()?;
                if csv {
                    say(sweep::list(sweep.points())?);
                    return Ok(());
                }
                let device = device.device.as_deref();
                stages::check_device(device)?;
                say(sweep::plan(&sweep, grid::cores(), &context(device))?);
                Ok(())
            }
            Self::Run { sweep, index, jobs, threads, retry, device } => {
                let device = device.device.as_deref();
                stages::check_device(device)?;
                let sweep = sweep.open()?;
                if sweep.others() > 0 && index.is_none() {
                    let others = count(sweep.others(), "other point");
                    let folder = sweep.path().display();
                    say(format_args!(
                        "{folder} has {others} beside these; `varflat sweep run {folder}` does all\n"
                    ));
                }
                let points: Vec<&Point> = match &index {
                    Some(index) => index.of(sweep.points())?,
                    None => sweep.points().iter().collect(),
                };
                let (jobs, threads) = (jobs.map(usize::from), threads.map(usize::from));
                sweep::run(&sweep, &points, Workers { jobs, threads, retry }, &context(device))
            }
            Self::Status { folder } => {
                say(sweep::status(&SweepFolder::open(&folder)?)?);
                Ok(())
            }
            Self::Collect { folder, figures } => {
                let figures = figures.unwrap_or_else(|| folder.join("collected"));
                sweep::collect(&SweepFolder::open(&folder)?, &figures, &context(None))
            }
            Self::Submit { sweep, engine: Engine::Slurm, slurm, device } => {
                let looked = sweep.look()?;
                if slurm.dry_run {
                    return sweep::submit(&looked, &slurm, &context(device.device.as_deref()));
                }
                // Before a folder is made that nobody works in.
                slurm.check_here()?;
                sweep::submit(&sweep.open()?, &slurm, &context(device.device.as_deref()))
            }
        }
    }
}
