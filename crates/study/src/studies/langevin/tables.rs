//! The tables of the study.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{Estimate, Trust};

use crate::words::by_bend;

pub(crate) const TABLES: &[&str] = &[EXPONENTS, POINTS];
/// One row a walk.
pub(crate) const EXPONENTS: &str = "langevin.csv";
/// One row a component of a walk, and of the run of SGD that it started from.
pub(crate) const POINTS: &str = "langevin_points.csv";

/// The name of the run of SGD in the table of points.
pub(crate) const SGD: &str = "SGD";

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
    /// Where that relation bends, its slope by range of F, from the least to the largest.
    #[serde(default)]
    pub(crate) sgd_bend: Option<[f64; 2]>,
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
        writeln!(f, "  σ² ∝ F^x with x = {} for SGD; {walks}", by_bend(&self.sgd(), self.sgd_bend))
    }
}
