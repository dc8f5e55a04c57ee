//! `varflat controls`.

use std::path::{Path, PathBuf};

use clap::Args;
use varflat_analysis::WindowSource;
use varflat_analysis::surrogates::Drift;
use varflat_run::RecordedWindow;
use varflat_run::artifacts::names;
use varflat_run::error::Result;
use varflat_run::run_folder::{RunFolder, Stage};
use varflat_run::stages;
use varflat_study::part::{Part, prepare};
use varflat_study::study::{ControlsStudy, Study, StudyKind, SurrogatesStudy};
use varflat_study::trajectory::TrajectoryControls;

use super::plot::draw;
use crate::cli::terminal::{context, print};

/// Put the numbers of a run, or of a trajectory alone, beside what would have come out anyway
///
/// Of a finished run of plain SGD on dense layers of up to 4000 weights: the noise of its mini-batches, frozen at w_0, is replayed in the
/// parabola of the exact Hessian and without any landscape, and goes through the same principal components; ψ is taken along directions that were not
/// chosen by the variance; and variances are held against the exact formula, which has no free constant.
///
/// Of every trajectory, that of another program too (an npy array [steps, weights]): principal components of surrogates that keep one property of
/// the window. Independent phases keep the spectrum of every coordinate; steps are shuffled within epochs, in blocks, and over the
/// window; a random walk and white noise have the covariance of its steps. Interleaved halves and phases that all coordinates have in common prove
/// nothing and are not offered. The tables go into a folder beside, named NAME-controls or NAME-surrogates.
#[derive(Args)]
pub(crate) struct Controls {
    /// A run folder; or a trajectory, an npy array [steps, weights], or a folder that holds trajectory.npy
    path: PathBuf,
    /// How many replays: with fewer than 5 nothing is decided
    #[arg(long, default_value_t = 20)]
    replays: usize,
    /// How many surrogates of each kind: with fewer than 5 nothing is decided
    #[arg(long, default_value_t = 5)]
    realisations: usize,
    /// What is taken away before surrogates are made and read: nothing, a line in time, a parabola, or all that moves along p_1
    #[arg(long, default_value = "line", value_parser = drift, value_name = "none|line|parabola|first")]
    drift: Drift,
    /// Rows of an epoch, for shuffling within epochs; a run says so itself. The window is taken to end with an epoch
    #[arg(long, value_name = "M")]
    steps_per_epoch: Option<usize>,
    /// Also draw the figures into this folder
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    /// Throw away what an earlier call left and begin again
    #[arg(long)]
    force: bool,
}

fn drift(text: &str) -> std::result::Result<Drift, String> {
    match text {
        "none" => Ok(Drift::None),
        "line" => Ok(Drift::Line),
        "parabola" => Ok(Drift::Parabola),
        "first" => Ok(Drift::First),
        _ => Err("none, line, parabola or first".to_owned()),
    }
}

impl Controls {
    pub(crate) fn run(self) -> Result<()> {
        let holds = |name: &str| self.path.join(name).exists();
        if !self.path.is_dir() || (!holds(names::CONFIG) && holds(names::TRAJECTORY)) {
            return self
                .of_trajectory("No replay: of a trajectory alone neither network nor images are known.");
        }
        let run = RunFolder::view(&self.path)?;
        run.require(Stage::Train)?;
        if run.is_done(Stage::Fit)? {
            return self.of_run(&run);
        }
        self.of_trajectory(
            "No replay: the run has not been through all of its stages (`varflat run` does them).",
        )
    }

    /// All that the trajectory says of itself.
    fn of_trajectory(&self, why: &str) -> Result<()> {
        let controls = TrajectoryControls::of(&self.path, self.realisations, |asked| self.change(asked))?;
        self.prepared(&[controls.part()], &[controls.folder()])?;
        print(format_args!("{}\n  {why}\n", controls.folder().display()));
        controls.complete(&context(None), self.force)?;
        let Some(figures) = &self.figures else { return Ok(()) };
        controls.copy_tables(figures)?;
        draw(None, figures)
    }

    /// The replay, where there is one, and the surrogates.
    fn of_run(&self, run: &RunFolder) -> Result<()> {
        let replay = ControlsStudy::suited(stages::read_variance(run)?.0.len(), self.replays);
        let (runs, replay) = Study::beside(&self.path, StudyKind::Controls(replay))?;
        let window = RecordedWindow::open(&self.path)?;
        let most = window.weights().min((window.steps() / 2).saturating_sub(1));
        let mut surrogates = SurrogatesStudy::suited(most, self.realisations);
        self.change(&mut surrogates);
        let (_, surrogates) = Study::beside(&self.path, StudyKind::Surrogates(surrogates))?;
        let problem = replay.problem_with(run)?;
        let studies: Vec<&Study> = match problem {
            None => vec![&replay, &surrogates],
            Some(_) => vec![&surrogates],
        };
        let parts: Vec<&Part> = studies.iter().map(|study| study.study.part()).collect();
        let folders: Vec<PathBuf> = studies.iter().map(|study| runs.join(&study.name)).collect();
        self.prepared(&parts, &folders.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        for (study, folder) in studies.iter().zip(&folders) {
            print(format_args!("{}\n", folder.display()));
            if let Some(problem) = &problem {
                print(format_args!("  No replay: {problem}.\n"));
            }
            study.complete(run.experiment(), &runs, &context(None), self.force, &|_| {})?;
        }
        let Some(figures) = &self.figures else { return Ok(()) };
        studies.iter().try_for_each(|study| study.copy_tables(&runs, figures))?;
        draw(None, figures)
    }

    fn change(&self, asked: &mut SurrogatesStudy) {
        asked.drift = self.drift;
        asked.steps_per_epoch = self.steps_per_epoch;
    }

    /// Find out whether figures can be drawn before anything is computed for them.
    fn prepared(&self, parts: &[&Part], folders: &[&Path]) -> Result<()> {
        self.figures.as_ref().map_or(Ok(()), |figures| prepare(figures, parts, folders))
    }
}
