//! Single weights after the first task: those that moved most, have they the most or the least curvature?

use varflat_analysis::{Activity, kendall, median, quantile, scaling, spearman};
use varflat_model::{CurvatureAndNoise, MovingLayer};
use varflat_run::error::Result;

use super::bench::{Outcome, Task};
use super::weight_rows::{RankRow, WeightRow};

/// Groups of weights of similar curvature.
const GROUPS: usize = 10;

/// One weight.
#[derive(Clone, Copy)]
struct OfWeight {
    curvature: f64,
    variance: f64,
    with_drift: f64,
    noise: f64,
}

/// Every layer of the network that has learnt a task, at its last weights, over all images of the task.
pub(super) fn measure(outcome: &Outcome, task: &Task, seed: u64) -> Result<(Vec<WeightRow>, Vec<RankRow>)> {
    let network = outcome.network.to_dense()?;
    let (mut groups, mut ranks) = (Vec::new(), Vec::new());
    for (layer, (_, window)) in network.layers().iter().zip(&outcome.windows) {
        let activity = Activity::of(window.view())?;
        let moving = MovingLayer::new(&network, &layer.name, &task.images)?;
        let at = moving.linearized().along_weights();
        let used = used(&activity, &at);
        groups.extend(in_groups(&used).into_iter().map(|row| WeightRow {
            seed,
            layer: layer.name.clone(),
            ..row
        }));
        ranks.push(RankRow { seed, layer: layer.name.clone(), ..rank(&activity, &at, &used) });
    }
    Ok((groups, ranks))
}

/// Weights with a curvature, of which motion is known and not rounding alone; from the least curvature to the largest.
fn used(activity: &Activity, at: &[CurvatureAndNoise]) -> Vec<OfWeight> {
    let known = |weight: &usize| activity.resolved(*weight) && at[*weight].curvature > 0.0;
    let of = |weight: usize| OfWeight {
        curvature: at[weight].curvature,
        variance: activity.detrended[weight],
        with_drift: activity.variance[weight],
        noise: at[weight].noise,
    };
    let mut used: Vec<OfWeight> = (0..at.len()).filter(known).map(of).collect();
    used.sort_by(|one, other| one.curvature.total_cmp(&other.curvature));
    used
}

fn column(weights: &[OfWeight], of: fn(&OfWeight) -> f64) -> Vec<f64> {
    weights.iter().map(of).collect()
}

/// As many weights in each, but for one.
fn in_groups(used: &[OfWeight]) -> Vec<WeightRow> {
    let groups = GROUPS.min(used.len());
    let bounds = |group: usize| group * used.len() / groups;
    let row = |group: usize| {
        let weights = &used[bounds(group)..bounds(group + 1)];
        let middle = |of: fn(&OfWeight) -> f64| median(column(weights, of));
        let at = |of: fn(&OfWeight) -> f64, share| quantile(column(weights, of), share);
        let curvature = |weight: &OfWeight| weight.curvature;
        let variance = |weight: &OfWeight| weight.variance;
        Some(WeightRow {
            seed: 0,
            layer: String::new(),
            group: group + 1,
            weights: weights.len(),
            curvature: middle(curvature)?,
            variance: middle(variance)?,
            with_drift: middle(|weight| weight.with_drift)?,
            noise: middle(|weight| weight.noise)?,
            variance_low: at(variance, 0.1)?,
            variance_high: at(variance, 0.9)?,
            curvature_low: at(curvature, 0.1)?,
            curvature_high: at(curvature, 0.9)?,
        })
    };
    (0..groups).filter_map(row).collect()
}

fn rank(activity: &Activity, at: &[CurvatureAndNoise], used: &[OfWeight]) -> RankRow {
    let [curvature, variance, with_drift, noise]: [Vec<f64>; 4] = [
        column(used, |weight| weight.curvature),
        column(used, |weight| weight.variance),
        column(used, |weight| weight.with_drift),
        column(used, |weight| weight.noise),
    ];
    let all: Vec<f64> = at.iter().map(|here| here.curvature).collect();
    let exponent = |y: &[f64]| {
        let points = curvature.iter().copied().zip(y.iter().copied()).filter(|point| point.1 > 0.0);
        scaling(points).ok().map(|law| law.exponent)
    };
    RankRow {
        seed: 0,
        layer: String::new(),
        weights: at.len(),
        still: activity.variance.iter().filter(|variance| **variance == 0.0).count(),
        used: used.len(),
        spearman: spearman(&variance, &curvature),
        kendall: kendall(&variance, &curvature),
        spearman_of_all: spearman(&activity.detrended, &all),
        exponent: exponent(&variance),
        spearman_with_drift: spearman(&with_drift, &curvature),
        exponent_with_drift: exponent(&with_drift),
        spearman_with_noise: spearman(&variance, &noise),
        noise_exponent: exponent(&noise),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// Weights whose motion grows as the square of their curvature, one that stands still and one without curvature.
    #[test]
    fn the_law_that_was_put_in_comes_out() {
        let curvature = |weight: usize| if weight == 26 { 0.0 } else { 1.0 + weight as f64 };
        let window = Array2::from_shape_fn((40, 27), |(t, weight)| match weight {
            0 => 1.0,
            _ => (curvature(weight) * f64::from([1i8, -1, -1, 1][t % 4]) + 0.5 * t as f64) as f32,
        });
        let activity = Activity::of(window.view()).unwrap();
        let at: Vec<CurvatureAndNoise> = (0..27)
            .map(|weight| CurvatureAndNoise { curvature: curvature(weight), noise: 3.0, slope: 0.0 })
            .collect();
        let used = used(&activity, &at);
        let found = rank(&activity, &at, &used);
        assert_eq!((found.weights, found.still, found.used), (27, 1, 25));
        assert_eq!((found.spearman, found.kendall), (Some(1.0), Some(1.0)));
        assert!((found.exponent.unwrap() - 2.0).abs() < 1e-6 && found.noise_exponent.unwrap().abs() < 1e-12);
        assert!(found.exponent_with_drift.unwrap() < 1.9 && found.spearman_with_noise.is_none());
        let groups = in_groups(&used);
        assert_eq!((groups.len(), groups.iter().map(|row| row.weights).sum::<usize>()), (10, 25));
        assert!(groups.windows(2).all(|pair| pair[0].curvature < pair[1].curvature));
        assert!(in_groups(&[]).is_empty());
    }
}
