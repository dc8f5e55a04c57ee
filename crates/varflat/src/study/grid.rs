//! ψ for every batch size and learning rate (claim 6), all at the same training loss.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Work;
use super::cells::Trainings;
use super::exponents::{ExponentRow, MOST_RISE, write_exponents};
use crate::error::Result;

pub(crate) const TABLES: &[&str] = &[EXPONENTS, POINTS];
/// One row a run.
pub(crate) const EXPONENTS: &str = "grid.csv";
/// One row a component of a run.
pub(crate) const POINTS: &str = "grid_points.csv";

/// The numbers of a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GridReport {
    /// Runs, and those of them whose ψ is trusted.
    pub(crate) runs: usize,
    pub(crate) trusted: usize,
    /// Within the window of a settled training the loss never rises to more than this many times an earlier value.
    pub(crate) most_rise: f64,
    /// Mean, least and largest ψ of the trusted runs, and the standard deviation among them.
    pub(crate) psi: Option<Spread>,
    /// The same of runs that differ in nothing but their seed, with the most of them.
    pub(crate) over_seeds: Option<Spread>,
}

/// How values scatter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) n: usize,
    pub(crate) mean: f64,
    pub(crate) standard_deviation: f64,
    pub(crate) least: f64,
    pub(crate) largest: f64,
}

impl Spread {
    /// Of at least two values.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            n,
            mean,
            standard_deviation: (square / (n - 1) as f64).sqrt(),
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            largest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl GridReport {
    /// In words, a number a line.
    pub(super) fn words(&self) -> String {
        let mut text = format!("  {} of {} runs can be trusted\n", self.trusted, self.runs);
        for (what, spread) in [("of these", self.psi), ("over seeds alone", self.over_seeds)] {
            if let Some(Spread { n, mean, standard_deviation, least, largest }) = spread {
                text += &format!(
                    "  ψ {what}: mean {mean:.2}, standard deviation {standard_deviation:.2} ({n} runs; {least:.2} to {largest:.2})\n"
                );
            }
        }
        text
    }
}

pub(super) fn measure(trainings: &Trainings, work: &Work<'_>) -> Result<GridReport> {
    let rows = write_exponents(&trainings.complete(work)?, work, [EXPONENTS, POINTS])?;
    Ok(report(&rows))
}

fn report(rows: &[ExponentRow]) -> GridReport {
    let trusted: Vec<&ExponentRow> = rows.iter().filter(|row| row.is_trusted()).collect();
    let mut alike: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in &trusted {
        let settings = format!("{} {} {}", row.batch_size, row.learning_rate, row.window_steps);
        alike.entry(settings).or_default().extend(row.psi);
    }
    let psi: Vec<f64> = trusted.iter().filter_map(|row| row.psi).collect();
    GridReport {
        runs: rows.len(),
        trusted: trusted.len(),
        most_rise: MOST_RISE,
        psi: Spread::of(&psi),
        over_seeds: alike.values().max_by_key(|values| values.len()).and_then(|values| Spread::of(values)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_that_of_its_definition() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert_eq!((spread.mean, spread.least, spread.largest, spread.n), (3.0, 1.0, 6.0, 4));
        // Squares 4 + 1 + 0 + 9 over 3.
        assert!((spread.standard_deviation - (14.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(Spread::of(&[1.0]), None);
    }
}
