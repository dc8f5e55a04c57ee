//! The measurement: the recorded window, replayed windows, and the same reading of each.

use ndarray::{Array1, Array2};
use varflat_analysis::{Basis, WindowSource, drift_per_step};
use varflat_files::write_csv;
use varflat_run::artifacts::{FIT, PCA, TRAJECTORY};
use varflat_run::error::Result;
use varflat_run::experiment::Checked;
use varflat_run::run_folder::RunFolder;
use varflat_run::stages::{self, FitReport};

use super::fluctuation;
use super::frozen::Frozen;
use super::levels::Levels;
use super::reading::Reader;
use super::replays::{Windows, gap_with_drift};
use super::rows::{Found, OfData};
use super::settings::ControlsStudy;
use super::summary;
use super::tables::{ControlsReport, DIRECTIONS, NUMBERS};
use crate::studies::cached;
use crate::studies::context::{Measure, StudyContext};

/// What is read of the run before its replays: the layer, the window, and F along the eigenvectors.
const BEFORE: usize = 3;

impl Measure for ControlsStudy {
    type Report = ControlsReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        self.check_settings()
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        self.check_room(run)
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<ControlsReport> {
        let run = work.source()?;
        let bar = work.context.bar("controls", (self.replays + BEFORE) as u64);
        let done = || {
            bar.inc(1);
            work.advance(1.0 / (self.replays + BEFORE) as f64);
            work.context.go_on("controls")
        };
        let frozen = Frozen::of(run)?;
        done()?;
        let reader = self.reader(run, &frozen)?;
        let (data, drift) = self.read_run(run, &frozen, &reader, &done)?;
        let vectors = &frozen.frame.hessian_directions;
        let turned = frozen.frame.in_eigenvectors()?;
        let reader = Reader { frame: &turned, coordinates: Some(vectors), ..reader };
        let drift = vectors.dot(&drift);
        let (mut replays, mut noise, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
        let span = (self.burn_in, run.read(&TRAJECTORY)?.steps());
        let source = run.record()?;
        for number in 0..self.replays {
            // All that a replay depends on: neither the others, nor where ψ is fitted.
            let read = (self.times.clone(), self.bases.clone(), reader.levels.levels.clone(), self.flatness);
            let of = (number, self.burn_in, read, source.clone());
            let (replay, alone, gap) = cached::or_make(work, of, &format!("replay-{number}.json"), || {
                let made = Windows::replayed(&frozen, number, span, || work.context.go_on("controls"))?;
                let origin = Array1::zeros(drift.len());
                let replay = reader.read(&made.parabola, &origin, &self.bases)?;
                let alone = reader.read(&made.noise_alone, &origin, &[Basis::Components])?;
                drop(made.noise_alone);
                Ok((replay, alone, gap_with_drift(made.parabola, &drift)?))
            })?;
            replays.push(replay);
            noise.push(alone);
            gaps.push(gap);
            done()?;
        }
        drop(bar);
        let found = Found { data, replays, noise, gaps };
        self.written(work, &frozen, &reader, &found)
    }
}

impl ControlsStudy {
    fn reader<'a>(&'a self, run: &RunFolder, frozen: &'a Frozen) -> Result<Reader<'a>> {
        let section = &run.experiment().landscape;
        let [first, last] = run.experiment().fit.decay;
        let decay = [first, last.min(stages::read_variance(run)?.0.len())];
        let mut levels = self.levels.clone();
        levels.push(section.factor);
        levels.sort_by(f64::total_cmp);
        levels.dedup_by(|one, other| (*one - *other).abs() < 1e-9);
        let levels =
            Levels { landscape: &frozen.landscape, levels, radius: section.radius, selected: self.flatness };
        Ok(Reader {
            frame: &frozen.frame,
            decay,
            times: &self.times,
            levels,
            own_level: section.factor,
            coordinates: None,
        })
    }

    /// The run itself, and the drift of its weights.
    fn read_run(
        &self,
        run: &RunFolder,
        frozen: &Frozen,
        reader: &Reader<'_>,
        done: &impl Fn() -> Result<()>,
    ) -> Result<(OfData, Array1<f64>)> {
        let window = run.read(&TRAJECTORY)?;
        let pca = run.read(&PCA)?;
        stages::check_weights(run, &pca, frozen.layer.weights().len())?;
        let reading = reader.read(&window, pca.mean(), &self.bases)?;
        done()?;
        let hessian: &Array2<f64> = &frozen.frame.hessian_directions;
        let balance = fluctuation::along(frozen, &window, pca.mean(), hessian, self.gradients)?;
        let flatness = reader.levels.along(hessian, None)?;
        let drift = drift_per_step(&window)?;
        done()?;
        Ok((OfData { reading, balance, flatness }, drift))
    }

    /// The tables, and what they say.
    fn written(
        &self,
        work: &StudyContext<'_>,
        frozen: &Frozen,
        reader: &Reader<'_>,
        found: &Found,
    ) -> Result<ControlsReport> {
        let run = work.source()?;
        let (fit, pca): (FitReport, _) = (run.read(&FIT)?, run.read(&PCA)?);
        let measured = stages::read_rows_along(run, &pca)?;
        let of_run = (run.read(&TRAJECTORY)?.steps(), run.experiment().landscape.factor);
        let table = found.directions(frozen, &fit, &measured, of_run);
        let numbers = found.numbers(self, reader);
        write_csv(&work.file(DIRECTIONS), &table)?;
        write_csv(&work.file(NUMBERS), &numbers)?;
        Ok(summary::of(frozen, &fit, (self.replays, of_run), (&table, numbers)))
    }
}
