//! The command line: it names files and calls functions, nothing else.

mod arguments;
mod hints;
mod signals;
mod sweep;
mod terminal;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::hints::said;
pub use self::signals::{EXIT_CODE, last_words, listen};
pub use self::terminal::printable;

use self::arguments::{DataChoice, DeviceChoice, ExperimentChoice, RunChoice};
use self::sweep::SweepCommand;
use self::terminal::{context, delivered, keep, say};

use crate::error::Result;
use crate::reproduce::{self, Reproduction};
use crate::run_folder::{RunFolder, Stage, names};
use crate::study::Study;
use crate::verify::{Extent, verify};
use crate::{figures, inspect, report, stages};

/// Measures how SGD explores a loss landscape, and reproduces the inverse variance–flatness relation
/// σ² ∝ F^−ψ of Feng & Tu (PNAS 2021).
#[derive(Parser)]
#[command(name = "varflat", version, max_term_width = 100)]
#[command(after_help = "EXAMPLES:
  varflat reproduce --quick                    every figure in two minutes, from shortened trainings
  varflat reproduce                            every figure, full experiments
  varflat reproduce --only drift               one part alone
  varflat run experiments/headline.toml --out runs/headline
  varflat run experiments/headline.toml --set seed=2 --out runs/seed-2
  varflat sweep run experiments/headline.toml --vary training.batch_size=25,50,100 --vary seed=1,2 --out runs/mine
  varflat sweep submit experiments/sweep.toml --engine slurm --time 2:00:00 --mem 2G
  varflat study experiments/drift.toml --figures figures/mine
  varflat flatness runs/headline --set landscape.around=final
  varflat report --figures figures
  varflat inspect runs/headline
  varflat verify runs/headline

A killed or interrupted command continues where it stopped when it is given again.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make every figure: runs the experiments, then draws
    Reproduce {
        /// Shortened trainings and fewer directions: 45 minutes become two, numbers become rough
        #[arg(long)]
        quick: bool,
        /// Folder for the run folders
        #[arg(long, value_name = "RUNS", default_value = "runs")]
        out: PathBuf,
        /// Folder for figures and their tables [default: figures, or figures/quick with --quick]
        #[arg(long, value_name = "DIR")]
        figures: Option<PathBuf>,
        /// Only this part (and the headline run if it looks into it); may be repeated: headline, temperature, drift,
        /// langevin, grid, sensitivity, width, generality, forgetting
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
        /// Throw away what the run folders hold and begin again
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        device: DeviceChoice,
        #[command(flatten)]
        data: DataChoice,
    },
    /// Do one experiment end to end; continues an unfinished folder
    Run {
        #[command(flatten)]
        experiment: ExperimentChoice,
        /// Also draw the figures into this folder
        #[arg(long, value_name = "DIR")]
        figures: Option<PathBuf>,
        #[command(flatten)]
        device: DeviceChoice,
    },
    /// Do one experiment at many points: on the cores of this machine, or as a job array of a cluster
    #[command(subcommand)]
    Sweep(SweepCommand),
    /// Ask more of a finished run: its noise, its drift, other definitions, an equilibrium control, a grid around it;
    /// or whether it forgets
    Study {
        /// The study file (see experiments/); it names the run
        study: PathBuf,
        /// Folder of the run folders; the study's own appears beside them
        #[arg(long, value_name = "RUNS", default_value = "runs")]
        runs: PathBuf,
        /// Also draw the figures into this folder
        #[arg(long, value_name = "DIR")]
        figures: Option<PathBuf>,
        /// Throw away what the study's folder holds and begin again
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        device: DeviceChoice,
    },
    /// Stage 1: train and record (experiment + data → trajectory, weights, metrics)
    Train {
        #[command(flatten)]
        experiment: ExperimentChoice,
        #[command(flatten)]
        device: DeviceChoice,
    },
    /// Stage 2: principal components of the recorded window (trajectory → pca.npz, projections.npy)
    Pca(RunChoice),
    /// Stage 3: loss landscape and flatness (components, weights, data → flatness.csv, landscape.npz)
    Flatness {
        #[command(flatten)]
        run: RunChoice,
        /// A GPU (wgpu) measures many directions at once; any other backend leaves it to varflat's own kernels on the CPU
        /// [default: the backend that trained, if it is compiled in]
        #[arg(long, value_name = "NAME")]
        device: Option<String>,
    },
    /// Stage 4: ψ and its uncertainty (variances, flatness → fit.json)
    Fit(RunChoice),
    /// Draw the figures of a finished run, or redraw a figure folder from its tables
    Plot {
        /// The run folder; without it the tables already in DIR are drawn again
        run: Option<PathBuf>,
        /// Folder for figures and their tables
        #[arg(long, value_name = "DIR", default_value = "figures")]
        figures: PathBuf,
    },
    /// Write the report on a figure folder from its tables: report.html, one page that needs nothing else, and report.md
    Report {
        /// Folder of figures and their tables
        #[arg(long, value_name = "DIR", default_value = "figures")]
        figures: PathBuf,
        /// Also put the gallery between the marks in this file, which lies above DIR
        #[arg(long, value_name = "FILE")]
        readme: Option<PathBuf>,
    },
    /// Say whether results are what was written and follow from what they were made from; exits with 1 if not. Writes nothing
    Verify {
        /// A run folder, a figure folder, or a figure (SVG)
        place: PathBuf,
        /// Measure every direction of a run again, not only a sample
        #[arg(long)]
        all: bool,
    },
    /// Say what a run folder holds and what was found
    Inspect {
        /// The run folder
        run: PathBuf,
    },
}

/// Parse the arguments and do what they say.
///
/// # Errors
/// Whatever the command meets. Wrong arguments end the process with a message and code 2.
pub fn main() -> Result<()> {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        // Help and version are answers like any other.
        Err(asked) if !asked.use_stderr() => {
            keep(asked.print());
            return delivered();
        }
        Err(wrong) => wrong.exit(),
    };
    crate::sweep::start_threads(&context(None))?;
    perform(command)?;
    delivered()
}

fn perform(command: Command) -> Result<()> {
    match command {
        Command::Reproduce { quick, out, figures, only, force, device, data } => {
            stages::check_device(device.device.as_deref())?;
            let default = if quick { "figures/quick" } else { "figures" };
            let figures = figures.unwrap_or_else(|| PathBuf::from(default));
            let asked = Reproduction { quick, force, only: &only, runs: &out, figures: &figures };
            let context = context(device.device.as_deref());
            reproduce::reproduce(asked, |experiment| data.apply(experiment), &context)
        }
        Command::Run { experiment, figures, device } => {
            stages::check_device(device.device.as_deref())?;
            let run = experiment.open()?;
            if let Some(figures) = &figures {
                figures::prepare(figures, &[figures::SUMMARY], &[run.path()])?;
            }
            if !stages::complete(&run, &context(device.device.as_deref()))? {
                say(format_args!("{} is finished already; --force does it again\n", run.path().display()));
            }
            say(inspect::inspect(&run)?);
            match figures {
                Some(figures) => draw(Some(&run), &figures),
                None => Ok(()),
            }
        }
        Command::Sweep(sweep) => sweep.run(),
        Command::Study { study, runs, figures, force, device } => {
            let device = device.device.as_deref();
            stages::check_device(device)?;
            let study = Study::read(&study)?;
            let base = RunFolder::view(runs.join(&study.run))?;
            if let Some(figures) = &figures {
                figures::prepare(figures, &[&study.study.record()], &[&runs.join(&study.name)])?;
            }
            study.complete(base.experiment(), &runs, &context(device), force, &|_| {})?;
            match figures {
                Some(figures) => {
                    study.copy_tables(&runs, &figures)?;
                    draw(None, &figures)
                }
                None => Ok(()),
            }
        }
        Command::Train { experiment, device } => {
            stages::check_device(device.device.as_deref())?;
            let run = experiment.open()?;
            if run.is_done(Stage::Train)? {
                run.remove_partial(Stage::Train)?;
                say(format_args!("{} is trained already; --force does it again\n", run.path().display()));
                return Ok(());
            }
            stages::perform(&run, Stage::Train, &context(device.device.as_deref()))?;
            if let Some(words) = inspect::unreached(&run)? {
                say(format_args!("{words}\n"));
            }
            Ok(())
        }
        Command::Pca(choice) => stage(&choice, Stage::Pca, None),
        Command::Flatness { run, device } => stage(&run, Stage::Flatness, device.as_deref()),
        Command::Fit(choice) => {
            stage(&choice, Stage::Fit, None)?;
            let run = RunFolder::view(&choice.run)?;
            say(inspect::report(&varflat_files::read_json(&run.checked(names::FIT)?)?));
            Ok(())
        }
        Command::Plot { run, figures } => {
            let run = run.map(|run| RunFolder::view(&run)).transpose()?;
            if let Some(run) = &run {
                run.require(Stage::Fit)?;
                figures::prepare(&figures, &[figures::SUMMARY], &[run.path()])?;
            }
            draw(run.as_ref(), &figures)
        }
        Command::Report { figures, readme } => {
            if let Some(readme) = &readme {
                report::check_readme(readme, &figures)?;
            }
            let claim = figures::claim(&figures);
            report::write(&figures)?;
            say(report::written_in(&figures));
            drop(claim);
            readme.map_or(Ok(()), |readme| report::feed(&readme, &figures))
        }
        Command::Verify { place, all } => {
            verify(&place, if all { Extent::All } else { Extent::Sample }, &context(None))
        }
        Command::Inspect { run } => {
            say(inspect::inspect(&RunFolder::view(&run)?)?);
            Ok(())
        }
    }
}

fn stage(choice: &RunChoice, stage: Stage, device: Option<&str>) -> Result<()> {
    let run = RunFolder::open(&choice.run, &choice.set)?;
    run.check_overrides(stage)?;
    if stage > Stage::Pca && !choice.set.is_empty() && run.is_done(Stage::Pca)? {
        run.experiment().check_found(stages::read_variance(&run)?.0.len())?;
    }
    stages::perform(&run, stage, &context(device))
}

fn draw(run: Option<&RunFolder>, folder: &std::path::Path) -> Result<()> {
    if let Some(run) = run {
        figures::write_tables(run, folder)?;
    }
    reproduce::draw(folder, &context(None))
}
