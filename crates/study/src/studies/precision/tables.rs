//! The table of the study, and its numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::{fixed, two_digits};

pub(crate) const TABLES: &[&str] = &[COMPONENTS];
/// A row for every twin in f32 and component.
pub(crate) const COMPONENTS: &str = "precision.csv";

/// A row of `precision.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ComponentRow {
    /// c: weights were rounded as w + c.
    pub(crate) constant: f64,
    pub(crate) index: usize,
    /// σ² of the twin in f32, and of that in f64.
    pub(crate) variance: f64,
    pub(crate) variance_f64: f64,
    pub(crate) ratio: f64,
    /// Variance of w(f32) − w(f64) along the component of the twin in f64, and its share of σ² there.
    pub(crate) difference: f64,
    pub(crate) share: f64,
    /// Rounding of one row along the component in f32, Σ_n p_n² ulp(⟨w_n⟩)²/12.
    pub(crate) rounding: f64,
    /// What the roundings of all steps add up to where nothing returns, (T² − 1)/6T times as much, over σ² of the twin in f64.
    pub(crate) expected_share: f64,
    /// Whether σ² lies above the floor.
    pub(crate) trusted: bool,
}

/// A twin in f32 beside that in f64.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TwinReport {
    pub(crate) constant: f64,
    /// Root mean square of ulp(w + c).
    pub(crate) ulp: f64,
    /// The floor of its components, and how many lie above it.
    pub(crate) floor: f64,
    pub(crate) trusted: usize,
    /// The largest |ratio − 1| among these.
    pub(crate) largest_deviation: f64,
    /// Ranks up to which the spectra agree within 0.1 % and within 1 %.
    pub(crate) agree_0_1_percent: usize,
    pub(crate) agree_1_percent: usize,
    /// Ranks from which on the difference holds 1 %, half and all of σ².
    pub(crate) difference_1_percent: Option<usize>,
    pub(crate) difference_half: Option<usize>,
    pub(crate) difference_all: Option<usize>,
    /// What rounding added to the spectrum, as a multiple of ⟨ulp²⟩/12, in the median where it can be seen.
    pub(crate) added: Option<f64>,
    /// The difference over what roundings add up to, in the median of all components.
    pub(crate) difference_over_expected: Option<f64>,
    /// ψ over the components it trusts; and of the twin in f64 over the same ranks.
    pub(crate) psi: Option<f64>,
    pub(crate) psi_f64: Option<f64>,
    /// The last rank of both.
    pub(crate) psi_last: Option<usize>,
}

/// The numbers of the study that are no row of its table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PrecisionReport {
    /// Steps of the training before the twins part, rows of their windows, and components of these.
    pub(crate) from_step: u64,
    pub(crate) rows: usize,
    pub(crate) components: usize,
    /// The loss of the training set after the window, in f64.
    pub(crate) train_loss: f64,
    pub(crate) twins: Vec<TwinReport>,
}

/// A rank, or that there is none.
pub(super) fn rank(rank: Option<usize>) -> String {
    rank.map_or_else(|| "none".to_owned(), |rank| rank.to_string())
}

/// In words, a number a line.
impl fmt::Display for PrecisionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {} rows from step {} on, in f64 and in f32 with weights rounded as w + c",
            self.rows, self.from_step
        )?;
        for twin in &self.twins {
            writeln!(
                f,
                "  c = {}: spectra agree to 0.1 % up to rank {}, to 1 % up to {}; the difference holds 1 % from {}, half from {}, all from {}",
                twin.constant,
                twin.agree_0_1_percent,
                twin.agree_1_percent,
                rank(twin.difference_1_percent),
                rank(twin.difference_half),
                rank(twin.difference_all)
            )?;
            writeln!(
                f,
                "    {} of {} components above the floor {}, within {} % of f64; rounding added {} times ⟨ulp²⟩/12; ψ = {} for {} in f64",
                twin.trusted,
                self.components,
                two_digits(twin.floor),
                fixed(100.0 * twin.largest_deviation, 2),
                twin.added.map_or_else(|| "–".to_owned(), |added| fixed(added, 2)),
                twin.psi.map_or_else(|| "–".to_owned(), |psi| fixed(psi, 3)),
                twin.psi_f64.map_or_else(|| "–".to_owned(), |psi| fixed(psi, 3)),
            )?;
        }
        Ok(())
    }
}
