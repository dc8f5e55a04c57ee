//! The tables and numbers of single weights: how much they move, and how much curvature they have.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::Estimate;

/// A row of `forgetting_weights.csv`: weights of similar curvature of one layer, after the first task. Those that moved by less than f32 can tell
/// apart, and those without curvature, are in none of the groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WeightRow {
    pub(crate) seed: u64,
    pub(crate) layer: String,
    /// From 1, the group of least curvature.
    pub(crate) group: usize,
    pub(crate) weights: usize,
    /// Medians: H_jj, σ_j² without its line in time, and with it; and S_jj, the variance of the samples' gradients.
    pub(crate) curvature: f64,
    pub(crate) variance: f64,
    pub(crate) with_drift: f64,
    pub(crate) noise: f64,
    /// Between which 80 % of σ_j² lie, and of H_jj.
    pub(crate) variance_low: f64,
    pub(crate) variance_high: f64,
    pub(crate) curvature_low: f64,
    pub(crate) curvature_high: f64,
}

/// A row of `forgetting_weight_ranks.csv`: all weights of one layer, after the first task. Where not said otherwise of those in the groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RankRow {
    pub(crate) seed: u64,
    pub(crate) layer: String,
    pub(crate) weights: usize,
    /// Those that did not move at all.
    pub(crate) still: usize,
    /// Those in the groups.
    pub(crate) used: usize,
    /// Rank correlations of σ_j² without its line in time with H_jj: Spearman’s and Kendall’s, and Spearman’s over all weights of the layer.
    pub(crate) spearman: Option<f64>,
    pub(crate) kendall: Option<f64>,
    pub(crate) spearman_of_all: Option<f64>,
    /// x in σ_j² ∝ H_jj^x.
    pub(crate) exponent: Option<f64>,
    /// The same of σ_j² with its line in time.
    pub(crate) spearman_with_drift: Option<f64>,
    pub(crate) exponent_with_drift: Option<f64>,
    /// Spearman’s of σ_j² with S_jj, and γ in S_jj ∝ H_jj^γ.
    pub(crate) spearman_with_noise: Option<f64>,
    pub(crate) noise_exponent: Option<f64>,
}

/// One layer: means over seeds with their 95 % intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LayerReport {
    pub(crate) layer: String,
    pub(crate) weights: usize,
    /// Mean numbers of weights that did not move, and of those that the rest rests on.
    pub(crate) still: f64,
    pub(crate) used: f64,
    pub(crate) spearman: Option<Estimate>,
    pub(crate) kendall: Option<Estimate>,
    pub(crate) exponent: Option<Estimate>,
    pub(crate) spearman_of_all: Option<Estimate>,
    pub(crate) spearman_with_drift: Option<Estimate>,
    pub(crate) exponent_with_drift: Option<Estimate>,
    pub(crate) spearman_with_noise: Option<Estimate>,
    pub(crate) noise_exponent: Option<Estimate>,
}

impl LayerReport {
    /// In the order of the layers.
    pub(super) fn of_all(rows: &[RankRow]) -> Vec<Self> {
        let mut layers: Vec<&str> = Vec::new();
        for row in rows {
            if !layers.contains(&row.layer.as_str()) {
                layers.push(&row.layer);
            }
        }
        let of = |layer: &str| Self::of(&rows.iter().filter(|row| row.layer == layer).collect::<Vec<_>>());
        layers.into_iter().filter_map(of).collect()
    }

    fn of(rows: &[&RankRow]) -> Option<Self> {
        let first = rows.first()?;
        let mean = |of: fn(&RankRow) -> Option<f64>| {
            Estimate::mean(&rows.iter().filter_map(|row| of(row)).collect::<Vec<_>>())
        };
        let count = |of: fn(&RankRow) -> usize| {
            rows.iter().map(|row| of(row) as f64).sum::<f64>() / rows.len() as f64
        };
        Some(Self {
            layer: first.layer.clone(),
            weights: first.weights,
            still: count(|row| row.still),
            used: count(|row| row.used),
            spearman: mean(|row| row.spearman),
            kendall: mean(|row| row.kendall),
            exponent: mean(|row| row.exponent),
            spearman_of_all: mean(|row| row.spearman_of_all),
            spearman_with_drift: mean(|row| row.spearman_with_drift),
            exponent_with_drift: mean(|row| row.exponent_with_drift),
            spearman_with_noise: mean(|row| row.spearman_with_noise),
            noise_exponent: mean(|row| row.noise_exponent),
        })
    }
}

/// In words, on a line.
impl fmt::Display for LayerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, weights, still, used, .. } = self;
        let words = |estimate: &Option<Estimate>| match estimate {
            Some(found) => {
                varflat_plot::with_interval(found.value, found.interval.map(|[low, high]| (low, high)))
            }
            None => "none".to_owned(),
        };
        write!(
            f,
            "layer {layer}, {weights} weights ({still:.0} still, {used:.0} used): σ² and curvature have the rank correlation {}, σ² ∝ H^{}",
            words(&self.spearman),
            words(&self.exponent)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_averaged_over_seeds() {
        let row = |seed, layer: &str, spearman| RankRow {
            seed,
            layer: layer.to_owned(),
            weights: 7,
            still: seed as usize,
            used: 5,
            spearman,
            kendall: None,
            spearman_of_all: spearman,
            exponent: Some(1.5),
            spearman_with_drift: None,
            exponent_with_drift: None,
            spearman_with_noise: None,
            noise_exponent: None,
        };
        let rows = [
            row(1, "input", Some(0.2)),
            row(1, "hidden", None),
            row(2, "input", Some(0.4)),
            row(2, "hidden", None),
        ];
        let layers = LayerReport::of_all(&rows);
        assert_eq!(layers.iter().map(|layer| layer.layer.as_str()).collect::<Vec<_>>(), ["input", "hidden"]);
        assert!((layers[0].spearman.as_ref().unwrap().value - 0.3).abs() < 1e-15);
        assert_eq!((layers[1].spearman.clone(), layers[0].still), (None, 1.5));
    }
}
