//! Thermal equilibrium beside SGD (claim 7): Langevin walks on the same loss, and in the quadratic landscape where the answer is exact.
//!
//! P ∝ exp(−L/T) makes σ_i² = T/κ_i ∝ F_i^2: the slope that the inverse relation contradicts. Every walk is recorded, decomposed,
//! measured and fitted by the code that does so for SGD.

use serde::{Deserialize, Serialize};
use varflat_analysis::{Component, PowerLaw, Trust, WalkEvidence, curvature_of_crossings, median};
use varflat_files::write_csv;
use varflat_model::written;
use varflat_run::artifacts::FIT;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Checked, Experiment, LangevinSection, MOST};
use varflat_run::stages::{self, FitReport, FlatnessRow};

use super::readings::{self, Measured, steps};
use super::tables::{EXPONENTS, LangevinReport, POINTS, Reading, SGD, WalkRow, point_name};
use crate::studies::context::{Measure, StudyContext};
use crate::studies::exponents::PointRow;
use crate::studies::groups::{self, GroupRun, PointGroup};

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
            sgd_bend: fit.bend().map(|[least, largest]| [-largest, -least]),
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
