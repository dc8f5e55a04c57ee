//! What methods forget where they learn the new task equally well.

use serde::{Deserialize, Serialize};
use varflat_analysis::Estimate;

use super::method::{Heads, Kind, Method};
use super::rows::RunRow;
use super::settings::ForgettingStudy;

/// By how much the training error of task 2 may exceed that without a constraint.
pub(super) const MARGIN: f64 = 0.01;

/// One method where task 2 is learnt: of every seed the strength that forgets least of task 1's training set among those whose training
/// error of task 2 is no more than [`MARGIN`] above that of no constraint, which counts as a strength of 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SameAccuracy {
    /// In words.
    pub(crate) name: String,
    pub(crate) method: Kind,
    /// Test errors, means over seeds.
    pub(crate) task_1_error: Estimate,
    pub(crate) task_2_error: Estimate,
    /// Task 1's test error minus that of LDC (as shown), seed by seed: negative where less is forgotten.
    pub(crate) minus_ldc: Option<Estimate>,
}

/// The compared methods, but for no constraint, which is the same at every strength.
pub(super) fn compare(study: &ForgettingStudy, heads: Heads, rows: &[RunRow]) -> Vec<SameAccuracy> {
    let [_, l2, ewc, ldc, ppap, activity] = study.compared();
    let others = study.dampings.iter().skip(1).map(|&damping| Method::ppap(damping));
    let of = |method: Method| -> Vec<&RunRow> {
        study.seeds.iter().filter_map(|&seed| best(heads, method, seed, rows)).collect()
    };
    let of_ldc = of(ldc);
    let compared = [l2, ewc, ldc, ppap].into_iter().chain(others).chain([activity]);
    compared
        .filter_map(|method| {
            let found = of(method);
            let errors = |of: fn(&RunRow) -> f64| -> Vec<f64> { found.iter().map(|row| of(row)).collect() };
            let pairs = found.iter().zip(&of_ldc);
            let differences: Vec<f64> =
                pairs.map(|(row, ldc)| row.first_test_error - ldc.first_test_error).collect();
            Some(SameAccuracy {
                name: method.label(),
                method: method.kind,
                task_1_error: Estimate::mean_share(&errors(|row| row.first_test_error))?,
                task_2_error: Estimate::mean_share(&errors(|row| row.second_test_error))?,
                minus_ldc: if method == ldc { None } else { Estimate::mean(&differences) },
            })
        })
        .collect()
}

/// The run that is reported of a seed; the weakest of those that are equal.
fn best(heads: Heads, method: Method, seed: u64, rows: &[RunRow]) -> Option<&RunRow> {
    let here = |row: &&RunRow| row.heads == heads && row.seed == seed;
    let free = rows.iter().filter(here).find(|row| row.method() == Method::NONE)?;
    let learnt = |row: &&RunRow| row.second_train_error <= free.second_train_error + MARGIN;
    let held = rows.iter().filter(here).filter(|row| row.method() == method).filter(learnt);
    std::iter::once(free)
        .chain(held)
        .min_by(|one, other| one.first_train_error.total_cmp(&other.first_train_error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(method: Method, seed: u64, strength: Option<f64>, errors: [f64; 3]) -> RunRow {
        RunRow {
            heads: Heads::Own,
            method: method.kind,
            components: method.components,
            exponent: method.exponent,
            weights: method.weights,
            damping: method.damping,
            seed,
            strength,
            lambda: strength,
            constraints: 4,
            first_train_error: errors[0],
            second_train_error: errors[1],
            first_test_error: errors[2],
            second_test_error: 0.0,
        }
    }

    #[test]
    fn what_does_not_learn_the_second_task_does_not_count() {
        let (none, ldc) = (Method::NONE, Method::ldc(5, 2.0));
        let rows = [
            row(none, 1, None, [0.4, 0.002, 0.5]),
            row(ldc, 1, Some(0.1), [0.3, 0.004, 0.35]),
            row(ldc, 1, Some(1.0), [0.1, 0.011, 0.15]),
            row(ldc, 1, Some(10.0), [0.0, 0.013, 0.0]),
            row(none, 2, None, [0.2, 0.002, 0.25]),
            row(ldc, 2, Some(0.1), [0.3, 0.002, 0.3]),
        ];
        let strength = |seed| best(Heads::Own, ldc, seed, &rows).unwrap().strength;
        // The strongest has lost the second task; of the other seed nothing is better than no constraint.
        assert_eq!((strength(1), strength(2)), (Some(1.0), None));
        assert!(best(Heads::Shared, ldc, 1, &rows).is_none());
    }
}
