//! Thermal equilibrium beside SGD (claim 7): Langevin walks on the same loss, and in the quadratic landscape where the answer is exact.
//!
//! P ∝ exp(−L/T) makes σ_i² = T/κ_i ∝ F_i^2: the slope that the inverse relation contradicts. Every walk is recorded, decomposed,
//! measured and fitted by the code that does so for SGD.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{Component, Estimate, PowerLaw, Trust, WalkEvidence, curvature_of_crossings, median};
use varflat_files::write_csv;
use varflat_model::written;
use varflat_run::artifacts::FIT;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Checked, Experiment, LangevinSection, MOST};
use varflat_run::stages::{self, FitReport, FlatnessRow};

use super::readings::{self, Measured, steps};
use crate::studies::context::{Measure, StudyContext};
use crate::studies::exponents::PointRow;
use crate::studies::groups::{self, GroupRun, PointGroup};
use crate::words::estimate;

pub(crate) const TABLES: &[&str] = &[EXPONENTS, POINTS];
/// One row a walk.
pub(crate) const EXPONENTS: &str = "langevin.csv";
/// One row a component of a walk, and of the run of SGD that it started from.
pub(crate) const POINTS: &str = "langevin_points.csv";

/// The name of the run of SGD in the table of points.
pub(crate) const SGD: &str = "SGD";

/// A direction is judged if its own curvature is at least this many times that of the trap.
const OWN_CURVATURE: f64 = 5.0;

/// `[study.langevin]`: walks with a `[langevin]` section, from the centre of the study's run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LangevinStudy {
    /// Directions that relax fewer times than this in the recorded walk are not judged.
    pub relaxations: f64,
    /// Keys that are changed in every walk, as of `--set`.
    #[serde(default)]
    pub set: Vec<String>,
    /// The walks, in groups.
    pub groups: Vec<PointGroup>,
}

/// What was walked in, and along which directions it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reading {
    /// The network's loss, along the eigenvectors of its Hessian at the mean of the walk (within what the walk may reach). No
    /// fluctuation has chosen these directions: the expectation is exactly +2 as far as the loss is a parabola.
    Hessian,
    /// The network's loss, along the principal components of the walk itself: the code of the headline. With time these become the
    /// eigenvectors; in a finite window they are chosen by fluctuations, which steepens the slope.
    Own,
    /// The network's loss, along the principal components of SGD with their own flatness. These are no eigenvectors, so that even
    /// equilibrium is not expected to give +2: σ² = T·pᵀH⁻¹p is more than T/(pᵀHp).
    Sgd,
    /// A parabola with the eigenvalues of that Hessian, along the principal components of the walk in it: what the reading
    /// along its own components gives where the answer is known to be +2.
    #[serde(rename = "bowl")]
    Quadratic,
}

/// A row of `langevin.csv`: the slope of one walk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WalkRow {
    pub(crate) group: String,
    /// The walk's folder.
    pub(crate) run: String,
    /// What was walked in and along which directions it is read.
    pub(crate) reading: Reading,
    pub(crate) temperature: f64,
    pub(crate) learning_rate: f64,
    pub(crate) trap: f64,
    /// Dimensions that the walk is confined to; all of weight space when absent.
    pub(crate) dimensions: Option<usize>,
    /// Recorded steps.
    pub(crate) steps: u64,
    pub(crate) l0: f64,
    /// Measured directions, and those that relaxed often enough to be judged.
    pub(crate) directions: usize,
    pub(crate) judged: usize,
    /// x in σ² ∝ F^x over the judged directions: 2 in equilibrium, −ψ for SGD.
    pub(crate) slope: Option<f64>,
    /// Over other windows of this walk, and the 95 % interval with it.
    pub(crate) standard_error: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) r: Option<f64>,
    pub(crate) ln_prefactor: Option<f64>,
    /// Median over the judged directions of σ²(κ + k)/T: 1 in equilibrium.
    pub(crate) equilibrium_ratio: Option<f64>,
    pub(crate) trust: Trust,
    /// Why it is not trusted.
    pub(crate) note: String,
}

impl WalkRow {
    /// Whether nothing speaks against it.
    pub(crate) fn is_trusted(&self) -> bool {
        self.trust == Trust::Trusted
    }
}

/// The numbers of the equilibrium control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LangevinReport {
    /// Slope −ψ of the run of SGD, with its interval.
    pub(crate) sgd_slope: f64,
    #[serde(default)]
    pub(crate) sgd_estimate: Option<Estimate>,
    pub(crate) sgd_ln_prefactor: f64,
    /// Fewest relaxation times of a judged direction, and least ratio of its curvature to that of the trap.
    pub(crate) relaxations: f64,
    pub(crate) own_curvature: f64,
    /// Trusted readings of the network's loss along the Hessian's eigenvectors and the walks' own components, and their least
    /// and largest slope.
    pub(crate) trusted: usize,
    pub(crate) least: Option<f64>,
    pub(crate) largest: Option<f64>,
}

/// The name of a walk in the table of points.
pub(crate) fn point_name(run: &str, reading: Reading) -> String {
    match reading {
        Reading::Hessian => format!("{run} along the Hessian"),
        Reading::Own => run.to_owned(),
        Reading::Sgd => format!("{run} along SGD"),
        Reading::Quadratic => format!("{run} in the bowl"),
    }
}

impl LangevinReport {
    /// The slope of SGD with its interval.
    pub(crate) fn sgd(&self) -> Estimate {
        let missing = "it was fitted by an older version";
        self.sgd_estimate.clone().unwrap_or_else(|| Estimate::without(self.sgd_slope, missing))
    }
}

/// In words, a number a line.
impl fmt::Display for LangevinReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, largest, trusted, .. } = self;
        let walks = match (least, largest) {
            (Some(least), Some(largest)) => {
                format!(
                    "in equilibrium x from {least:.2} to {largest:.2} ({trusted} trusted readings; exact +2)"
                )
            }
            _ => "no reading of a walk can be trusted".to_owned(),
        };
        writeln!(f, "  σ² ∝ F^x with x = {} for SGD; {walks}", estimate(&self.sgd()))
    }
}

impl Measure for LangevinStudy {
    type Report = LangevinReport;
    const NEEDS_THE_RUN: bool = true;

    fn check(&self) -> Checked {
        if !(1.0..=MOST as f64).contains(&self.relaxations) {
            return Err(format!("relaxations = {} must be between 1 and {MOST}", written(self.relaxations)));
        }
        groups::check(&self.groups, &self.set)
    }

    fn measure(&self, work: &StudyContext<'_>) -> Result<LangevinReport> {
        let source = work.source()?;
        let start = format!("langevin.start=\"../../{}\"", work.run);
        let set = [&[start], self.set.as_slice()].concat();
        let finished = groups::complete(work, &self.groups, &set)?;
        let share = 0.2 / finished.len().max(1) as f64;
        let mut rows = Vec::new();
        let fit: FitReport = source.read(&FIT)?;
        let mut points = crate::studies::exponents::points(SGD, source)?;
        for walk in &finished {
            work.context.go_on("langevin")?;
            let Some(run) = walk.fitted() else { continue };
            let section = section(&walk.point.experiment)?;
            let along = readings::along_hessian(run, section, work.context)?;
            let measured = [
                (Reading::Hessian, along.measured),
                (Reading::Own, readings::own(run)?),
                (Reading::Sgd, readings::along_sgd(run, section, source)?),
                (
                    Reading::Quadratic,
                    readings::simulate_quadratic(&walk.point.experiment, section, &along.curvature, fit.l0)?,
                ),
            ];
            work.advance(share);
            let mut of_walk = Vec::new();
            for (reading, measured) in measured {
                let judged = self.select_for_fit(&measured, section, steps(&walk.point.experiment));
                if matches!(reading, Reading::Hessian | Reading::Own) {
                    points.extend(walk_points(&point_name(&walk.point.name, reading), &measured, &judged));
                }
                of_walk.push(row(walk, reading, section, &measured, &judged)?);
            }
            if let [_, own, _, quadratic] = &mut of_walk[..] {
                compare_with(own, quadratic);
            }
            rows.append(&mut of_walk);
        }
        write_csv(&work.file(EXPONENTS), &rows)?;
        write_csv(&work.file(POINTS), &points)?;
        // What equilibrium is expected to give +2 for.
        let expected = [Reading::Hessian, Reading::Own];
        let trusted = rows.iter().filter(|row| row.is_trusted() && expected.contains(&row.reading));
        let slopes: Vec<f64> = trusted.filter_map(|row| row.slope).collect();
        Ok(LangevinReport {
            trusted: slopes.len(),
            least: slopes.iter().copied().reduce(f64::min),
            largest: slopes.iter().copied().reduce(f64::max),
            sgd_slope: -fit.psi,
            sgd_estimate: Some(fit.psi_estimate().negated()),
            sgd_ln_prefactor: fit.ln_prefactor,
            relaxations: self.relaxations,
            own_curvature: OWN_CURVATURE,
        })
    }
}

impl LangevinStudy {
    /// The indices of the directions that relaxed often enough, against the loss more than against the trap.
    fn select_for_fit(&self, measured: &Measured, section: &LangevinSection, steps: u64) -> Vec<usize> {
        let often = |row: &&FlatnessRow| {
            let Some(curvature) = curvature(row, measured).filter(|_| row.is_found()) else { return false };
            steps as f64 >= self.relaxations * section.walk().relaxation_steps(curvature)
                && curvature >= OWN_CURVATURE * section.trap
                && row.variance > measured.floor
        };
        measured.rows.iter().filter(often).map(|row| row.index).collect()
    }
}

/// κ of the parabola through the crossings of a direction.
fn curvature(row: &FlatnessRow, measured: &Measured) -> Option<f64> {
    Some(curvature_of_crossings(row.left?, row.right?, measured.l0, measured.factor))
}

fn section(experiment: &Experiment) -> Result<&LangevinSection> {
    experiment.langevin.as_ref().ok_or_else(|| Error::Experiment {
        origin: experiment.name.clone(),
        problem: "a walk needs langevin.temperature, langevin.learning_rate and langevin.burn_in".to_owned(),
    })
}

/// Both along the principal components of a finite walk: neither is trusted where the quadratic landscape misses the exact answer.
fn compare_with(own: &mut WalkRow, quadratic: &mut WalkRow) {
    let slope = quadratic.slope;
    for row in [own, quadratic].into_iter().filter(|row| row.is_trusted()) {
        let evidence = WalkEvidence { directions: row.judged, missing: None, quadratic: slope };
        (row.trust, row.note) = trust(evidence);
    }
}

/// The slope of a walk over its judged directions.
fn row(
    walk: &GroupRun<'_>,
    reading: Reading,
    section: &LangevinSection,
    measured: &Measured,
    judged: &[usize],
) -> Result<WalkRow> {
    let experiment = &walk.point.experiment;
    let components: Vec<Component> = measured
        .rows
        .iter()
        .filter(|row| judged.contains(&row.index))
        .map(|row| Component {
            index: row.index,
            variance: row.variance,
            flatness: row.flatness,
            trusted: true,
        })
        .collect();
    let params = PowerLaw::params().skip_first(0);
    let law = params.fit(&components).ok();
    let slope =
        law.as_ref().map(|law| stages::psi(&params, law, &components, &measured.uncertainty).negated());
    let missing = slope.as_ref().and_then(|slope| slope.missing.as_deref());
    let (trust, note) = trust(WalkEvidence { directions: components.len(), missing, quadratic: None });
    let ratios: Vec<f64> = measured
        .rows
        .iter()
        .filter(|row| judged.contains(&row.index))
        .filter_map(|row| Some(section.walk().equilibrium_ratio(row.variance, curvature(row, measured)?)))
        .collect();
    Ok(WalkRow {
        group: walk.group.title.clone(),
        run: walk.point.name.clone(),
        reading,
        temperature: section.temperature,
        learning_rate: section.learning_rate,
        trap: section.trap,
        dimensions: section.dimensions(),
        steps: steps(experiment),
        l0: measured.l0,
        directions: measured.rows.len(),
        judged: components.len(),
        slope: law.as_ref().map(|law| -law.psi),
        standard_error: slope.as_ref().and_then(|slope| slope.standard_error),
        low: slope.as_ref().and_then(|slope| slope.interval).map(|[low, _]| low),
        high: slope.as_ref().and_then(|slope| slope.interval).map(|[_, high]| high),
        r: law.as_ref().map(|law| law.r),
        ln_prefactor: law.as_ref().map(|law| law.ln_prefactor),
        equilibrium_ratio: median(ratios),
        trust,
        note,
    })
}

/// Whether a slope may be believed, and if not, why.
fn trust(evidence: WalkEvidence<'_>) -> (Trust, String) {
    evidence.doubt().map_or((Trust::Trusted, String::new()), |doubt| (doubt.trust(), doubt.to_string()))
}

fn walk_points(name: &str, measured: &Measured, judged: &[usize]) -> Vec<PointRow> {
    let rows = measured.rows.iter().filter(|row| row.variance > 0.0);
    rows.filter_map(|row| {
        let (index, variance, judged) = (row.index, row.variance, judged.contains(&row.index));
        Some(PointRow { run: name.to_owned(), index, flatness: row.flatness?, variance, judged })
    })
    .collect()
}
