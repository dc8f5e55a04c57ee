//! The tables of the study.

use std::fmt;

use serde::{Deserialize, Serialize};
use varflat_analysis::{FlatnessStatus, MiniBatchScatter, Scaling, reshuffled_integral_time};

use crate::words::exponent;

pub(crate) const TABLES: &[&str] = &[COMPONENTS, PROFILES, MINI_BATCHES];
/// One row a component.
pub(crate) const COMPONENTS: &str = "temperature.csv";
/// One row a point of T_i(δθ).
pub(crate) const PROFILES: &str = "temperature_profiles.csv";
/// One row a point of L^μ(δθ).
pub(crate) const MINI_BATCHES: &str = "temperature_mini_batches.csv";

/// A row of `temperature.csv`: one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemperatureRow {
    pub(crate) index: usize,
    pub(crate) variance: f64,
    pub(crate) flatness: Option<f64>,
    /// Crossings of the level that defines F.
    pub(crate) left: Option<f64>,
    pub(crate) right: Option<f64>,
    pub(crate) status: FlatnessStatus,
    /// Whether σ_i² lies above the floor. What does not, is rounding: no fit takes it, and its times are not trusted.
    #[serde(default = "yes")]
    pub(crate) above_floor: bool,
    /// T_i(0), over all mini-batches of the window at fixed w_0.
    pub(crate) temperature: f64,
    /// Times of θ_i(t), in steps; the 1/e time with its 95 % interval over other windows of the training.
    pub(crate) theta_one_over_e: Option<f64>,
    #[serde(default)]
    pub(crate) theta_low: Option<f64>,
    #[serde(default)]
    pub(crate) theta_high: Option<f64>,
    pub(crate) theta_integral: Option<f64>,
    pub(crate) theta_trusted: bool,
    /// Times of η at fixed w_0 in the order in which the batches came.
    pub(crate) fixed_one_over_e: Option<f64>,
    #[serde(default)]
    pub(crate) fixed_low: Option<f64>,
    #[serde(default)]
    pub(crate) fixed_high: Option<f64>,
    pub(crate) fixed_integral: Option<f64>,
    pub(crate) fixed_trusted: bool,
    /// Times of η along the path; missing where it cannot be told from w alone (not plain SGD, not every step recorded).
    pub(crate) path_one_over_e: Option<f64>,
    #[serde(default)]
    pub(crate) path_low: Option<f64>,
    #[serde(default)]
    pub(crate) path_high: Option<f64>,
    pub(crate) path_integral: Option<f64>,
    pub(crate) path_trusted: bool,
}

const fn yes() -> bool {
    true
}

/// A row of `temperature_profiles.csv`: one point of T_i(δθ).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemperatureProfileRow {
    pub(crate) index: usize,
    pub(crate) offset: f64,
    pub(crate) temperature: f64,
    pub(crate) loss: f64,
}

/// A row of `temperature_mini_batches.csv`: one point of L^μ(δθ), or of L where `batch` is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MiniBatchRow {
    pub(crate) index: usize,
    pub(crate) batch: Option<usize>,
    pub(crate) offset: f64,
    pub(crate) loss: f64,
}

/// T_i(0) ∝ F_i^x over a range of components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeOfComponents {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) scaling: Scaling,
}

/// `temperature.json`: the exponents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemperatureReport {
    pub(crate) learning_rate: f64,
    pub(crate) batch_size: usize,
    /// What T_i is not, if the training was not plain SGD.
    #[serde(default)]
    pub(crate) caveat: Option<String>,
    /// Mini-batches that the noise is taken over.
    pub(crate) batches: usize,
    /// L_0.
    pub(crate) l0: f64,
    /// First component in the fits; all later ones with a flatness and a trusted value are in them.
    pub(crate) first: usize,
    /// T_i(0) ∝ F_i^x.
    pub(crate) temperature: Option<Scaling>,
    /// The same over ranges of components.
    pub(crate) temperature_ranges: Vec<RangeOfComponents>,
    /// The 1/e time of θ_i ∝ F_i^x.
    pub(crate) theta: Option<Scaling>,
    /// The 1/e time of η along the path ∝ F_i^x.
    pub(crate) path: Option<Scaling>,
    /// The 1/e time of η at fixed w_0 ∝ F_i^x.
    pub(crate) fixed: Option<Scaling>,
    /// Median of the 1/e time of η along the path (at fixed w_0 where there is none along the path) over the fifty components after
    /// the first.
    #[serde(default)]
    pub(crate) sharp_one_over_e: Option<f64>,
    /// Medians of the integral time of η at fixed w_0 over the fifty components after the first, and over the last fifty.
    #[serde(default)]
    pub(crate) fixed_integral: Option<[f64; 2]>,
    /// The integral time that noise has which nothing but the order of its mini-batches correlates, and the standard error of that of
    /// one component.
    #[serde(default)]
    pub(crate) uncorrelated_integral: Option<[f64; 2]>,
    /// How the losses of mini-batches scatter in a sharp and in a flat direction.
    #[serde(default)]
    pub(crate) mini_batches: Option<MiniBatchScatter>,
}

impl TemperatureReport {
    /// [`uncorrelated_integral`](Self::uncorrelated_integral), or that of white noise in files from before it was noted: reshuffling
    /// changes it by less than its error.
    pub(super) fn expected_integral(&self) -> [f64; 2] {
        self.uncorrelated_integral.unwrap_or_else(|| reshuffled_integral_time(usize::MAX, self.batches))
    }
}

/// In words, a number a line.
impl fmt::Display for TemperatureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut laws = vec![("T_i(0)".to_owned(), self.temperature)];
        laws.extend(self.temperature_ranges.iter().map(|range| {
            (format!("T_i(0) of components {}–{}", range.first, range.last), Some(range.scaling))
        }));
        laws.push(("1/e time of θ_i".to_owned(), self.theta));
        laws.push(("1/e time of η along the path".to_owned(), self.path));
        laws.push(("1/e time of η at fixed w".to_owned(), self.fixed));
        self.caveat.iter().try_for_each(|caveat| writeln!(f, "  note: {caveat}"))?;
        for (what, law) in laws.into_iter().filter_map(|(what, law)| Some((what, law?))) {
            let Scaling { r, n, .. } = law;
            writeln!(f, "  {what} ∝ F^x with x = {} ({n} directions, r = {r:.3})", exponent(&law))?;
        }
        Ok(())
    }
}
