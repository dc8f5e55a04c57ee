//! Drift against diffusion (claims 2 to 4): how far each θ_i gets in a time, and what grows along p_1.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{DisplacementEstimate, growth, logarithmic_lags, mean_square_displacement, median};
use varflat_files::{FileError, write_csv};
use varflat_model::MovingLayer;
use varflat_recorder::Trajectory;
use varflat_run::artifacts::{FIT, PCA, PROJECTIONS};
use varflat_run::error::Result;
use varflat_run::experiment::{Checked, MOST, MOST_POINTS, PROJECTED, all_within, not_too_many, within};
use varflat_run::run_folder::{RunFolder, names};
use varflat_run::stages::{self, FitReport};

use crate::studies::context::{Measure, StudyContext};

pub(crate) const TABLES: &[&str] = &[EXPONENTS, DISPLACEMENTS, GROWTH];
/// One row a component and range of lags.
pub(crate) const EXPONENTS: &str = "drift.csv";
/// One row a component and lag.
pub(crate) const DISPLACEMENTS: &str = "drift_displacements.csv";
/// One row a point in time.
pub(crate) const GROWTH: &str = "drift_growth.csv";

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

/// A row of `drift.csv`: the exponent of one component in one range of lags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DriftRow {
    pub(crate) index: usize,
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
    /// x in ⟨Δθ²⟩ ∝ h^x over the whole window.
    pub(crate) exponent: f64,
    /// Standard error of the mean of the exponents of the quarters of the window, and the 95 % interval of Student with it.
    pub(crate) standard_error: Option<f64>,
    #[serde(default)]
    pub(crate) low: Option<f64>,
    #[serde(default)]
    pub(crate) high: Option<f64>,
    /// Whether a quarter of the window is at least five times as long as the longest lag.
    pub(crate) trusted: bool,
}

/// A row of `drift_displacements.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DisplacementRow {
    pub(crate) index: usize,
    /// In recorded steps.
    pub(crate) lag: usize,
    /// ⟨(θ(t + lag) − θ(t))²⟩_t.
    pub(crate) displacement: f64,
}

/// A row of `drift_growth.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GrowthRow {
    pub(crate) step: u64,
    pub(crate) epoch: f64,
    /// ‖w(t)‖ of the recorded layer.
    pub(crate) norm: f64,
    /// w(t)·p_1.
    pub(crate) along: f64,
    /// Mean margin z_y − max_{j≠y} z_j at w(t), the other layers at their means.
    pub(crate) margin: f64,
    /// The same at w_0 + θ_1(t) p_1.
    pub(crate) margin_along: f64,
}

/// Exponents of the displacement in one range of lags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeOfLags {
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
    /// Of θ_1.
    pub(crate) first: f64,
    pub(crate) first_standard_error: Option<f64>,
    /// Median over the other components.
    pub(crate) median_of_others: f64,
}

impl RangeOfLags {
    fn of(rows: &[DriftRow], &[shortest, longest]: &[usize; 2]) -> Option<Self> {
        let here = || rows.iter().filter(|row| (row.shortest, row.longest) == (shortest, longest));
        let first = here().find(|row| row.index == 1)?;
        let others = here().filter(|row| row.index > 1).map(|row| row.exponent).collect();
        Some(Self {
            shortest,
            longest,
            first: first.exponent,
            first_standard_error: first.standard_error,
            median_of_others: median(others)?,
        })
    }
}

/// The numbers of the drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DriftReport {
    /// σ_1²/σ_2².
    pub(crate) gap: f64,
    /// γ in σ_i² ∝ i^−γ with its standard error and range.
    pub(crate) decay: Option<varflat_analysis::spectrum::Decay>,
    /// Share of the 35 components after the first in the variance of all but the first.
    pub(crate) share_35: Option<f64>,
    /// |cos(p_1, w_0)|.
    pub(crate) alignment: f64,
    /// Exponents of the displacement, one for each range of lags.
    pub(crate) exponents: Vec<RangeOfLags>,
    /// Growth from the first to the last point of the window, as a ratio.
    pub(crate) norm_growth: f64,
    pub(crate) along_growth: f64,
    pub(crate) margin_growth: f64,
    pub(crate) margin_along_growth: f64,
    /// Share of the first component in all variance of the window.
    pub(crate) first_share: f64,
}

impl DriftRow {
    fn of(index: usize, found: &DisplacementEstimate) -> Self {
        let DisplacementEstimate { law, lags: (shortest, longest), estimate, trusted } = found;
        let interval = estimate.as_ref().and_then(|estimate| estimate.interval);
        Self {
            index,
            shortest: *shortest,
            longest: *longest,
            exponent: law.exponent,
            standard_error: estimate.as_ref().and_then(|estimate| estimate.standard_error),
            low: interval.map(|[low, _]| low),
            high: interval.map(|[_, high]| high),
            trusted: *trusted,
        }
    }
}

/// In words, a number a line.
impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  gap {:.0}, |cos(p_1, w_0)| = {:.3}, share of p_1 in all variance {:.3}",
            self.gap, self.alignment, self.first_share
        )?;
        for range in &self.exponents {
            writeln!(
                f,
                "  exponent of ⟨Δθ²⟩ over lags {}–{}: θ_1 {:.2}, median of the others {:.2}",
                range.shortest, range.longest, range.first, range.median_of_others
            )?;
        }
        let percent = |ratio: f64| 100.0 * (ratio - 1.0);
        writeln!(
            f,
            "  over the window ‖w‖ grows by {:.2} %, w·p_1 by {:.2} %, the margin by {:.2} % ({:.2} % along p_1 alone)",
            percent(self.norm_growth),
            percent(self.along_growth),
            percent(self.margin_growth),
            percent(self.margin_along_growth)
        )
    }
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
