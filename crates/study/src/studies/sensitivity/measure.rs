//! ψ under other definitions: the centre, the level, the window, the range of the fit, how late the window is.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{Component, PowerLaw};
use varflat_files::write_csv;
use varflat_run::artifacts::FIT;
use varflat_run::error::Result;
use varflat_run::experiment::{Checked, not_too_many, range};
use varflat_run::run_folder::RunFolder;
use varflat_run::stages::{self, FitReport, Uncertainty};

use crate::studies::context::{Measure, StudyContext};
use crate::studies::exponents::ExponentRow;
use crate::studies::groups::{self, PointGroup};

pub(crate) const TABLES: &[&str] = &[EXPONENTS, RANGES];
/// One row a run.
pub(crate) const EXPONENTS: &str = "sensitivity.csv";
/// One row a range of the fit.
pub(crate) const RANGES: &str = "sensitivity_ranges.csv";

/// `[study.sensitivity]`: one experiment under other definitions, and one run fitted over other ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensitivityStudy {
    /// Keys that are changed in every run, as of `--set`.
    #[serde(default)]
    pub set: Vec<String>,
    /// The runs, in groups.
    pub groups: Vec<PointGroup>,
    /// First and last component of further fits of the run itself.
    pub ranges: Vec<[usize; 2]>,
}

/// A row of `sensitivity_ranges.csv`: ψ of the run itself over a range of components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeRow {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) n: usize,
    pub(crate) psi: f64,
    /// Over other windows of this training, and the 95 % interval with it.
    pub(crate) standard_error: Option<f64>,
    #[serde(default)]
    pub(crate) low: Option<f64>,
    #[serde(default)]
    pub(crate) high: Option<f64>,
    pub(crate) theil_sen: f64,
    pub(crate) r: f64,
}

/// The numbers of a sensitivity study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SensitivityReport {
    /// Least and largest ψ of all trusted runs and ranges.
    pub(crate) least: f64,
    pub(crate) largest: f64,
}

/// In words, a number a line.
impl fmt::Display for SensitivityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  ψ from {:.2} to {:.2}, by its definition alone", self.least, self.largest)
    }
}

impl Measure for SensitivityStudy {
    type Report = SensitivityReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        if self.ranges.is_empty() {
            return Err("ranges needs at least one [first, last]".to_owned());
        }
        not_too_many("ranges", self.ranges.len())?;
        self.ranges.iter().try_for_each(|&components| range("ranges", components, 3))?;
        groups::check(&self.groups, &self.set)
    }

    fn check_run(&self, run: &RunFolder) -> Result<Checked> {
        let components = stages::read_variance(run)?.0.len();
        let beyond = self.ranges.iter().find(|[_, last]| *last > components);
        Ok(beyond.map_or(Ok(()), |[first, last]| {
            Err(format!("ranges: [{first}, {last}], but the run has {components} components"))
        }))
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<SensitivityReport> {
        let finished = groups::complete(work, &self.groups, &self.set)?;
        let rows: Vec<ExponentRow> = finished.iter().map(ExponentRow::of).collect::<Result<_>>()?;
        let ranges = self.fit_ranges(work)?;
        write_csv(&work.file(EXPONENTS), &rows)?;
        write_csv(&work.file(RANGES), &ranges)?;
        let trusted = rows.iter().filter(|row| row.is_trusted()).filter_map(|row| row.psi);
        let all = || trusted.clone().chain(ranges.iter().map(|row| row.psi));
        Ok(SensitivityReport {
            least: all().fold(f64::INFINITY, f64::min),
            largest: all().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl SensitivityStudy {
    /// ψ of the run itself over each range.
    fn fit_ranges(&self, work: &StudyContext<'_>) -> Result<Vec<RangeRow>> {
        let run = work.source()?;
        let components: Vec<Component> = stages::read_components(run)?;
        let fit: FitReport = run.read(&FIT)?;
        let uncertainty = Uncertainty::read(run, fit.psi_estimate().missing.as_deref())?;
        self.ranges
            .iter()
            .map(|&[first, last]| {
                let params = PowerLaw::params().skip_first(first - 1).last(Some(last));
                let law = params.fit(&components)?;
                let psi = stages::psi(&params, &law, &components, &uncertainty);
                Ok(RangeRow {
                    first: law.first,
                    last: law.last,
                    n: law.n,
                    psi: law.psi,
                    standard_error: psi.standard_error,
                    low: psi.interval.map(|[low, _]| low),
                    high: psi.interval.map(|[_, high]| high),
                    theil_sen: law.theil_sen,
                    r: law.r,
                })
            })
            .collect()
    }
}
