//! The commands, a file each.

mod controls;
mod fit;
mod flatness;
mod inspect;
mod list;
mod pca;
mod plot;
mod report;
mod reproduce;
mod run;
mod study;
mod sweep;
mod train;
mod verify;

use clap::Subcommand;
use varflat_run::error::Result;

#[derive(Subcommand)]
pub(super) enum Command {
    Reproduce(reproduce::Reproduce),
    Run(run::Run),
    /// Do one experiment at many points: on the cores of this machine, or as a job array of a cluster
    #[command(subcommand)]
    Sweep(sweep::SweepCommand),
    Study(study::DoStudy),
    Controls(controls::Controls),
    Train(train::Train),
    Pca(pca::Pca),
    Flatness(flatness::Flatness),
    Fit(fit::Fit),
    Plot(plot::Plot),
    Report(report::Report),
    Verify(verify::Verify),
    Inspect(inspect::Inspect),
    List(list::List),
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Reproduce(command) => command.run(),
            Self::Run(command) => command.run(),
            Self::Sweep(command) => command.run(),
            Self::Study(command) => command.run(),
            Self::Controls(command) => command.run(),
            Self::Train(command) => command.run(),
            Self::Pca(command) => command.run(),
            Self::Flatness(command) => command.run(),
            Self::Fit(command) => command.run(),
            Self::Plot(command) => command.run(),
            Self::Report(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Inspect(command) => command.run(),
            Self::List(command) => command.run(),
        }
    }
}
