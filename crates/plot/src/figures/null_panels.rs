//! Panels of a run beside its nulls.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{DATA_LINE, FEW, GREY, GUIDE_LINE, INK};
use crate::{Figure, PlotError, check};

/// Points of a series that lie close: there are thousands. Those of a short one are larger.
const RADIUS: f64 = 1.5;
const LARGE_RADIUS: f64 = 3.0;
const SHORT: usize = 60;

/// One series of a panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NullSeries {
    /// What it is, in the legend.
    pub label: String,
    /// (x, y) in the order of the directions.
    pub points: Vec<(f64, f64)>,
    /// How it is drawn.
    pub look: NullLook,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NullLook {
    /// A point each, as a run is.
    #[default]
    Points,
    /// A line, as a null is.
    Line,
    /// A dashed line, for a second one.
    Dashes,
}

/// A dashed line of a panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NullGuide {
    /// At a level of y, with its text.
    Level(f64, String),
    /// Where y = x, with its text.
    Diagonal(String),
}

impl NullGuide {
    fn text(&self) -> &str {
        match self {
            Self::Level(_, text) | Self::Diagonal(text) => text,
        }
    }

    fn level(&self) -> Option<f64> {
        match self {
            Self::Level(level, _) => Some(*level),
            Self::Diagonal(_) => None,
        }
    }
}

/// One panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NullPanel {
    /// Below and beside it.
    pub x_title: String,
    /// Beside it.
    pub y_title: String,
    /// The run and its nulls.
    pub series: Vec<NullSeries>,
    /// A dashed line.
    pub guide: Option<NullGuide>,
    /// Whether y is linear; x and, without this, y are logarithmic.
    pub linear: bool,
}

/// A figure of panels, two in a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NullPanels {
    /// From left to right, row by row.
    pub panels: Vec<NullPanel>,
    /// How many in a row.
    pub columns: usize,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws a run beside its nulls: points of what was measured, lines of what would have come out anyway.
///
/// # Errors
/// [`PlotError`] when there is no panel, a panel or a series is empty, or a value is not finite or, on a logarithmic axis, not
/// positive.
pub fn null_panels(data: &NullPanels) -> Result<Figure, PlotError> {
    check(data)?;
    let columns = data.columns.clamp(1, data.panels.len());
    let sheet = Sheet { title: data.title.clone(), columns, data: (310.0, 250.0), ..Sheet::default() };
    sheet.draw(data.panels.iter().map(plan).collect(), |panels| {
        for (panel, data) in panels.iter().zip(&data.panels) {
            match &data.guide {
                Some(NullGuide::Level(level, _)) => panel.level(*level, INK, GUIDE_LINE)?,
                Some(NullGuide::Diagonal(_)) => {
                    let (low, high) = panel.x_ends();
                    panel.dashes(&[(low, low), (high, high)], INK, GUIDE_LINE)?;
                }
                None => {}
            }
            draw(panel, &data.series)?;
        }
        Ok(())
    })
}

fn plan(data: &NullPanel) -> Plan {
    let entry = |(place, series): (usize, &NullSeries)| {
        let mark = match series.look {
            NullLook::Points => Mark::Dot(colour(place)),
            NullLook::Line => Mark::Line(colour(place)),
            NullLook::Dashes => Mark::Dashes(colour(place)),
        };
        Entry::new(mark, &series.label)
    };
    let guides = data.guide.iter().map(|guide| Entry::new(Mark::Dashes(INK), guide.text()));
    let points = || data.series.iter().flat_map(|series| series.points.iter());
    let y = points().map(|point| point.1).chain(data.guide.as_ref().and_then(NullGuide::level));
    Plan {
        legend: data.series.iter().enumerate().map(entry).chain(guides).collect(),
        x: Axis::decades(points().map(|point| point.0)),
        x_title: data.x_title.clone(),
        y: if data.linear { Axis::linear(y) } else { Axis::decades(y) },
        y_title: data.y_title.clone(),
    }
}

fn colour(place: usize) -> RGBColor {
    FEW.get(place).copied().unwrap_or(GREY)
}

/// Points first, so that the lines of nulls stay visible among them.
fn draw(panel: &Panel<'_>, series: &[NullSeries]) -> Result<(), PlotError> {
    for look in [NullLook::Points, NullLook::Line, NullLook::Dashes] {
        for (place, series) in series.iter().enumerate().filter(|(_, series)| series.look == look) {
            let colour = colour(place);
            match look {
                NullLook::Points => {
                    let radius = if series.points.len() < SHORT { LARGE_RADIUS } else { RADIUS };
                    panel.shapes(series.points.iter().copied(), (colour, Shape::Dot), radius)?;
                }
                NullLook::Line => panel.line(&series.points, colour, DATA_LINE)?,
                NullLook::Dashes => panel.dashes(&series.points, colour, DATA_LINE)?,
            }
        }
    }
    Ok(())
}

fn check(data: &NullPanels) -> Result<(), PlotError> {
    check::not_empty("panels", &data.panels)?;
    for (number, panel) in data.panels.iter().enumerate() {
        check::not_empty(&format!("panels[{number}].series"), &panel.series)?;
        for (place, series) in panel.series.iter().enumerate() {
            let field = |name: &str| format!("panels[{number}].series[{place}].points.{name}");
            check::not_empty(&field("x"), &series.points)?;
            let (x, y): (Vec<f64>, Vec<f64>) = series.points.iter().copied().unzip();
            check::positive(&field("x"), &x)?;
            match panel.linear {
                true => check::finite(&field("y"), &y)?,
                false => check::positive(&field("y"), &y)?,
            }
        }
    }
    Ok(())
}
