//! What is read from a window and from its surrogates, by the very same code.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use crate::pca::same_length;
use crate::{
    AnalysisError, Basis, Correlator, ParamGuard, Solver, TrajectoryPca, WindowPart, WindowSource,
    along_directions, detrend, project, scaling, spectrum,
};

/// Components of most variance after the first, of which the paper gives the share.
const KEPT: usize = 35;
/// Fewest rows of a window: each of its halves has components and steps.
const FEWEST: usize = 16;

/// Which numbers are read from windows.
#[derive(Debug, Clone, Copy)]
pub struct NumbersOf<'a> {
    /// First and last component of the rank exponent, counted from 1.
    pub decay: [usize; 2],
    /// First and last direction of each exponent, counted from 1.
    pub ranges: &'a [[usize; 2]],
    /// Components whose 1/e time is taken, counted from 1.
    pub times: &'a [usize],
    /// Variances at or under it are rounding: no exponent and no time takes them.
    pub floor: f64,
    /// The same of the variance of steps.
    pub step_floor: f64,
    /// Principal components of the recorded steps, `[k, weights]`, one a row: all windows are judged along the same. The coordinates of the
    /// window themselves, in their order, where there are none here.
    pub step_directions: Option<ArrayView2<'a, f64>>,
    /// The Hessian in the coordinates of the window, `[weights, weights]`, where it is known.
    pub hessian: Option<ArrayView2<'a, f64>>,
}

/// The numbers of one window. What it has no room for is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowNumbers {
    /// σ_i² of the first principal components, as many as any number needs.
    pub variance: Vec<f64>,
    /// Σ σ_i² of all.
    pub total: f64,
    /// σ_1²/σ_2².
    pub gap: Option<f64>,
    /// γ in σ_i² ∝ i^(−γ).
    pub decay: Option<f64>,
    /// Share of the 35 components after the first in the variance of all but the first.
    pub share: Option<f64>,
    /// The same of the components of the first half of the window in its second half, beyond a line in time.
    pub share_out_of_sample: Option<f64>,
    /// 1/e times of θ_i(t), in steps, where the window tells them.
    pub times: Vec<(usize, f64)>,
    /// Exponents along components, along the components of the steps, and along the components of the first half in the second.
    pub exponents: Vec<ExponentOf>,
}

/// How variance grows with that of the steps and with curvature, over a range of directions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExponentOf {
    /// The kind of directions.
    pub basis: Basis,
    /// First and last of them, counted from 1.
    pub range: [usize; 2],
    /// β in σ² ∝ (s²)^β, s² the variance of the steps along the same direction.
    pub of_steps: Option<f64>,
    /// ψ, were F that of the curvature: F ∝ κ^(−1/2), so that σ² ∝ κ^(ψ/2).
    pub psi: Option<f64>,
}

/// σ², s² and κ of directions, in their order.
struct Seen {
    basis: Basis,
    variance: Vec<f64>,
    steps: Vec<f64>,
    curvature: Option<Vec<f64>>,
}

impl NumbersOf<'_> {
    /// How many components of a window of so many rows and weights are looked at.
    pub fn components(&self, steps: usize, weights: usize) -> usize {
        let asked = self.ranges.iter().chain([&self.decay]).map(|range| range[1]);
        let most = asked.chain(self.times.iter().copied()).fold(KEPT + 1, usize::max);
        most.min(weights).min((steps / 2).saturating_sub(1))
    }

    /// Reads a window `[steps, weights]`.
    ///
    /// # Errors
    /// If it is shorter than 16 rows, and as [`TrajectoryPca`].
    pub fn read(&self, window: impl WindowSource) -> Result<WindowNumbers, AnalysisError> {
        let (steps, weights) = (window.steps(), window.weights());
        if steps < FEWEST {
            return Err(AnalysisError::WindowTooShort { steps });
        }
        let (count, middle) = (self.components(steps, weights), steps / 2);
        let pca = first_components(&window, count)?;
        let theta = pca.project(&window, count)?;
        let components = Seen {
            basis: Basis::Components,
            variance: pca.variance().to_vec(),
            steps: steps_along(&theta),
            curvature: self.curvature(pca.components().view())?,
        };
        let times = self.times_of(&theta, &components.variance)?;
        drop(theta);
        let in_steps = self.along_steps(&window, count)?;
        let (halves, beyond) = {
            let (first, second) =
                (WindowPart::new(&window, 0..middle)?, WindowPart::new(&window, middle..steps)?);
            let half = first_components(first, count)?;
            let theta = half.project(&second, count)?;
            let seen = Seen {
                basis: Basis::Halves,
                variance: beyond_a_line(&theta),
                steps: steps_along(&theta),
                curvature: self.curvature(half.components().view())?,
            };
            (seen, variance_beyond_a_line(second)?)
        };
        let total = pca.total_variance();
        let [first, last] = self.decay;
        let variance = &components.variance;
        Ok(WindowNumbers {
            gap: spectrum::gap(variance).ok(),
            decay: spectrum::decay(variance, (first, last), self.floor).ok().map(|decay| decay.gamma),
            share: spectrum::share(variance, total, KEPT).ok(),
            share_out_of_sample: share_after_the_first(&halves.variance, beyond),
            times,
            exponents: self.exponents(&[&components, &in_steps, &halves]),
            variance: components.variance,
            total,
        })
    }

    fn curvature(&self, directions: ArrayView2<'_, f64>) -> Result<Option<Vec<f64>>, AnalysisError> {
        self.hessian.map(|hessian| Ok(along_directions(hessian, directions)?.to_vec())).transpose()
    }

    /// Along the components of the recorded steps.
    fn along_steps(&self, window: impl WindowSource, count: usize) -> Result<Seen, AnalysisError> {
        let basis = Basis::Steps;
        let (theta, curvature) = match self.step_directions {
            Some(directions) => {
                same_length(
                    "the directions of steps along their columns",
                    window.weights(),
                    directions.ncols(),
                )?;
                let first = directions.slice_axis(Axis(0), (..count.min(directions.nrows())).into());
                let origin = ndarray::Array1::zeros(window.weights());
                (project(&window, origin.view(), first)?, self.curvature(first)?)
            }
            None => {
                let mut buffer = Vec::new();
                let theta = window.block_f64(0..window.steps(), 0..count, &mut buffer)?.to_owned();
                let diagonal =
                    self.hessian.map(|hessian| hessian.diag().iter().take(count).copied().collect());
                (theta, diagonal)
            }
        };
        Ok(Seen { basis, variance: beyond_a_line(&theta), steps: steps_along(&theta), curvature })
    }

    fn times_of(&self, theta: &Array2<f64>, variance: &[f64]) -> Result<Vec<(usize, f64)>, AnalysisError> {
        let trusted = |index: &&usize| variance.get(**index - 1).is_some_and(|v| *v > self.floor);
        let mut correlator = Correlator::new(theta.nrows())?;
        let mut found = Vec::new();
        for &index in self.times.iter().filter(|index| **index > 0).filter(trusted) {
            let times = correlator.times(&theta.column(index - 1).to_vec(), theta.nrows() / 2)?;
            found.extend(times.one_over_e.map(|time| (index, time)));
        }
        Ok(found)
    }

    fn exponents(&self, seen: &[&Seen]) -> Vec<ExponentOf> {
        let of = |seen: &Seen, range: [usize; 2]| {
            let [first, last] = range;
            let places = first.saturating_sub(1)..last.min(seen.variance.len());
            let through = |of: &[f64], least: f64| {
                let points = places.clone().map(|i| (of[i], seen.variance[i]));
                let points = points.filter(|(x, variance)| *x > least && *variance > self.floor);
                scaling(points).ok().map(|law| law.exponent)
            };
            let curvature = seen.curvature.as_ref();
            ExponentOf {
                basis: seen.basis,
                range,
                of_steps: through(&seen.steps, self.step_floor),
                psi: curvature.and_then(|curvature| Some(2.0 * through(curvature, self.least_curvature())?)),
            }
        };
        seen.iter().flat_map(|seen| self.ranges.iter().map(move |range| of(seen, *range))).collect()
    }

    /// What pᵀHp of a direction without curvature may come out as.
    fn least_curvature(&self) -> f64 {
        self.hessian.map_or(0.0, |hessian| f64::EPSILON * hessian.nrows() as f64 * hessian.diag().sum())
    }
}

impl WindowNumbers {
    /// The exponents along one kind of directions over a range.
    pub fn exponent(&self, basis: Basis, range: [usize; 2]) -> Option<&ExponentOf> {
        self.exponents.iter().find(|found| (found.basis, found.range) == (basis, range))
    }

    /// The 1/e time of a component, counted from 1.
    pub fn time(&self, index: usize) -> Option<f64> {
        self.times.iter().find(|(of, _)| *of == index).map(|(_, time)| *time)
    }
}

fn first_components(window: impl WindowSource, count: usize) -> Result<TrajectoryPca, AnalysisError> {
    TrajectoryPca::params().solver(Solver::TopK(count)).measured(false).check()?.fit_source(window)
}

/// Σ of the 35 variances after the first over all but the first.
fn share_after_the_first(variance: &[f64], total: f64) -> Option<f64> {
    let leading: f64 = variance.get(1..=KEPT)?.iter().sum();
    Some(leading / (total - variance[0])).filter(|share| share.is_finite() && *share >= 0.0)
}

/// Variance of the steps of each series, about their mean.
fn steps_along(theta: &Array2<f64>) -> Vec<f64> {
    let last = theta.nrows() - 1;
    let count = last as f64;
    let mut squares = vec![0.0; theta.ncols()];
    for (before, after) in theta.rows().into_iter().zip(theta.rows().into_iter().skip(1)) {
        let steps = before.iter().zip(after);
        squares
            .iter_mut()
            .zip(steps)
            .for_each(|(square, (before, after))| *square += (after - before).powi(2));
    }
    let mean = theta
        .row(last)
        .iter()
        .zip(theta.row(0))
        .map(|(last, first)| (last - first) / count)
        .collect::<Vec<_>>();
    squares.into_iter().zip(mean).map(|(square, mean)| (square / count - mean * mean).max(0.0)).collect()
}

/// Variance of each series beyond its line in time.
fn beyond_a_line(theta: &Array2<f64>) -> Vec<f64> {
    (0..theta.ncols()).into_par_iter().map(|column| beyond(theta.column(column).to_vec())).collect()
}

/// ⟨x²⟩ of what lies beyond the line in time.
fn beyond(mut series: Vec<f64>) -> f64 {
    detrend(&mut series);
    series.iter().map(|value| value * value).sum::<f64>() / series.len() as f64
}

/// The variance in all directions, beyond a line in time.
fn variance_beyond_a_line(window: impl WindowSource) -> Result<f64, AnalysisError> {
    let (steps, weights) = (window.steps(), window.weights());
    let mut buffer = Vec::new();
    let mut total = 0.0;
    for first in (0..weights).step_by(64) {
        let block = window.block_f64(0..steps, first..weights.min(first + 64), &mut buffer)?;
        total += beyond_a_line(&block.to_owned()).iter().sum::<f64>();
    }
    Ok(total)
}
