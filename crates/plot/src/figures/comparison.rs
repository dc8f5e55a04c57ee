//! Measured curves beside expected ones, in as many panels as there are quantities.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{DATA_LINE, FEW, GREY, GUIDE_LINE, INK, MARK_RADIUS};
use crate::figures::estimates::Level;
use crate::{Figure, PlotError, check};

/// Points lie close: there are hundreds.
const RADIUS: f64 = 1.5;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ComparisonLook {
    /// A small point each, of many.
    #[default]
    Points,
    /// A large point each, of few, with their intervals.
    Marks,
    /// A line, as an expectation is.
    Line,
    /// A dashed line, for a second one.
    Dashes,
}

/// One series of a panel. Series take their colours by their place in the panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComparisonSeries {
    /// What it is, in the legend.
    pub label: String,
    /// (x, y).
    pub points: Vec<(f64, f64)>,
    /// Low and high end of the interval of each y; empty where there are none.
    pub intervals: Vec<(f64, f64)>,
    /// How it is drawn.
    pub look: ComparisonLook,
}

/// The axes of a panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scales {
    /// Both logarithmic.
    #[default]
    Decades,
    /// Both linear.
    Linear,
}

/// Series that share their axes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComparisonPanel {
    /// What is drawn against what, with units: titles of the axes.
    pub titles: (String, String),
    /// Which axes.
    pub scales: Scales,
    /// The series.
    pub series: Vec<ComparisonSeries>,
    /// A value of y to compare with, dashed.
    pub level: Option<Level>,
}

/// Curves in panels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The panels, two in a row.
    pub panels: Vec<ComparisonPanel>,
    /// Whether all panels have the same series: then there is one legend for all.
    pub shared: bool,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws measured and expected curves.
///
/// # Errors
/// [`PlotError`] when there is no panel, a panel or a series is empty, there are neither as many intervals as points nor none, or a value is not
/// finite or, on a logarithmic axis, not positive.
pub fn comparison(data: &Comparison) -> Result<Figure, PlotError> {
    check(data)?;
    let shared = data.panels.first().filter(|_| data.shared);
    let plans = data.panels.iter().map(|panel| plan(panel, !data.shared)).collect();
    let sheet = Sheet {
        title: data.title.clone(),
        legend: shared.map_or(Vec::new(), legend),
        columns: 2.min(data.panels.len()),
        data: (330.0, 250.0),
        ..Sheet::default()
    };
    sheet
        .draw(plans, |panels| panels.iter().zip(&data.panels).try_for_each(|(panel, data)| draw(panel, data)))
}

fn colour(place: usize) -> RGBColor {
    FEW.get(place).copied().unwrap_or(GREY)
}

fn legend(panel: &ComparisonPanel) -> Vec<Entry> {
    let entry = |(place, series): (usize, &ComparisonSeries)| {
        let mark = match series.look {
            ComparisonLook::Points | ComparisonLook::Marks => Mark::Dot(colour(place)),
            ComparisonLook::Line => Mark::Line(colour(place)),
            ComparisonLook::Dashes => Mark::Dashes(colour(place)),
        };
        Entry::new(mark, &series.label)
    };
    let level = panel.level.iter().map(|level| Entry::new(Mark::Dashes(INK), &level.label));
    panel.series.iter().enumerate().map(entry).chain(level).collect()
}

fn plan(panel: &ComparisonPanel, own_legend: bool) -> Plan {
    let x = || panel.series.iter().flat_map(|series| series.points.iter().map(|point| point.0));
    let ends =
        panel.series.iter().flat_map(|series| series.intervals.iter().flat_map(|ends| [ends.0, ends.1]));
    let y = panel.series.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    let y = y.chain(ends).chain(panel.level.iter().map(|level| level.value));
    let (x, y) = match panel.scales {
        Scales::Decades => (Axis::decades(x()), Axis::decades(y)),
        Scales::Linear => (Axis::linear(x()), Axis::linear(y)),
    };
    let (x_title, y_title) = panel.titles.clone();
    Plan { legend: if own_legend { legend(panel) } else { Vec::new() }, x, x_title, y, y_title }
}

/// Points first, so that lines stay visible among them, and marks over all.
fn draw(panel: &Panel<'_>, data: &ComparisonPanel) -> Result<(), PlotError> {
    if let Some(level) = &data.level {
        panel.level(level.value, INK, GUIDE_LINE)?;
    }
    use ComparisonLook::{Dashes, Line, Marks, Points};
    for look in [Points, Line, Dashes, Marks] {
        for (place, series) in data.series.iter().enumerate().filter(|(_, series)| series.look == look) {
            let colour = colour(place);
            match look {
                Points => panel.shapes(series.points.iter().copied(), (colour, Shape::Dot), RADIUS)?,
                Line => panel.line(&series.points, colour, DATA_LINE)?,
                Dashes => panel.dashes(&series.points, colour, DATA_LINE)?,
                Marks => {
                    for (point, (low, high)) in series.points.iter().zip(&series.intervals) {
                        panel.line(&[(point.0, *low), (point.0, *high)], colour, DATA_LINE)?;
                    }
                    series.points.iter().try_for_each(|point| panel.dot(*point, MARK_RADIUS, colour))?;
                }
            }
        }
    }
    Ok(())
}

fn check(data: &Comparison) -> Result<(), PlotError> {
    check::not_empty("panels", &data.panels)?;
    for (number, panel) in data.panels.iter().enumerate() {
        check::not_empty(&format!("panels[{number}].series"), &panel.series)?;
        let on_axis = |field: &str, values: &[f64]| match panel.scales {
            Scales::Decades => check::positive(field, values),
            Scales::Linear => check::finite(field, values),
        };
        if let Some(level) = &panel.level {
            on_axis(&format!("panels[{number}].level"), &[level.value])?;
        }
        for (place, series) in panel.series.iter().enumerate() {
            let field = |name: &str| format!("panels[{number}].series[{place}].{name}");
            check::not_empty(&field("points"), &series.points)?;
            if !series.intervals.is_empty() {
                let (found, expected) = (series.intervals.len(), series.points.len());
                check::same_length(&field("intervals"), found, &field("points"), expected)?;
            }
            let (x, y): (Vec<f64>, Vec<f64>) = series.points.iter().copied().unzip();
            on_axis(&field("points.x"), &x)?;
            on_axis(&field("points.y"), &y)?;
            let ends: Vec<f64> = series.intervals.iter().flat_map(|ends| [ends.0, ends.1]).collect();
            on_axis(&field("intervals"), &ends)?;
        }
    }
    Ok(())
}
