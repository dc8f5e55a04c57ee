//! What a weight does in a quadratic landscape under the noise of mini-batches: exact variances of a window.

use serde::{Deserialize, Serialize};

/// How mini-batches are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Without replacement: every sample once an epoch of so many steps M, in another order each time.
    Reshuffled {
        /// M.
        steps_per_epoch: usize,
    },
    /// With replacement: every step independent of all others.
    Independent,
}

/// One direction of a quadratic landscape, θ ← (1 − ακ)θ − αξ, with noise ξ of variance C that [`Sampling`] correlates.
///
/// Without replacement the noise of an epoch sums to zero: ⟨ξ_j ξ_k⟩ = C(δ_jk − (1 − δ_jk)/(M − 1)). What follows is exact in the
/// stationary state, for equal curvature of all mini-batches (see `docs/src/controls.md`; limits by Mandt et al. 2017 and Liu, Ziyin &
/// Ueda 2021 for independent steps).
///
/// ```
/// use varflat_analysis::{QuadraticDirection, Sampling};
/// let flat = QuadraticDirection { learning_rate: 0.1, curvature: 0.0, noise: 1.0 };
/// let epoch = Sampling::Reshuffled { steps_per_epoch: 1200 };
/// // α²C(M + 1)/6, less what the mean over ten epochs takes away.
/// let found = flat.window_variance(epoch, 12_000).unwrap();
/// assert!((found / (0.01 * 1201.0 / 6.0) - 0.95).abs() < 1e-3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuadraticDirection {
    /// α.
    pub learning_rate: f64,
    /// κ.
    pub curvature: f64,
    /// C, the variance of the gradient of a mini-batch along the direction.
    pub noise: f64,
}

impl QuadraticDirection {
    /// σ² that a window of so many `steps` gives in the mean: ⟨θ²⟩ − ⟨θ⟩² over the window, of a weight in its stationary state (with
    /// κ = 0 and independent steps there is none; the window of a walk is taken). A window of reshuffled steps begins with an epoch and is
    /// taken to hold whole ones.
    ///
    /// `None` where nothing is stationary: ακ not between 0 and 2, an epoch of fewer than 2 steps, an empty window.
    pub fn window_variance(&self, sampling: Sampling, steps: usize) -> Option<f64> {
        let x = self.learning_rate * self.curvature;
        if !(0.0..2.0).contains(&x) || steps == 0 {
            return None;
        }
        let unit = match sampling {
            Sampling::Independent => independent(x, steps),
            Sampling::Reshuffled { steps_per_epoch } => Epoch::new(x, steps_per_epoch)?
                .window_variance((steps as f64 / steps_per_epoch as f64).max(1.0)),
        };
        Some(self.learning_rate.powi(2) * self.noise * unit)
    }

    /// R = σ²κ/T with T = αC/2, which in thermal equilibrium is 1: what [`window_variance`](Self::window_variance) makes of it.
    pub fn equilibrium_ratio(&self, sampling: Sampling, steps: usize) -> Option<f64> {
        let unit = Self { noise: 1.0, ..*self };
        unit.ratio_of(unit.window_variance(sampling, steps)?)
    }
}

impl QuadraticDirection {
    /// T = αC/2.
    pub fn temperature(&self) -> f64 {
        0.5 * self.learning_rate * self.noise
    }

    /// R = σ²κ/T of a variance that was measured; `None` where there is no noise.
    pub fn ratio_of(&self, variance: f64) -> Option<f64> {
        (self.noise > 0.0).then(|| variance * self.curvature / self.temperature())
    }
}

/// a^n and 1 − a^n of a = 1 − x, to all digits where x is small.
struct Decay {
    x: f64,
}

impl Decay {
    fn power(&self, n: f64) -> f64 {
        match self.x {
            // a is not positive: n is whole.
            x if x >= 1.0 => (1.0 - x).powi(n as i32),
            x => (n * (-x).ln_1p()).exp(),
        }
    }

    fn lost(&self, n: f64) -> f64 {
        match self.x {
            x if x >= 1.0 => 1.0 - (1.0 - x).powi(n as i32),
            x => -(n * (-x).ln_1p()).exp_m1(),
        }
    }

    /// Σ_{k<n} a^k.
    fn sum(&self, n: f64) -> f64 {
        if self.x == 0.0 { n } else { self.lost(n) / self.x }
    }

    /// Σ_{k<n} a^{2k}.
    fn sum_of_squares(&self, n: f64) -> f64 {
        if self.x == 0.0 { n } else { self.lost(2.0 * n) / (self.x * (2.0 - self.x)) }
    }
}

/// Independent steps, with αξ of variance 1: T⁻² Σ_{h=1}^{T−1} (T − h) ⟨(θ(t + h) − θ(t))²⟩, as all of its terms are positive.
/// ⟨(Δθ)²⟩ = 2(1 − a^h)/(1 − a²).
fn independent(x: f64, steps: usize) -> f64 {
    let (decay, total) = (Decay { x }, steps as f64);
    let terms = (1..steps).map(|lag| {
        let lag = lag as f64;
        (total - lag) * decay.sum(lag) / (2.0 - x)
    });
    2.0 * terms.sum::<f64>() / (total * total)
}

/// Reshuffled steps, with αξ of variance 1.
struct Epoch {
    decay: Decay,
    /// M.
    steps: usize,
    /// Variance at the begin of an epoch, V_0.
    begin: f64,
}

impl Epoch {
    fn new(x: f64, steps: usize) -> Option<Self> {
        let mut epoch = Self { decay: Decay { x }, steps: (steps > 1).then_some(steps)?, begin: 0.0 };
        // V_0 = v(M)/(1 − a^{2M}); without a curvature every epoch ends where it began.
        let lost = epoch.decay.lost(2.0 * steps as f64);
        epoch.begin = if x > 0.0 { epoch.noise(steps as f64) / lost } else { 0.0 };
        Some(epoch)
    }

    /// v(m) = M/(M − 1)·Σ_{k<m} a^{2k} − (Σ_{k<m} a^k)²/(M − 1): the variance that the first m steps of an epoch make.
    fn noise(&self, m: f64) -> f64 {
        let length = self.steps as f64;
        let of_sum = self.decay.sum(m).powi(2);
        ((length * self.decay.sum_of_squares(m) - of_sum) / (length - 1.0)).max(0.0)
    }

    /// ⟨θ²⟩ over the steps of an epoch, (1/M) Σ_{m<M} [a^{2m} V_0 + v(m)].
    fn stationary_variance(&self) -> f64 {
        let at = |m: usize| self.decay.power(2.0 * m as f64) * self.begin + self.noise(m as f64);
        (0..self.steps).map(at).sum::<f64>() / self.steps as f64
    }

    /// That less the variance of the mean over a window of so many epochs. With S_k the sum of θ over epoch k,
    /// S = A θ_0 + η, A = Σ a^m, and θ_0 of the next epoch a^M θ_0 + ξ_M.
    fn window_variance(&self, epochs: f64) -> f64 {
        let (length, decay) = (self.steps as f64, &self.decay);
        // How often the noise of a step that r steps of the epoch follow is in η and in ξ_M.
        let (mut squares, mut sum, mut mixed, mut end) = (0.0, 0.0, 0.0, 0.0);
        for follow in 0..self.steps {
            let (in_sum, at_end) = (decay.sum(follow as f64), decay.power(follow as f64));
            squares += in_sum * in_sum;
            sum += in_sum;
            mixed += in_sum * at_end;
            end += at_end;
        }
        let of_noise = |product: f64, sums: f64| (length * product - sums) / (length - 1.0);
        let a = decay.sum(length);
        let of_epoch = a * a * self.begin + of_noise(squares, sum * sum);
        let of_next = decay.power(length) * a * self.begin + of_noise(mixed, sum * end);
        // Σ_{d ≥ 1} (E − d) a^{M(d − 1)}.
        let whole = epochs.floor();
        let after: f64 =
            (1..whole as usize).map(|d| (whole - d as f64) * decay.power(length * (d as f64 - 1.0))).sum();
        let of_mean = (whole * of_epoch + 2.0 * a * of_next * after) / (whole * length).powi(2);
        (self.stationary_variance() - of_mean).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn expected(sampling: Sampling, x: f64, steps: usize) -> f64 {
        let direction = QuadraticDirection { learning_rate: 1.0, curvature: x, noise: 1.0 };
        direction.window_variance(sampling, steps).unwrap()
    }

    #[test]
    fn the_limits_are_those_of_the_literature() {
        let (length, epoch) = (1200.0, Sampling::Reshuffled { steps_per_epoch: 1200 });
        // κ → 0: (M + 1)/6 about the place that every epoch returns to, less the variance of the mean of E bridges, M/12E.
        let flat = (length + 1.0) / 6.0;
        for x in [0.0, 1e-13, 1e-9] {
            let found = expected(epoch, x, 12_000);
            assert!((found - flat + length / 120.0).abs() < 2e-3 * flat, "{x}: {found}");
        }
        // κ M ≫ 1: as independent steps, 1/x(2 − x).
        let found = expected(epoch, 0.1, 120_000);
        assert!((found * 0.1 * 1.9 - 0.993).abs() < 0.01, "{found}");
        // A walk: (T² − 1)/6T; a long window: 1/x(2 − x).
        let walk = expected(Sampling::Independent, 0.0, 500);
        assert!((walk - (500.0_f64.powi(2) - 1.0) / 3000.0).abs() < 1e-9, "{walk}");
        let (x, long) = (0.3, 100_000);
        assert!((expected(Sampling::Independent, x, long) * x * (2.0 - x) - 1.0).abs() < 1e-3);
        // AR(1): σ²{1 − [(1 + a)/(1 − a) − 2a(1 − a^T)/T(1 − a)²]/T}.
        let (x, steps) = (0.05_f64, 300.0_f64);
        let a = 1.0 - x;
        let brace = (1.0 + a) / x - 2.0 * a * (1.0 - a.powf(steps)) / (steps * x * x);
        let exact = (1.0 - brace / steps) / (x * (2.0 - x));
        assert!((expected(Sampling::Independent, x, 300) / exact - 1.0).abs() < 1e-12);
    }

    /// R of reshuffled steps with M = 1200 and α = 0.1, in long windows: values of an independent program.
    #[test]
    fn the_equilibrium_ratio_of_reshuffled_steps() {
        let epoch = Sampling::Reshuffled { steps_per_epoch: 1200 };
        for (curvature, ratio) in [
            (1e-4, 0.0040),
            (1e-3, 0.039),
            (2.5e-3, 0.093),
            (1e-2, 0.304),
            (2.5e-2, 0.546),
            (0.1, 0.853),
            (0.5, 0.994),
        ] {
            let direction = QuadraticDirection { learning_rate: 0.1, curvature, noise: 3.0 };
            let found = direction.equilibrium_ratio(epoch, 1200 * 100_000).unwrap();
            let unit = if ratio < 0.01 { 1e-4 } else { 1e-3 };
            assert!((found - ratio).abs() < 1.01 * unit, "{curvature}: {found} for {ratio}");
        }
    }

    fn normal(random: &mut ChaCha12Rng) -> f64 {
        // The sum of twelve uniform numbers has variance 1; its shape does not matter to a variance.
        (0..12).map(|_| f64::from(random.next_u32()) / 2f64.powi(32)).sum::<f64>() - 6.0
    }

    /// The mean over many simulated windows is the formula's, at every strength of the curvature and in windows of a few epochs.
    #[test]
    fn simulated_windows_have_the_variance_of_the_formula() {
        let (length, epochs, windows) = (20, 3, 6000);
        let mut random = ChaCha12Rng::seed_from_u64(4);
        for x in [0.0, 0.003, 0.05, 0.4, 1.2] {
            for sampling in [Sampling::Reshuffled { steps_per_epoch: length }, Sampling::Independent] {
                let mut sum = 0.0;
                for _ in 0..windows {
                    let (mut theta, mut all) = (0.0, Vec::new());
                    // What is forgotten before the window begins; without curvature nothing has to be.
                    let before = if x == 0.0 { 0 } else { (6.0 / (x * length as f64)).ceil() as usize + 1 };
                    for epoch in 0..before + epochs {
                        let mut noise: Vec<f64> = (0..length).map(|_| normal(&mut random)).collect();
                        if sampling != Sampling::Independent {
                            let mean = noise.iter().sum::<f64>() / length as f64;
                            // Variance 1 and covariance −1/(M − 1).
                            let scale = (length as f64 / (length as f64 - 1.0)).sqrt();
                            noise.iter_mut().for_each(|xi| *xi = (*xi - mean) * scale);
                        }
                        for xi in noise {
                            if epoch >= before {
                                all.push(theta);
                            }
                            theta = (1.0 - x) * theta - xi;
                        }
                    }
                    let mean = all.iter().sum::<f64>() / all.len() as f64;
                    sum += all.iter().map(|theta| (theta - mean).powi(2)).sum::<f64>() / all.len() as f64;
                }
                let (found, formula) = (sum / f64::from(windows), expected(sampling, x, length * epochs));
                assert!((found / formula - 1.0).abs() < 0.04, "{sampling:?} {x}: {found} for {formula}");
            }
        }
    }

    #[test]
    fn what_is_not_stationary_has_no_variance() {
        let at = |curvature: f64| QuadraticDirection { learning_rate: 0.1, curvature, noise: 1.0 };
        assert_eq!(at(20.0).window_variance(Sampling::Independent, 100), None);
        assert_eq!(at(-1.0).window_variance(Sampling::Independent, 100), None);
        assert_eq!(at(1.0).window_variance(Sampling::Reshuffled { steps_per_epoch: 1 }, 100), None);
        assert_eq!(at(1.0).window_variance(Sampling::Independent, 0), None);
        let still = QuadraticDirection { noise: 0.0, ..at(1.0) };
        assert_eq!((still.ratio_of(0.0), still.window_variance(Sampling::Independent, 9)), (None, Some(0.0)));
    }
}
