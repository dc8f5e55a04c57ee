//! Two tasks, under every method and strength.

use varflat_model::Constraint;
use varflat_run::error::Result;

use super::bench::Bench;
use super::learnt::{self, Learnt};
use super::method::{Heads, Kind, Method};
use super::report::TwoTasks;
use super::rows::RunRow;
use super::weight_axes;
use crate::studies::cached;
use crate::studies::context::StudyContext;
use crate::sweep::parallel;

/// Share of the study's time that two tasks take.
pub(super) const SHARE: f64 = 0.8;

/// Task 2 after task 1, for every seed.
pub(super) fn learn(bench: &Bench<'_>, work: &StudyContext<'_>) -> Result<TwoTasks> {
    let study = bench.study;
    let share = SHARE / (study.heads.len() * study.seeds.len()) as f64;
    let mut all = TwoTasks::default();
    for (&heads, &seed) in
        study.heads.iter().flat_map(|heads| study.seeds.iter().map(move |seed| (heads, seed)))
    {
        let name = format!("two-tasks-{}-{seed}.json", heads.name());
        let mut found = cached::or_make(work, (study.of_seed(seed), None::<f64>), &name, || {
            of_seed(bench, heads, seed, |part| work.advance(share * part))
        })?;
        all.before.append(&mut found.before);
        all.rows.append(&mut found.rows);
        all.weights.append(&mut found.weights);
        all.ranks.append(&mut found.ranks);
    }
    Ok(all)
}

/// One training on task 2.
struct Run<'a> {
    method: Method,
    constraints: &'a [Constraint],
    strength: Option<f64>,
}

fn of_seed(bench: &Bench<'_>, heads: Heads, seed: u64, done: impl Fn(f64) + Sync) -> Result<TwoTasks> {
    let [first, second] = [&bench.tasks[0], &bench.tasks[1]];
    let outcome = bench.learn(bench.initial(seed)?, first, 0, seed, Vec::new(), true)?;
    let before = first.test.measure(&outcome.network)?.error;
    let methods = bench.study.methods();
    let learnt = Learnt::of(bench, &outcome, first, &methods)?;
    // The first task is the same with every kind of head.
    let (weights, ranks) = match bench.study.heads.first() == Some(&heads) {
        true => weight_axes::measure(&outcome, first, seed)?,
        false => Default::default(),
    };
    let held: Vec<(Method, Vec<Constraint>)> = methods
        .iter()
        .map(|&method| Ok((method, learnt.constraints(heads, method)?)))
        .collect::<Result<_>>()?;
    let start = bench.next(heads, seed, &outcome.network)?;
    let mut runs = Vec::new();
    for (method, constraints) in &held {
        let run = |strength| Run { method: *method, constraints, strength };
        match method.kind {
            Kind::None | Kind::Joint => runs.push(run(None)),
            _ => runs.extend(bench.study.strengths.iter().map(|&strength| run(Some(strength)))),
        }
    }
    let part = 1.0 / runs.len() as f64;
    let rows =
        parallel::on_all_cores(&runs, parallel::cores(), "the forgetting study", bench.context, |run| {
            let Run { method, constraints, strength } = run;
            let (constraints, lambda) = match strength {
                Some(strength) => learnt::scaled(constraints, *strength),
                None => (Vec::new(), 0.0),
            };
            let held = learnt::count(&constraints);
            let network = bench.learn(start.clone(), second, 1, seed, constraints, false)?.network;
            done(part);
            let tested = bench.with_head_of(heads, &network, &outcome.network)?;
            Ok(RunRow {
                heads,
                method: method.kind,
                components: method.components,
                exponent: method.exponent,
                weights: method.weights,
                damping: method.damping,
                seed,
                strength: *strength,
                lambda: strength.map(|_| lambda),
                constraints: held,
                first_train_error: first.train.measure(&tested)?.error,
                second_train_error: second.train.measure(&network)?.error,
                first_test_error: first.test.measure(&tested)?.error,
                second_test_error: second.test.measure(&network)?.error,
            })
        })?;
    let rows = rows.into_iter().collect::<Result<_>>()?;
    Ok(TwoTasks { before: vec![before], rows, weights, ranks })
}
