//! Two quantities that cannot both be small: one curve a method, one point a setting.

use plotters::style::WHITE;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::series::Labels;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{AXIS_LINE, DATA_LINE, GREY, MARK_RADIUS, POINT_RADIUS, mixed};
use crate::{Figure, PlotError, check};

/// One setting of a method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeOffPoint {
    /// The first quantity, at least 0.
    pub x: f64,
    /// Low and high end of its interval.
    pub x_interval: (f64, f64),
    /// The second quantity, at least 0.
    pub y: f64,
    /// Low and high end of its interval.
    pub y_interval: (f64, f64),
    /// Whether it is the setting that a rule has chosen.
    pub chosen: bool,
}

/// One method, its settings in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeOffCurve {
    /// Its name.
    pub label: String,
    /// Its settings, joined by a line.
    pub points: Vec<TradeOffPoint>,
}

/// Methods under the same conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeOffPanel {
    /// The conditions, above the panel.
    pub title: String,
    /// The methods; those of one name look the same in all panels.
    pub curves: Vec<TradeOffCurve>,
}

/// What methods make of two quantities.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeOff {
    /// The first quantity with its unit: title of the horizontal axes.
    pub x_title: String,
    /// The second quantity with its unit: title of the vertical axes.
    pub y_title: String,
    /// The panels, two in a row.
    pub panels: Vec<TradeOffPanel>,
    /// What is said of the chosen settings in the legend.
    pub chosen: String,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws two quantities that are at least 0 against each other, one curve a method, with intervals both ways; a method of one
/// setting is a point. Chosen settings have a ring around them. All axes are logarithmic, with a mark for 0 where it is needed.
///
/// # Errors
/// [`PlotError`] when there is no panel or curve or a curve has no point, or a value is negative or not finite.
pub fn trade_off(data: &TradeOff) -> Result<Figure, PlotError> {
    check(data)?;
    let labels = Labels::of(data.panels.iter().flat_map(|panel| &panel.curves).map(|curve| &curve.label));
    let points = |panel: &TradeOffPanel| {
        panel.curves.iter().flat_map(|curve| curve.points.clone()).collect::<Vec<_>>()
    };
    let mut legend = labels.entries();
    if data.panels.iter().flat_map(points).any(|point| point.chosen) {
        legend.push(Entry::new(Mark::Ring(GREY), &data.chosen));
    }
    let plans = data.panels.iter().map(|panel| Plan {
        legend: vec![Entry::text(&panel.title)],
        x: axis(points(panel).iter().map(|point| (point.x, point.x_interval.1))),
        x_title: data.x_title.clone(),
        y: axis(points(panel).iter().map(|point| (point.y, point.y_interval.1))),
        y_title: data.y_title.clone(),
    });
    let sheet =
        Sheet { title: data.title.clone(), legend, columns: 2, data: (330.0, 300.0), ..Sheet::default() };
    sheet.draw(plans.collect(), |panels| {
        panels.iter().zip(&data.panels).try_for_each(|(panel, data)| draw(panel, data, &labels))
    })
}

fn draw(panel: &Panel<'_>, data: &TradeOffPanel, labels: &Labels<'_>) -> Result<(), PlotError> {
    let looks = || data.curves.iter().map(|curve| (labels.look(&curve.label), curve));
    for ((colour, _), curve) in looks() {
        let faint = mixed(colour, WHITE, 0.6);
        for point in &curve.points {
            let (left, right) = point.x_interval;
            let (low, high) = point.y_interval;
            panel.line(&[(left, point.y), (right, point.y)], faint, AXIS_LINE)?;
            panel.line(&[(point.x, low), (point.x, high)], faint, AXIS_LINE)?;
        }
    }
    // Rings are white inside: they must not cover the points of others.
    for ((colour, _), curve) in looks() {
        for point in curve.points.iter().filter(|point| point.chosen) {
            panel.ring((point.x, point.y), 1.9 * MARK_RADIUS, mixed(colour, GREY, 0.3))?;
        }
    }
    for ((colour, shape), curve) in looks() {
        let places: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.x, point.y)).collect();
        if places.len() > 1 {
            panel.line(&places, colour, DATA_LINE)?;
        }
        let size = if places.len() == 1 { 1.3 * MARK_RADIUS } else { 1.4 * POINT_RADIUS };
        panel.shapes(places, (colour, shape), size)?;
    }
    Ok(())
}

/// In decades, wide enough for every value and the upper ends of their intervals.
fn axis(values: impl Iterator<Item = (f64, f64)> + Clone) -> Axis {
    let axis =
        Axis::decades(values.clone().flat_map(|(value, high)| [value, high]).filter(|value| *value > 0.0));
    if values.clone().any(|(value, _)| value == 0.0) { axis.with_zero() } else { axis }
}

fn check(data: &TradeOff) -> Result<(), PlotError> {
    check::not_empty("panels", &data.panels)?;
    for (number, panel) in data.panels.iter().enumerate() {
        let curves = format!("panels[{number}].curves");
        check::not_empty(&curves, &panel.curves)?;
        for (number, curve) in panel.curves.iter().enumerate() {
            check_curve(&format!("{curves}[{number}].points"), curve)?;
        }
    }
    Ok(())
}

fn check_curve(field: &str, curve: &TradeOffCurve) -> Result<(), PlotError> {
    let column = |of: fn(&TradeOffPoint) -> f64| curve.points.iter().map(of).collect::<Vec<_>>();
    check::not_empty(field, &curve.points)?;
    check::not_negative(&format!("{field}.x"), &column(|point| point.x))?;
    check::not_negative(&format!("{field}.y"), &column(|point| point.y))?;
    let ends = |of: fn(&TradeOffPoint) -> (f64, f64)| -> Vec<f64> {
        curve.points.iter().flat_map(|point| [of(point).0, of(point).1]).collect()
    };
    check::finite(&format!("{field}.x_interval"), &ends(|point| point.x_interval))?;
    check::finite(&format!("{field}.y_interval"), &ends(|point| point.y_interval))
}
