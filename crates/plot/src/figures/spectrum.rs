//! The variances along the principal components, and how quickly they add up.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, GREY, INK, POINT_RADIUS, VERMILLION};
use crate::number::{significant, with_interval};
use crate::{Figure, PlotError, check};

/// The power law σᵢ² = exp(`ln_prefactor`) · i^(−γ), fitted elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecayLine {
    /// The exponent γ.
    pub gamma: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// ln σ² of the line at i = 1.
    pub ln_prefactor: f64,
    /// First component of the fit, counted from 1.
    pub first: usize,
    /// Last component of the fit, inclusive.
    pub last: usize,
}

/// Variances σᵢ² in descending order, with what is known about them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// σᵢ² for i = 1, 2, ….
    pub variance: Vec<f64>,
    /// Variance in all directions, those not among the components included; none where the components are all there are.
    pub total: Option<f64>,
    /// Variances below this are numerical noise: drawn hollow and grey.
    pub floor: Option<f64>,
    /// The power law fitted to a range of components.
    pub decay: Option<DecayLine>,
    /// σ₁²/σ₂², the gap that separates the drift direction; unused with a single component.
    pub gap: f64,
}

/// Draws the variances σᵢ² against i with the power law, and the cumulative share Σⱼ≤ᵢ σⱼ² of the
/// variance in all directions, with and without the first component.
///
/// # Errors
/// [`PlotError`] when the spectrum is empty or a value is not finite or not positive.
pub fn spectrum(data: &Spectrum) -> Result<Figure, PlotError> {
    check::not_empty("variance", &data.variance)?;
    check::positive("variance", &data.variance)?;
    if let Some(floor) = data.floor {
        check::positive("floor", &[floor])?;
    }
    if let Some(line) = &data.decay {
        check::finite("decay.gamma", &[line.gamma])?;
        check::finite("decay.ln_prefactor", &[line.ln_prefactor])?;
        check::positive("decay.first", &[line.first as f64])?;
        check::positive("decay.last", &[line.last as f64])?;
    }
    if let Some(total) = data.total {
        check::positive("total", &[total])?;
    }
    let components = data.variance.len();
    if components > 1 {
        check::positive("gap", &[data.gap])?;
    }

    let index = |position: usize| (position + 1) as f64;
    let below = |variance: f64| data.floor.is_some_and(|floor| variance < floor);
    let x = || Axis::decades((0..components).map(index));
    let floor = data.floor.iter().copied();
    let mut variance_legend = Vec::new();
    if let Some(line) = &data.decay {
        let text = format!(
            "power law, i = {}–{}:  γ = {}",
            line.first,
            line.last,
            with_interval(line.gamma, line.interval)
        );
        variance_legend.push(Entry::new(Mark::Line(VERMILLION), text));
    }
    if components > 1 {
        let text = format!("gap σ₁²/σ₂² = {}", significant(data.gap, 3));
        variance_legend.push(Entry::new(Mark::Nothing, text));
    }
    if data.floor.is_some() {
        let count = data.variance.iter().filter(|variance| below(**variance)).count();
        let text = format!("numerical floor ({count} below)");
        variance_legend.push(Entry::new(Mark::Dashes(GREY), text));
    }
    let mut share_legend = vec![Entry::new(Mark::Line(INK), "all components")];
    if components > 1 {
        share_legend.push(Entry::new(Mark::Line(BLUE), "without the first"));
    }
    let plans = vec![
        Plan {
            legend: variance_legend,
            x: x(),
            x_title: "component i".to_owned(),
            y: Axis::decades(data.variance.iter().copied().chain(floor)),
            y_title: "variance σᵢ²".to_owned(),
        },
        Plan {
            legend: share_legend,
            x: x(),
            x_title: "component i".to_owned(),
            y: Axis::linear_between(0.0, 1.04),
            y_title: "cumulative share of variance".to_owned(),
        },
    ];
    let sheet = Sheet { columns: 2, data: (310.0, 270.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        let [variances, shares] = panels else {
            return Ok(());
        };
        let ends = (index(0), index(components - 1));
        if let Some(floor) = data.floor {
            variances.dashes(&[(0.1, floor), (10.0 * ends.1, floor)], GREY, 1.2)?;
        }
        for (position, &variance) in data.variance.iter().enumerate() {
            let point = (index(position), variance);
            if below(variance) {
                variances.ring(point, 0.8 * POINT_RADIUS, GREY)?;
            } else {
                variances.dot(point, POINT_RADIUS, BLUE)?;
            }
        }
        if let Some(line) = &data.decay {
            let at = |i: usize| (i as f64, (line.ln_prefactor - line.gamma * (i as f64).ln()).exp());
            variances.line(&[at(line.first), at(line.last)], VERMILLION, DATA_LINE)?;
        }
        shares.line(&cumulative_share(&data.variance, data.total, 0), INK, DATA_LINE)?;
        shares.line(&cumulative_share(&data.variance, data.total, 1), BLUE, DATA_LINE)
    })
}

/// (i, share of components `skipped + 1` to i in the variance after the first `skipped`).
fn cumulative_share(variance: &[f64], total: Option<f64>, skipped: usize) -> Vec<(f64, f64)> {
    let kept = variance.get(skipped..).unwrap_or_default();
    // Relative to the largest, so that no sum overflows.
    let largest = kept.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let sum_of = |values: &[f64]| values.iter().map(|v| v / largest).sum::<f64>();
    let all = total.map_or(0.0, |total| total / largest - sum_of(&variance[..skipped.min(variance.len())]));
    let total = all.max(sum_of(kept));
    let mut sum = 0.0;
    kept.iter()
        .enumerate()
        .map(|(position, v)| {
            sum += v / largest;
            ((skipped + position + 1) as f64, sum / total)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one() {
        let variance = [4.0, 3.0, 1.0];
        assert_eq!(cumulative_share(&variance, None, 0), [(1.0, 0.5), (2.0, 0.875), (3.0, 1.0)]);
        let without_first = cumulative_share(&variance, None, 1);
        assert_eq!(without_first, [(2.0, 0.75), (3.0, 1.0)]);
        assert_eq!(cumulative_share(&[1e308, 1e308], None, 0)[1].1, 1.0);
        assert!(cumulative_share(&[1.0], None, 1).is_empty());
        // Two of four directions were kept.
        assert_eq!(cumulative_share(&variance[..2], Some(8.0), 0), [(1.0, 0.5), (2.0, 0.875)]);
        assert_eq!(cumulative_share(&variance[..2], Some(8.0), 1), [(2.0, 0.75)]);
    }
}
