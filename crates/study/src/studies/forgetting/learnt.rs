//! What a network that has learnt a task may be held by.

use rayon::prelude::*;
use varflat_analysis::{
    Activity, DatasetBase, Fit, ParamGuard, Solver, TrajectoryPca, stiffness_of_stillness,
};
use varflat_model::{Constraint, DenseLandscape, DenseNetwork, fisher_diagonal};
use varflat_run::constraint::{flatness, of_flatness};
use varflat_run::error::Result;

use super::bench::{Bench, Outcome, Task};
use super::method::{Heads, Kind, Method};

/// A network w_1 that has learnt a task: principal components and flatness of every layer with only that layer moving,
/// the variance of every weight, and the Fisher information. The centre of all is the last iterate, from which the next task goes on: at its beginning every penalty is 0.
pub(super) struct Learnt {
    network: DenseNetwork,
    layers: Vec<(TrajectoryPca, Vec<Option<f64>>)>,
    /// σ_j² of every weight of every layer.
    variances: Vec<Vec<f64>>,
    fisher: Vec<(String, Vec<f64>)>,
}

impl Learnt {
    /// Measure what `methods` need, of a task that was recorded where they need a window.
    pub(super) fn of(bench: &Bench<'_>, outcome: &Outcome, task: &Task, methods: &[Method]) -> Result<Self> {
        let network = outcome.network.to_dense()?;
        let components = methods.iter().filter_map(|method| method.components).max();
        let layers = match components {
            None => Vec::new(),
            Some(components) => {
                let layers: Vec<_> = network.layers().iter().zip(&outcome.windows).collect();
                let measured = layers.par_iter().map(|(layer, (_, window))| {
                    let wanted = components.min(layer.weight.len()).min(window.nrows() - 1);
                    let params = TrajectoryPca::params().solver(Solver::TopK(wanted)).check()?;
                    let pca = params.fit(&DatasetBase::from(window.view()))?;
                    let landscape = DenseLandscape::new(&network, &layer.name, &task.images)?;
                    let found = flatness(&pca, &landscape, wanted)?;
                    Ok((pca, found))
                });
                measured.collect::<Result<_>>()?
            }
        };
        let fisher = match methods.iter().any(|method| method.kind == Kind::Ewc) {
            true => fisher_diagonal(&outcome.network, &task.train, bench.study.fisher_samples)?,
            false => Vec::new(),
        };
        let moved = |method: &Method| matches!(method.kind, Kind::Ppap | Kind::Activity);
        let variances = match methods.iter().any(moved) {
            // Movement and fluctuation: the line in time is left in.
            true => outcome
                .windows
                .iter()
                .map(|(_, window)| Ok(Activity::of(window.view())?.variance))
                .collect::<Result<_>>()?,
            false => Vec::new(),
        };
        Ok(Self { network, layers, variances, fisher })
    }

    /// The constraints of a method at λ = 1, on all weight matrices that the next task changes.
    pub(super) fn constraints(&self, heads: Heads, method: Method) -> Result<Vec<Constraint>> {
        let all = self.network.layers().len();
        let changing = if heads == Heads::Own { all - 1 } else { all };
        let layers = self.network.layers().iter().enumerate().take(changing);
        let still = match method.damping {
            Some(damping) => stiffness_of_stillness(&self.variances[..changing], damping),
            None => Vec::new(),
        };
        let constraints = layers.map(|(place, layer)| {
            let path = format!("{}.weight", layer.name);
            let centre: Vec<f32> = layer.weight.iter().map(|&w| w as f32).collect();
            match (method.kind, method.components, method.exponent) {
                (Kind::Ldc, Some(components), Some(exponent)) => {
                    let (pca, flatness) = &self.layers[place];
                    let held = &flatness[..components.min(flatness.len())];
                    of_flatness(&path, centre, pca, held, exponent)
                }
                (Kind::Ewc, ..) => {
                    let fisher = self.fisher.iter().find(|(other, _)| *other == path);
                    let fisher = fisher.map_or(Vec::new(), |(_, fisher)| fisher.clone());
                    Ok(Constraint::diagonal(&path, centre, fisher)?)
                }
                (Kind::Ppap, ..) => Ok(Constraint::diagonal(&path, centre, still[place].clone())?),
                (Kind::Activity, ..) => {
                    Ok(Constraint::diagonal(&path, centre, self.variances[place].clone())?)
                }
                _ => {
                    let ones = vec![1.0; centre.len()];
                    Ok(Constraint::diagonal(&path, centre, ones)?)
                }
            }
        });
        let constraints = match method.kind {
            Kind::None | Kind::Joint => return Ok(Vec::new()),
            _ => constraints.collect::<Result<Vec<_>>>()?,
        };
        Ok(match method.weights {
            Some(count) => Constraint::stiffest(&constraints, count),
            None => constraints,
        })
    }
}

/// Constraints whose stiffest has k = `strength`, and the λ that makes it so.
pub(super) fn scaled(constraints: &[Constraint], strength: f64) -> (Vec<Constraint>, f64) {
    let largest = constraints.iter().map(Constraint::largest).fold(0.0, f64::max);
    // Nothing that is held: any λ will do.
    let lambda = if largest > 0.0 { strength / largest } else { 1.0 };
    (constraints.iter().map(|constraint| constraint.scaled(lambda)).collect(), lambda)
}

/// How many directions or weights are held.
pub(super) fn count(constraints: &[Constraint]) -> usize {
    constraints.iter().map(Constraint::count).sum()
}
