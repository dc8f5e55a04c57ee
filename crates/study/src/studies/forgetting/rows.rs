//! The tables of the forgetting study.

use serde::{Deserialize, Serialize};
use varflat_analysis::{Estimate, Method as IntervalMethod};

use super::method::{Heads, Kind, Method};

/// A row of `forgetting.csv`: task 2 learnt once after task 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRow {
    pub(crate) heads: Heads,
    pub(crate) method: Kind,
    /// Of LDC: components a layer, and m in F^−m. Of EWC: weights, if not all. Of PPAP: its damping.
    pub(crate) components: Option<usize>,
    pub(crate) exponent: Option<f64>,
    pub(crate) weights: Option<usize>,
    #[serde(default)]
    pub(crate) damping: Option<f64>,
    pub(crate) seed: u64,
    /// s = λ·max_i k_i, and λ.
    pub(crate) strength: Option<f64>,
    pub(crate) lambda: Option<f64>,
    /// Directions, or weights, that are held.
    pub(crate) constraints: usize,
    /// Shares of errors on both tasks after the second.
    pub(crate) first_train_error: f64,
    pub(crate) second_train_error: f64,
    pub(crate) first_test_error: f64,
    pub(crate) second_test_error: f64,
}

/// A row of `forgetting_summary.csv`: means over seeds with their 95 % intervals, which lie
/// between 0 and 1; of fewer than three seeds there are none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SummaryRow {
    pub(crate) heads: Heads,
    pub(crate) method: Kind,
    pub(crate) components: Option<usize>,
    pub(crate) exponent: Option<f64>,
    pub(crate) weights: Option<usize>,
    #[serde(default)]
    pub(crate) damping: Option<f64>,
    pub(crate) strength: Option<f64>,
    /// Geometric mean.
    pub(crate) lambda: Option<f64>,
    pub(crate) constraints: f64,
    pub(crate) seeds: usize,
    /// Mean training error of both tasks.
    pub(crate) train_error: f64,
    /// Whether that is the least of the method: the strength that is reported.
    pub(crate) chosen: bool,
    /// Test errors: of task 1, of task 2, and the mean of both.
    pub(crate) first: f64,
    pub(crate) first_low: Option<f64>,
    pub(crate) first_high: Option<f64>,
    pub(crate) second: f64,
    pub(crate) second_low: Option<f64>,
    pub(crate) second_high: Option<f64>,
    pub(crate) mean: f64,
    pub(crate) mean_low: Option<f64>,
    pub(crate) mean_high: Option<f64>,
}

/// A row of `forgetting_sequence.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SequenceRow {
    pub(crate) heads: Heads,
    pub(crate) method: Kind,
    pub(crate) seed: u64,
    pub(crate) strength: Option<f64>,
    /// Tasks learnt so far, and the one that is tested, both from 1.
    pub(crate) seen: usize,
    pub(crate) task: usize,
    /// All that is held by now.
    pub(crate) constraints: usize,
    pub(crate) test_error: f64,
}

/// A row of `forgetting_sequence_summary.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SequenceSummaryRow {
    pub(crate) heads: Heads,
    pub(crate) method: Kind,
    pub(crate) seen: usize,
    pub(crate) constraints: f64,
    /// Mean test error over the tasks seen, mean over seeds.
    pub(crate) mean: f64,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    #[serde(default)]
    pub(crate) seeds: usize,
}

impl SequenceSummaryRow {
    /// The mean with its interval.
    pub(super) fn estimate(&self) -> Estimate {
        over_seeds(self.mean, self.low.zip(self.high), self.seeds)
    }
}

impl RunRow {
    pub(crate) fn method(&self) -> Method {
        Method {
            kind: self.method,
            components: self.components,
            exponent: self.exponent,
            weights: self.weights,
            damping: self.damping,
        }
    }

    fn train_error(&self) -> f64 {
        0.5 * (self.first_train_error + self.second_train_error)
    }

    pub(super) fn mean_error(&self) -> f64 {
        0.5 * (self.first_test_error + self.second_test_error)
    }
}

impl SummaryRow {
    pub(crate) fn method(&self) -> Method {
        Method {
            kind: self.method,
            components: self.components,
            exponent: self.exponent,
            weights: self.weights,
            damping: self.damping,
        }
    }

    pub(super) fn first(&self) -> Estimate {
        over_seeds(self.first, self.first_low.zip(self.first_high), self.seeds)
    }

    pub(super) fn second(&self) -> Estimate {
        over_seeds(self.second, self.second_low.zip(self.second_high), self.seeds)
    }

    pub(super) fn mean(&self) -> Estimate {
        over_seeds(self.mean, self.mean_low.zip(self.mean_high), self.seeds)
    }
}

/// The estimate that a row holds.
fn over_seeds(value: f64, interval: Option<(f64, f64)>, n: usize) -> Estimate {
    match interval {
        Some((low, high)) => Estimate {
            value,
            standard_error: None,
            interval: Some([low, high]),
            method: Some(IntervalMethod::Repetitions { n }),
            missing: None,
        },
        None => Estimate::without(value, format!("{n} seeds")),
    }
}

/// What the values of some rows have in common: in the order of their first row.
fn grouped<R, K: PartialEq>(rows: &[R], key: impl Fn(&R) -> K) -> Vec<(K, Vec<&R>)> {
    let mut groups: Vec<(K, Vec<&R>)> = Vec::new();
    for row in rows {
        let key = key(row);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    groups
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

/// Means over seeds; of every method the strength with the least training error, the smaller of two that are equal, is chosen.
#[cfg_attr(not(feature = "train"), allow(dead_code))]
pub(super) fn summarise(rows: &[RunRow]) -> Vec<SummaryRow> {
    let mut summary: Vec<SummaryRow> = grouped(rows, |row| (row.heads, row.method(), row.strength))
        .into_iter()
        .filter_map(|((heads, method, strength), rows)| {
            let over = |of: fn(&RunRow) -> f64| -> Vec<f64> { rows.iter().map(|row| of(row)).collect() };
            let first = Estimate::mean_share(&over(|row| row.first_test_error))?;
            let second = Estimate::mean_share(&over(|row| row.second_test_error))?;
            let both = Estimate::mean_share(&over(RunRow::mean_error))?;
            let lambdas: Option<Vec<f64>> = rows.iter().map(|row| Some(row.lambda?.ln())).collect();
            Some(SummaryRow {
                heads,
                method: method.kind,
                components: method.components,
                exponent: method.exponent,
                weights: method.weights,
                damping: method.damping,
                strength,
                lambda: lambdas.map(|lambdas| mean(lambdas.into_iter()).exp()),
                constraints: mean(rows.iter().map(|row| row.constraints as f64)),
                seeds: rows.len(),
                train_error: mean(rows.iter().map(|row| row.train_error())),
                chosen: false,
                first: first.value,
                first_low: first.low(),
                first_high: first.high(),
                second: second.value,
                second_low: second.low(),
                second_high: second.high(),
                mean: both.value,
                mean_low: both.low(),
                mean_high: both.high(),
            })
        })
        .collect();
    let least: Vec<((Heads, Method), f64)> = grouped(&summary, |row| (row.heads, row.method()))
        .into_iter()
        .map(|(key, rows)| (key, rows.iter().map(|row| row.train_error).fold(f64::INFINITY, f64::min)))
        .collect();
    for ((heads, method), least) in least {
        let chosen = summary
            .iter_mut()
            .find(|row| row.heads == heads && row.method() == method && row.train_error == least);
        if let Some(row) = chosen {
            row.chosen = true;
        }
    }
    summary
}

/// Means over the tasks seen, then over seeds.
#[cfg_attr(not(feature = "train"), allow(dead_code))]
pub(super) fn summarise_sequence(rows: &[SequenceRow]) -> Vec<SequenceSummaryRow> {
    grouped(rows, |row| (row.heads, row.method, row.seen))
        .into_iter()
        .filter_map(|((heads, method, seen), rows)| {
            let of_seeds = rows.chunk_by(|one, other| one.seed == other.seed);
            let errors: Vec<f64> = of_seeds.map(|rows| mean(rows.iter().map(|row| row.test_error))).collect();
            let error = Estimate::mean_share(&errors)?;
            let constraints = mean(rows.iter().map(|row| row.constraints as f64));
            Some(SequenceSummaryRow {
                heads,
                method,
                seen,
                constraints,
                mean: error.value,
                low: error.low(),
                high: error.high(),
                seeds: errors.len(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(method: Method, seed: u64, strength: f64, errors: [f64; 4]) -> RunRow {
        RunRow {
            heads: Heads::Own,
            method: method.kind,
            components: method.components,
            exponent: method.exponent,
            weights: method.weights,
            damping: method.damping,
            seed,
            strength: Some(strength),
            lambda: Some(strength * seed as f64),
            constraints: 4,
            first_train_error: errors[0],
            second_train_error: errors[1],
            first_test_error: errors[2],
            second_test_error: errors[3],
        }
    }

    #[test]
    fn the_strength_is_chosen_by_training_errors_alone() {
        let (ldc, ewc) = (Method::ldc(5, 2.0), Method::ewc(None));
        // The stronger has the better test errors and the worse training errors; ties go to the weaker.
        let rows = [
            row(ldc, 1, 1.0, [0.1, 0.1, 0.5, 0.5]),
            row(ldc, 1, 2.0, [0.2, 0.2, 0.0, 0.0]),
            row(ldc, 4, 1.0, [0.1, 0.1, 0.3, 0.3]),
            row(ldc, 4, 2.0, [0.2, 0.2, 0.0, 0.0]),
            row(ewc, 1, 1.0, [0.1, 0.3, 0.5, 0.5]),
            row(ewc, 4, 1.0, [0.3, 0.1, 0.5, 0.5]),
            row(ewc, 1, 2.0, [0.2, 0.2, 0.5, 0.5]),
            row(ewc, 4, 2.0, [0.2, 0.2, 0.5, 0.5]),
        ];
        let summary = summarise(&rows);
        let chosen: Vec<_> = summary.iter().map(|row| (row.method, row.strength, row.chosen)).collect();
        let expected = [
            (Kind::Ldc, 1.0, true),
            (Kind::Ldc, 2.0, false),
            (Kind::Ewc, 1.0, true),
            (Kind::Ewc, 2.0, false),
        ];
        assert_eq!(chosen, expected.map(|(kind, strength, chosen)| (kind, Some(strength), chosen)));
        assert!((summary[0].first - 0.4).abs() < 1e-15 && (summary[0].lambda.unwrap() - 2.0).abs() < 1e-12);
        // Of two seeds there is no interval.
        assert_eq!((summary[0].first_low, summary[0].first_high), (None, None));
    }

    #[test]
    fn a_sequence_is_averaged_over_tasks_and_then_over_seeds() {
        let row = |seed, seen, task, test_error| SequenceRow {
            heads: Heads::Shared,
            method: Kind::L2,
            seed,
            strength: Some(1.0),
            seen,
            task,
            constraints: 3 * (seen - 1),
            test_error,
        };
        let rows = [
            row(1, 1, 1, 0.1),
            row(1, 2, 1, 0.4),
            row(1, 2, 2, 0.2),
            row(2, 1, 1, 0.3),
            row(2, 2, 1, 0.6),
            row(2, 2, 2, 0.4),
        ];
        let summary = summarise_sequence(&rows);
        let means: Vec<f64> = summary.iter().map(|row| row.mean).collect();
        assert!((means[0] - 0.2).abs() < 1e-15 && (means[1] - 0.4).abs() < 1e-15, "{means:?}");
        assert!(summary[1].high.is_none() && summary[1].constraints == 3.0);
        let third = [row(3, 1, 1, 0.2), row(3, 2, 1, 0.05), row(3, 2, 2, 0.01)];
        let summary = summarise_sequence(&[rows.as_slice(), &third].concat());
        let (low, high) = (summary[1].low.unwrap(), summary[1].high.unwrap());
        assert!(0.0 < low && low < summary[1].mean && summary[1].mean < high && high < 1.0);
    }
}
