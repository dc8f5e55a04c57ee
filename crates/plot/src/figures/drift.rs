//! Diffusion or drift: how far the weights get in a time, and what grows throughout.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::{Panel, pairs};
use crate::canvas::series::look;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, GREY, GUIDE_LINE, INK, POINT_RADIUS, SHADE};
use crate::{Figure, PlotError, check};

/// Slopes to compare with: what each means, the exponent of the displacement, its colour.
const GUIDES: [(&str, f64, RGBColor); 2] = [("diffusion: slope 1", 1.0, GREY), ("drift: slope 2", 2.0, INK)];

/// ⟨Δθᵢ²(h)⟩ of one component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DisplacementCurve {
    /// The component i, counted from 1.
    pub index: usize,
    /// Lags h in steps, in ascending order.
    pub lag: Vec<f64>,
    /// The mean-square displacement after each lag, in the squared unit of the weights.
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
    let colours = ColourScale::components(data.displacements.iter().map(|curve| curve.index));
    let plans = vec![displacement_plan(data, &colours), exponent_plan(data), growth_plan(data)];
    let sheet = Sheet { title: data.title.clone(), columns: 3, data: (250.0, 235.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        let [displacement, exponent, growth] = panels else {
            return Ok(());
        };
        draw_guides(displacement, exponent, data)?;
        for curve in &data.displacements {
            let points = pairs(&curve.lag, &curve.mean_square);
            displacement.line(&points, colours.colour(curve.index as f64), DATA_LINE)?;
        }
        exponent.shapes(pairs(&index(data), &data.exponent), (BLUE, Shape::Dot), POINT_RADIUS)?;
        draw_growth(growth, data)
    })
}

fn displacement_plan(data: &DriftFigure, colours: &ColourScale) -> Plan {
    let entry = |curve: &DisplacementCurve| {
        let colour = colours.colour(curve.index as f64);
        Entry::new(Mark::Line(colour), format!("i = {}", curve.index))
    };
    Plan {
        legend: data.displacements.iter().map(entry).chain(guide_entries()).collect(),
        x: Axis::decades(lags(data)),
        x_title: "lag h (steps)".to_owned(),
        y: Axis::decades(data.displacements.iter().flat_map(|curve| curve.mean_square.iter().copied())),
        y_title: "displacement ⟨Δθᵢ²(h)⟩".to_owned(),
    }
}

fn exponent_plan(data: &DriftFigure) -> Plan {
    Plan {
        legend: guide_entries().collect(),
        x: Axis::decades(index(data)),
        x_title: "component i".to_owned(),
        y: Axis::linear(data.exponent.iter().copied().chain(GUIDES.map(|guide| guide.1))),
        y_title: "exponent of ⟨Δθᵢ²(h)⟩".to_owned(),
    }
}

fn growth_plan(data: &DriftFigure) -> Plan {
    let curves = data.growth.iter().enumerate();
    let mut legend: Vec<_> = curves
        .map(|(place, curve)| Entry::new(Mark::Line(growth_colour(data, place)), &curve.label))
        .collect();
    if data.window_epochs.is_some() {
        legend.push(Entry::new(Mark::Shade(SHADE), "analysed window"));
    }
    Plan {
        legend,
        x: Axis::linear(data.growth.iter().flat_map(|curve| curve.epoch.iter().copied())),
        x_title: "epoch".to_owned(),
        y: Axis::linear(data.growth.iter().flat_map(|curve| curve.value.iter().copied())),
        y_title: "value / last value".to_owned(),
    }
}

fn index(data: &DriftFigure) -> Vec<f64> {
    data.index.iter().map(|i| *i as f64).collect()
}

fn lags(data: &DriftFigure) -> impl Iterator<Item = f64> {
    data.displacements.iter().flat_map(|curve| curve.lag.iter().copied())
}

fn guide_entries() -> impl Iterator<Item = Entry> {
    GUIDES.into_iter().map(|(text, _, colour)| Entry::new(Mark::Dashes(colour), text))
}

fn growth_colour(data: &DriftFigure, place: usize) -> RGBColor {
    look(place, data.growth.len()).0
}

/// The slopes among the displacements, and as levels among the exponents.
fn draw_guides(displacement: &Panel<'_>, exponent: &Panel<'_>, data: &DriftFigure) -> Result<(), PlotError> {
    let start = fan_start(&data.displacements);
    let longest = lags(data).fold(0.0, f64::max);
    for (_, slope, colour) in GUIDES {
        let end = (longest, (start.1.ln() + slope * (longest / start.0).ln()).exp());
        displacement.dashes(&[start, end], colour, GUIDE_LINE)?;
        exponent.level(slope, colour, GUIDE_LINE)?;
    }
    Ok(())
}

fn draw_growth(panel: &Panel<'_>, data: &DriftFigure) -> Result<(), PlotError> {
    if let Some((first, last)) = data.window_epochs {
        panel.shade((first.min(last), first.max(last)), (0.0, 1.0), SHADE)?;
    }
    for (place, curve) in data.growth.iter().enumerate() {
        panel.line(&pairs(&curve.epoch, &curve.value), growth_colour(data, place), DATA_LINE)?;
    }
    Ok(())
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
    check::positive("index", &index(data))?;
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
