//! Diffusion or drift: how far the weights get in a time, and what grows throughout.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::pairs;
use crate::canvas::series::look;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, GREY, GUIDE_LINE, INK, POINT_RADIUS, SHADE};
use crate::{Figure, PlotError, check};

/// ⟨Δθᵢ²(h)⟩ of one component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DisplacementCurve {
    /// The component i, counted from 1.
    pub index: usize,
    /// Lags h in steps, in ascending order.
    pub lag: Vec<f64>,
    /// The mean-square displacement after each lag.
    pub mean_square: Vec<f64>,
}

/// One quantity during training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingCurve {
    /// What it is, such as `‖w‖`.
    pub label: String,
    /// Epochs, in the order of training.
    pub epoch: Vec<f64>,
    /// Its value at each, divided by its last value.
    pub value: Vec<f64>,
}

/// What tells drift from diffusion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftFigure {
    /// Mean-square displacements of a few components.
    pub displacements: Vec<DisplacementCurve>,
    /// Component numbers i, counted from 1.
    pub index: Vec<usize>,
    /// The exponent of ⟨Δθᵢ²⟩ ∝ h^exponent of each: 1 for diffusion, 2 for drift.
    pub exponent: Vec<f64>,
    /// What grows during training.
    pub growth: Vec<TrainingCurve>,
    /// First and last epoch of the window that is analysed, shaded.
    pub window_epochs: Option<(f64, f64)>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws (a) mean-square displacements against the lag, with the slopes 1 of diffusion and 2 of
/// drift, (b) the exponent of every component, and (c) quantities that grow during training,
/// relative to their last values, the analysed window shaded.
///
/// # Errors
/// [`PlotError`] when a field is empty or of another length, or a value is not finite or, where
/// its axis is logarithmic, not positive.
pub fn drift(data: &DriftFigure) -> Result<Figure, PlotError> {
    check(data)?;
    let index: Vec<f64> = data.index.iter().map(|i| *i as f64).collect();
    let colours = ColourScale::components(data.displacements.iter().map(|curve| curve.index));
    let curve_colour = |place: usize| look(place, data.growth.len()).0;

    let lags = || data.displacements.iter().flat_map(|curve| curve.lag.iter().copied());
    let guides = [("diffusion: slope 1", 1.0, GREY), ("drift: slope 2", 2.0, INK)];
    let guide_entries = || guides.map(|(text, _, colour)| Entry::new(Mark::Dashes(colour), text));
    let mut displacement_legend: Vec<_> = data
        .displacements
        .iter()
        .map(|curve| {
            let colour = colours.colour(curve.index as f64);
            Entry::new(Mark::Line(colour), format!("i = {}", curve.index))
        })
        .collect();
    displacement_legend.extend(guide_entries());
    let mut growth_legend: Vec<_> = data
        .growth
        .iter()
        .enumerate()
        .map(|(place, curve)| Entry::new(Mark::Line(curve_colour(place)), &curve.label))
        .collect();
    if data.window_epochs.is_some() {
        growth_legend.push(Entry::new(Mark::Shade(SHADE), "analysed window"));
    }
    let plans = vec![
        Plan {
            legend: displacement_legend,
            x: Axis::decades(lags()),
            x_title: "lag h (steps)".to_owned(),
            y: Axis::decades(data.displacements.iter().flat_map(|curve| curve.mean_square.iter().copied())),
            y_title: "displacement ⟨Δθᵢ²(h)⟩".to_owned(),
        },
        Plan {
            legend: guide_entries().to_vec(),
            x: Axis::decades(index.iter().copied()),
            x_title: "component i".to_owned(),
            y: Axis::linear(data.exponent.iter().copied().chain(guides.map(|guide| guide.1))),
            y_title: "exponent of ⟨Δθᵢ²(h)⟩".to_owned(),
        },
        Plan {
            legend: growth_legend,
            x: Axis::linear(data.growth.iter().flat_map(|curve| curve.epoch.iter().copied())),
            x_title: "epoch".to_owned(),
            y: Axis::linear(data.growth.iter().flat_map(|curve| curve.value.iter().copied())),
            y_title: "value / last value".to_owned(),
        },
    ];
    let sheet = Sheet { title: data.title.clone(), columns: 3, data: (250.0, 235.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        let [displacement, exponent, growth] = panels else {
            return Ok(());
        };
        let start = fan_start(&data.displacements);
        let longest = lags().fold(0.0, f64::max);
        for (_, slope, colour) in guides {
            let end = (longest, (start.1.ln() + slope * (longest / start.0).ln()).exp());
            displacement.dashes(&[start, end], colour, GUIDE_LINE)?;
            exponent.level(slope, colour, GUIDE_LINE)?;
        }
        for curve in &data.displacements {
            let points = pairs(&curve.lag, &curve.mean_square);
            displacement.line(&points, colours.colour(curve.index as f64), DATA_LINE)?;
        }
        exponent.shapes(pairs(&index, &data.exponent), (BLUE, Shape::Dot), POINT_RADIUS)?;
        if let Some((first, last)) = data.window_epochs {
            growth.shade((first.min(last), first.max(last)), (0.0, 1.0), SHADE)?;
        }
        for (place, curve) in data.growth.iter().enumerate() {
            growth.line(&pairs(&curve.epoch, &curve.value), curve_colour(place), DATA_LINE)?;
        }
        Ok(())
    })
}

fn check(data: &DriftFigure) -> Result<(), PlotError> {
    check::not_empty("displacements", &data.displacements)?;
    for (number, curve) in data.displacements.iter().enumerate() {
        let field = |name: &str| format!("displacements[{number}].{name}");
        check::positive(&field("index"), &[curve.index as f64])?;
        check::not_empty(&field("lag"), &curve.lag)?;
        check::same_length(&field("mean_square"), curve.mean_square.len(), &field("lag"), curve.lag.len())?;
        check::positive(&field("lag"), &curve.lag)?;
        check::positive(&field("mean_square"), &curve.mean_square)?;
    }
    check::not_empty("index", &data.index)?;
    check::same_length("exponent", data.exponent.len(), "index", data.index.len())?;
    check::positive("index", &data.index.iter().map(|i| *i as f64).collect::<Vec<_>>())?;
    check::finite("exponent", &data.exponent)?;
    check::not_empty("growth", &data.growth)?;
    for (number, curve) in data.growth.iter().enumerate() {
        let (epoch, value) = (format!("growth[{number}].epoch"), format!("growth[{number}].value"));
        check::not_empty(&epoch, &curve.epoch)?;
        check::same_length(&value, curve.value.len(), &epoch, curve.epoch.len())?;
        check::finite(&epoch, &curve.epoch)?;
        check::finite(&value, &curve.value)?;
    }
    if let Some((first, last)) = data.window_epochs {
        check::finite("window_epochs", &[first, last])?;
    }
    Ok(())
}

/// Where the slopes to compare with start: the shortest lag, in the middle of the displacements
/// after the shortest lags.
fn fan_start(curves: &[DisplacementCurve]) -> (f64, f64) {
    let shortest = curves.iter().flat_map(|curve| curve.lag.iter().copied()).fold(f64::INFINITY, f64::min);
    let first = || curves.iter().filter_map(|curve| curve.mean_square.first());
    let ln_mean = first().map(|square| square.ln()).sum::<f64>() / first().count() as f64;
    (shortest, ln_mean.exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slopes_start_in_the_middle_of_the_first_displacements() {
        let curve =
            |first: f64| DisplacementCurve { index: 1, lag: vec![2.0, 20.0], mean_square: vec![first, 7.0] };
        let (lag, square) = fan_start(&[curve(1e-8), curve(1e-4)]);
        assert_eq!(lag, 2.0);
        assert!((square / 1e-6 - 1.0).abs() < 1e-12);
    }
}
