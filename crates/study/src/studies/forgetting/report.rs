//! The numbers of the forgetting study.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::Estimate;

use super::method::{Heads, Kind, Method};
use super::rows::{RunRow, SequenceSummaryRow, SummaryRow};
use super::same_accuracy::{self, SameAccuracy};
use super::settings::ForgettingStudy;
use super::weight_rows::{LayerReport, RankRow, WeightRow};

/// What was found. Errors are shares of the test set; every interval is Student's, 95 %, over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ForgettingReport {
    pub(crate) seeds: usize,
    /// One for every kind of head.
    pub(crate) setups: Vec<SetupReport>,
    /// One for every layer: whether weights of more curvature move more. Reports from before have none.
    #[serde(default)]
    pub(crate) weights: Vec<LayerReport>,
}

/// What was found with one kind of head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SetupReport {
    pub(crate) heads: Heads,
    /// Test error of task 1 before task 2 is learnt.
    pub(crate) task_1_error_before: Estimate,
    /// Every method at the strength with the least mean training error of both tasks.
    pub(crate) methods: Vec<MethodReport>,
    /// Mean error of LDC (`components` and `exponent` as shown) minus that of other methods, seed by seed.
    pub(crate) differences: Vec<Difference>,
    /// What the compared methods forget where they learn as much of task 2 as is learnt without a constraint, but for a margin.
    #[serde(default)]
    pub(crate) at_same_accuracy: Vec<SameAccuracy>,
    /// Mean error over all tasks after the last.
    pub(crate) sequence: Vec<SequenceReport>,
}

/// One method after two tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MethodReport {
    /// In words.
    pub(crate) name: String,
    pub(crate) method: Kind,
    pub(crate) components: Option<usize>,
    pub(crate) exponent: Option<f64>,
    pub(crate) weights: Option<usize>,
    #[serde(default)]
    pub(crate) damping: Option<f64>,
    /// Directions or weights held, mean over seeds.
    pub(crate) constraints: f64,
    /// s = λ·max_i k_i, and the geometric mean of λ over seeds.
    pub(crate) strength: Option<f64>,
    pub(crate) lambda: Option<f64>,
    /// Whether no weaker or no stiffer one was tried: a better one may lie beyond, unless nothing changes there any more.
    pub(crate) strength_at_end_of_range: bool,
    pub(crate) task_1_error: Estimate,
    pub(crate) task_2_error: Estimate,
    pub(crate) mean_error: Estimate,
}

/// How much LDC's mean error differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// From which method, in words.
    pub(crate) from: String,
    /// Negative where LDC is better.
    pub(crate) mean_error: Estimate,
}

/// One method after all tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SequenceReport {
    pub(crate) name: String,
    pub(crate) method: Kind,
    pub(crate) tasks: usize,
    pub(crate) constraints: f64,
    pub(crate) mean_error: Estimate,
}

/// What the two tasks gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TwoTasks {
    /// Test error of task 1 before task 2, one a seed.
    pub(super) before: Vec<f64>,
    pub(super) rows: Vec<RunRow>,
    /// Of the weights after the first task, once a seed.
    pub(super) weights: Vec<WeightRow>,
    pub(super) ranks: Vec<RankRow>,
}

#[cfg_attr(not(feature = "train"), allow(dead_code))]
pub(super) fn report(
    study: &ForgettingStudy,
    two_tasks: &TwoTasks,
    summary: &[SummaryRow],
    sequence: &[SequenceSummaryRow],
) -> Option<ForgettingReport> {
    let setups = study.heads.iter().map(|&heads| setup(study, heads, two_tasks, summary, sequence));
    Some(ForgettingReport {
        seeds: study.seeds.len(),
        setups: setups.collect::<Option<_>>()?,
        weights: LayerReport::of_all(&two_tasks.ranks),
    })
}

fn setup(
    study: &ForgettingStudy,
    heads: Heads,
    two_tasks: &TwoTasks,
    summary: &[SummaryRow],
    sequence: &[SequenceSummaryRow],
) -> Option<SetupReport> {
    let chosen: Vec<&SummaryRow> = summary.iter().filter(|row| row.heads == heads && row.chosen).collect();
    // From the simplest to the costliest.
    let methods = chosen.iter().rev().map(|row| MethodReport::of(study, row));
    // By seed, in the order of the seeds.
    let errors = |method: Method| -> Option<Vec<f64>> {
        let strength = chosen.iter().find(|row| row.method() == method)?.strength;
        let here = |row: &&RunRow| row.heads == heads && row.method() == method && row.strength == strength;
        Some(two_tasks.rows.iter().filter(here).map(RunRow::mean_error).collect())
    };
    let [none, l2, ewc, ldc, ppap, activity] = study.compared();
    let of_ldc = errors(ldc)?;
    let differences = [none, l2, ewc, ppap, activity].map(|method| {
        let pairs = of_ldc.iter().zip(errors(method)?);
        let differences: Vec<f64> = pairs.map(|(ldc, other)| ldc - other).collect();
        Some(Difference { from: method.label(), mean_error: Estimate::mean(&differences)? })
    });
    let last = sequence.iter().filter(|row| row.heads == heads && row.seen == study.pairs.len());
    Some(SetupReport {
        heads,
        // The first task is the same with every kind of head.
        task_1_error_before: Estimate::mean_share(&two_tasks.before[..study.seeds.len()])?,
        methods: methods.collect(),
        differences: differences.into_iter().collect::<Option<_>>()?,
        at_same_accuracy: same_accuracy::compare(study, heads, &two_tasks.rows),
        sequence: last
            .map(|row| SequenceReport {
                name: name(study, row.method),
                method: row.method,
                tasks: row.seen,
                constraints: row.constraints,
                mean_error: row.estimate(),
            })
            .collect(),
    })
}

impl MethodReport {
    fn of(study: &ForgettingStudy, row: &SummaryRow) -> Self {
        let ends = [study.strengths.first(), study.strengths.last()];
        Self {
            name: row.method().label(),
            method: row.method,
            components: row.components,
            exponent: row.exponent,
            weights: row.weights,
            damping: row.damping,
            constraints: row.constraints,
            strength: row.strength,
            lambda: row.lambda,
            strength_at_end_of_range: row.strength.is_some_and(|strength| ends.contains(&Some(&strength))),
            task_1_error: row.first(),
            task_2_error: row.second(),
            mean_error: row.mean(),
        }
    }
}

/// A compared method in words.
fn name(study: &ForgettingStudy, kind: Kind) -> String {
    let compared = study.compared().into_iter().chain([Method::JOINT]);
    let method = compared.into_iter().find(|method| method.kind == kind);
    method.map_or_else(String::new, |method| method.label())
}

/// In words, a number a line.
impl fmt::Display for ForgettingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let intervals = if self.seeds < 3 { "no intervals over so few" } else { "95 % intervals" };
        writeln!(f, "  test errors, means over {} seeds and {intervals}", self.seeds)?;
        for setup in &self.setups {
            writeln!(
                f,
                "  heads: {}; task 1 before task 2: {}; after it:",
                setup.heads.name(),
                percent(&setup.task_1_error_before)
            )?;
            write!(f, "{setup}")?;
        }
        for layer in &self.weights {
            writeln!(f, "  {layer}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SetupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for method in &self.methods {
            let end = if method.strength_at_end_of_range { ", the end of the range" } else { "" };
            let strength =
                method.strength.map_or_else(String::new, |strength| format!(", s = {strength}{end}"));
            writeln!(
                f,
                "    {}: task 1 {}, task 2 {}, mean {} ({:.0} constraints{strength})",
                method.name,
                percent(&method.task_1_error),
                percent(&method.task_2_error),
                percent(&method.mean_error),
                method.constraints
            )?;
        }
        for difference in &self.differences {
            writeln!(f, "    LDC − {}: mean {}", difference.from, percent(&difference.mean_error))?;
        }
        for found in &self.at_same_accuracy {
            let (name, margin) = (&found.name, 100.0 * same_accuracy::MARGIN);
            let [first, second] = [&found.task_1_error, &found.task_2_error].map(percent);
            writeln!(f, "    task 2 learnt but for {margin} %, {name}: task 1 {first}, task 2 {second}")?;
        }
        for found in &self.sequence {
            let (tasks, name) = (found.tasks, &found.name);
            writeln!(f, "    after {tasks} tasks, {name}: mean {}", percent(&found.mean_error))?;
        }
        Ok(())
    }
}

/// Such as `1.2 [1.0, 1.5] %`, or `1.2 %` where there is no interval.
fn percent(value: &Estimate) -> String {
    let interval = value.interval.map(|[low, high]| (100.0 * low, 100.0 * high));
    format!("{} %", varflat_plot::with_interval(100.0 * value.value, interval))
}
