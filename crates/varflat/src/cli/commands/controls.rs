//! `varflat controls`.

use std::path::PathBuf;

use clap::Args;
use varflat_run::error::Result;
use varflat_run::run_folder::{RunFolder, Stage};
use varflat_run::stages;
use varflat_study::part::prepare;
use varflat_study::study::{ControlsStudy, Study, StudyKind};

use super::plot::draw;
use crate::cli::terminal::context;

/// Put the numbers of a finished run beside what would have come out anyway
///
/// The noise of the run's mini-batches, frozen at w_0, is replayed in the parabola of the exact Hessian and without any landscape, and goes through the same principal components; ψ is taken along directions that were not
/// chosen by the variance; and variances are held against the exact formula, which has no free constant. For plain SGD and dense
/// layers of up to 4000 weights. Every replay takes seconds.
#[derive(Args)]
pub(crate) struct Controls {
    /// The run folder
    run: PathBuf,
    /// How many replays: with fewer than 5 nothing is decided
    #[arg(long, default_value_t = 20)]
    replays: usize,
    /// Also draw the figures into this folder
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    /// Throw away what an earlier call left and begin again
    #[arg(long)]
    force: bool,
}

impl Controls {
    pub(crate) fn run(self) -> Result<()> {
        let Self { run, replays, figures, force } = self;
        let base = RunFolder::view(&run)?;
        base.require(Stage::Fit)?;
        let settings = ControlsStudy::suited(stages::read_variance(&base)?.0.len(), replays);
        let (runs, study) = Study::beside(&run, StudyKind::Controls(settings))?;
        if let Some(figures) = &figures {
            prepare(figures, &[study.study.part()], &[&runs.join(&study.name)])?;
        }
        study.complete(base.experiment(), &runs, &context(None), force, &|_| {})?;
        let Some(figures) = figures else { return Ok(()) };
        study.copy_tables(&runs, &figures)?;
        draw(None, &figures)
    }
}
