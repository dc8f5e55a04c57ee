//! Estimates with their intervals against a number: one curve a method.

use plotters::style::WHITE;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::{Panel, pairs};
use crate::canvas::series::Labels;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{AXIS_LINE, DATA_LINE, FAINT_INK, GUIDE_LINE, MARK_RADIUS, POINT_RADIUS, mixed};
use crate::{Figure, PlotError, check};

/// Estimates of one method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EstimateCurve {
    /// Its name.
    pub label: String,
    /// What the estimates are drawn against, in the unit of the axis.
    pub x: Vec<f64>,
    /// The estimate at each x, at least 0, in the unit of the axis.
    pub value: Vec<f64>,
    /// Low and high end of the interval of each.
    pub interval: Vec<(f64, f64)>,
}

/// An estimate that depends on nothing that is drawn: a dashed line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: f64,
}

/// Methods under the same conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EstimatePanel {
    /// The conditions, above the panel.
    pub title: String,
    /// The methods; those of one name look the same in all panels.
    pub curves: Vec<EstimateCurve>,
    /// A level to compare with.
    pub level: Option<Level>,
}

/// The axis on which a number is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NumberScale {
    /// A logarithmic axis.
    #[default]
    Decades,
    /// A linear axis that is marked at whole numbers only.
    Whole,
}

/// Estimates of one quantity by several methods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EstimateCurves {
    /// What the estimates are drawn against, with its unit: title of the horizontal axes.
    pub x_title: String,
    /// Their scale.
    pub x_scale: NumberScale,
    /// What is estimated, with its unit: title of the vertical axes, which begin at 0.
    pub y_title: String,
    /// The panels, two in a row.
    pub panels: Vec<EstimatePanel>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws estimates with their intervals, one curve a method; a method with one estimate is a point.
///
/// # Errors
/// [`PlotError`] when there is no panel or curve, a field is empty or of another length, or a value is not finite, an estimate or level is
/// negative or, on a logarithmic axis, an x is not positive.
pub fn estimate_curves(data: &EstimateCurves) -> Result<Figure, PlotError> {
    check(data)?;
    let labels = Labels::of(data.panels.iter().flat_map(|panel| &panel.curves).map(|curve| &curve.label));
    let mut legend = labels.entries();
    if let Some(level) = data.panels.iter().find_map(|panel| panel.level.as_ref()) {
        legend.push(Entry::new(Mark::Dashes(FAINT_INK), &level.label));
    }
    let plans = data.panels.iter().map(|panel| Plan {
        legend: vec![Entry::text(&panel.title)],
        x: across(panel, data.x_scale),
        x_title: data.x_title.clone(),
        y: up(panel),
        y_title: data.y_title.clone(),
    });
    let sheet =
        Sheet { title: data.title.clone(), legend, columns: 2, data: (330.0, 240.0), ..Sheet::default() };
    sheet.draw(plans.collect(), |panels| {
        panels.iter().zip(&data.panels).try_for_each(|(panel, data)| draw(panel, data, &labels))
    })
}

fn across(panel: &EstimatePanel, scale: NumberScale) -> Axis {
    let x = panel.curves.iter().flat_map(|curve| curve.x.iter().copied());
    match scale {
        NumberScale::Decades => Axis::decades(x),
        NumberScale::Whole => Axis::whole(x),
    }
}

/// From 0 to the highest value or end of an interval.
fn up(panel: &EstimatePanel) -> Axis {
    let ends = panel.curves.iter().flat_map(|curve| curve.interval.iter().map(|interval| interval.1));
    let values = panel.curves.iter().flat_map(|curve| curve.value.iter().copied());
    let level = panel.level.iter().map(|level| level.value);
    let highest = ends.chain(values).chain(level).fold(0.0, f64::max);
    Axis::linear_between(0.0, if highest > 0.0 { 1.05 * highest } else { 1.0 })
}

fn draw(panel: &Panel<'_>, data: &EstimatePanel, labels: &Labels<'_>) -> Result<(), PlotError> {
    if let Some(level) = &data.level {
        panel.level(level.value, FAINT_INK, GUIDE_LINE)?;
    }
    for curve in &data.curves {
        let (colour, _) = labels.look(&curve.label);
        for (&x, &(low, high)) in curve.x.iter().zip(&curve.interval) {
            panel.line(&[(x, low), (x, high)], mixed(colour, WHITE, 0.45), AXIS_LINE)?;
        }
    }
    for curve in &data.curves {
        let (colour, shape) = labels.look(&curve.label);
        let places = pairs(&curve.x, &curve.value);
        if places.len() > 1 {
            panel.line(&places, colour, DATA_LINE)?;
        }
        let size = if places.len() == 1 { 1.3 * MARK_RADIUS } else { 1.5 * POINT_RADIUS };
        panel.shapes(places, (colour, shape), size)?;
    }
    Ok(())
}

fn check(data: &EstimateCurves) -> Result<(), PlotError> {
    check::not_empty("panels", &data.panels)?;
    for (number, panel) in data.panels.iter().enumerate() {
        let level: Vec<f64> = panel.level.iter().map(|level| level.value).collect();
        check::not_negative(&format!("panels[{number}].level"), &level)?;
        let curves = format!("panels[{number}].curves");
        check::not_empty(&curves, &panel.curves)?;
        for (number, curve) in panel.curves.iter().enumerate() {
            check_curve(&format!("{curves}[{number}]"), curve, data.x_scale)?;
        }
    }
    Ok(())
}

fn check_curve(curve_field: &str, curve: &EstimateCurve, scale: NumberScale) -> Result<(), PlotError> {
    let field = |name: &str| format!("{curve_field}.{name}");
    check::not_empty(&field("x"), &curve.x)?;
    check::same_length(&field("value"), curve.value.len(), &field("x"), curve.x.len())?;
    check::same_length(&field("interval"), curve.interval.len(), &field("x"), curve.x.len())?;
    match scale {
        NumberScale::Decades => check::positive(&field("x"), &curve.x)?,
        NumberScale::Whole => check::finite(&field("x"), &curve.x)?,
    }
    check::not_negative(&field("value"), &curve.value)?;
    let ends: Vec<f64> = curve.interval.iter().flat_map(|interval| [interval.0, interval.1]).collect();
    check::finite(&field("interval"), &ends)
}
