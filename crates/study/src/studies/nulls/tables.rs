//! The tables of the study.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{Basis, NullVerdict, Spread, Trust};

use crate::studies::controls::tables::{NumberRow, Quantity};
use crate::words::{count, fixed};

pub(crate) const TABLES: &[&str] = &[RUNS, NUMBERS, DIRECTIONS];
/// One row a run.
pub(crate) const RUNS: &str = "nulls.csv";
/// One row a number of a run that its replays have, too.
pub(crate) const NUMBERS: &str = "nulls_numbers.csv";
/// One row an eigenvector of the Hessian of a run, some of them.
pub(crate) const DIRECTIONS: &str = "nulls_directions.csv";

/// A row of `nulls.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRow {
    pub(crate) group: String,
    pub(crate) run: String,
    pub(crate) seed: u64,
    pub(crate) batch_size: usize,
    pub(crate) learning_rate: f64,
    pub(crate) weights: Option<usize>,
    /// L_0 at the centre.
    pub(crate) l0: Option<f64>,
    /// Whether the training had settled, and the reason against it.
    pub(crate) trust: Trust,
    pub(crate) note: String,
    /// Replays, and why there are none.
    pub(crate) replays: usize,
    pub(crate) missing: String,
    /// x = αλ_1M.
    pub(crate) lateness: Option<f64>,
    /// κ_× = 3/(αM).
    pub(crate) crossover: Option<f64>,
    /// cos(C, H).
    pub(crate) alignment: Option<f64>,
    /// σ² over the exact formula along the eigenvectors 1 to 500 of the Hessian: points of 10, 50 and 90 %.
    pub(crate) amplitude_low: Option<f64>,
    pub(crate) amplitude: Option<f64>,
    pub(crate) amplitude_high: Option<f64>,
}

impl RunRow {
    /// Whether nothing speaks against it.
    pub(crate) fn is_settled(&self) -> bool {
        self.trust == Trust::Trusted
    }
}

/// A row of `nulls_numbers.csv`: as one of `controls_numbers.csv`, of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunNumber {
    pub(crate) run: String,
    pub(crate) quantity: Quantity,
    pub(crate) basis: Basis,
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) value: Option<f64>,
    pub(crate) replays: usize,
    pub(crate) replay_mean: Option<f64>,
    pub(crate) replay_deviation: Option<f64>,
    pub(crate) verdict: NullVerdict,
}

impl RunNumber {
    pub(super) fn of(run: &str, row: &NumberRow) -> Self {
        Self {
            run: run.to_owned(),
            quantity: row.quantity,
            basis: row.basis,
            first: row.first,
            last: row.last,
            value: row.value,
            replays: row.replays,
            replay_mean: row.replay_mean,
            replay_deviation: row.replay_deviation,
            verdict: row.verdict,
        }
    }
}

/// A row of `nulls_directions.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunDirection {
    pub(crate) run: String,
    pub(crate) index: usize,
    /// κ, the variance S of the gradients of single samples, and σ² beyond a line in time.
    pub(crate) curvature: f64,
    pub(crate) sample_noise: f64,
    pub(crate) variance: f64,
    /// σ² by the exact formula.
    pub(crate) expected: Option<f64>,
    /// σ²B²/(α²N), which flat directions have at S/6 whatever B and α are.
    pub(crate) scaled: f64,
}

/// The numbers of the study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NullsReport {
    pub(crate) runs: usize,
    /// The range of directions that ψ is taken over, as far as a run has them.
    pub(crate) range: [usize; 2],
    /// Settled runs that were replayed; those of them with ψ along the components as the null, and beyond it.
    pub(crate) replayed: usize,
    pub(crate) as_the_null: usize,
    pub(crate) beyond: usize,
    /// ψ beyond the null's mean, along components and along the eigenvectors of the Hessian, over these runs.
    pub(crate) left: Option<Spread>,
    pub(crate) left_hessian: Option<Spread>,
    /// ψ and γ along the eigenvectors of the Hessian, over the same.
    pub(crate) psi_hessian: Option<Spread>,
    pub(crate) gamma: Option<Spread>,
    /// σ² over the exact formula, the medians of the same.
    pub(crate) amplitude: Option<Spread>,
    /// σ²B²/(α²N) over S/6 of flat directions, κ under a tenth of 3/αM, of all of them: points of 10, 50 and 90 %.
    pub(crate) collapse: Option<[f64; 3]>,
}

/// In words, a number a line.
impl fmt::Display for NullsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, last] = self.range;
        writeln!(
            f,
            "  of {} settled and replayed, ψ over components {first}–{last} is as the null in {}, beyond it in {}",
            count(self.replayed, "run"),
            self.as_the_null,
            self.beyond
        )?;
        for (what, spread) in [
            ("ψ beyond the null, components", self.left),
            ("ψ beyond the null, eigenvectors of the Hessian", self.left_hessian),
            ("ψ along eigenvectors of the Hessian", self.psi_hessian),
            ("γ there", self.gamma),
            ("σ² over the exact formula there", self.amplitude),
        ] {
            if let Some(spread) = spread {
                writeln!(
                    f,
                    "  {what}: mean {}, {} to {}",
                    fixed(spread.mean, 2),
                    fixed(spread.least, 2),
                    fixed(spread.largest, 2)
                )?;
            }
        }
        Ok(())
    }
}
