//! How long a fluctuation is remembered: autocorrelation and its times.

use std::f64::consts::E;

use ndarray::ArrayView2;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use realfft::RealFftPlanner;
use serde::{Deserialize, Serialize};

use crate::jackknife::Blocks;
use crate::line::least_squares;
use crate::memory::INDEPENDENT;
use crate::{AnalysisError, Estimate};

/// The sum of the integral time goes as far as this many times itself (Sokal 1997): further out it only adds noise.
const SOKAL: f64 = 5.0;

/// A time is trusted if the series is at least this many times as long.
const LONG_ENOUGH: f64 = 50.0;

/// Correlation times of one series, in steps of the series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CorrelationTimes {
    /// τ_e, where the autocorrelation first falls to 1/e, between two steps on a straight line. `None` if it does not
    /// within the lags looked at.
    pub one_over_e: Option<f64>,
    /// τ_int = ½ + Σ_h ρ(h), summed up to the first lag h ≥ 5·τ_int (Sokal 1997). `None` if that is beyond the lags looked at.
    pub integral: Option<f64>,
    /// Whether the series is at least 50 times as long as both times.
    pub trusted: bool,
}

/// Autocovariances of series of one length, by Fourier transforms.
pub struct Correlator {
    steps: usize,
    planner: RealFftPlanner<f64>,
}

impl Correlator {
    /// For series of `steps` values.
    ///
    /// # Errors
    /// If there are fewer than 4.
    pub fn new(steps: usize) -> Result<Self, AnalysisError> {
        if steps < 4 {
            return Err(AnalysisError::WindowTooShort { steps });
        }
        Ok(Self { steps, planner: RealFftPlanner::new() })
    }

    /// C(h) = T⁻¹ Σ_t (x_t − x̄)(x_{t+h} − x̄) for h = 0 … `lags`. The division by T at every lag, not by the T − h pairs
    /// there are, keeps the noise of long lags small and the matrix of all C positive.
    ///
    /// # Errors
    /// If the series has another length, a value that is not finite, or `lags` is not below its length.
    pub fn autocovariance(&mut self, series: &[f64], lags: usize) -> Result<Vec<f64>, AnalysisError> {
        if series.len() != self.steps {
            let what = "the series";
            return Err(AnalysisError::Shape { what, expected: self.steps, found: series.len() });
        }
        if lags >= self.steps {
            let value = lags as f64;
            return Err(AnalysisError::Parameter {
                name: "lags",
                value,
                expected: "below the length of the series",
            });
        }
        if let Some(index) = series.iter().position(|value| !value.is_finite()) {
            return Err(AnalysisError::Invalid { what: "the series", index, reason: "not finite" });
        }
        let mean = series.iter().sum::<f64>() / self.steps as f64;
        // Zeros as long as the lags, so that the end of the series does not meet its beginning.
        let length = (self.steps + lags + 1).next_power_of_two();
        let (forward, backward) =
            (self.planner.plan_fft_forward(length), self.planner.plan_fft_inverse(length));
        let mut values = forward.make_input_vec();
        for (value, x) in values.iter_mut().zip(series) {
            *value = x - mean;
        }
        let mut spectrum = forward.make_output_vec();
        let transformed = forward.process(&mut values, &mut spectrum);
        spectrum.iter_mut().for_each(|value| *value = value.norm_sqr().into());
        let back = transformed.and_then(|()| backward.process(&mut spectrum, &mut values));
        if back.is_err() {
            return Err(AnalysisError::Shape {
                what: "the transform",
                expected: length,
                found: values.len(),
            });
        }
        let scale = 1.0 / (length as f64 * self.steps as f64);
        Ok(values[..=lags].iter().map(|value| value * scale).collect())
    }

    /// The correlation times of a series, looked for in lags up to `lags`.
    ///
    /// # Errors
    /// As [`autocovariance`](Self::autocovariance), and if all values of the series are the same.
    pub fn times(&mut self, series: &[f64], lags: usize) -> Result<CorrelationTimes, AnalysisError> {
        let covariance = self.autocovariance(series, lags)?;
        if covariance[0] <= 0.0 {
            return Err(AnalysisError::NoVariance { steps: self.steps });
        }
        let correlation: Vec<f64> = covariance.iter().map(|c| c / covariance[0]).collect();
        Ok(CorrelationTimes::of(&correlation, self.steps))
    }

    /// The 1/e time of a series with its interval over time, by a jackknife over blocks of about `block` steps: that of the rate
    /// 1/τ_e. `None` where the autocorrelation does not fall to 1/e.
    ///
    /// A replicate leaves out the pairs (x_t, x_{t+h}) that begin in its block. The error is at least that of an exponential memory,
    /// δτ/τ = √((e² − 3) τ/T) (Bartlett, J. R. Stat. Soc. Suppl. 8, 27 (1946)): few blocks may by chance scatter less. A series
    /// that is not at least 50 times as long as the time, and blocks that are not at least twice as long, give no interval.
    ///
    /// # Errors
    /// As [`times`](Self::times).
    pub fn estimate(&mut self, series: &[f64], block: usize) -> Result<Option<Estimate>, AnalysisError> {
        let Some(time) = self.times(series, self.steps - 1)?.one_over_e else { return Ok(None) };
        let blocks = match Blocks::of(self.steps, block) {
            Ok(blocks) => blocks,
            Err(error) => return Ok(Some(Estimate::without(time, error.to_string()))),
        };
        if LONG_ENOUGH * time > self.steps as f64 {
            let problem =
                format!("the window of {} rows is shorter than {LONG_ENOUGH} correlation times", self.steps);
            return Ok(Some(Estimate::without(time, problem)));
        }
        if INDEPENDENT * time > blocks.rows as f64 {
            let problem = format!("blocks of {} rows are shorter than two correlation times", blocks.rows);
            return Ok(Some(Estimate::without(time, problem)));
        }
        let mean = series.iter().sum::<f64>() / self.steps as f64;
        let x: Vec<f64> = series.iter().map(|value| value - mean).collect();
        let lags = (INDEPENDENT * time) as usize + 2;
        let products = |starts: std::ops::Range<usize>| -> Vec<f64> {
            let product = |lag: usize| -> f64 {
                x[starts.clone()]
                    .iter()
                    .zip(&x[(starts.start + lag).min(x.len())..])
                    .map(|(a, b)| a * b)
                    .sum()
            };
            (0..=lags).map(product).collect()
        };
        let of_blocks: Vec<Vec<f64>> = (0..blocks.count).map(|block| products(blocks.range(block))).collect();
        let whole: Vec<f64> = (0..=lags).map(|lag| of_blocks.iter().map(|block| block[lag]).sum()).collect();
        let replicates = of_blocks.iter().map(|block| {
            let left: Vec<f64> = whole.iter().zip(block).map(|(whole, block)| whole - block).collect();
            falls_to_one_over_e(left.iter().map(|product| product / left[0]))
        });
        Ok(Some(match replicates.collect::<Option<Vec<f64>>>() {
            Some(replicates) => {
                let bartlett = ((E * E - 3.0) * time / self.steps as f64).sqrt() / time;
                Estimate::jackknife_time(time, &replicates, blocks.rows).with_least_rate_error(bartlett)
            }
            None => Estimate::without(time, "without one block it is more than twice as long"),
        }))
    }
}

/// The correlation times of θ_i, with the 95 % interval of its 1/e time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComponentTimes {
    /// The times, in rows.
    pub times: CorrelationTimes,
    /// The interval of [`one_over_e`](CorrelationTimes::one_over_e) over other windows of the training, in which component i is
    /// another direction ([`among_neighbours`]).
    pub interval: Option<[f64; 2]>,
}

/// Correlation times of series `[steps, components]` along principal components, looked for in lags up to half the window; `None`
/// where a series has no variance. Intervals are by a jackknife over blocks of about `block` rows.
///
/// # Errors
/// If there are fewer than 4 rows.
pub fn correlation_times(
    series: ArrayView2<'_, f64>,
    block: usize,
) -> Result<Vec<Option<ComponentTimes>>, AnalysisError> {
    let steps = series.nrows();
    Correlator::new(steps)?;
    let found: Vec<Option<(CorrelationTimes, Option<Estimate>)>> = (0..series.ncols())
        .into_par_iter()
        .map_init(
            || Correlator::new(steps).ok(),
            |correlator, column| {
                let (correlator, series) = (correlator.as_mut()?, series.column(column).to_vec());
                let times = correlator.times(&series, steps / 2).ok()?;
                Some((times, correlator.estimate(&series, block).ok().flatten()))
            },
        )
        .collect();
    let (times, estimates): (Vec<_>, Vec<_>) =
        found.into_iter().map(|found| found.map_or((None, None), |(times, one)| (Some(times), one))).unzip();
    let intervals = among_neighbours(&estimates).into_iter().map(|estimate| estimate?.interval);
    let both = times.into_iter().zip(intervals);
    Ok(both.map(|(times, interval)| Some(ComponentTimes { times: times?, interval })).collect())
}

/// So many components to both sides are a component's neighbours.
const NEIGHBOURS: usize = 5;

/// Times along principal components, component by component, with the intervals that [`Correlator::estimate`] gives along fixed
/// directions.
///
/// Component i of another window is another direction, a mixture of this one and those beside it. Its rate 1/τ_i then scatters
/// as those of its neighbours do: of this scatter (about a straight line through the five to both sides) and the standard error along
/// the fixed direction the larger one counts.
pub fn among_neighbours(times: &[Option<Estimate>]) -> Vec<Option<Estimate>> {
    let rate = |component: usize| Some((component as f64, times[component].as_ref()?.value.recip()));
    let widened = |(component, time): (usize, &Option<Estimate>)| {
        let time = time.as_ref()?;
        let near = component.saturating_sub(NEIGHBOURS)..times.len().min(component + NEIGHBOURS + 1);
        let (index, rates): (Vec<f64>, Vec<f64>) = near.filter_map(rate).unzip();
        let scatter = least_squares(&index, &rates).map_or(0.0, |line| line.scatter);
        Some(time.clone().with_least_rate_error(scatter))
    };
    times.iter().enumerate().map(widened).collect()
}

/// Where ρ(0), ρ(1), … first falls to 1/e, between two lags on a straight line.
fn falls_to_one_over_e(correlation: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let pairs = correlation.clone().zip(correlation.skip(1));
    let (lag, (above, below)) = (0..).zip(pairs).find(|(_, (_, below))| *below <= 1.0 / E)?;
    Some(f64::from(lag) + (above - 1.0 / E) / (above - below))
}

impl CorrelationTimes {
    /// The lag with which the sum of an integral time ends.
    pub(crate) fn lags_summed(integral: f64) -> f64 {
        SOKAL * integral
    }

    /// The times of an autocorrelation ρ(0) = 1, ρ(1), … that was measured (or is known) for a series of `steps` values.
    pub fn of(correlation: &[f64], steps: usize) -> Self {
        let one_over_e = falls_to_one_over_e(correlation.iter().copied());
        let mut sum = 0.5;
        let mut integral = None;
        for (lag, rho) in correlation.iter().enumerate().skip(1) {
            sum += rho;
            if lag as f64 >= Self::lags_summed(sum) {
                // Anti-correlated noise can sum to nothing, but not to less.
                integral = Some(sum.max(0.0));
                break;
            }
        }
        let steps = steps as f64;
        Self {
            one_over_e,
            integral,
            trusted: [one_over_e, integral]
                .iter()
                .all(|time| time.is_some_and(|time| steps >= LONG_ENOUGH * time)),
        }
    }
}
