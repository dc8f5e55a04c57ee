//! A twin in f32 beside the one in f64.

use serde::{Deserialize, Serialize};
use varflat_analysis::{
    Component, PowerLaw, accumulated_rounding, added_by_rounding, agree_up_to, holds_from, median,
};
use varflat_run::experiment::FitSection;

use super::tables::{ComponentRow, TwinReport};

/// What is read of a twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reading {
    /// σ² of its components, what rounding a row adds to each, and the floor.
    pub(super) variance: Vec<f64>,
    pub(super) rounding: Vec<f64>,
    pub(super) floor: f64,
    pub(super) train_loss: f64,
    /// (i, F) of the directions that were measured.
    pub(super) flatness: Vec<(usize, Option<f64>)>,
    /// Variance of the difference from the twin in f64 along the components of that one; nothing of itself.
    pub(super) difference: Vec<f64>,
}

impl Reading {
    fn is_trusted(&self, index: usize) -> bool {
        self.variance.get(index - 1).is_some_and(|variance| *variance > self.floor)
    }

    /// ψ as the run fits it, over the components that `trusted` says, and the last of these.
    fn psi(&self, fit: &FitSection, trusted: impl Fn(usize) -> bool) -> Option<(f64, usize)> {
        let components = self.flatness.iter().map(|&(index, flatness)| Component {
            index,
            variance: self.variance[index - 1],
            flatness,
            trusted: trusted(index),
        });
        let components: Vec<Component> = components.collect();
        let law = PowerLaw::params().skip_first(fit.skip_first).last(fit.last).fit(&components).ok()?;
        Some((law.psi, law.last))
    }
}

/// The rows of a twin in f32, as many as both have components.
pub(super) fn components(
    constant: f64,
    rounded: &Reading,
    exact: &Reading,
    steps: usize,
) -> Vec<ComponentRow> {
    let there = rounded.variance.len().min(exact.variance.len());
    let row = |place: usize| {
        let (variance, of_exact) = (rounded.variance[place], exact.variance[place]);
        let (difference, rounding) = (rounded.difference[place], rounded.rounding[place]);
        ComponentRow {
            constant,
            index: place + 1,
            variance,
            variance_f64: of_exact,
            ratio: variance / of_exact,
            difference,
            share: difference / of_exact,
            rounding,
            expected_share: accumulated_rounding(rounding, steps) / of_exact,
            trusted: rounded.is_trusted(place + 1),
        }
    };
    (0..there).map(row).collect()
}

/// The numbers of a twin in f32.
pub(super) fn twin(
    fit: &FitSection,
    (constant, rounded): (f64, &Reading),
    exact: &Reading,
    rows: &[ComponentRow],
) -> TwinReport {
    let shares: Vec<f64> = rows.iter().map(|row| row.share).collect();
    let agree = |tolerance| agree_up_to(&rounded.variance, &exact.variance, tolerance);
    let trusted = || rows.iter().filter(|row| row.trusted);
    let both = |index: usize| rounded.is_trusted(index) && exact.is_trusted(index);
    let psi = rounded.psi(fit, both);
    let squares = rounded.rounding.iter().sum::<f64>() / rounded.rounding.len() as f64;
    TwinReport {
        constant,
        ulp: (12.0 * squares).sqrt(),
        floor: rounded.floor,
        trusted: trusted().count(),
        largest_deviation: trusted().map(|row| (row.ratio - 1.0).abs()).fold(0.0, f64::max),
        agree_0_1_percent: agree(1e-3),
        agree_1_percent: agree(1e-2),
        difference_1_percent: holds_from(&shares, 0.01),
        difference_half: holds_from(&shares, 0.5),
        difference_all: holds_from(&shares, 1.0),
        added: added_by_rounding(&rounded.variance, &exact.variance, &rounded.rounding),
        difference_over_expected: median(rows.iter().map(|row| row.share / row.expected_share).collect()),
        psi: psi.map(|(psi, _)| psi),
        psi_f64: exact.psi(fit, both).map(|(psi, _)| psi),
        psi_last: psi.map(|(_, last)| last),
    }
}
