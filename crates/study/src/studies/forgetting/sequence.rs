//! All tasks one after the other.

use varflat_model::{Constraint, Mlp};
use varflat_run::error::Result;

use super::bench::{Bench, Task};
use super::learnt::{self, Learnt};
use super::method::{Heads, Kind, Method};
use super::rows::{SequenceRow, SummaryRow};
use super::two_tasks::SHARE;
use crate::studies::cached;
use crate::studies::context::StudyContext;
use crate::sweep::parallel;

/// One seed under one method, at the strength that was chosen with two tasks.
#[derive(Clone, Copy)]
struct Chain {
    heads: Heads,
    method: Method,
    strength: Option<f64>,
    seed: u64,
}

impl Chain {
    /// The error on task `other` after task `place`, both from 0.
    fn row(&self, [place, other]: [usize; 2], constraints: usize, test_error: f64) -> SequenceRow {
        SequenceRow {
            heads: self.heads,
            method: self.method.kind,
            seed: self.seed,
            strength: self.strength,
            seen: place + 1,
            task: other + 1,
            constraints,
            test_error,
        }
    }
}

/// Every compared method, and all data together, for every seed.
pub(super) fn learn(
    bench: &Bench<'_>,
    work: &StudyContext<'_>,
    summary: &[SummaryRow],
) -> Result<Vec<SequenceRow>> {
    let study = bench.study;
    let chosen = |heads: Heads, method: Method| {
        let row = summary.iter().find(|row| row.chosen && row.heads == heads && row.method() == method);
        row.and_then(|row| row.strength)
    };
    let mut chains: Vec<Chain> = Vec::new();
    for &heads in &study.heads {
        // Whose head would all data together have?
        let joint = (heads == Heads::Shared).then_some(Method::JOINT);
        for method in study.compared().into_iter().chain(joint) {
            let strength = chosen(heads, method);
            chains.extend(study.seeds.iter().map(|&seed| Chain { heads, method, strength, seed }));
        }
    }
    let together: Vec<Task> =
        (1..=bench.tasks.len()).map(|tasks| bench.together(tasks)).collect::<Result<_>>()?;
    let share = (1.0 - SHARE) / chains.len() as f64;
    let rows =
        parallel::on_all_cores(&chains, parallel::cores(), "the forgetting study", bench.context, |chain| {
            let kind = format!("{:?}", chain.method.kind).to_lowercase();
            let name = format!("sequence-{}-{kind}-{}.json", chain.heads.name(), chain.seed);
            let rows = cached::or_make(work, (study.of_seed(chain.seed), chain.strength), &name, || {
                match chain.method.kind {
                    Kind::Joint => all_together(bench, chain, &together),
                    _ => in_sequence(bench, chain),
                }
            });
            work.advance(share);
            rows
        })?;
    Ok(rows.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

fn in_sequence(bench: &Bench<'_>, chain: &Chain) -> Result<Vec<SequenceRow>> {
    let Chain { heads, method, strength, seed } = *chain;
    let mut network = bench.initial(seed)?;
    let mut held: Vec<Constraint> = Vec::new();
    let mut after: Vec<Mlp> = Vec::new();
    let mut rows = Vec::new();
    for (place, task) in bench.tasks.iter().enumerate() {
        let recorded = method.needs_a_window();
        let outcome = bench.learn(network, task, place as u64, seed, held.clone(), recorded)?;
        after.push(outcome.network.clone());
        for (other, (tested, then)) in bench.tasks.iter().zip(&after).enumerate() {
            let network = bench.with_head_of(heads, &outcome.network, then)?;
            rows.push(chain.row([place, other], learnt::count(&held), tested.test.measure(&network)?.error));
        }
        // Each task adds its own, as stiff as the first one's.
        if let (Some(strength), true) = (strength, place + 1 < bench.tasks.len()) {
            let learnt = Learnt::of(bench, &outcome, task, &[method])?;
            held.extend(learnt::scaled(&learnt.constraints(heads, method)?, strength).0);
        }
        network = bench.next(heads, seed, &outcome.network)?;
    }
    Ok(rows)
}

/// From the beginning, for every number of tasks.
fn all_together(bench: &Bench<'_>, chain: &Chain, together: &[Task]) -> Result<Vec<SequenceRow>> {
    let seed = chain.seed;
    let mut rows = Vec::new();
    for (place, task) in together.iter().enumerate() {
        let outcome = bench.learn(bench.initial(seed)?, task, 0, seed, Vec::new(), false)?;
        for (other, tested) in bench.tasks[..=place].iter().enumerate() {
            rows.push(chain.row([place, other], 0, tested.test.measure(&outcome.network)?.error));
        }
    }
    Ok(rows)
}
