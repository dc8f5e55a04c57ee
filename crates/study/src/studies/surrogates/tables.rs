//! The tables of the study.

use serde::{Deserialize, Serialize};
use varflat_analysis::surrogates::Drift;
use varflat_analysis::{AgainstNull, Basis, NullVerdict};

pub(crate) const RECORD: &str = "surrogates.json";
pub(crate) const TABLES: &[&str] = &[NUMBERS, SPECTRA];
/// One row a number of the window and a kind of surrogates.
pub(crate) const NUMBERS: &str = "surrogates.csv";
/// One row a component of the window and of every kind of surrogates.
pub(crate) const SPECTRA: &str = "surrogates_spectra.csv";

/// A kind of surrogates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surrogate {
    /// Random phases, independent for every component of the steps.
    Phases,
    /// The same for every eigenvector of the Hessian, where that is known.
    HessianPhases,
    /// Steps in another order within each epoch, where its length is known.
    WithinEpochs,
    /// Blocks of steps in another order.
    Blocks,
    /// Steps in another order over the whole window.
    Shuffled,
    /// A random walk with the covariance of the steps.
    Walk,
    /// White noise whose steps have that covariance.
    WhiteNoise,
}

impl Surrogate {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Phases,
        Self::HessianPhases,
        Self::WithinEpochs,
        Self::Blocks,
        Self::Shuffled,
        Self::Walk,
        Self::WhiteNoise,
    ];

    /// Its name in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Phases => "phases",
            Self::HessianPhases => "phases, Hessian",
            Self::WithinEpochs => "within epochs",
            Self::Blocks => "blocks",
            Self::Shuffled => "shuffled",
            Self::Walk => "walk",
            Self::WhiteNoise => "white noise",
        }
    }
}

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// Σ σ_i².
    Total,
    /// The same over that of the window, whose own is 1.
    Motion,
    /// σ_1²/σ_2².
    Gap,
    /// γ in σ_i² ∝ i^(−γ).
    Decay,
    /// Share of the 35 components after the first.
    Share,
    /// The same of the components of the first half of the window in its second half.
    ShareOutOfSample,
    /// The 1/e time of θ_i(t), in steps.
    Time,
    /// β in σ² ∝ (s²)^β, s² the variance of the steps along the same direction.
    OfSteps,
    /// ψ over a range of directions, were F that of the curvature.
    Psi,
}

/// A row of `surrogates.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NumberRow {
    pub(crate) quantity: Quantity,
    pub(crate) basis: Basis,
    /// First and last direction that it is of.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// What was taken away from the window and from its surrogates.
    pub(crate) drift: Drift,
    /// Of the recorded window.
    pub(crate) value: Option<f64>,
    /// The surrogates beside it; none in rows of the window with another drift taken away.
    pub(crate) surrogate: Option<Surrogate>,
    /// How many of them have the number, their mean (or the only one) and deviation, and the ends of the prediction interval of one more.
    pub(crate) realisations: usize,
    pub(crate) mean: Option<f64>,
    pub(crate) deviation: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) verdict: Option<NullVerdict>,
}

/// What a number is, along what, and over which directions.
pub(super) type Key = (Quantity, Basis, [usize; 2]);

impl NumberRow {
    /// A number of the window alone.
    pub(super) fn alone((quantity, basis, [first, last]): Key, drift: Drift, value: Option<f64>) -> Self {
        Self {
            quantity,
            basis,
            first,
            last,
            drift,
            value,
            surrogate: None,
            realisations: 0,
            mean: None,
            deviation: None,
            low: None,
            high: None,
            verdict: None,
        }
    }

    /// The same beside what surrogates give for it.
    pub(super) fn beside(
        key: Key,
        drift: Drift,
        value: Option<f64>,
        (surrogate, realisations): (Surrogate, &[f64]),
    ) -> Self {
        let found = AgainstNull::of(value.unwrap_or(f64::NAN), realisations);
        Self {
            surrogate: Some(surrogate),
            realisations: realisations.len(),
            mean: found.null.map(|null| null.mean).or(realisations.first().copied()),
            deviation: found.null.map(|null| null.standard_deviation),
            low: found.interval.map(|[low, _]| low),
            high: found.interval.map(|[_, high]| high),
            verdict: Some(found.verdict),
            ..Self::alone(key, drift, value)
        }
    }
}

/// A row of `surrogates_spectra.csv`: σ_i² of the window, or of a kind of surrogates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SpectrumRow {
    /// None for the window.
    pub(crate) surrogate: Option<Surrogate>,
    pub(crate) index: usize,
    /// σ², the mean over the realisations.
    pub(crate) variance: f64,
    /// The least and the largest of them.
    pub(crate) least: f64,
    pub(crate) largest: f64,
}

/// The numbers of the study that are no row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SurrogatesReport {
    /// Rows and weights of the window.
    pub(crate) steps: usize,
    pub(crate) weights: usize,
    pub(crate) realisations: usize,
    pub(crate) drift: Drift,
    /// Rows of an epoch, where they are known, and of a block.
    pub(crate) steps_per_epoch: Option<usize>,
    pub(crate) block: usize,
    /// The surrogates that were made.
    pub(crate) made: Vec<Surrogate>,
    /// Why others were not: a sentence each.
    pub(crate) left_out: Vec<String>,
    /// The rows of `surrogates.csv` that a summary needs.
    pub(crate) rows: Vec<NumberRow>,
}

/// What a record holds, be it of a study of a run or of a trajectory alone.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Found {
    pub(super) report: SurrogatesReport,
}

/// The name of a drift in words.
pub(super) const fn words_of_drift(drift: Drift) -> &'static str {
    match drift {
        Drift::None => "nothing taken away",
        Drift::Line => "a line in time taken away",
        Drift::Parabola => "a parabola in time taken away",
        Drift::First => "the first component left out",
    }
}

/// A number in words.
pub(super) fn words_of((quantity, basis, [first, last]): Key) -> String {
    let along = match basis {
        Basis::Steps => "components of the steps",
        Basis::Halves => "components of the other half",
        _ => "components",
    };
    match quantity {
        Quantity::Total => "variance in all directions".to_owned(),
        Quantity::Motion => "variance in all directions over the window's".to_owned(),
        Quantity::Gap => "gap σ_1²/σ_2²".to_owned(),
        Quantity::Decay => format!("rank exponent γ, {first}–{last}"),
        Quantity::Share => "share of the 35 after the first".to_owned(),
        Quantity::ShareOutOfSample => "the same out of sample".to_owned(),
        Quantity::Time => format!("1/e time of θ_{first}, steps"),
        Quantity::OfSteps => format!("σ² ∝ (s²)^β, {along} {first}–{last}"),
        Quantity::Psi => format!("ψ, {along} {first}–{last}"),
    }
}
