//! The tables of the study.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{AgainstNull, Alignment, Basis, NullVerdict, Spread};

use super::reading::LEADING;
use crate::words::fixed;

pub(crate) const TABLES: &[&str] = &[DIRECTIONS, NUMBERS];
/// One row a direction of a basis.
pub(crate) const DIRECTIONS: &str = "controls.csv";
/// One row a number that the replays have, too.
pub(crate) const NUMBERS: &str = "controls_numbers.csv";

/// A row of `controls.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DirectionRow {
    pub(crate) basis: Basis,
    pub(crate) index: usize,
    /// Whether σ², κ and C are more than rounding. What is not has no numbers.
    pub(crate) trusted: bool,
    /// σ²; beyond a line in time but for the window's own components.
    pub(crate) variance: Option<f64>,
    /// κ.
    pub(crate) curvature: Option<f64>,
    /// C of the mini-batches.
    pub(crate) noise: Option<f64>,
    /// σ² by the exact formula, without a free constant.
    pub(crate) expected: Option<f64>,
    /// R = σ²κ/T, and the same of the formula.
    pub(crate) equilibrium_ratio: Option<f64>,
    pub(crate) expected_ratio: Option<f64>,
    /// ρ = 2⟨θ∂L⟩/α⟨g²⟩ by gradients of the full loss, along the eigenvectors of the Hessian.
    pub(crate) fluctuation_dissipation: Option<f64>,
    /// F as it was measured, along the window's own components and some of the Hessian's eigenvectors, and F of the parabola of κ.
    pub(crate) flatness: Option<f64>,
    pub(crate) flatness_of_curvature: Option<f64>,
    /// Mean over the replays of σ² of their direction of this rank, and F of their mean κ; in the parabola, and with noise alone.
    pub(crate) replay_variance: Option<f64>,
    pub(crate) replay_flatness: Option<f64>,
    pub(crate) noise_variance: Option<f64>,
    pub(crate) noise_flatness: Option<f64>,
}

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// ψ over a range of directions: with F measured at a level or, without one, were F that of the curvature.
    Psi,
    /// The same over a short range about one rank.
    LocalPsi,
    /// γ in C ∝ κ^γ over the range.
    Gamma,
    /// x in F ∝ i^x, F that of the curvature.
    Flattening,
    /// σ_1²/σ_2².
    Gap,
    /// The same, with the drift of the run added to the nulls.
    GapWithDrift,
    /// γ in σ_i² ∝ i^(−γ).
    Decay,
    /// Share of the 35 components after the first.
    Share,
    /// How many components after the first hold 90 % of the variance of all but the first.
    Holding,
    /// The same two of the components of the first half of the window in its second half.
    ShareOutOfSample,
    HoldingOutOfSample,
    /// The 1/e time of θ_i(t), in steps.
    Time,
}

/// A row of `controls_numbers.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NumberRow {
    pub(crate) quantity: Quantity,
    pub(crate) basis: Basis,
    /// F is measured at this multiple of L_0; without one it is that of the curvature, or there is no F in it.
    #[serde(default)]
    pub(crate) level: Option<f64>,
    /// First and last direction that it is of.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Of the recorded window.
    pub(crate) value: Option<f64>,
    /// Of the replays in the parabola: how many have it, their mean, and the ends of the prediction interval of one more.
    pub(crate) replays: usize,
    pub(crate) replay_mean: Option<f64>,
    pub(crate) replay_deviation: Option<f64>,
    pub(crate) replay_low: Option<f64>,
    pub(crate) replay_high: Option<f64>,
    pub(crate) verdict: NullVerdict,
    /// Of noise alone.
    pub(crate) noise_mean: Option<f64>,
    pub(crate) noise_deviation: Option<f64>,
}

/// What a number is: of which directions, and at which level F.
pub(in crate::studies) type Key = (Quantity, Basis, Option<f64>, [usize; 2]);

impl NumberRow {
    /// A number beside what the replays and noise alone give for it.
    pub(in crate::studies) fn of(
        (quantity, basis, level, [first, last]): Key,
        value: Option<f64>,
        replays: &[f64],
        noise: &[f64],
    ) -> Self {
        let found = AgainstNull::of(value.unwrap_or(f64::NAN), replays);
        let noise = Spread::of(noise);
        Self {
            quantity,
            basis,
            level,
            first,
            last,
            value,
            replays: found.null.map_or(0, |null| null.n),
            replay_mean: found.null.map(|null| null.mean),
            replay_deviation: found.null.map(|null| null.standard_deviation),
            replay_low: found.interval.map(|[low, _]| low),
            replay_high: found.interval.map(|[_, high]| high),
            verdict: found.verdict,
            noise_mean: noise.map(|noise| noise.mean),
            noise_deviation: noise.map(|noise| noise.standard_deviation),
        }
    }
}

/// R = σ²κ/T among the eigenvectors of the Hessian of some ranks, medians.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Band {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) measured: f64,
    pub(crate) expected: f64,
    /// ρ of the same, which needs no curvature.
    #[serde(default)]
    pub(crate) fluctuation_dissipation: Option<f64>,
}

/// The numbers of the study that are no row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ControlsReport {
    /// Replays that were made.
    pub(crate) replays: usize,
    /// Steps of the window, and steps of an epoch.
    pub(crate) steps: usize,
    pub(crate) steps_per_epoch: usize,
    pub(crate) l0: f64,
    /// λ_1 of the Hessian.
    pub(crate) largest_curvature: f64,
    /// x = αλ_1M: how much of a step along the steepest direction an epoch forgets. Small late in training.
    pub(crate) lateness: f64,
    /// κ_× = 3/(αM), under which the landscape returns nothing within an epoch.
    pub(crate) crossover: f64,
    /// Of the noise with the curvature.
    pub(crate) alignment: Alignment,
    /// σ² over the exact formula along the first eigenvectors of the Hessian: 10, 50 and 90 % of them lie below.
    pub(crate) amplitude: Option<[f64; 3]>,
    pub(crate) amplitude_of: [usize; 2],
    pub(crate) bands: Vec<Band>,
    /// The rows of `controls_numbers.csv` that a summary needs: ψ, and those that are [`called`] something.
    pub(crate) psi: Vec<NumberRow>,
    #[serde(default)]
    pub(crate) others: Vec<NumberRow>,
    /// The level of the run itself.
    #[serde(default)]
    pub(crate) level: Option<f64>,
    /// ρ/R along the same eigenvectors, in the median: 1 where the steps take back what the curvature says.
    #[serde(default)]
    pub(crate) balance: Option<f64>,
}

/// The name of a basis in words.
pub(in crate::studies) fn words_of(basis: Basis) -> &'static str {
    match basis {
        Basis::Components => "principal components",
        Basis::Hessian => "eigenvectors of the Hessian",
        Basis::Gradients => "eigenvectors of the noise",
        Basis::Steps => "components of the steps",
        Basis::Halves => "components of the other half",
        Basis::Weights => "single weights",
    }
}

/// A value with the spread of the replays about theirs.
fn beside(row: &NumberRow) -> String {
    let value = row.value.map_or_else(|| "–".to_owned(), |value| fixed(value, 2));
    match row.replay_mean.zip(row.replay_deviation) {
        Some((mean, deviation)) => {
            format!("{value} | {} ± {} | {}", fixed(mean, 2), fixed(deviation, 3), row.verdict)
        }
        None => value,
    }
}

/// What a number of the summary is called, where it is one.
pub(super) fn called(quantity: Quantity) -> Option<String> {
    Some(match quantity {
        Quantity::GapWithDrift => "gap, the drift of the run added to the noise".to_owned(),
        Quantity::Share => format!("share of the {LEADING} components after the first"),
        Quantity::ShareOutOfSample => "the same of those of one half in the other".to_owned(),
        Quantity::HoldingOutOfSample => "components of one half that hold 90 % of the other".to_owned(),
        _ => return None,
    })
}

/// In words, a number a line: ψ of every basis over the widest range, of the components over all.
impl fmt::Display for ControlsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  data | {} replays of frozen noise in a frozen parabola | verdict", self.replays)?;
        let psi = || self.psi.iter().filter(|row| row.level.is_none());
        let widest = psi().map(|row| row.last - row.first).max();
        for row in psi().filter(|row| row.basis == Basis::Components || Some(row.last - row.first) == widest)
        {
            writeln!(f, "  ψ, {} {}–{}: {}", words_of(row.basis), row.first, row.last, beside(row))?;
        }
        for row in &self.others {
            let called = called(row.quantity).unwrap_or_default();
            writeln!(f, "  {called}: {}", beside(row))?;
        }
        if let Some([low, middle, high]) = self.amplitude {
            writeln!(
                f,
                "  σ² over the exact formula, eigenvectors of the Hessian {}–{}: {} (80 % between {} and {})",
                self.amplitude_of[0],
                self.amplitude_of[1],
                fixed(middle, 2),
                fixed(low, 2),
                fixed(high, 2)
            )?;
        }
        writeln!(
            f,
            "  lateness αλ_1M = {}; cos(C, H) = {}, ‖[H, C]‖/‖H‖‖C‖ = {}; every number and its verdict: {NUMBERS}",
            fixed(self.lateness, 2),
            fixed(self.alignment.cosine, 3),
            fixed(self.alignment.commutator, 3)
        )
    }
}
