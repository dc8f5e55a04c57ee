//! The gradient noise that a recorded training met along its path.

use std::ops::Range;

use ndarray::{ArrayView2, Axis};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::{AnalysisError, WindowSource};

/// Under this multiple of what rounding to f32 alone would give, the noise along the path is rounding.
const ABOVE_ROUNDING: f64 = 10.0;

/// η(t) = ∇L^μ(w_t) − ∇L(w_t), `[steps − 1, weights]`, of a window w(t) in which every step of plain SGD with weight decay λ was
/// recorded.
///
/// The gradient of the mini-batch is what the step was made of, ∇L^μ = (w_t − w_{t+1})/α − λ w_t; ∇L, the gradient of the full loss,
/// is asked for every so many rows and interpolated between them. Rows are made as they are read.
pub struct PathNoise<W> {
    window: W,
    every: usize,
    /// ∇L at every so many rows, and at the last.
    full: Vec<Vec<f64>>,
    learning_rate: f64,
    weight_decay: f64,
    /// Variance that the rounding of w to f32 gives an element of η.
    rounding: f64,
}

impl<W: WindowSource> PathNoise<W> {
    /// Asks `full_gradient` for ∇L at every so many rows of the window. α is the learning rate, λ the weight decay.
    ///
    /// # Errors
    /// If the window has fewer than two rows or cannot be read, `every` is 0, and what `full_gradient` meets.
    pub fn new<E: From<AnalysisError>>(
        window: W,
        every: usize,
        full_gradient: impl Fn(&[f32]) -> Result<Vec<f64>, E>,
        learning_rate: f64,
        weight_decay: f64,
    ) -> Result<Self, E> {
        let (steps, weights) = (window.steps(), window.weights());
        if steps < 2 {
            return Err(AnalysisError::WindowTooShort { steps }.into());
        }
        if every == 0 {
            return Err(AnalysisError::Parameter { name: "every", value: 0.0, expected: "at least 1" }.into());
        }
        let (last, mut buffer) = (steps - 1, Vec::new());
        let mut row = |row: usize| -> Result<Vec<f32>, AnalysisError> {
            Ok(window.block(row..row + 1, 0..weights, &mut buffer)?.iter().copied().collect())
        };
        let asked = (0..=last).step_by(every).chain((!last.is_multiple_of(every)).then_some(last));
        let full = asked.map(|at| full_gradient(&row(at)?)).collect::<Result<_, E>>()?;
        // A weight w moves in steps of its last bit u: an error of variance u²/6 in every difference.
        let end = row(last)?;
        let rounding = end.iter().map(|w| f64::from(w.abs().next_up() - w.abs()).powi(2) / 6.0).sum::<f64>()
            / end.len() as f64
            / learning_rate.powi(2);
        Ok(Self { window, every, full, learning_rate, weight_decay, rounding })
    }

    /// Whether the variance of η along a direction is more than ten times what the rounding of w gives it.
    pub fn is_above_rounding(&self, variance: f64) -> bool {
        variance > ABOVE_ROUNDING * self.rounding
    }

    fn last(&self) -> usize {
        self.window.steps() - 1
    }
}

impl<W: WindowSource> WindowSource for PathNoise<W> {
    fn steps(&self) -> usize {
        self.last()
    }

    fn weights(&self) -> usize {
        self.window.weights()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        let mut read = Vec::new();
        let (first, shape) = (columns.start, (rows.len(), columns.len()));
        let path = self.window.block(rows.start..rows.end + 1, columns, &mut read)?;
        buffer.clear();
        buffer.resize(shape.0 * shape.1, 0.0);
        let each: Vec<_> =
            rows.zip(buffer.chunks_exact_mut(shape.1.max(1))).zip(path.axis_windows(Axis(0), 2)).collect();
        each.into_par_iter().for_each(|((row, noise), path)| {
            let (before, start) = (row / self.every, row / self.every * self.every);
            let width = self.every.min(self.last() - start) as f64;
            let share = (row - start) as f64 / width;
            let (now, next) = (path.row(0), path.row(1));
            for (column, noise) in noise.iter_mut().enumerate() {
                let weight = first + column;
                let slope = self.full[before][weight] * (1.0 - share) + self.full[before + 1][weight] * share;
                let taken = (f64::from(now[column]) - f64::from(next[column])) / self.learning_rate;
                *noise = (taken - self.weight_decay * f64::from(now[column]) - slope) as f32;
            }
        });
        ArrayView2::from_shape(shape, buffer).map_err(|error| AnalysisError::Source(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::correlation_times;

    /// A walk of known noise η, autoregressive with φ, through the known gradient κ w, with weight decay λ.
    fn walk(steps: usize, phi: f64) -> (Array2<f32>, Vec<f64>) {
        let (mut w, mut eta, mut state) = (1.0_f64, 0.0, 1_u64);
        let (mut window, mut noise) = (Vec::new(), Vec::new());
        for _ in 0..steps {
            // Marsaglia's xorshift; the sum of a few is near enough to a normal.
            let uniform = |state: &mut u64| {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                *state as f64 / u64::MAX as f64 - 0.5
            };
            let kick: f64 = (0..6).map(|_| uniform(&mut state)).sum();
            eta = phi * eta + kick;
            window.push(w as f32);
            noise.push(eta);
            w -= ALPHA * (KAPPA * f64::from(w as f32) + LAMBDA * f64::from(w as f32) + eta);
            w = f64::from(w as f32);
        }
        (Array2::from_shape_vec((steps, 1), window).unwrap(), noise)
    }

    const ALPHA: f64 = 0.1;
    const KAPPA: f64 = 0.3;
    const LAMBDA: f64 = 0.05;

    fn gradient(w: &[f32]) -> Result<Vec<f64>, AnalysisError> {
        Ok(w.iter().map(|w| KAPPA * f64::from(*w)).collect())
    }

    #[test]
    fn the_noise_of_a_known_walk_comes_back_with_its_memory() {
        let (window, noise) = walk(20_001, 0.8);
        let found = PathNoise::new(&window, 1, gradient, ALPHA, LAMBDA).unwrap();
        let mut buffer = Vec::new();
        let rows = found.block(0..20_000, 0..1, &mut buffer).unwrap().mapv(f64::from);
        let apart = rows.iter().zip(&noise).map(|(found, known)| (found - known).abs()).fold(0.0, f64::max);
        // The last bit of a weight of about 1, over α.
        assert!(apart < 2e-6 * 1.2, "{apart}");
        assert!(found.is_above_rounding(1.0) && !found.is_above_rounding(1e-14));
        // ρ(h) = φ^h falls to 1/e in −1/ln φ = 4.48 steps, here between two whole ones on a straight line.
        let times = correlation_times(rows.view(), 2000).unwrap()[0].unwrap();
        let [low, high] = times.interval.unwrap();
        assert!(low < 4.48 && 4.48 < high && high - low < 1.0, "{times:?}");
    }

    #[test]
    fn between_two_full_gradients_a_straight_one_is_exact() {
        // w falls by the same every step: its gradient is a straight line in time, whatever the rows asked for.
        let window =
            Array2::from_shape_fn((25, 2), |(t, n)| (1.0 - 0.03125 * t as f64) as f32 * (n + 1) as f32);
        let each = PathNoise::new(&window, 1, gradient, ALPHA, 0.0).unwrap();
        let few = PathNoise::new(&window, 10, gradient, ALPHA, 0.0).unwrap();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let apart = &each.block(3..24, 1..2, &mut a).unwrap() - &few.block(3..24, 1..2, &mut b).unwrap();
        assert!(apart.iter().all(|apart| apart.abs() < 1e-6), "{apart}");
        assert!(PathNoise::new(&window, 0, gradient, ALPHA, 0.0).is_err());
    }
}
