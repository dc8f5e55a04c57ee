//! The study of a finished run.

use varflat_analysis::{WindowPart, WindowSource};
use varflat_run::artifacts::TRAJECTORY;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Checked, MOST_COMPONENTS, all_within, not_too_many, range, within};
use varflat_run::recorded::RecordedWindow;
use varflat_run::run_folder::{RunFolder, RunRecord};

use super::draw::Epochs;
use super::prepared::{Prepared, lacking, looked_at, without_curvature};
use super::read::{Asked, Work};
use super::settings::SurrogatesStudy;
use super::tables::{Surrogate, SurrogatesReport};
use crate::studies::context::{Measure, StudyContext};

/// More surrogates than anyone waits for.
const MOST_REALISATIONS: u64 = 1000;
/// More steps than a window has.
const MOST_STEPS: u64 = 1_000_000_000;
/// Blocks that a window is cut into where no epoch says how long they are.
const BLOCKS: usize = 20;
/// First and last component of the rank exponent where no experiment says so.
const DECAY: [usize; 2] = [20, 200];
/// Rows of the shortest window.
const FEWEST_ROWS: usize = 16;
/// Weights of the narrowest: three directions after the first.
const FEWEST_WEIGHTS: usize = 4;

impl SurrogatesStudy {
    /// What is asked of a window of this shape, with what is known of its epochs.
    fn asked(
        &self,
        shape: (usize, usize),
        (decay, epochs): ([usize; 2], Option<Epochs>),
        mut left_out: Vec<String>,
        with_curvature: bool,
    ) -> Asked<'_> {
        let steps = shape.0 - 1;
        let epochs = match self.steps_per_epoch {
            Some(rows) => Some(Epochs { rows, rest: epochs.map_or(0, |epochs| epochs.rest) }),
            None => epochs,
        };
        let epochs = epochs.filter(|epochs| (2..=steps).contains(&epochs.rows));
        let block = self.block.or(epochs.map(|epochs| epochs.rows)).filter(|block| *block < steps);
        let mut kinds = self.kinds.clone();
        if epochs.is_none() && kinds.contains(&Surrogate::WithinEpochs) {
            kinds.retain(|kind| *kind != Surrogate::WithinEpochs);
            left_out.push(
                "Steps are not shuffled within epochs: how many rows an epoch has is not known, or the window holds no whole one (steps_per_epoch)."
                    .to_owned(),
            );
        }
        if !with_curvature {
            kinds.retain(|kind| *kind != Surrogate::HessianPhases);
        }
        let block = block.unwrap_or((steps / BLOCKS).max(1));
        Asked { settings: self, shape, decay, epochs, block, kinds, left_out }
    }

    /// The complaint about a window that has no room for what is asked.
    pub(crate) fn check_window(&self, (steps, weights): (usize, usize), decay: Option<usize>) -> Checked {
        if steps < FEWEST_ROWS {
            return Err(format!(
                "the window holds {steps} rows: surrogates need at least {FEWEST_ROWS} (an array is [steps, weights]; save the transpose if it is the other way round)"
            ));
        }
        if weights < FEWEST_WEIGHTS {
            return Err(format!(
                "the window holds {weights} weights: exponents need at least {FEWEST_WEIGHTS} directions"
            ));
        }
        if let Some(rows) = self.steps_per_epoch
            && rows >= steps
        {
            return Err(format!(
                "steps_per_epoch = {rows}, but the window has {steps} rows: it holds no whole epoch"
            ));
        }
        if let Some(rows) = self.block
            && rows + 1 >= steps
        {
            return Err(format!("block = {rows}, but the window has {steps} rows"));
        }
        let kept = looked_at((steps, weights), self.last(decay.unwrap_or(DECAY[1])));
        match lacking(steps, weights, kept) {
            None => Ok(()),
            Some(lacking) => Err(format!(
                "{steps} rows of {weights} weights need {lacking}: take a shorter window, or fewer weights"
            )),
        }
    }
}

/// What a record says of the rows of an epoch: nothing where the training ended within one, or rows are not steps.
fn epochs_of(record: &RunRecord, window: &RecordedWindow, every: u64) -> Option<Epochs> {
    let per_epoch =
        record.steps.checked_div(record.epochs).filter(|steps| steps * record.epochs == record.steps)?;
    if per_epoch == 0 || every == 0 || !per_epoch.is_multiple_of(every) {
        return None;
    }
    let info = window.trajectory().info();
    let last = info.first_step + (window.steps() as u64 - 1) * info.every;
    let rest = (last + 1) % per_epoch / every;
    Some(Epochs { rows: (per_epoch / every) as usize, rest: rest as usize })
}

impl SurrogatesStudy {
    /// A window beside its surrogates; of a run whose window it is the length of an epoch is known, and the curvature where its layers are dense.
    pub(crate) fn measured(
        &self,
        window: &RecordedWindow,
        run: Option<&RunFolder>,
        work: &Work<'_>,
    ) -> Result<SurrogatesReport> {
        let all = window.steps();
        let part = WindowPart::new(window, all - self.looked_at(all)..all)?;
        let shape = (part.steps(), part.weights());
        let [first, last] = run.map_or(DECAY, |run| run.experiment().fit.decay);
        let decay = [first, last.min(looked_at(shape, last))];
        let epochs = match run {
            Some(run) if run.experiment().langevin.is_none() => {
                epochs_of(&run.record()?, window, run.experiment().recorder.every)
            }
            _ => None,
        };
        let run = run.filter(|_| self.kinds.contains(&Surrogate::HessianPhases));
        let problem = run.map(|run| without_curvature(run, shape.1)).transpose()?.flatten();
        let curvature = run.filter(|_| problem.is_none());
        let asked = self.asked(shape, (decay, epochs), problem.into_iter().collect(), curvature.is_some());
        if asked.kinds.is_empty() {
            return Err(Error::Experiment {
                origin: "surrogates".to_owned(),
                problem: format!("no kind of them is left. {}", asked.left_out.join(" ")),
            });
        }
        asked.measure(work, || Prepared::of(&part, looked_at(shape, self.last(decay[1])), curvature))
    }
}

impl Measure for SurrogatesStudy {
    type Report = SurrogatesReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        within("realisations", self.realisations, 1, MOST_REALISATIONS)?;
        if self.ranges.is_empty() {
            return Err("ranges needs at least one [first, last]".to_owned());
        }
        not_too_many("ranges", self.ranges.len())?;
        self.ranges.iter().try_for_each(|&directions| range("ranges", directions, 3))?;
        if self.times.is_empty() {
            return Err("times needs components, counted from 1".to_owned());
        }
        all_within("times", &self.times, 1, MOST_COMPONENTS)?;
        if self.kinds.is_empty() {
            return Err("kinds needs at least one kind of surrogates".to_owned());
        }
        if let Some(rows) = self.rows {
            within("rows", rows, FEWEST_ROWS as u64, MOST_STEPS)?;
        }
        if let Some(rows) = self.steps_per_epoch {
            within("steps_per_epoch", rows, 2, MOST_STEPS)?;
        }
        if let Some(rows) = self.block {
            within("block", rows, 1, MOST_STEPS)?;
        }
        match self.kinds.iter().enumerate().find(|(place, kind)| self.kinds[..*place].contains(kind)) {
            Some((_, kind)) => Err(format!("kinds: {} is there twice", kind.words())),
            None => Ok(()),
        }
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        let window = run.read(&TRAJECTORY)?;
        let (steps, weights) = (self.looked_at(window.steps()), window.weights());
        let components = weights.min((steps / 2).saturating_sub(1));
        let beyond = |last: usize| last > components;
        if let Some([first, last]) = self.ranges.iter().find(|[_, last]| beyond(*last)) {
            return Ok(Err(format!(
                "ranges: [{first}, {last}], but half of {steps} rows has {components} components"
            )));
        }
        if let Some(index) = self.times.iter().copied().find(|index| beyond(*index)) {
            return Ok(Err(format!("times: {index}, but half of {steps} rows has {components} components")));
        }
        Ok(self.check_window((steps, weights), Some(run.experiment().fit.decay[1])))
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<SurrogatesReport> {
        let run = work.source()?;
        let source =
            serde_json::to_string(&run.record()?).map_err(|error| work.invalid(error.to_string()))?;
        let place = Work {
            context: work.context,
            folder: &work.folder,
            force: work.force,
            advance: &|share| work.advance(share),
            source,
            seed: work.base.seed,
        };
        self.measured(&run.read(&TRAJECTORY)?, Some(run), &place)
    }
}
