//! The exact variance of a window of a weight in a parabola beyond its line in time, from where the window begins.

use crate::{QuadraticDirection, Sampling};

/// Windows that begin where reshuffled mini-batches have left a weight, and go on with either kind of steps.
///
/// θ after t steps is a^t θ_0 − α Σ_s a^{t−1−s} ξ_s, a = 1 − ακ: linear in θ_0 and the noise. The mean and the line in time are two
/// projections ⟨f, θ⟩ of it, and so is each variance a sum over the noise of an epoch, in which
/// ⟨(Σ g_s ξ_s)²⟩ = C·M/(M − 1)·[Σ g_s² − (Σ g_s)²/M].
impl QuadraticDirection {
    /// V_0, the variance with which an epoch of M reshuffled steps begins and ends in the stationary state.
    ///
    /// `None` where nothing is stationary: ακ not between 0 and 2, an epoch of fewer than 2 steps.
    pub fn variance_at_epoch_begin(&self, steps_per_epoch: usize) -> Option<f64> {
        let x = self.learning_rate * self.curvature;
        if !(0.0..2.0).contains(&x) || steps_per_epoch < 2 {
            return None;
        }
        // An epoch ends with −α Σ_k a^k ξ, in which noise that sums to zero leaves the differences of a^k alone: of a^k − 1, which has
        // all of its digits where x is small.
        let logarithm = (-x).ln_1p();
        let less_one =
            |n: f64| if x < 1.0 { (n * logarithm).exp_m1() } else { (1.0 - x).powi(n as i32) - 1.0 };
        let length = steps_per_epoch as f64;
        let powers: Vec<f64> = (0..steps_per_epoch).map(|k| less_one(k as f64)).collect();
        let mean = powers.iter().sum::<f64>() / length;
        let made: f64 =
            powers.iter().map(|power| (power - mean).powi(2)).sum::<f64>() * length / (length - 1.0);
        let lost = -less_one(2.0 * length);
        let begin = if lost > 0.0 { made / lost } else { 0.0 };
        Some(self.learning_rate.powi(2) * self.noise * begin)
    }

    /// σ² that a window of so many `steps` gives in the mean, once its least-squares line in time is taken away: of θ after each step,
    /// from a θ_0 of mean 0 and variance `begin`. A window of reshuffled steps begins with an epoch.
    ///
    /// For κ → 0 and long windows it is α²C·T/15 of independent steps, T the steps: 0.4 of the T/6 with the line left in.
    ///
    /// `None` where the weight runs away: ακ not between 0 and 2; of a window of fewer than 3 steps, or an epoch of fewer than 2.
    ///
    /// ```
    /// use varflat_analysis::{QuadraticDirection, Sampling};
    /// let flat = QuadraticDirection { learning_rate: 0.1, curvature: 0.0, noise: 1.0 };
    /// let walk = flat.detrended_variance(Sampling::Independent, 12_000, 0.0).unwrap();
    /// assert!((walk / (0.01 * 12_000.0 / 15.0) - 1.0).abs() < 1e-4);
    /// ```
    pub fn detrended_variance(&self, sampling: Sampling, steps: usize, begin: f64) -> Option<f64> {
        let x = self.learning_rate * self.curvature;
        let epoch = match sampling {
            Sampling::Independent => None,
            Sampling::Reshuffled { steps_per_epoch } => Some(steps_per_epoch),
        };
        if !(0.0..2.0).contains(&x) || steps < 3 || epoch.is_some_and(|epoch| epoch < 2) {
            return None;
        }
        let unit = self.learning_rate.powi(2) * self.noise;
        let window = Window { a: 1.0 - x, epoch, steps };
        let [of_noise, of_begin] = window.sum_of_variances();
        let total = (steps as f64).sqrt();
        let middle = 0.5 * (steps as f64 - 1.0);
        let length = (steps as f64 * ((steps as f64).powi(2) - 1.0) / 12.0).sqrt();
        let [mean_noise, mean_begin] = window.variance_of_sum(|_| 1.0 / total);
        let [line_noise, line_begin] = window.variance_of_sum(|step| (step as f64 - middle) / length);
        let left = unit * (of_noise - mean_noise - line_noise) + begin * (of_begin - mean_begin - line_begin);
        Some((left / steps as f64).max(0.0))
    }
}

/// The first steps of an epoch.
struct Partial {
    /// a^{2m}.
    square: f64,
    /// Σ_{k<m} a^k and Σ_{k<m} a^{2k}.
    sum: f64,
    squares: f64,
}

impl Default for Partial {
    fn default() -> Self {
        Self { square: 1.0, sum: 0.0, squares: 0.0 }
    }
}

impl Partial {
    fn step(&mut self, a: f64) {
        self.square *= a * a;
        self.sum = a * self.sum + 1.0;
        self.squares = a * a * self.squares + 1.0;
    }

    /// Of αξ of variance 1.
    fn variance(&self, epoch: Option<usize>) -> f64 {
        anticorrelated(self.squares, self.sum, epoch)
    }
}

/// ⟨(Σ g ξ)²⟩ over the steps of one epoch, ξ of variance 1, from Σ g² and Σ g.
fn anticorrelated(squares: f64, sum: f64, epoch: Option<usize>) -> f64 {
    match epoch {
        Some(epoch) => {
            let length = epoch as f64;
            ((length * squares - sum * sum) / (length - 1.0)).max(0.0)
        }
        None => squares,
    }
}

/// What is found of a window comes in two parts: per α²C, and per variance of θ_0.
struct Window {
    a: f64,
    epoch: Option<usize>,
    steps: usize,
}

impl Window {
    /// Σ_t ⟨θ_t²⟩.
    fn sum_of_variances(&self) -> [f64; 2] {
        // What earlier epochs left of the noise, and of θ_0, at the begin of this one.
        let (mut noise, mut begin) = (0.0, 1.0);
        let mut now = Partial::default();
        let mut sums = [0.0, 0.0];
        for step in 0..self.steps {
            if step > 0 && self.epoch.is_some_and(|epoch| step.is_multiple_of(epoch)) {
                noise = now.square * noise + now.variance(self.epoch);
                begin *= now.square;
                now = Partial::default();
            }
            now.step(self.a);
            sums[0] += now.square * noise + now.variance(self.epoch);
            sums[1] += now.square * begin;
        }
        sums
    }

    /// ⟨(Σ_t f_t θ_t)²⟩.
    fn variance_of_sum(&self, f: impl Fn(usize) -> f64) -> [f64; 2] {
        // g_s = Σ_{t>s} f_t a^{t−1−s}, how often the noise of step s is in the sum.
        let (mut g, mut noise) = (0.0, 0.0);
        let (mut sum, mut squares) = (0.0, 0.0);
        for step in (0..self.steps).rev() {
            g = f(step) + self.a * g;
            sum += g;
            squares += g * g;
            if self.epoch.is_none_or(|epoch| step.is_multiple_of(epoch)) {
                noise += anticorrelated(squares, sum, self.epoch);
                (sum, squares) = (0.0, 0.0);
            }
        }
        [noise, (self.a * g).powi(2)]
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::detrend;

    fn unit(curvature: f64) -> QuadraticDirection {
        QuadraticDirection { learning_rate: 1.0, curvature, noise: 1.0 }
    }

    #[test]
    fn the_limits_are_those_of_a_walk_and_of_bridges() {
        let (length, steps) = (1200, 12_000);
        let epoch = Sampling::Reshuffled { steps_per_epoch: length };
        for x in [0.0, 1e-12, 1e-9] {
            let begin = unit(x).variance_at_epoch_begin(length).unwrap();
            // x M²/24 of an epoch, to first order.
            assert!((begin - x * 1200.0_f64.powi(2) / 24.0).abs() <= 2e-3 * begin, "{x}: {begin}");
            let walk = unit(x).detrended_variance(Sampling::Independent, steps, begin).unwrap();
            assert!((walk / (12_000.0 / 15.0) - 1.0).abs() < 1e-4, "{x}: {walk}");
            // Bridges of mean square (M + 1)/6: the mean takes M/12E, the line as much again but for the end of order 1/E².
            let bridges = unit(x).detrended_variance(epoch, steps, begin).unwrap();
            assert!((bridges / (1201.0 / 6.0) - 0.9).abs() < 2e-3, "{x}: {bridges}");
        }
        // Steep: thermal equilibrium, 1/x(2 − x), whatever the sampling.
        for sampling in [epoch, Sampling::Independent] {
            let found = unit(0.5).detrended_variance(sampling, steps, 0.0).unwrap();
            assert!((found * 0.75 - 1.0).abs() < 0.01, "{sampling:?}: {found}");
        }
    }

    #[test]
    fn at_the_begin_of_an_epoch_is_what_an_epoch_leaves() {
        // Two steps, ξ and −ξ of variance 1: θ_2 = a² θ_0 − a ξ + ξ, so V = x²/(1 − a⁴).
        let x = 0.3_f64;
        let exact = x * x / (1.0 - (1.0 - x).powi(4));
        assert!((unit(x).variance_at_epoch_begin(2).unwrap() / exact - 1.0).abs() < 1e-12);
        let direction = QuadraticDirection { learning_rate: 0.1, curvature: 3.0, noise: 5.0 };
        assert!((direction.variance_at_epoch_begin(2).unwrap() / (0.05 * exact) - 1.0).abs() < 1e-12);
    }

    /// Sum of twelve uniform numbers: variance 1; its shape does not matter to a variance.
    fn normal(random: &mut ChaCha12Rng) -> f64 {
        (0..12).map(|_| f64::from(random.next_u32()) / 2f64.powi(32)).sum::<f64>() - 6.0
    }

    /// The mean over many simulated windows is the formula's: both samplings, every curvature, windows that end within an epoch, and
    /// beginnings near and far.
    #[test]
    fn simulated_windows_have_the_variance_of_the_formula() {
        let (length, windows) = (20, 5000);
        let mut random = ChaCha12Rng::seed_from_u64(6);
        for (x, steps, begin) in
            [(0.0, 60, 0.0), (0.003, 60, 4.0), (0.05, 50, 1.0), (0.4, 47, 30.0), (1.2, 60, 1.0)]
        {
            for sampling in [Sampling::Reshuffled { steps_per_epoch: length }, Sampling::Independent] {
                let mut sum = 0.0;
                for _ in 0..windows {
                    let mut theta = f64::sqrt(begin) * normal(&mut random);
                    let mut all = Vec::new();
                    while all.len() < steps {
                        let mut noise: Vec<f64> = (0..length).map(|_| normal(&mut random)).collect();
                        if sampling != Sampling::Independent {
                            let mean = noise.iter().sum::<f64>() / length as f64;
                            let scale = (length as f64 / (length as f64 - 1.0)).sqrt();
                            noise.iter_mut().for_each(|xi| *xi = (*xi - mean) * scale);
                        }
                        for xi in noise {
                            theta = (1.0 - x) * theta - xi;
                            all.push(theta);
                        }
                    }
                    all.truncate(steps);
                    detrend(&mut all);
                    sum += all.iter().map(|theta| theta * theta).sum::<f64>() / steps as f64;
                }
                let formula = unit(x).detrended_variance(sampling, steps, begin).unwrap();
                let found = sum / f64::from(windows);
                assert!((found / formula - 1.0).abs() < 0.04, "{sampling:?} {x}: {found} for {formula}");
            }
        }
    }

    #[test]
    fn what_runs_away_has_no_variance() {
        let sampling = Sampling::Reshuffled { steps_per_epoch: 1 };
        assert_eq!(unit(0.5).detrended_variance(sampling, 10, 0.0), None);
        assert_eq!(unit(2.5).detrended_variance(Sampling::Independent, 10, 0.0), None);
        assert_eq!(unit(-0.1).detrended_variance(Sampling::Independent, 10, 0.0), None);
        assert_eq!(unit(0.1).detrended_variance(Sampling::Independent, 2, 0.0), None);
        assert_eq!(
            (unit(2.0).variance_at_epoch_begin(9), unit(0.1).variance_at_epoch_begin(1)),
            (None, None)
        );
    }
}
