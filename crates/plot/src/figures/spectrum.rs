//! The variances along the principal components, and how quickly they add up.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, GREY, INK, POINT_RADIUS, VERMILLION};
use crate::figures::null_panels::{NullLook, NullSeries};
use crate::figures::power_law_line::PowerLawLine;
use crate::number::significant;
use crate::{Figure, PlotError, check};

/// Variances σᵢ² in descending order, with what is known about them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// σᵢ² for i = 1, 2, ….
    pub variance: Vec<f64>,
    /// Variance in all directions, those not among the components included; none where the components are all there are.
    pub total: Option<f64>,
    /// Variances below this are numerical noise: drawn hollow and grey.
    pub floor: Option<f64>,
    /// The power law σᵢ² ∝ i^(−γ) fitted to a range of components.
    pub decay: Option<PowerLawLine>,
    /// σ₁²/σ₂², the gap that separates the drift direction; unused with a single component.
    pub gap: f64,
    /// What would have come out anyway, (i, σᵢ²): lines beside the variances.
    #[serde(default)]
    pub nulls: Vec<NullSeries>,
}

/// Draws the variances σᵢ² against i with the power law, and the cumulative share Σⱼ≤ᵢ σⱼ² of the
/// variance in all directions, with and without the first component.
///
/// # Errors
/// [`PlotError`] when the spectrum is empty, or a value is not finite or, but for slope and prefactor of
/// the power law, not positive.
pub fn spectrum(data: &Spectrum) -> Result<Figure, PlotError> {
    check(data)?;
    let index = || (1..=data.variance.len()).map(|i| i as f64);
    let floor = data.floor.iter().copied();
    let nulls = data.nulls.iter().flat_map(|null| null.points.iter().map(|point| point.1));
    let plans = vec![
        Plan {
            legend: variance_legend(data),
            x: Axis::decades(index()),
            x_title: "component i".to_owned(),
            y: Axis::decades(data.variance.iter().copied().chain(floor).chain(nulls)),
            y_title: "variance σᵢ²".to_owned(),
        },
        Plan {
            legend: share_legend(data),
            x: Axis::decades(index()),
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
        draw_variances(variances, data)?;
        shares.line(&cumulative_share(&data.variance, data.total, 0), INK, DATA_LINE)?;
        shares.line(&cumulative_share(&data.variance, data.total, 1), BLUE, DATA_LINE)
    })
}

fn check(data: &Spectrum) -> Result<(), PlotError> {
    check::not_empty("variance", &data.variance)?;
    check::positive("variance", &data.variance)?;
    check::positive("floor", data.floor.as_slice())?;
    if let Some(line) = &data.decay {
        line.check("decay")?;
    }
    for (number, null) in data.nulls.iter().enumerate() {
        let (index, variance): (Vec<f64>, Vec<f64>) = null.points.iter().copied().unzip();
        check::positive(&format!("nulls[{number}].points.x"), &index)?;
        check::positive(&format!("nulls[{number}].points.y"), &variance)?;
    }
    check::positive("total", data.total.as_slice())?;
    if data.variance.len() > 1 {
        check::positive("gap", &[data.gap])?;
    }
    Ok(())
}

/// Whether a variance is numerical noise.
fn is_noise(data: &Spectrum, variance: f64) -> bool {
    data.floor.is_some_and(|floor| variance < floor)
}

fn variance_legend(data: &Spectrum) -> Vec<Entry> {
    let mut legend = Vec::new();
    if let Some(line) = &data.decay {
        legend.push(Entry::new(Mark::Line(VERMILLION), &line.text));
    }
    for null in &data.nulls {
        let mark = if null.look == NullLook::Dashes { Mark::Dashes(INK) } else { Mark::Line(INK) };
        legend.push(Entry::new(mark, &null.label));
    }
    if data.variance.len() > 1 {
        legend.push(Entry::text(format!("gap σ₁²/σ₂² = {}", significant(data.gap, 3))));
    }
    if data.floor.is_some() {
        let count = data.variance.iter().filter(|variance| is_noise(data, **variance)).count();
        legend.push(Entry::new(Mark::Dashes(GREY), format!("numerical floor ({count} below)")));
    }
    legend
}

fn share_legend(data: &Spectrum) -> Vec<Entry> {
    let mut legend = vec![Entry::new(Mark::Line(INK), "all components")];
    if data.variance.len() > 1 {
        legend.push(Entry::new(Mark::Line(BLUE), "without the first"));
    }
    legend
}

fn draw_variances(panel: &Panel<'_>, data: &Spectrum) -> Result<(), PlotError> {
    if let Some(floor) = data.floor {
        panel.level(floor, GREY, 1.2)?;
    }
    for (position, &variance) in data.variance.iter().enumerate() {
        let point = ((position + 1) as f64, variance);
        if is_noise(data, variance) {
            panel.ring(point, 0.8 * POINT_RADIUS, GREY)?;
        } else {
            panel.dot(point, POINT_RADIUS, BLUE)?;
        }
    }
    for null in &data.nulls {
        match null.look {
            NullLook::Dashes => panel.dashes(&null.points, INK, DATA_LINE)?,
            _ => panel.line(&null.points, INK, DATA_LINE)?,
        }
    }
    match &data.decay {
        Some(line) => panel.line(&line.ends(), VERMILLION, DATA_LINE),
        None => Ok(()),
    }
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
