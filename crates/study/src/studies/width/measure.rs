//! How the solution changes with the width of the network (claim 10).

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{Estimate, Spread, Trust, scaling, spectrum};
use varflat_files::write_csv;
use varflat_run::error::Result;
use varflat_run::experiment::{Centre, Checked};
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

use crate::studies::context::{Measure, StudyContext};
use crate::studies::exponents::ExponentRow;
use crate::studies::groups::{GroupRun, Trainings};
use crate::words::estimate;

pub(crate) const TABLES: &[&str] = &[WIDTHS];
/// One row a run.
pub(crate) const WIDTHS: &str = "width.csv";

/// Share of the variance that counts as all of it.
const MOST: f64 = 0.9;

/// A row of `width.csv`: one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WidthRow {
    pub(crate) group: String,
    pub(crate) run: String,
    /// Width H of the hidden layers.
    pub(crate) hidden: usize,
    pub(crate) seed: u64,
    /// Every how many steps the weights were recorded.
    pub(crate) every: u64,
    /// Number of recorded weights, N.
    pub(crate) weights: Option<usize>,
    pub(crate) epochs: Option<u64>,
    pub(crate) train_loss: Option<f64>,
    pub(crate) test_error: Option<f64>,
    pub(crate) psi: Option<f64>,
    /// 95 % interval of ψ, as in `grid.csv`.
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// Components that hold 90 % of the variance in all directions; missing where more do than were kept.
    pub(crate) components: Option<usize>,
    /// The same of the variance after the first.
    pub(crate) components_rest: Option<usize>,
    /// Participation ratio of all but the first.
    pub(crate) participation_rest: Option<f64>,
    /// ‖⟨w⟩‖ of the recorded layer, and of all weights.
    pub(crate) layer_norm: Option<f64>,
    pub(crate) norm: Option<f64>,
    pub(crate) trust: Trust,
    pub(crate) note: String,
}

/// The numbers of the study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WidthReport {
    pub(crate) runs: usize,
    pub(crate) trusted: usize,
    /// Least and largest H and N among the trusted runs of the first group: those that differ in their width.
    pub(crate) hidden: [usize; 2],
    pub(crate) weights: [usize; 2],
    /// s of (components that hold 90 % of the variance of all but the first) ∝ N^s over these runs.
    pub(crate) growth: Option<Estimate>,
    /// The same of the test error.
    pub(crate) test_error: Option<Estimate>,
    /// How ψ scatters over these runs.
    pub(crate) psi: Option<Spread>,
    /// How ψ and the number of components scatter over the runs that differ in their stride alone.
    pub(crate) stride_psi: Option<Spread>,
    pub(crate) stride_components: Option<Spread>,
}

/// `[study.width]`: the trainings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WidthStudy(pub Trainings);

/// In words, a number a line.
impl fmt::Display for WidthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {} of {} runs can be trusted", self.trusted, self.runs)?;
        let [fewest, most] = self.weights;
        let growth = [("components that hold 90 %", &self.growth), ("test error", &self.test_error)];
        for (what, growth) in growth.into_iter().filter_map(|(what, growth)| Some((what, growth.as_ref()?))) {
            writeln!(
                f,
                "  {what} ∝ N^s from N = {fewest} to {most}: s = {} ({})",
                estimate(growth),
                growth.about()
            )?;
        }
        for (what, spread) in [("over widths", self.psi), ("over strides at one width", self.stride_psi)] {
            if let Some(psi) = spread {
                writeln!(f, "  ψ {what}: {:.2} to {:.2}", psi.least, psi.largest)?;
            }
        }
        Ok(())
    }
}

impl Measure for WidthStudy {
    type Report = WidthReport;
    const NEEDS_THE_RUN: bool = false;

    fn check(&self) -> Checked {
        self.0.check()
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<WidthReport> {
        let finished = self.0.complete(work)?;
        let rows: Vec<WidthRow> = finished.iter().map(WidthRow::of).collect::<Result<_>>()?;
        write_csv(&work.file(WIDTHS), &rows)?;
        Ok(report(&rows))
    }
}

impl WidthRow {
    fn of(finished: &GroupRun<'_>) -> Result<Self> {
        let row = ExponentRow::of(finished)?;
        let experiment = &finished.point.experiment;
        let unfilled = Self {
            hidden: experiment.model.hidden.iter().copied().max().unwrap_or(0),
            every: experiment.recorder.every,
            group: row.group,
            run: row.run,
            seed: row.seed,
            weights: row.weights,
            epochs: row.epochs,
            train_loss: row.train_loss,
            test_error: row.test_error,
            psi: row.psi,
            low: row.low,
            high: row.high,
            components: None,
            components_rest: None,
            participation_rest: None,
            layer_norm: None,
            norm: None,
            trust: row.trust,
            note: row.note,
        };
        match finished.fitted() {
            Some(run) => unfilled.filled(run),
            None => Ok(unfilled),
        }
    }

    fn filled(self, run: &RunFolder) -> Result<Self> {
        let (variance, total) = &stages::read_variance(run)?;
        let mean = stages::centre_weights(run, Centre::Mean)?;
        let parameter = run.experiment().recorder.parameter();
        let norm = |recorded_only: bool| -> f64 {
            let counted = mean.iter().filter(|weights| !recorded_only || weights.path == parameter);
            counted.flat_map(|weights| &weights.values).map(|w| w * w).sum::<f64>().sqrt()
        };
        Ok(Self {
            components: spectrum::holding(variance, *total, 0, MOST)?,
            components_rest: spectrum::holding(variance, *total, 1, MOST)?,
            participation_rest: Some(spectrum::participation(variance, *total, 1)?),
            layer_norm: Some(norm(true)),
            norm: Some(norm(false)),
            ..self
        })
    }

    /// Whether nothing speaks against it.
    pub(crate) fn is_trusted(&self) -> bool {
        self.trust == Trust::Trusted
    }
}

/// The first group varies the width, and the others the stride at one of the widths.
fn report(rows: &[WidthRow]) -> WidthReport {
    let first = rows.first().map(|row| row.group.as_str());
    let (widths, strides): (Vec<&WidthRow>, Vec<&WidthRow>) =
        rows.iter().filter(|row| row.is_trusted()).partition(|row| Some(row.group.as_str()) == first);
    let ends = |of: fn(&WidthRow) -> Option<usize>| {
        let values = || widths.iter().filter_map(|row| of(row));
        [values().min().unwrap_or(0), values().max().unwrap_or(0)]
    };
    let against_weights = |of: fn(&WidthRow) -> Option<f64>| {
        let points = widths.iter().filter_map(|row| Some((row.weights? as f64, of(row)?)));
        // Runs are independent of each other.
        Some(scaling(points).ok()?.estimate())
    };
    let spread = |rows: &[&WidthRow], of: fn(&WidthRow) -> Option<f64>| {
        Spread::of(&rows.iter().filter_map(|row| of(row)).collect::<Vec<_>>())
    };
    let components = |row: &WidthRow| row.components_rest.map(|count| count as f64);
    WidthReport {
        runs: rows.len(),
        trusted: widths.len() + strides.len(),
        hidden: ends(|row| Some(row.hidden)),
        weights: ends(|row| row.weights),
        growth: against_weights(components),
        test_error: against_weights(|row| row.test_error),
        psi: spread(&widths, |row| row.psi),
        stride_psi: spread(&strides, |row| row.psi),
        stride_components: spread(&strides, components),
    }
}
