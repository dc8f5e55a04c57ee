//! Langevin dynamics: gradient descent with isotropic noise, the equilibrium that SGD is held against.

use serde::{Deserialize, Serialize};

use crate::dense::NetworkError;
use crate::number::written;
use crate::random::{Purpose, normal, stream};

/// Lowest and highest temperature: beyond them no loss of a network in f32 has an equilibrium to be measured.
const TEMPERATURES: [f64; 2] = [1e-30, 1e6];

/// Settings of a Langevin walk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LangevinConfig {
    /// T in P(w) ∝ exp(−L/T), in units of loss.
    pub temperature: f64,
    /// α, the learning rate: stable below 2/(κ_max + k).
    pub learning_rate: f64,
    /// k in the harmonic trap (k/2)|w − w_0|², in units of loss per weight². Near zero loss a cross-entropy has no minimum of its
    /// own: only the trap keeps the flat directions from wandering off for ever. Zero leaves it out.
    pub trap: f64,
}

/// A walk w ← w − α (∇L(w) + k (w − w_0)) + √(2αT) ξ, with a standard normal ξ for every weight and step.
///
/// In a direction of curvature κ it is autoregressive, w' = (1 − α(κ + k)) w + √(2αT) ξ: it forgets in 1/(α(κ + k)) steps, and its
/// variance is T/(κ + k) · 1/(1 − α(κ + k)/2), equilibrium up to the last factor ([`variance`](LangevinConfig::variance)).
///
/// The noise of a step depends only on (seed, step): a walk goes on from any step as if it had never stopped. The state is f64.
///
/// ```
/// use varflat_model::{Langevin, LangevinConfig};
/// let settings = LangevinConfig { temperature: 1e-3, learning_rate: 0.1, trap: 0.0 };
/// let mut walk = Langevin::new(&[0.0, 0.0], settings, 1);
/// for _ in 0..10 {
///     // L = w_1² + 2 w_2².
///     walk.step(|w| vec![2.0 * w[0], 4.0 * w[1]]);
/// }
/// assert_eq!(walk.steps(), 10);
/// ```
#[derive(Clone, Debug)]
pub struct Langevin {
    config: LangevinConfig,
    centre: Vec<f64>,
    weights: Vec<f64>,
    seed: u64,
    step: u64,
}

impl LangevinConfig {
    /// The first impossible value, in words.
    ///
    /// # Errors
    /// The complaint.
    pub fn check(&self) -> Result<(), String> {
        for (key, value, zero) in [
            ("temperature", self.temperature, false),
            ("learning_rate", self.learning_rate, false),
            ("trap", self.trap, true),
        ] {
            if !(value.is_finite() && (value > 0.0 || zero && value == 0.0)) {
                return Err(format!(
                    "langevin.{key} = {} must be a positive number{}",
                    written(value),
                    if zero { " or zero" } else { "" }
                ));
            }
        }
        let [low, high] = TEMPERATURES;
        if !(low..=high).contains(&self.temperature) {
            return Err(format!(
                "langevin.temperature = {} must be between {} and {}: it is in units of loss",
                written(self.temperature),
                written(low),
                written(high)
            ));
        }
        let pull = self.learning_rate * self.trap;
        if pull >= 2.0 {
            return Err(format!(
                "langevin.trap = {} and langevin.learning_rate = {} make steps of {} times the way back, so that the walk diverges: \
                 lower one of them until their product is below 2",
                written(self.trap),
                written(self.learning_rate),
                written(pull)
            ));
        }
        Ok(())
    }

    /// √(2αT), the standard deviation of what the noise adds to a weight in a step.
    pub fn kick(&self) -> f64 {
        (2.0 * self.learning_rate * self.temperature).sqrt()
    }

    /// Steps in which a direction of curvature κ forgets, 1/(α(κ + k)).
    pub fn relaxation_steps(&self, curvature: f64) -> f64 {
        1.0 / (self.learning_rate * (curvature + self.trap))
    }

    /// The stationary variance in a direction of curvature κ, exact for a quadratic loss: T/(κ + k) · 1/(1 − α(κ + k)/2).
    pub fn variance(&self, curvature: f64) -> f64 {
        let stiffness = curvature + self.trap;
        self.temperature / stiffness / (1.0 - 0.5 * self.learning_rate * stiffness)
    }

    /// σ²(κ + k)/T of a variance that was found: 1 in thermal equilibrium (equipartition), for small α(κ + k).
    pub fn equilibrium_ratio(&self, variance: f64, curvature: f64) -> f64 {
        variance * (curvature + self.trap) / self.temperature
    }
}

impl Langevin {
    /// A walk that starts at w_0.
    pub fn new(start: &[f64], config: LangevinConfig, seed: u64) -> Self {
        Self { config, centre: start.to_vec(), weights: start.to_vec(), seed, step: 0 }
    }

    /// The same walk at the state it had after `step` steps.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when there is another number of weights than at the start.
    pub fn resume_at(mut self, weights: &[f64], step: u64) -> Result<Self, NetworkError> {
        if weights.len() != self.weights.len() {
            let (there, expected) = (weights.len(), self.weights.len());
            let problem = format!("{there} weights, but the walk began with {expected}");
            return Err(NetworkError::Shape { layer: "walk".to_owned(), problem });
        }
        self.weights.copy_from_slice(weights);
        self.step = step;
        Ok(self)
    }

    /// One step; `gradient` is ∇L at the weights it is given.
    pub fn step(&mut self, gradient: impl FnOnce(&[f64]) -> Vec<f64>) {
        let LangevinConfig { learning_rate, trap, .. } = self.config;
        let gradient = gradient(&self.weights);
        let kick = self.config.kick();
        let mut random = stream(self.seed, Purpose::Langevin, self.step);
        let forces = gradient.iter().zip(&self.centre);
        for (weight, (slope, centre)) in self.weights.iter_mut().zip(forces) {
            *weight -= learning_rate * (slope + trap * (*weight - centre));
            *weight += kick * normal(&mut random);
        }
        self.step += 1;
    }

    /// The weights now.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }
}

/// L(x) = L_0 + Σ_j κ_j x_j²/2: the landscape in which equilibrium is known exactly, σ_j² = T/κ_j.
///
/// ```
/// use varflat_model::QuadraticLandscape;
/// let landscape = QuadraticLandscape::new(0.5, &[2.0, 8.0, -1e-9]);
/// assert_eq!(landscape.loss(&[1.0, 0.5, 3.0]), 0.5 + 1.0 + 1.0);
/// assert_eq!(landscape.gradient(&[1.0, 0.5, 3.0]), [2.0, 4.0, 0.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct QuadraticLandscape {
    l0: f64,
    curvature: Vec<f64>,
}

impl QuadraticLandscape {
    /// The landscape with these curvatures κ about its least loss L_0. Negative ones are taken as 0: a walk should come back.
    pub fn new(l0: f64, curvature: &[f64]) -> Self {
        Self { l0, curvature: curvature.iter().map(|curvature| curvature.max(0.0)).collect() }
    }

    /// L(x).
    pub fn loss(&self, x: &[f64]) -> f64 {
        self.l0 + self.curvature.iter().zip(x).map(|(curvature, x)| 0.5 * curvature * x * x).sum::<f64>()
    }

    /// ∇L(x).
    pub fn gradient(&self, x: &[f64]) -> Vec<f64> {
        self.curvature.iter().zip(x).map(|(curvature, x)| curvature * x).collect()
    }

    /// A walk from the least loss, row-major `[rows, dimensions]`: after `burn_in` steps a row every `every` steps, rounded to f32 as the
    /// weights of a network are.
    pub fn walk(&self, config: LangevinConfig, seed: u64, burn_in: u64, every: u64, rows: usize) -> Vec<f32> {
        let mut walk = Langevin::new(&vec![0.0; self.curvature.len()], config, seed);
        (0..burn_in).for_each(|_| walk.step(|x| self.gradient(x)));
        let mut window = Vec::with_capacity(rows * self.curvature.len());
        for _ in 0..rows {
            (0..every).for_each(|_| walk.step(|x| self.gradient(x)));
            window.extend(walk.weights().iter().map(|x| *x as f32));
        }
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_landscape_is_sampled_with_its_exact_variances() {
        let config = LangevinConfig { temperature: 2e-3, learning_rate: 0.2, trap: 0.05 };
        let curvature = [4.0, 1.0, 0.2];
        let mut walk = Langevin::new(&[0.0; 3], config.clone(), 7);
        let mut squares = [0.0; 3];
        let steps = 400_000;
        for _ in 0..steps {
            walk.step(|w| w.iter().zip(curvature).map(|(w, kappa)| kappa * w).collect());
            squares.iter_mut().zip(walk.weights()).for_each(|(sum, w)| *sum += w * w);
        }
        for (square, kappa) in squares.into_iter().zip(curvature) {
            let (variance, exact) = (square / f64::from(steps), config.variance(kappa));
            // 2τ steps a sample, √(2/samples) their scatter.
            let samples = f64::from(steps) / (2.0 * config.relaxation_steps(kappa)).max(1.0);
            let error = (variance / exact - 1.0).abs();
            assert!(error < 4.0 * (2.0 / samples).sqrt(), "{kappa}: {variance} against {exact}");
            let finite_step = 1.0 - 0.5 * config.learning_rate * (kappa + config.trap);
            let ratio = config.equilibrium_ratio(variance, kappa) * finite_step;
            assert!((ratio - 1.0).abs() < 4.0 * (2.0 / samples).sqrt(), "{kappa}: {ratio}");
        }
    }

    #[test]
    fn a_recorded_walk_is_in_equilibrium_after_its_burn_in() {
        let config = LangevinConfig { temperature: 1e-2, learning_rate: 0.1, trap: 0.0 };
        let curvature = [2.0, 0.5];
        let (burn_in, every, rows) = (200, 5, 40_000);
        let walk = QuadraticLandscape::new(0.0, &curvature).walk(config.clone(), 3, burn_in, every, rows);
        assert_eq!(walk.len(), 2 * rows);
        for (place, kappa) in curvature.into_iter().enumerate() {
            let values = walk.iter().skip(place).step_by(2).map(|&x| f64::from(x));
            let (variance, exact) =
                (values.map(|x| x * x).sum::<f64>() / rows as f64, config.variance(kappa));
            let samples = rows as f64 / (2.0 * config.relaxation_steps(kappa) / every as f64).max(1.0);
            assert!(
                (variance / exact - 1.0).abs() < 4.0 * (2.0 / samples).sqrt(),
                "{variance} against {exact}"
            );
        }
        // A row is the state of the walk at its step.
        let mut same = Langevin::new(&[0.0; 2], config, 3);
        let landscape = QuadraticLandscape::new(0.0, &curvature);
        (0..burn_in + every).for_each(|_| same.step(|x| landscape.gradient(x)));
        assert_eq!(walk[..2], [same.weights()[0] as f32, same.weights()[1] as f32]);
    }

    #[test]
    fn a_walk_goes_on_where_it_stopped() {
        let config = LangevinConfig { temperature: 1.0, learning_rate: 0.1, trap: 0.0 };
        let gradient = |w: &[f64]| w.to_vec();
        let mut whole = Langevin::new(&[1.0, 2.0], config.clone(), 3);
        (0..20).for_each(|_| whole.step(gradient));
        let mut first = Langevin::new(&[1.0, 2.0], config.clone(), 3);
        (0..8).for_each(|_| first.step(gradient));
        let mut second =
            Langevin::new(&[1.0, 2.0], config, 3).resume_at(first.weights(), first.steps()).unwrap();
        (0..12).for_each(|_| second.step(gradient));
        assert_eq!(whole.weights(), second.weights());
    }

    #[test]
    fn impossible_settings_name_their_key() {
        let good = LangevinConfig { temperature: 1.0, learning_rate: 1.0, trap: 0.0 };
        assert!(good.check().is_ok());
        let cold = LangevinConfig { temperature: 0.0, ..good.clone() };
        assert!(cold.check().unwrap_err().contains("langevin.temperature = 0"));
        assert!(LangevinConfig { trap: f64::NAN, ..good.clone() }.check().unwrap_err().contains("trap"));
        let hot = LangevinConfig { temperature: 1e300, ..good.clone() }.check().unwrap_err();
        assert!(hot.contains("langevin.temperature = 1e300 must be between 1e-30 and 1000000"), "{hot}");
        assert!(LangevinConfig { trap: 2.0, ..good }.check().unwrap_err().contains("langevin.trap = 2 and"));
    }
}
