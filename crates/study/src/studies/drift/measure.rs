//! Drift against diffusion (claims 2 to 4): how far each θ_i gets in a time, and what grows along p_1.

use serde::{Deserialize, Serialize};
use varflat_analysis::{DisplacementEstimate, growth, logarithmic_lags, mean_square_displacement};
use varflat_files::{FileError, write_csv};
use varflat_model::MovingLayer;
use varflat_recorder::Trajectory;
use varflat_run::artifacts::{FIT, PCA, PROJECTIONS};
use varflat_run::error::Result;
use varflat_run::experiment::{Checked, MOST, MOST_POINTS, PROJECTED, all_within, not_too_many, within};
use varflat_run::run_folder::{RunFolder, names};
use varflat_run::stages::{self, FitReport};

use super::tables::{
    DISPLACEMENTS, DisplacementRow, DriftReport, DriftRow, EXPONENTS, GROWTH, GrowthRow, RangeOfLags,
};
use crate::studies::context::{Measure, StudyContext};

/// Lags a decade.
const PER_DECADE: usize = 12;

/// `[study.drift]`: which components, which lags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftStudy {
    /// Components whose displacement is written out, from 1.
    pub components: Vec<usize>,
    /// Shortest and longest lag of each fit of the exponent, in recorded steps.
    pub lags: Vec<[usize; 2]>,
    /// Points in time at which norm, projection and margin are measured.
    #[serde(default = "hundred")]
    pub points: usize,
}

const fn hundred() -> usize {
    100
}

impl Measure for DriftStudy {
    type Report = DriftReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        if self.components.is_empty() {
            return Err("components needs some, counted from 1".to_owned());
        }
        all_within("components", &self.components, 1, PROJECTED as u64)?;
        if self.lags.is_empty() {
            return Err("lags needs at least one [shortest, longest]".to_owned());
        }
        not_too_many("lags", self.lags.len())?;
        for &[shortest, longest] in &self.lags {
            if shortest == 0 || longest < shortest.saturating_mul(2) || longest < 3 || longest as u64 > MOST {
                return Err(format!(
                    "lags: [{shortest}, {longest}] should be [shortest, longest] from 1 to {MOST}, the longest at least twice the \
                     shortest and at least 3: a slope needs three lags"
                ));
            }
        }
        within("points", self.points, 2, MOST_POINTS)
    }

    /// What the run has no room for.
    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        let (steps, components) = run.read(&PROJECTIONS)?.dim();
        if let Some(index) = self.components.iter().find(|index| **index > components) {
            return Ok(Err(format!("components: {index}, but the projections of the run have {components}")));
        }
        Ok(match self.lags.iter().find(|[_, longest]| *longest >= steps) {
            Some([shortest, longest]) => Err(format!(
                "lags: [{shortest}, {longest}] does not fit into the window of {steps} recorded steps: at most {}",
                steps.saturating_sub(1)
            )),
            None => Ok(()),
        })
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<DriftReport> {
        let run = work.source()?;
        let theta = run.read(&PROJECTIONS)?;
        let (steps, components) = theta.dim();
        let mut exponents = Vec::new();
        let mut displacements = Vec::new();
        let longest = self.lags.iter().map(|range| range[1]).max().unwrap_or(1);
        let lags = logarithmic_lags((steps / 3).max(longest).min(steps - 1), PER_DECADE);
        for index in 1..=components {
            let series = theta.column(index - 1).to_vec();
            let squares = mean_square_displacement(&series, &lags)?;
            if squares.iter().any(|square| *square <= 0.0) {
                // Weights that did not move have no exponent.
                continue;
            }
            for &[shortest, longest] in &self.lags {
                let found = DisplacementEstimate::of(&series, &lags, &squares, (shortest, longest))?;
                exponents.push(DriftRow::of(index, &found));
            }
            if self.components.contains(&index) {
                let points = lags.iter().zip(&squares);
                displacements.extend(points.map(|(&lag, &displacement)| DisplacementRow {
                    index,
                    lag,
                    displacement,
                }));
            }
        }
        if displacements.is_empty() {
            return Err(work.invalid(format!("none of the components {:?} moves", self.components)));
        }
        work.advance(0.3);
        let points = self.points_of_window(work, &theta.column(0).to_vec())?;
        write_csv(&work.file(EXPONENTS), &exponents)?;
        write_csv(&work.file(DISPLACEMENTS), &displacements)?;
        write_csv(&work.file(GROWTH), &points)?;

        let fit: FitReport = run.read(&FIT)?;
        let (variance, total) = stages::read_variance(run)?;
        let ratio = |of: fn(&GrowthRow) -> f64| growth(points.iter().map(of));
        Ok(DriftReport {
            gap: fit.gap,
            decay: fit.decay,
            share_35: fit.share_35,
            alignment: fit.alignment,
            exponents: self.lags.iter().filter_map(|range| RangeOfLags::of(&exponents, range)).collect(),
            norm_growth: ratio(|row| row.norm),
            along_growth: ratio(|row| row.along),
            margin_growth: ratio(|row| row.margin),
            margin_along_growth: ratio(|row| row.margin_along),
            first_share: variance[0] / total,
        })
    }
}

impl DriftStudy {
    /// ‖w‖, w·p_1 and margins at some points of the window.
    fn points_of_window(&self, work: &StudyContext<'_>, theta: &[f64]) -> Result<Vec<GrowthRow>> {
        let run = work.source()?;
        let experiment = run.experiment();
        let pca = run.read(&PCA)?;
        let p: Vec<f64> = pca.components().row(0).to_vec();
        // p_1 has no sign of its own; the one in which w grows tells most.
        let sign = if pca.mean().iter().zip(&p).map(|(w, p)| w * p).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        let network = stages::centre(run, experiment.landscape.around)?;
        let images = stages::load_data(run)?.train;
        let layer = MovingLayer::new(&network, &experiment.recorder.layer, &images)?;
        let per_epoch = experiment.training.steps_per_epoch(images.samples()) as f64;
        drop(images);
        let trajectory = Trajectory::open(run.checked(names::TRAJECTORY)?)?;
        if trajectory.steps() != theta.len() {
            let problem = format!("has {} rows, but trajectory.npy has {}", theta.len(), trajectory.steps());
            return Err(FileError::malformed(&run.file(names::PROJECTIONS), problem).into());
        }
        let last = trajectory.steps() - 1;
        let points = self.points.min(last + 1);
        let bar = work.context.bar("drift", points as u64);
        let rows = (0..points).map(|point| {
            work.context.go_on("drift")?;
            let row = point * last / (points - 1).max(1);
            let weights = trajectory.rows(row..row + 1)?;
            let exact = || weights.iter().map(|&w| f64::from(w));
            let on_line: Vec<f32> =
                pca.mean().iter().zip(&p).map(|(w, p)| (w + theta[row] * p) as f32).collect();
            let step = trajectory.step(row);
            bar.inc(1);
            work.advance(0.7 / points as f64);
            Ok(GrowthRow {
                step,
                epoch: step as f64 / per_epoch,
                norm: exact().map(|w| w * w).sum::<f64>().sqrt(),
                along: sign * exact().zip(&p).map(|(w, p)| w * p).sum::<f64>(),
                margin: layer.mean_margin(&weights)?,
                margin_along: layer.mean_margin(&on_line)?,
            })
        });
        let rows = rows.collect();
        drop(bar);
        rows
    }
}
