//! The command line: it names files and calls functions, nothing else.

mod arguments;
mod commands;
mod hints;
mod signals;
mod terminal;

use clap::Parser;

pub use self::hints::said;
pub use self::signals::{EXIT_CODE, listen, report_once};
pub use self::terminal::printable;

use self::commands::Command;
use self::terminal::{context, delivered, keep};
use varflat_run::error::Result;

/// Measures how SGD explores a loss landscape, and reproduces the inverse variance–flatness relation
/// σ² ∝ F^−ψ of Feng & Tu (PNAS 2021).
#[derive(Parser)]
#[command(name = "varflat", version, max_term_width = 100)]
#[command(after_help = "EXAMPLES:
  varflat reproduce --quick                    every figure in three minutes, from shortened trainings
  varflat reproduce                            every figure, full experiments
  varflat reproduce --only drift               one part alone
  varflat run experiments/headline.toml --out runs/headline
  varflat run experiments/headline.toml --set seed=2 --out runs/seed-2
  varflat sweep run experiments/headline.toml --vary training.batch_size=25,50,100 --vary seed=1,2 --out runs/mine
  varflat sweep submit experiments/sweep.toml --engine slurm --time 2:00:00 --mem 2G
  varflat study experiments/drift.toml --figures figures/mine
  varflat controls runs/headline               what would have come out anyway
  varflat controls trajectory.npy              the same of weights that another program recorded
  varflat flatness runs/headline --set landscape.around=final
  varflat report --figures figures
  varflat inspect runs/headline
  varflat verify runs/headline
  varflat list figures

A killed or interrupted command continues where it stopped when it is given again.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
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
    varflat_study::sweep::start_threads(&context(None))?;
    command.run()?;
    delivered()
}
