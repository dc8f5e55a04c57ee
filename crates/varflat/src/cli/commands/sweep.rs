//! `varflat sweep …`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use varflat_run::error::{Error, Result};
use varflat_run::experiment::Experiment;
use varflat_run::stages;
use varflat_study::sweep::{self, Axis, Indices, Point, Slurm, SweepFile, SweepFolder, Workers};
use varflat_study::words::count;

use crate::cli::arguments::{DataChoice, DeviceChoice};
use crate::cli::hints;
use crate::cli::terminal::{context, print};

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
        slurm: SlurmChoice,
        #[command(flatten)]
        device: DeviceChoice,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Engine {
    Slurm,
}

#[derive(Args)]
pub(crate) struct SlurmChoice {
    /// Wall time of a task, as of sbatch; one that reaches it goes on from its checkpoint in the next (see --no-continue)
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Memory of a task, as of sbatch, such as 4G
    #[arg(long, value_name = "SIZE")]
    mem: Option<String>,
    /// Partition, as of sbatch
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Cores of a task; a point trains on one and analyses on all
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    cpus: u16,
    /// Tasks at a time at most
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    at_once: Option<u32>,
    /// Points a task does, one after the other; more where the cluster's MaxArraySize asks for it
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    chunk: u32,
    /// Largest array of the cluster [default: what `scontrol show config` says]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    array_limit: Option<u32>,
    /// A further line for sbatch, such as --account=physics; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    extra: Vec<String>,
    /// A line of shell before the work, such as `module load gcc`; may be repeated
    #[arg(long, value_name = "COMMAND")]
    prologue: Vec<String>,
    /// A task that runs out of time ends there, instead of going back into the queue
    #[arg(long)]
    no_continue: bool,
    /// Print the scripts and commands; write and submit nothing
    #[arg(long)]
    dry_run: bool,
    /// Submit also the points that an earlier array of this sweep has in the queue
    #[arg(long)]
    again: bool,
}

impl From<SlurmChoice> for Slurm {
    fn from(choice: SlurmChoice) -> Self {
        let SlurmChoice { time, mem, partition, cpus, at_once, chunk, array_limit, .. } = choice;
        let SlurmChoice { extra, prologue, no_continue, dry_run, again, .. } = choice;
        Self {
            time,
            mem,
            partition,
            cpus,
            at_once,
            chunk,
            array_limit,
            extra,
            prologue,
            no_continue,
            dry_run,
            again,
        }
    }
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
                    print(sweep::list(sweep.points())?);
                    return Ok(());
                }
                let device = device.device.as_deref();
                stages::check_device(device)?;
                print(sweep::plan(&sweep, sweep::cores(), &context(device))?);
                Ok(())
            }
            Self::Run { sweep, index, jobs, threads, retry, device } => {
                let device = device.device.as_deref();
                stages::check_device(device)?;
                let sweep = sweep.open()?;
                if sweep.others() > 0 && index.is_none() {
                    let others = count(sweep.others(), "other point");
                    let folder = sweep.path().display();
                    print(format_args!(
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
            Self::Status { folder } => status(&SweepFolder::open(&folder)?),
            Self::Collect { folder, figures } => {
                let figures = figures.unwrap_or_else(|| folder.join("collected"));
                let sweep = SweepFolder::open(&folder)?;
                let collected = sweep::collect(&sweep, &figures, &context(None));
                if !sweep.strangers()?.is_empty() {
                    context(None).warn(hints::STRANGERS);
                }
                collected
            }
            Self::Submit { sweep, engine: Engine::Slurm, slurm, device } => {
                let (mut folder, slurm) = (sweep.look()?, Slurm::from(slurm));
                if !slurm.dry_run {
                    // Before a folder is made that nobody works in.
                    slurm.check_here()?;
                    folder = sweep.open()?;
                }
                if sweep::submit(&folder, &slurm, &context(device.device.as_deref()))? == 0 {
                    print(format_args!("{}\n", hints::all_finished(folder.path())));
                }
                Ok(())
            }
        }
    }
}

fn status(sweep: &SweepFolder) -> Result<()> {
    print(sweep::status(sweep)?);
    if let Some(hint) = hints::failed(sweep.path(), &sweep::states(sweep)?) {
        print(format_args!("{hint}\n"));
    }
    if !sweep.strangers()?.is_empty() {
        print(format_args!("{}\n", hints::STRANGERS));
    }
    Ok(())
}
