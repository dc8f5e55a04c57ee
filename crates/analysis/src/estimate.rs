//! A number with its uncertainty: the one form that every interval of varflat has.

use serde::{Deserialize, Serialize};

use crate::student::t_97_5;

/// Fewest values, or blocks of time, that an interval is taken from: two tell nothing of their scatter.
const FEWEST: usize = 3;

/// An estimate, its standard error and its 95 % interval, or why there is none.
///
/// The interval is value ± t·(standard error), t the 97.5 % point of Student's distribution, so that it contains the value by
/// construction; for positive quantities, times and shares it is taken on a scale (ln x, 1/x, ln x/(1 − x)) on which it cannot
/// leave what is possible. What it covers is said by its [`Method`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value.
    #[serde(alias = "mean", alias = "exponent")]
    pub value: f64,
    /// One standard error of it.
    #[serde(default)]
    pub standard_error: Option<f64>,
    /// The 95 % interval.
    #[serde(default)]
    pub interval: Option<[f64; 2]>,
    /// What the interval is taken from.
    #[serde(default)]
    pub method: Option<Method>,
    /// Why there is no interval.
    #[serde(default)]
    pub missing: Option<String>,
}

/// What an interval is taken from, and so what it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A jackknife over blocks of time: it covers what other windows of this length of the same training give.
    Time {
        /// Blocks left out one after the other.
        blocks: usize,
        /// Rows of the window in a block.
        rows: usize,
    },
    /// The scatter among parts of the window, each analysed by itself: it covers other windows of this training.
    Parts {
        /// How many there are.
        n: usize,
    },
    /// The scatter of independent repetitions, seeds say: it covers the mean over many of them.
    Repetitions {
        /// How many there are.
        n: usize,
    },
    /// The scatter of points about a straight line, which are taken as independent: it covers lines through other such points.
    LeastSquares {
        /// Points.
        n: usize,
    },
    /// The scatter of so many mini-batches, whose losses are taken as normal: it covers other mini-batches.
    MiniBatches {
        /// How many there are.
        n: usize,
    },
}

impl Method {
    /// What there is to scatter.
    fn n(self) -> usize {
        match self {
            Self::Time { blocks: n, .. }
            | Self::Parts { n }
            | Self::Repetitions { n }
            | Self::LeastSquares { n }
            | Self::MiniBatches { n } => n,
        }
    }

    /// What the interval covers, in a few words.
    pub fn covers(self) -> String {
        match self {
            Self::Time { blocks, rows } => {
                format!("other windows of this training (jackknife over {blocks} blocks of {rows} rows)")
            }
            Self::Parts { n } => {
                format!("other windows of this training (scatter among {n} parts of the window)")
            }
            Self::Repetitions { n } => format!("the mean over many seeds (Student's t, {n} seeds)"),
            Self::LeastSquares { n } => format!("the scatter of {n} points about the line (least squares)"),
            Self::MiniBatches { n } => format!("other mini-batches (normal scatter of {n})"),
        }
    }
}

impl Estimate {
    /// A value without an interval, and why.
    pub fn without(value: f64, missing: impl Into<String>) -> Self {
        Self { value, standard_error: None, interval: None, method: None, missing: Some(missing.into()) }
    }

    /// A value with its standard error, of `degrees` degrees of freedom.
    fn with(value: f64, standard_error: f64, degrees: usize, method: Method) -> Self {
        if !(standard_error.is_finite() && value.is_finite()) || degrees == 0 {
            return Self::without(value, "the resampled values are not finite");
        }
        let half = t_97_5(degrees) * standard_error;
        Self {
            value,
            standard_error: Some(standard_error),
            interval: Some([value - half, value + half]),
            method: Some(method),
            missing: None,
        }
    }

    /// A statistic of a window with the values that it takes where one block of time after the other is left out.
    ///
    /// s² = (B − 1)/B · Σ_b (x_(b) − x̄)², x̄ the mean of the B replicates x_(b) (Tukey 1958), with B − 1 degrees of freedom.
    ///
    /// What a replicate finds anew, directions say, is an effect of second order in the data, which the jackknife counts twice
    /// (Efron & Stein 1981). With the replicates in which it is `held`, s² is the mean of both.
    pub fn jackknife(value: f64, replicates: &[f64], held: Option<&[f64]>, rows: usize) -> Self {
        let blocks = replicates.len();
        let square = |replicates: &[f64]| {
            let n = replicates.len() as f64;
            let mean = replicates.iter().sum::<f64>() / n;
            (n - 1.0) / n * replicates.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
        };
        let found = square(replicates);
        // Where holding them makes more, there is nothing that was counted twice.
        let variance = held.map_or(found, |held| 0.5 * (found + square(held).min(found)));
        Self::with(value, variance.sqrt(), blocks.saturating_sub(1), Method::Time { blocks, rows })
    }

    /// The same of a positive statistic: the interval is that of its logarithm, and so is positive.
    pub fn jackknife_positive(value: f64, replicates: &[f64], held: Option<&[f64]>, rows: usize) -> Self {
        let logarithms = |replicates: &[f64]| -> Vec<f64> { replicates.iter().map(|x| x.ln()).collect() };
        let held = held.map(logarithms);
        let found = Self::jackknife(value.ln(), &logarithms(replicates), held.as_deref(), rows);
        found.carried(value, value, f64::exp)
    }

    /// The same of a time: the interval is that of the rate 1/x, which scatters evenly where times have a long tail. None where the
    /// rate may be zero, and the time have no end.
    pub fn jackknife_time(time: f64, replicates: &[f64], rows: usize) -> Self {
        let rates: Vec<f64> = replicates.iter().map(|x| x.recip()).collect();
        Self::jackknife(time.recip(), &rates, None, rows).time_of_rate()
    }

    /// The time 1/x of a rate x.
    fn time_of_rate(self) -> Self {
        let time = self.value.recip();
        if self.low().is_some_and(|low| low <= 0.0) {
            return Self::without(time, "the window is too short to tell how long it is at most");
        }
        let turned = self.negated();
        turned.carried(time, time * time, |rate| -rate.recip())
    }

    /// A time whose rate has at least this standard error. One without an interval stays as it is, with its reason.
    pub(crate) fn with_least_rate_error(self, least: f64) -> Self {
        let (Some(error), Some(method)) = (self.standard_error, self.method) else { return self };
        let error = (error / (self.value * self.value)).max(least);
        Self::with(self.value.recip(), error, method.n() - 1, method).time_of_rate()
    }

    /// The mean of independent values: mean ± t s/√n, s² = Σ(x − mean)²/(n − 1), with n − 1 degrees of freedom. `None` of no
    /// values; fewer than three have no interval.
    ///
    /// ```
    /// use varflat_analysis::Estimate;
    /// let found = Estimate::mean(&[1.0, 2.0, 3.0]).unwrap();
    /// assert_eq!(found.value, 2.0);
    /// let [low, high] = found.interval.unwrap();
    /// assert!((high - 2.0 - 4.3027 / f64::sqrt(3.0)).abs() < 1e-4 && (low + high - 4.0).abs() < 1e-12);
    /// assert!(Estimate::mean(&[1.0, 2.0]).unwrap().interval.is_none());
    /// ```
    pub fn mean(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = (n > 0).then(|| values.iter().sum::<f64>() / n as f64)?;
        if n < FEWEST {
            return Some(Self::without(
                mean,
                format!("{n} of the at least {FEWEST} seeds that an interval needs"),
            ));
        }
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (n - 1) as f64 / n as f64).sqrt();
        Some(Self::with(mean, error, n - 1, Method::Repetitions { n }))
    }

    /// The geometric mean of independent positive values: the [`mean`](Self::mean) of their logarithms with its interval, which stays
    /// positive.
    ///
    /// ```
    /// use varflat_analysis::Estimate;
    /// let found = Estimate::geometric_mean(&[1.0, 2.0, 4.0]).unwrap();
    /// let [low, high] = found.interval.unwrap();
    /// assert!((found.value - 2.0).abs() < 1e-12 && (low * high - 4.0).abs() < 1e-9);
    /// ```
    pub fn geometric_mean(values: &[f64]) -> Option<Self> {
        let found = Self::mean(&values.iter().map(|value| value.ln()).collect::<Vec<f64>>())?;
        let value = found.value.exp();
        Some(found.carried(value, value, f64::exp))
    }

    /// A number of a whole window with those of its parts, each found by itself: value ± t s/√n, s the scatter of the parts. The
    /// value is that of the whole, which need not be the mean of the parts.
    pub fn parts(value: f64, parts: &[f64]) -> Self {
        match Self::mean(parts).and_then(|mean| mean.standard_error) {
            Some(error) => Self::with(value, error, parts.len() - 1, Method::Parts { n: parts.len() }),
            None => Self::without(value, format!("{} parts of the window", parts.len())),
        }
    }

    /// The same of shares, error rates say: the interval is taken on the scale ln x/(1 − x), and so stays between 0 and 1.
    ///
    /// A mean of exactly 0 or 1 has no interval: its scale has no such value.
    pub fn mean_share(values: &[f64]) -> Option<Self> {
        let plain = Self::mean(values)?;
        let (share, Some(error), Some(method)) = (plain.value, plain.standard_error, plain.method) else {
            return Some(plain);
        };
        let slope = share * (1.0 - share);
        if slope <= 0.0 {
            return Some(Self::without(share, format!("all seeds give {share}")));
        }
        let logit = (share / (1.0 - share)).ln();
        let scaled = Self::with(logit, error / slope, values.len() - 1, method);
        Some(scaled.carried(share, slope, |x| 1.0 / (1.0 + (-x).exp())))
    }

    /// The ratio of two standard deviations of `n` normal values each: ln s has a standard error of 1/√(2(n − 1)), their difference
    /// one of 1/√(n − 1), with n − 1 degrees of freedom.
    pub fn ratio_of_deviations(ratio: f64, n: usize) -> Self {
        if n < FEWEST {
            return Self::without(
                ratio,
                format!("{n} of the at least {FEWEST} values that an interval needs"),
            );
        }
        let error = (n as f64 - 1.0).sqrt().recip();
        Self::with(ratio.ln(), error, n - 1, Method::MiniBatches { n }).carried(ratio, ratio, f64::exp)
    }

    /// The slope of a line by least squares through `n` independent points, n − 2 degrees of freedom.
    pub fn least_squares(slope: f64, standard_error: f64, n: usize) -> Self {
        match n {
            0..3 => Self::without(slope, format!("{n} points")),
            _ => Self::with(slope, standard_error, n - 2, Method::LeastSquares { n }),
        }
    }

    /// An estimate on another scale brought back: `slope` is the derivative of the way back at the value.
    fn carried(self, value: f64, slope: f64, back: impl Fn(f64) -> f64) -> Self {
        // Rounding may not put the value outside.
        let interval = self.interval.map(|[low, high]| [back(low).min(value), back(high).max(value)]);
        Self { value, standard_error: self.standard_error.map(|error| error * slope), interval, ..self }
    }

    /// The lower end of the interval.
    pub fn low(&self) -> Option<f64> {
        self.interval.map(|[low, _]| low)
    }

    /// The upper end of the interval.
    pub fn high(&self) -> Option<f64> {
        self.interval.map(|[_, high]| high)
    }

    /// The estimate of −x: the ends change places.
    pub fn negated(self) -> Self {
        Self { value: -self.value, interval: self.interval.map(|[low, high]| [-high, -low]), ..self }
    }

    /// The estimate in a unit that is so many times smaller.
    pub fn times(self, unit: f64) -> Self {
        Self {
            value: unit * self.value,
            standard_error: self.standard_error.map(|error| unit * error),
            interval: self.interval.map(|ends| ends.map(|end| unit * end)),
            ..self
        }
    }

    /// What the interval covers, or why there is none.
    pub fn about(&self) -> String {
        match (&self.method, &self.missing) {
            (Some(method), _) => method.covers(),
            (None, Some(missing)) => format!("no interval: {missing}"),
            (None, None) => "no interval".to_owned(),
        }
    }
}

/// The median: the middle value, of an even number the mean of the two in the middle. `None` of no values.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values.get(middle).copied(),
        _ => Some(0.5 * (values.get(middle.checked_sub(1)?)? + values.get(middle)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        // Leaving one value out of a mean: (Σ − x)/(n − 1); the jackknife error is s/√n exactly.
        let values = [1.0, 2.0, 3.0, 6.0];
        let replicates: Vec<f64> = values.iter().map(|x| (12.0 - x) / 3.0).collect();
        let found = Estimate::jackknife(3.0, &replicates, None, 7);
        assert!((found.standard_error.unwrap() - (14.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-14);
        let mean = Estimate::mean(&values).unwrap();
        for (a, b) in found.interval.unwrap().iter().zip(mean.interval.unwrap()) {
            assert!((a - b).abs() < 1e-12);
        }
        assert_eq!(found.method, Some(Method::Time { blocks: 4, rows: 7 }));
        // Half of what is found anew counts: s² = (1 + 0)/2 of it where nothing changes while it is held.
        let half = Estimate::jackknife(3.0, &replicates, Some(&[3.0; 4]), 7).standard_error.unwrap();
        assert!((half * half / found.standard_error.unwrap().powi(2) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn intervals_stay_within_what_is_possible_and_hold_their_value() {
        let rates = [0.4, 0.001, 0.002];
        let share = Estimate::mean_share(&rates).unwrap();
        let [low, high] = share.interval.unwrap();
        assert!(0.0 <= low && low < share.value && share.value < high && high <= 1.0, "{share:?}");
        assert!(Estimate::mean(&rates).unwrap().interval.unwrap()[0] < 0.0);
        let gap = Estimate::jackknife_positive(3.0, &[1.0, 9.0, 3.0, 2.0], None, 10);
        let [low, high] = gap.interval.unwrap();
        assert!(0.0 < low && low <= 3.0 && 3.0 <= high);
        assert!(Estimate::mean_share(&[0.0; 5]).unwrap().interval.is_none());
        // 1/τ of 0.5, 0.25, 0.125, 0.2: s = 0.244, and 0.25 − 3.18·0.244 < 0.
        let time = Estimate::jackknife_time(4.0, &[2.0, 4.0, 8.0, 5.0], 10);
        assert!(time.interval.is_none() && time.about().contains("too short"), "{time:?}");
        let time = Estimate::jackknife_time(4.0, &[3.9, 4.0, 4.1, 4.0], 10);
        let ([low, high], error) = (time.interval.unwrap(), time.standard_error.unwrap());
        // δτ = τ² δ(1/τ)
        assert!(
            (low.recip() + high.recip() - 0.5).abs() < 1e-12 && (error / 0.1225 - 1.0).abs() < 1e-2,
            "{error}"
        );
        let [low, high] = share.clone().negated().interval.unwrap();
        assert_eq!([-high, -low], share.interval.unwrap());
    }

    #[test]
    fn of_two_values_there_is_no_interval() {
        let two = Estimate::mean(&[0.1, 0.3]).unwrap();
        assert_eq!((two.value, two.interval, two.standard_error), (0.2, None, None));
        assert!(two.about().contains("2 of the at least 3 seeds"), "{}", two.about());
        assert_eq!(Estimate::mean(&[]), None);
        assert!(Estimate::least_squares(1.0, 0.1, 2).interval.is_none());
    }

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![7.0]), Some(7.0));
        assert_eq!(median(Vec::new()), None);
    }
}
