//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Times varflat and what one would write in Python instead, in turns, and writes the table RESULTS.md.
#[derive(Parser)]
#[command(name = "varflat-benches", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "EXAMPLES:
  cargo run --release -p varflat-benches                      everything but the rows that need PyTorch
  cargo run --release -p varflat-benches -- --with-torch      everything
  cargo run --release -p varflat-benches -- --rows step,losses --run runs/headline --rounds 3
  cargo run --release -p varflat-benches -- --rows growth

Without --run the headline experiment is done first, which takes minutes.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// How often ours and theirs take turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,
    /// Which rows of the table, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "ROWS")]
    pub(crate) rows: Vec<Topic>,
    /// A finished run of experiments/headline.toml to use; `headline` is then told from its run.json
    #[arg(long, value_name = "FOLDER")]
    pub(crate) run: Option<PathBuf>,
    /// Folder with the four files of MNIST [default: data/mnist]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// The Python that makes the virtual environment in target/benches-venv
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    pub(crate) python: String,
    /// A virtual environment with what benches/peers/requirements.txt asks for, used as it is
    #[arg(long, value_name = "FOLDER", env = "VARFLAT_BENCHES_VENV")]
    pub(crate) venv: Option<PathBuf>,
    /// Also install PyTorch (set PIP_EXTRA_INDEX_URL for a wheel without CUDA)
    #[arg(long)]
    pub(crate) with_torch: bool,
    /// Where RESULTS.md and its tables go [default: benches; with --rows target/benches]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Measure one task, given in JSON, and print what it took: a process of its own for each size
    #[command(hide = true)]
    Measure {
        /// The task
        task: String,
    },
}

/// Rows that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Topic {
    /// One SGD step, recorded
    Step,
    /// What recording adds to a step
    Recording,
    /// Two trainings side by side
    Grid,
    /// One loss along a direction
    Losses,
    /// The flatness of one direction
    Flatness,
    /// All principal components of the window
    Pca,
    /// The whole headline run, its time and its memory
    Headline,
    /// How cost grows with size
    Growth,
}

impl Topic {
    /// Whether it is measured against a Python peer.
    pub(crate) fn has_peers(self) -> bool {
        !matches!(self, Self::Recording | Self::Grid | Self::Growth)
    }

    /// Whether it needs a finished headline run; every peer is given one.
    pub(crate) fn needs_run(self) -> bool {
        self.has_peers()
    }
}
