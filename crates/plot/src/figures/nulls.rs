//! A run beside its nulls: the relation, the ratio of variances, amplitudes without a free constant, and the equilibrium ratio.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{DATA_LINE, FEW, GREY, GUIDE_LINE, INK};
use crate::{Figure, PlotError, check};

/// Points lie close: there are thousands.
const RADIUS: f64 = 1.5;

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

/// What a run and its nulls give.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NullFigure {
    /// (F, σ²) of the run and its nulls.
    pub relation: Vec<NullSeries>,
    /// (i, σ²/σ² of the null) by rank.
    pub ratio: Vec<NullSeries>,
    /// (σ² by the exact formula, σ² as measured).
    pub amplitude: Vec<NullSeries>,
    /// (κ, R = σ²κ/T), the formula among them.
    pub equilibrium: Vec<NullSeries>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws (a) σ² against F of the run and its nulls, (b) the ratio of their variances by rank, with 1 dashed, (c) σ² against what the exact
/// formula gives, with the diagonal dashed, and (d) the equilibrium ratio R against κ, with the 1 of equilibrium dashed.
///
/// # Errors
/// [`PlotError`] when a panel or a series is empty, or a value is not positive and finite: all axes are logarithmic.
pub fn nulls(data: &NullFigure) -> Result<Figure, PlotError> {
    check(data)?;
    let plans = vec![
        plan(&data.relation, None, ("flatness F, parabola of κ", "variance σ²")),
        plan(&data.ratio, Some(("no difference", Some(1.0))), ("rank i", "σ² / σ² of the replay")),
        plan(&data.amplitude, Some(("no free constant", None)), ("σ² by the formula", "σ² measured")),
        plan(&data.equilibrium, Some(("equilibrium", Some(1.0))), ("curvature κ", "R = σ²κ/T")),
    ];
    let sheet = Sheet { title: data.title.clone(), columns: 2, data: (310.0, 250.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        let [relation, ratio, amplitude, equilibrium] = panels else { return Ok(()) };
        ratio.level(1.0, INK, GUIDE_LINE)?;
        equilibrium.level(1.0, INK, GUIDE_LINE)?;
        let (low, high) = amplitude.x_ends();
        amplitude.dashes(&[(low, low), (high, high)], INK, GUIDE_LINE)?;
        for (panel, series) in [
            (relation, &data.relation),
            (ratio, &data.ratio),
            (amplitude, &data.amplitude),
            (equilibrium, &data.equilibrium),
        ] {
            draw(panel, series)?;
        }
        Ok(())
    })
}

/// `guide` is the text of the dashed line, and its level if it has one.
fn plan(series: &[NullSeries], guide: Option<(&str, Option<f64>)>, (x_title, y_title): (&str, &str)) -> Plan {
    let entry = |(place, series): (usize, &NullSeries)| {
        let mark = match series.look {
            NullLook::Points => Mark::Dot(colour(place)),
            NullLook::Line => Mark::Line(colour(place)),
            NullLook::Dashes => Mark::Dashes(colour(place)),
        };
        Entry::new(mark, &series.label)
    };
    let guides = guide.map(|(text, _)| Entry::new(Mark::Dashes(INK), text));
    let points = || series.iter().flat_map(|series| series.points.iter());
    let level = guide.and_then(|(_, level)| level);
    Plan {
        legend: series.iter().enumerate().map(entry).chain(guides).collect(),
        x: Axis::decades(points().map(|point| point.0)),
        x_title: x_title.to_owned(),
        y: Axis::decades(points().map(|point| point.1).chain(level)),
        y_title: y_title.to_owned(),
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
                    panel.shapes(series.points.iter().copied(), (colour, Shape::Dot), RADIUS)?;
                }
                NullLook::Line => panel.line(&series.points, colour, DATA_LINE)?,
                NullLook::Dashes => panel.dashes(&series.points, colour, DATA_LINE)?,
            }
        }
    }
    Ok(())
}

fn check(data: &NullFigure) -> Result<(), PlotError> {
    for (panel, series) in [
        ("relation", &data.relation),
        ("ratio", &data.ratio),
        ("amplitude", &data.amplitude),
        ("equilibrium", &data.equilibrium),
    ] {
        check::not_empty(panel, series)?;
        for (number, series) in series.iter().enumerate() {
            let field = |name: &str| format!("{panel}[{number}].points.{name}");
            check::not_empty(&field("x"), &series.points)?;
            let (x, y): (Vec<f64>, Vec<f64>) = series.points.iter().copied().unzip();
            check::positive(&field("x"), &x)?;
            check::positive(&field("y"), &y)?;
        }
    }
    Ok(())
}
