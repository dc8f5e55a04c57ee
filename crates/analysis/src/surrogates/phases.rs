//! Random phases, independent for every coordinate.

use std::f64::consts::TAU;
use std::sync::Arc;

use ndarray::Array2;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::series::series_by_series;
use crate::trend::line_of;
use crate::{AnalysisError, WindowSource};

/// A window whose coordinates have the power spectra of the given ones, and nothing else in common with them: the Fourier
/// coefficient k of coordinate i is turned by 2πu_i(k) (Prichard and Theiler, Phys. Rev. Lett. 73, 951 (1994); Schreiber and
/// Schmitz, Physica D 142, 346 (2000)).
///
/// `draw` fills u_i(1), u_i(2), … for the coordinate of this number, from 0, with uniform numbers from 0 to 1. The variance of each
/// coordinate beyond its line in time is kept to rounding, and so is the autocovariance of what lies beyond it, taken around the end of the window. How
/// coordinates move together is lost: which coordinates these are, weights or directions, is what the surrogate says.
///
/// The line is taken away before and put back after: between the end of a window and its beginning a drift makes a jump, whose spectrum
/// would be taken for motion.
///
/// # Errors
/// If the window is shorter than four steps, holds what is not finite or cannot be read.
pub fn independent_phases(
    window: impl WindowSource,
    draw: impl Fn(usize, &mut [f64]) + Sync,
) -> Result<Array2<f32>, AnalysisError> {
    let steps = window.steps();
    if steps < 4 {
        return Err(AnalysisError::WindowTooShort { steps });
    }
    let transforms = Transforms::of(steps);
    series_by_series(window, |coordinate, series| {
        let line = line_of(series);
        line.take_from(series);
        let mut shares = vec![0.0; transforms.turned()];
        draw(coordinate, &mut shares);
        transforms.turn(series, &shares);
        line.add_to(series);
    })
}

struct Transforms {
    steps: usize,
    forward: Arc<dyn RealToComplex<f64>>,
    backward: Arc<dyn ComplexToReal<f64>>,
}

impl Transforms {
    fn of(steps: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, backward) = (planner.plan_fft_forward(steps), planner.plan_fft_inverse(steps));
        Self { steps, forward, backward }
    }

    /// Coefficients with a phase: neither the mean nor, of an even number of steps, the last one.
    fn turned(&self) -> usize {
        (self.steps - 1) / 2
    }

    fn turn(&self, series: &mut [f64], shares: &[f64]) {
        let mut spectrum = self.forward.make_output_vec();
        // Lengths are those of the plan.
        let transformed = self.forward.process(series, &mut spectrum);
        for (coefficient, share) in spectrum.iter_mut().skip(1).zip(shares) {
            *coefficient *= Complex::from_polar(1.0, TAU * share);
        }
        let back = transformed.and_then(|()| self.backward.process(&mut spectrum, series));
        debug_assert!(back.is_ok());
        series.iter_mut().for_each(|value| *value /= self.steps as f64);
    }
}
