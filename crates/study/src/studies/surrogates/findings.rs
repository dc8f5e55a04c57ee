//! What the surrogates say beside the claims.

use varflat_analysis::{Basis, NullVerdict};

use super::tables::{Found, NUMBERS, NumberRow, Quantity, RECORD, Surrogate, words_of};
use crate::part::{Control, Number};

pub(super) const CONTROLS: &[Control] = &[BOOKKEEPING, MEMORY];

const BOOKKEEPING: Control = Control {
    id: "control-phases",
    question: "Do principal components add to the exponents by themselves?",
    expected: "if so, coordinates that do not know of each other give the same through the same components",
    link: "https://arxiv.org/abs/chao-dyn/9909037",
    figures: &["surrogates", "surrogates_numbers"],
    find: |tables| {
        let Some(Found { report }) = tables.json(RECORD)? else { return Ok(None) };
        let phases = [Surrogate::Phases, Surrogate::HessianPhases];
        let exponents: Vec<&NumberRow> = report
            .rows
            .iter()
            .filter(|row| [Quantity::OfSteps, Quantity::Psi].contains(&row.quantity))
            .filter(|row| row.basis == Basis::Components)
            .filter(|row| row.surrogate.is_some_and(|kind| phases.contains(&kind)))
            .collect();
        if exponents.is_empty() {
            return Ok(None);
        }
        let measured = exponents.iter().flat_map(|row| beside(row)).collect();
        let beyond = exponents.iter().filter(|row| row.verdict == Some(NullVerdict::BeyondTheNull)).count();
        let means = format!(
            "{beyond} of {} exponents along the components lie beyond what such coordinates scatter: they have the variances and the memory of the \
             window, and nothing that moves together. What they give, too, is principal components' own.",
            exponents.len()
        );
        Ok(Some((measured, means)))
    },
};

const MEMORY: Control = Control {
    id: "control-order",
    question: "Does an epoch return to where it began?",
    expected: "reshuffled mini-batches alone leave (T/12)/(M/6 − M/12E) times the variance when steps are shuffled over E epochs of M, and once when \
               they are shuffled within epochs; independent steps once in both",
    link: "",
    figures: &["surrogates"],
    find: |tables| {
        let Some(Found { report }) = tables.json(RECORD)? else { return Ok(None) };
        let orders = [Surrogate::WithinEpochs, Surrogate::Shuffled];
        let rows = report.rows.iter().filter(|row| row.quantity == Quantity::Motion);
        let of = |row: &NumberRow| {
            let kind = row.surrogate.filter(|kind| orders.contains(kind))?;
            let what = format!("variance of {}, over that of the window", kind.words());
            Some(Number {
                interval: row.low.zip(row.high),
                covers: "one further realisation".to_owned(),
                ..Number::new(what, row.mean?, 2, NUMBERS)
            })
        };
        let measured: Vec<Number> = rows.filter_map(of).collect();
        if measured.is_empty() {
            return Ok(None);
        }
        let means =
            "What lies above 1 is the memory of an epoch, seen without knowing anything of the training."
                .to_owned();
        Ok(Some((measured, means)))
    },
};

/// A number of the window, and that of a surrogate with the interval of one more.
fn beside(row: &NumberRow) -> Vec<Number> {
    let what = words_of((row.quantity, row.basis, [row.first, row.last]));
    let own = row.value.map(|value| Number::new(what, value, 2, NUMBERS));
    let name = row.surrogate.map_or("", Surrogate::words);
    let null = row.mean.map(|mean| Number {
        interval: row.low.zip(row.high),
        covers: "one further realisation".to_owned(),
        ..Number::new(format!("of {name}"), mean, 2, NUMBERS)
    });
    [own, null].into_iter().flatten().collect()
}
