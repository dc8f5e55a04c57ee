//! `flatness.csv`: a row for every measured direction.

use serde::{Deserialize, Serialize};
use varflat_analysis::{DirectionFlatness, FlatnessStatus};

/// One row of `flatness.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlatnessRow {
    /// Index i of the component, from 1.
    pub index: usize,
    /// Variance σ_i².
    pub variance: f64,
    /// Flatness F_i = θ_r − θ_l, where both crossings are known.
    pub flatness: Option<f64>,
    /// θ_l, the crossing on the left.
    pub left: Option<f64>,
    /// θ_r, the crossing on the right.
    pub right: Option<f64>,
    /// `found`, `censored` or `not_monotone`.
    pub status: FlatnessStatus,
}

impl FlatnessRow {
    /// What was found along the component `index`.
    pub fn of(index: usize, variance: f64, found: &DirectionFlatness) -> Self {
        Self {
            index,
            variance,
            flatness: found.flatness(),
            left: found.left.crossing(),
            right: found.right.crossing(),
            status: found.status(),
        }
    }

    /// Whether both crossings were found without doubt.
    pub fn is_found(&self) -> bool {
        self.status == FlatnessStatus::Found
    }
}
