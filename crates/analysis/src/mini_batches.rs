//! How the losses of mini-batches scatter along directions.

use serde::{Deserialize, Serialize};

use crate::Estimate;

/// L^μ(δθ) of mini-batches along one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchProfiles {
    /// Number of the component, from 1.
    pub index: usize,
    /// (δθ, L^μ(δθ)) of each mini-batch, at least two points, δθ ascending; the offsets are those of all.
    pub profiles: Vec<Vec<(f64, f64)>>,
}

/// s along the sharpest and the flattest of some directions, at the largest δθ that was measured in all of them.
///
/// s is the standard deviation over mini-batches of L^μ(δθ) − L^μ(0), root mean square of both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MiniBatchScatter {
    /// The direction whose profiles reach least far, and so the sharpest.
    pub sharp: usize,
    /// The one whose profiles reach farthest.
    pub flat: usize,
    /// δθ.
    pub displacement: f64,
    /// Mini-batches.
    pub batches: usize,
    /// s(sharp)/s(flat).
    pub ratio: Estimate,
}

impl MiniBatchProfiles {
    /// How far the profiles reach to both sides.
    fn reach(&self) -> f64 {
        let ends = self.profiles.first().and_then(|profile| Some((profile.first()?.0, profile.last()?.0)));
        ends.map_or(0.0, |(left, right)| right.min(-left).max(0.0))
    }

    /// s at a displacement.
    fn scatter(&self, displacement: f64) -> f64 {
        let variance = |offset: f64| {
            let rises: Vec<f64> = self
                .profiles
                .iter()
                .map(|profile| between(profile, offset) - between(profile, 0.0))
                .collect();
            let mean = rises.iter().sum::<f64>() / rises.len() as f64;
            rises.iter().map(|rise| (rise - mean).powi(2)).sum::<f64>() / (rises.len() as f64 - 1.0)
        };
        (0.5 * (variance(displacement) + variance(-displacement))).sqrt()
    }
}

/// A profile between two of its points, on a straight line.
fn between(profile: &[(f64, f64)], offset: f64) -> f64 {
    let after = profile.partition_point(|point| point.0 < offset).clamp(1, profile.len() - 1);
    let ((x, y), (next_x, next_y)) = (profile[after - 1], profile[after]);
    y + (next_y - y) * (offset - x) / (next_x - x)
}

impl MiniBatchScatter {
    /// Of some directions; `None` where there are no two directions with two mini-batches that reach to both sides.
    pub fn of(directions: &[MiniBatchProfiles]) -> Option<Self> {
        let usable =
            |direction: &&MiniBatchProfiles| direction.profiles.iter().all(|profile| profile.len() > 1);
        let directions: Vec<&MiniBatchProfiles> = directions.iter().filter(usable).collect();
        let by_reach =
            |one: &&&MiniBatchProfiles, other: &&&MiniBatchProfiles| one.reach().total_cmp(&other.reach());
        let (sharp, flat) = (directions.iter().min_by(by_reach)?, directions.iter().max_by(by_reach)?);
        let (batches, displacement) = (sharp.profiles.len(), sharp.reach());
        if batches < 2 || flat.profiles.len() < 2 || sharp.index == flat.index || displacement <= 0.0 {
            return None;
        }
        let ratio = sharp.scatter(displacement) / flat.scatter(displacement);
        let ratio = Estimate::ratio_of_deviations(ratio, batches);
        Some(Self { sharp: sharp.index, flat: flat.index, displacement, batches, ratio })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L^μ(s) = c μ s + μ² along a direction, measured to so far on both sides.
    fn direction(index: usize, slope: f64, reach: f64) -> MiniBatchProfiles {
        let profile = |mu: f64| {
            let at = |offset: f64| (offset, slope * mu * offset + mu * mu);
            [-reach, -0.4 * reach, 0.3 * reach, 1.1 * reach].map(at).to_vec()
        };
        MiniBatchProfiles { index, profiles: [-1.0, 0.0, 1.0].map(profile).to_vec() }
    }

    #[test]
    fn the_scatter_is_that_of_its_definition() {
        // The rise from 0 is c μ s: at ±0.5 the values ∓c/2, 0, ±c/2 of μ = −1, 0, 1.
        let one = direction(2, 1.0, 1.0);
        assert_eq!(one.reach(), 1.0);
        assert!((one.scatter(0.5) - 0.5).abs() < 1e-12 && (one.scatter(1.0) - 1.0).abs() < 1e-12);
        let found = MiniBatchScatter::of(&[direction(9, 0.5, 4.0), one.clone()]).unwrap();
        assert_eq!((found.sharp, found.flat, found.displacement, found.batches), (2, 9, 1.0, 3));
        assert!((found.ratio.value - 2.0).abs() < 1e-12);
        assert_eq!(MiniBatchScatter::of(std::slice::from_ref(&one)), None);
        let point = MiniBatchProfiles { index: 3, profiles: vec![vec![(0.0, 1.0)]; 4] };
        assert_eq!(MiniBatchScatter::of(&[one, point]), None);
    }
}
