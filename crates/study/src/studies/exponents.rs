//! Exponents of many runs: a table with one row a run, and a table of the points they were fitted to.

pub(crate) mod figures;
pub(crate) mod leading;

use std::path::Path;

use serde::{Deserialize, Serialize};
use varflat_analysis::{Component, Doubt, Estimate, Evidence, Trust, leading_exponent};
use varflat_files::{read_csv, write_csv};
use varflat_model::{Metrics, StopReason};
use varflat_plot::CloudPoint;
use varflat_recorder::Trajectory;
use varflat_run::artifacts::{FIT, FLATNESS, METRICS};
use varflat_run::error::Result;
use varflat_run::experiment::{Centre, Experiment};
use varflat_run::run_folder::{RunFolder, names};
use varflat_run::stages::FitReport;

use crate::studies::context::StudyContext;
use crate::studies::groups::GroupRun;

/// A row of `grid.csv` or `sensitivity.csv`: ψ of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExponentRow {
    /// The group it belongs to.
    pub(crate) group: String,
    /// The run's folder.
    pub(crate) run: String,
    pub(crate) seed: u64,
    pub(crate) learning_rate: f64,
    pub(crate) batch_size: usize,
    /// Number of recorded weights, N.
    #[serde(default)]
    pub(crate) weights: Option<usize>,
    /// Steps from the first to the last of the window.
    pub(crate) window_steps: u64,
    pub(crate) around: Centre,
    pub(crate) factor: f64,
    pub(crate) epochs: Option<u64>,
    /// Full training loss at the end.
    pub(crate) train_loss: Option<f64>,
    pub(crate) test_error: Option<f64>,
    /// L_0 at the centre.
    pub(crate) l0: Option<f64>,
    pub(crate) psi: Option<f64>,
    /// Over other windows of this training, and the 95 % interval with it; the note says why they are missing.
    pub(crate) standard_error: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// Whether the relation bends, and then ψ in parts of the range of F, from the least to the largest.
    #[serde(default)]
    pub(crate) bent: Option<bool>,
    #[serde(default)]
    pub(crate) local_least: Option<f64>,
    #[serde(default)]
    pub(crate) local_largest: Option<f64>,
    pub(crate) r: Option<f64>,
    /// x of σ² ∝ F^x over components 2–40 alone, in which most moves, and its 95 % interval (least squares).
    #[serde(default)]
    pub(crate) leading: Option<f64>,
    #[serde(default)]
    pub(crate) leading_low: Option<f64>,
    #[serde(default)]
    pub(crate) leading_high: Option<f64>,
    /// First and last component in the fit, and how many there are.
    pub(crate) first: Option<usize>,
    pub(crate) last: Option<usize>,
    pub(crate) n: Option<usize>,
    pub(crate) trust: Trust,
    /// Why it is not trusted.
    pub(crate) note: String,
}

/// A row of `grid_points.csv` or `langevin_points.csv`: one component of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PointRow {
    /// The run, as in the table of exponents.
    pub(crate) run: String,
    /// Index i of the component, from 1.
    pub(crate) index: usize,
    pub(crate) flatness: f64,
    pub(crate) variance: f64,
    /// Whether the exponent rests on it.
    pub(crate) judged: bool,
}

impl PointRow {
    /// As it is analysed.
    fn component(&self) -> Component {
        let &Self { index, variance, flatness, judged, .. } = self;
        Component { index, variance, flatness: Some(flatness), trusted: judged }
    }

    /// As it is drawn.
    pub(crate) fn drawn(&self) -> CloudPoint {
        CloudPoint { flatness: self.flatness, variance: self.variance, judged: self.judged }
    }
}

impl ExponentRow {
    /// ψ of a run of a study.
    pub(super) fn of(finished: &GroupRun<'_>) -> Result<Self> {
        let row = Self::without_fit(&finished.group.title, &finished.point.name, &finished.point.experiment);
        match &finished.run {
            Err(error) => Ok(row.failed(&finished.folder, &error.to_string())),
            Ok(run) => row.filled(run, &run.read(&FIT)?),
        }
    }

    /// ψ of a finished point of a sweep.
    pub(crate) fn of_run(group: &str, name: &str, run: &RunFolder, fit: &FitReport) -> Result<Self> {
        Self::without_fit(group, name, run.experiment()).filled(run, fit)
    }

    /// A point of a sweep that failed.
    pub(crate) fn of_failure(
        group: &str,
        name: &str,
        experiment: &Experiment,
        folder: &Path,
        error: &str,
    ) -> Self {
        Self::without_fit(group, name, experiment).failed(folder, error)
    }

    /// The same with how far the run came.
    fn failed(self, folder: &Path, error: &str) -> Self {
        let metrics = read_csv::<Metrics>(&folder.join(names::METRICS));
        let last = metrics.ok().and_then(|rows| rows.last().copied());
        let note = match last.map(|row| row.train_loss).filter(|loss| loss.is_finite()) {
            Some(loss) => format!("{error} (training loss {loss:.1e})"),
            None => error.to_owned(),
        };
        Self {
            epochs: last.map(|row| row.epoch),
            train_loss: last.map(|row| row.train_loss),
            test_error: last.map(|row| row.test_error),
            note,
            ..self
        }
    }

    fn without_fit(group: &str, run: &str, experiment: &Experiment) -> Self {
        Self {
            group: group.to_owned(),
            run: run.to_owned(),
            seed: experiment.seed,
            learning_rate: experiment.training.learning_rate,
            batch_size: experiment.training.batch_size,
            weights: None,
            window_steps: experiment.recorder.window_steps().unwrap_or(0),
            around: experiment.landscape.around,
            factor: experiment.landscape.factor,
            epochs: None,
            train_loss: None,
            test_error: None,
            l0: None,
            psi: None,
            standard_error: None,
            low: None,
            high: None,
            bent: None,
            local_least: None,
            local_largest: None,
            r: None,
            leading: None,
            leading_low: None,
            leading_high: None,
            first: None,
            last: None,
            n: None,
            trust: Trust::Failed,
            note: String::new(),
        }
    }

    /// The same with what the run found.
    fn filled(self, run: &RunFolder, fit: &FitReport) -> Result<Self> {
        let metrics: Vec<Metrics> = run.read(&METRICS)?;
        let record = run.record()?;
        let last = metrics.last();
        let epoch_steps = record.steps.checked_div(record.epochs).unwrap_or(1).max(1);
        let window = (self.window_steps / epoch_steps) as usize + 1;
        let losses: Vec<f64> = metrics.iter().rev().take(window).rev().map(|row| row.train_loss).collect();
        let (trust, note) = trust(record.stop_reason, run.experiment().training.loss_below, &losses, fit);
        Ok(Self {
            weights: Some(Trajectory::open(run.file(names::TRAJECTORY))?.weights()),
            epochs: Some(record.epochs),
            train_loss: last.map(|row| row.train_loss),
            test_error: last.map(|row| row.test_error),
            trust,
            note,
            ..self.fitted(fit)
        })
    }

    /// The same with the numbers of a fit.
    pub(super) fn fitted(self, fit: &FitReport) -> Self {
        let psi = fit.psi_estimate();
        Self {
            l0: Some(fit.l0),
            psi: Some(fit.psi),
            standard_error: psi.standard_error,
            low: psi.interval.map(|[low, _]| low),
            high: psi.interval.map(|[_, high]| high),
            bent: fit.bent,
            local_least: fit.local_psi.map(|[least, _]| least),
            local_largest: fit.local_psi.map(|[_, largest]| largest),
            r: Some(fit.r),
            first: Some(fit.range[0]),
            last: Some(fit.range[1]),
            n: Some(fit.n),
            ..self
        }
    }

    /// The same with the exponent of the components in which most moves.
    fn with_leading(self, points: &[PointRow]) -> Self {
        let components: Vec<Component> = points.iter().map(PointRow::component).collect();
        let estimate = leading_exponent(&components);
        Self {
            leading: estimate.as_ref().map(|estimate| estimate.value),
            leading_low: estimate.as_ref().and_then(Estimate::low),
            leading_high: estimate.as_ref().and_then(Estimate::high),
            ..self
        }
    }

    /// Whether nothing speaks against it.
    pub(crate) fn is_trusted(&self) -> bool {
        self.trust == Trust::Trusted
    }
}

/// What the intervals of a table of exponents are over, in words.
pub(crate) fn intervals(rows: &[ExponentRow]) -> &'static str {
    // Tables from before have no word on whether the relation bends.
    let older = rows.iter().any(|row| row.bent.is_none() && row.low.is_some());
    if older {
        OLDER_INTERVALS
    } else {
        "over other windows of its training (block jackknife, components found again)"
    }
}

/// The same of tables from before there was one kind of interval.
pub(crate) const OLDER_INTERVALS: &str = "of an older version (the wider of least squares and a bootstrap over time, which says nothing of other windows)";

/// Write the tables of exponents and of their points; the rows of the first.
pub(super) fn write_exponents(
    finished: &[GroupRun<'_>],
    work: &StudyContext<'_>,
    [exponents, of_points]: [&str; 2],
) -> Result<Vec<ExponentRow>> {
    let (mut rows, mut all) = (Vec::new(), Vec::new());
    for run in finished {
        let points = run.fitted().map_or_else(|| Ok(Vec::new()), |folder| points(&run.point.name, folder))?;
        rows.push(ExponentRow::of(run)?.with_leading(&points));
        all.extend(points);
    }
    write_csv(&work.file(exponents), &rows)?;
    write_csv(&work.file(of_points), &all)?;
    Ok(rows)
}

/// Whether a training had settled and was long enough, and if not, why: `losses` are those at the epoch ends of the window.
fn trust(
    stop_reason: Option<StopReason>,
    loss_below: f64,
    losses: &[f64],
    fit: &FitReport,
) -> (Trust, String) {
    let psi = fit.psi_estimate();
    let evidence = Evidence {
        reached: stop_reason == Some(StopReason::LossBelow),
        threshold: loss_below,
        losses,
        components: fit.n,
        left_out: fit.left_out,
        missing: psi.missing.as_deref(),
    };
    let Some(doubt) = evidence.doubt() else { return (Trust::Trusted, String::new()) };
    let note = match doubt {
        // With the keys that help.
        Doubt::MostlyCensored { .. } => fit.mostly_censored(),
        _ => None,
    };
    (doubt.trust(), note.unwrap_or_else(|| doubt.to_string()))
}

/// The points of a finished run, those of its fit judged.
pub(crate) fn points(name: &str, run: &RunFolder) -> Result<Vec<PointRow>> {
    let fit: FitReport = run.read(&FIT)?;
    let rows = run.read(&FLATNESS)?.into_iter().filter(|row| row.variance > 0.0);
    Ok(rows
        .filter_map(|row| {
            let judged = fit.uses(&row);
            let (index, variance) = (row.index, row.variance);
            Some(PointRow { run: name.to_owned(), index, flatness: row.flatness?, variance, judged })
        })
        .collect())
}
