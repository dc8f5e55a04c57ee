//! What was found, in words: a number a line.

use std::fmt;

use varflat_analysis::{Basis, NullVerdict};

use super::tables::{NumberRow, Quantity, SurrogatesReport, words_of, words_of_drift};
use crate::words::{fixed, two_digits};

/// Times that a summary has: more would hide the rest.
const TIMES: usize = 3;

/// Whether a row belongs into a summary, in which ranges and times are few.
pub(super) fn is_told(row: &NumberRow, (range, times): ([usize; 2], &[usize])) -> bool {
    match row.quantity {
        Quantity::Total => false,
        Quantity::Time => times.iter().take(TIMES).any(|index| *index == row.first),
        Quantity::OfSteps => [row.first, row.last] == range,
        Quantity::Psi => [row.first, row.last] == range && row.basis == Basis::Components,
        _ => true,
    }
}

/// A number with three digits, more or less.
pub(super) fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        ..0.001 => two_digits(value),
        ..1.0 => fixed(value, 3),
        ..100.0 => fixed(value, 2),
        ..1e5 => fixed(value, 0),
        _ => two_digits(value),
    }
}

impl fmt::Display for SurrogatesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {} rows of {} weights, {}; {} realisations of each surrogate, mean ± deviation",
            self.steps,
            self.weights,
            words_of_drift(self.drift),
            self.realisations
        )?;
        for sentence in &self.left_out {
            writeln!(f, "  {sentence}")?;
        }
        for rows in self.rows.chunk_by(|a, b| key(a) == key(b)) {
            let Some(first) = rows.first() else { continue };
            let value = first.value.map_or_else(|| "–".to_owned(), short);
            writeln!(f, "  {} {value}: {}", words_of(key(first)), verdicts(rows))?;
        }
        Ok(())
    }
}

fn key(row: &NumberRow) -> (Quantity, Basis, [usize; 2]) {
    (row.quantity, row.basis, [row.first, row.last])
}

/// The surrogates of a number, by verdict.
fn verdicts(rows: &[NumberRow]) -> String {
    let of = |verdict: NullVerdict| {
        let here = rows.iter().filter(|row| row.verdict == Some(verdict)).filter_map(one);
        let here: Vec<String> = here.collect();
        (!here.is_empty()).then(|| format!("{verdict} ({})", here.join(", ")))
    };
    let all = [NullVerdict::AsTheNull, NullVerdict::BeyondTheNull, NullVerdict::NotDecidable];
    all.into_iter().filter_map(of).collect::<Vec<_>>().join("; ")
}

/// One surrogate with its mean and deviation.
fn one(row: &NumberRow) -> Option<String> {
    let name = row.surrogate?.words();
    Some(match (row.mean, row.deviation) {
        (Some(mean), Some(deviation)) => format!("{name} {} ± {}", short(mean), short(deviation)),
        (Some(only), None) => format!("{name} {}", short(only)),
        _ => format!("{name} –"),
    })
}
