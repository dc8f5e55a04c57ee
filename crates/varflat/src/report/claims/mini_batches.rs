//! Claim 9: the ensemble of mini-batch losses.

use std::collections::BTreeMap;

use super::{Certainty, Claim, Finding, Number, Verdict};
use crate::error::Result;
use crate::figures::fixed;
use crate::report::tables::Tables;
use crate::study::temperature::{MINI_BATCHES, MiniBatchRow, TemperatureReport};

pub(super) const CLAIM: Claim = Claim {
    number: 9,
    statement: "The mini-batch losses L^{μ} are an ensemble whose profiles scatter around L more in sharp directions.",
    paper: &[(
        "an ensemble of mini-batch loss functions, with more scatter in sharper directions",
        Certainty::Abstract,
    )],
    rule: "s is the standard deviation over mini-batches of L^{μ}(δθ) − L^{μ}(0), root mean square of both sides, at the largest δθ that \
           is measured in all directions. Reproduced if the 95 % interval of the ratio of s, sharpest to flattest direction, lies above 1. \
           Partly if it holds 1 but the ratio is above 1.",
    figures: &["temperature_mini_batches"],
    part: "temperature",
    find,
};

/// The profiles of one direction: that of L first has no batch.
struct Direction {
    index: usize,
    /// `(offset, loss)` of each mini-batch, two at least.
    batches: BTreeMap<usize, Vec<(f64, f64)>>,
}

impl Direction {
    fn all(rows: &[MiniBatchRow]) -> Vec<Self> {
        let mut directions: Vec<Self> = Vec::new();
        for row in rows {
            if directions.last().is_none_or(|direction| direction.index != row.index) {
                directions.push(Self { index: row.index, batches: BTreeMap::new() });
            }
            if let (Some(batch), Some(direction)) = (row.batch, directions.last_mut()) {
                direction.batches.entry(batch).or_default().push((row.offset, row.loss));
            }
        }
        // Between fewer there is nothing.
        directions.iter_mut().for_each(|direction| direction.batches.retain(|_, profile| profile.len() > 1));
        directions
    }

    /// How far its profiles reach to both sides.
    fn reach(&self) -> f64 {
        let ends =
            self.batches.values().next().and_then(|profile| Some((profile.first()?.0, profile.last()?.0)));
        ends.map_or(0.0, |(left, right)| right.min(-left).max(0.0))
    }

    /// s at a displacement.
    fn scatter(&self, displacement: f64) -> f64 {
        let variance = |offset: f64| {
            let rises: Vec<f64> = self
                .batches
                .values()
                .map(|profile| between(profile, offset) - between(profile, 0.0))
                .collect();
            let mean = rises.iter().sum::<f64>() / rises.len() as f64;
            rises.iter().map(|rise| (rise - mean).powi(2)).sum::<f64>() / (rises.len() as f64 - 1.0)
        };
        (0.5 * (variance(displacement) + variance(-displacement))).sqrt()
    }
}

/// A profile between two of its points.
fn between(profile: &[(f64, f64)], offset: f64) -> f64 {
    let after = profile.partition_point(|point| point.0 < offset).clamp(1, profile.len() - 1);
    let ((x, y), (next_x, next_y)) = (profile[after - 1], profile[after]);
    y + (next_y - y) * (offset - x) / (next_x - x)
}

/// Ratio of two standard deviations of `n` values each, with its 95 % interval: ln s has a standard error of 1/√(2(n − 1)).
fn ratio(sharp: f64, flat: f64, n: usize) -> (f64, (f64, f64)) {
    let factor = (1.96 / (n as f64 - 1.0).sqrt()).exp();
    let ratio = sharp / flat;
    (ratio, (ratio / factor, ratio * factor))
}

fn verdict((ratio, (low, _)): (f64, (f64, f64))) -> Verdict {
    Verdict::of(low > 1.0, ratio > 1.0)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(_) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
    let directions = Direction::all(&tables.rows::<MiniBatchRow>(MINI_BATCHES)?);
    let by_reach = |one: &&Direction, other: &&Direction| one.reach().total_cmp(&other.reach());
    let (Some(sharp), Some(flat)) = (directions.iter().min_by(by_reach), directions.iter().max_by(by_reach))
    else {
        return Ok(None);
    };
    let n = sharp.batches.len();
    let displacement = sharp.reach();
    if n < 2 || sharp.index == flat.index || displacement <= 0.0 {
        let says = "Two directions and two mini-batches at least are needed.".to_owned();
        return Ok(Some(Finding {
            verdict: Verdict::NotMeasured,
            ours: Vec::new(),
            says,
            disagrees: String::new(),
        }));
    }
    let (s_sharp, s_flat) = (sharp.scatter(displacement), flat.scatter(displacement));
    let found = ratio(s_sharp, s_flat, n);
    let verdict = verdict(found);
    let ours = vec![
        Number::new(
            format!("ratio of s, component {} to {}", sharp.index, flat.index),
            found.0,
            1,
            MINI_BATCHES,
        )
        .within(Some(found.1)),
        Number::new("at a displacement δθ of", displacement, 3, MINI_BATCHES),
    ];
    let says = format!(
        "The losses of {n} mini-batches scatter {} times as much along component {} as along the flatter component {}.",
        fixed(found.0, 1),
        sharp.index,
        flat.index
    );
    let disagrees = match verdict {
        Verdict::Partly => "More scatter in the sharp direction is not beyond chance.".to_owned(),
        Verdict::Not => "The losses do not scatter more in the sharp direction.".to_owned(),
        _ => String::new(),
    };
    Ok(Some(Finding { verdict, ours, says, disagrees }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        assert_eq!(verdict(ratio(4.0, 2.0, 60)), Verdict::Reproduced);
        assert_eq!(verdict(ratio(2.1, 2.0, 60)), Verdict::Partly);
        assert_eq!(verdict(ratio(1.0, 2.0, 60)), Verdict::Not);
    }

    #[test]
    fn the_scatter_is_that_of_its_definition() {
        // L^μ(s) = μ s + μ², whose rise from 0 is μ s: at ±0.5 the values ∓0.5, 0, ±0.5 of μ = −1, 0, 1.
        let rows: Vec<MiniBatchRow> = [-1.0, 0.0, 1.0]
            .into_iter()
            .enumerate()
            .flat_map(|(batch, mu)| {
                [-1.0, -0.4, 0.3, 1.1].map(|offset| {
                    let loss = mu * offset + mu * mu;
                    MiniBatchRow { index: 2, batch: Some(batch), offset, loss }
                })
            })
            .collect();
        let [direction] = &Direction::all(&rows)[..] else { panic!("one direction") };
        assert_eq!(direction.reach(), 1.0);
        assert!((direction.scatter(0.5) - 0.5).abs() < 1e-12);
        assert!((direction.scatter(1.0) - 1.0).abs() < 1e-12);
    }
}
