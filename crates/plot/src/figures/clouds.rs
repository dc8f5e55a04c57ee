//! Variance against flatness for many runs at once.

use plotters::style::{RGBColor, WHITE};
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Legend, Mark};
use crate::canvas::series::look;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{DATA_LINE, FAINT_INK, GREY, GUIDE_LINE, INK, POINT_RADIUS, mixed};
use crate::figures::power_law_line::{PowerLawLine, SlopeGuide, through_middle, with_near_ends};
use crate::{Figure, PlotError, check};

/// More clouds than this have their legend beside the points.
const MOST_ABOVE: usize = 4;
/// Widest column of the legend beside the points.
const LEGEND_COLUMN: f64 = 260.0;
/// How much of the colour of points is white, judged or not: the lines among them show.
const JUDGED_PALENESS: f64 = 0.3;
const PALENESS: f64 = 0.75;
/// The axis shows the ends of lines up to such a factor beyond the points.
const ENDS_WITHIN: f64 = 10.0;

/// One component: how flat its direction is and how far the weights move along it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloudPoint {
    /// Flatness Fᵢ.
    pub flatness: f64,
    /// Variance σᵢ².
    pub variance: f64,
    /// Whether the judgement of the run rests on it; drawn pale otherwise.
    pub judged: bool,
}

/// The components of one run, with the law fitted to them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    /// The run's name in the legend.
    pub label: String,
    /// The components, in any order.
    pub points: Vec<CloudPoint>,
    /// The fitted power law σ² ∝ F^slope.
    pub line: Option<PowerLawLine>,
}

/// Variances and flatnesses of several runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VarianceFlatnessClouds {
    /// The runs. Beyond seven their colours go from dark to bright in this order.
    pub series: Vec<Cloud>,
    /// A slope to compare with, through the middle of the judged points of all runs.
    pub guide: Option<SlopeGuide>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws σᵢ² against Fᵢ for every run on common logarithmic axes, each in its own colour and mark
/// with its fitted line (Feng & Tu 2021, the inverse variance–flatness relation across runs).
///
/// # Errors
/// [`PlotError`] when there is no run, a run has no point, or a value is not finite or, but for slopes
/// and prefactors, not positive.
pub fn variance_flatness_clouds(data: &VarianceFlatnessClouds) -> Result<Figure, PlotError> {
    check(data)?;
    let all = || data.series.iter().flat_map(|cloud| &cloud.points);
    let judged = places(all().filter(|point| point.judged));
    let middle = if judged.is_empty() { places(all()) } else { judged };

    let lines = data.series.iter().filter_map(|cloud| cloud.line.as_ref());
    let plan = Plan {
        legend: Vec::new(),
        x: Axis::decades(all().map(|point| point.flatness)),
        x_title: "flatness Fᵢ".to_owned(),
        y: Axis::decades(with_near_ends(all().map(|point| point.variance).collect(), lines, ENDS_WITHIN)),
        y_title: "variance σᵢ²".to_owned(),
    };
    let sheet = sheet(data);
    sheet.draw(vec![plan], |panels| {
        for panel in panels {
            let radius = if data.series.len() > MOST_ABOVE { 0.8 } else { 1.0 } * POINT_RADIUS;
            // What was not judged lies below what was, of whichever run.
            for judged in [false, true] {
                let paleness = if judged { JUDGED_PALENESS } else { PALENESS };
                for (cloud, (colour, shape)) in looks(&data.series) {
                    let colour = mixed(colour, WHITE, paleness);
                    let points = places(cloud.points.iter().filter(|point| point.judged == judged));
                    panel.shapes(points, (colour, shape), radius)?;
                }
            }
            for (cloud, (colour, _)) in looks(&data.series) {
                if let Some(line) = &cloud.line {
                    panel.line(&line.ends(), mixed(colour, INK, 0.25), 0.8 * DATA_LINE)?;
                }
            }
            if let Some(guide) = &data.guide {
                panel.dashes(&through_middle(&middle, guide.slope), FAINT_INK, GUIDE_LINE)?;
            }
        }
        Ok(())
    })
}

fn check(data: &VarianceFlatnessClouds) -> Result<(), PlotError> {
    check::not_empty("series", &data.series)?;
    for (number, cloud) in data.series.iter().enumerate() {
        let field = |name: &str| format!("series[{number}].{name}");
        let column = |of: fn(&CloudPoint) -> f64| cloud.points.iter().map(of).collect::<Vec<_>>();
        check::not_empty(&field("points"), &cloud.points)?;
        check::positive(&field("points.flatness"), &column(|point| point.flatness))?;
        check::positive(&field("points.variance"), &column(|point| point.variance))?;
        if let Some(line) = &cloud.line {
            line.check(&field("line"))?;
        }
    }
    if let Some(guide) = &data.guide {
        check::finite("guide.slope", &[guide.slope])?;
    }
    Ok(())
}

fn places<'a>(points: impl Iterator<Item = &'a CloudPoint>) -> Vec<(f64, f64)> {
    points.map(|point| (point.flatness, point.variance)).collect()
}

fn looks(series: &[Cloud]) -> impl Iterator<Item = (&Cloud, (RGBColor, Shape))> {
    series.iter().enumerate().map(|(place, cloud)| (cloud, look(place, series.len())))
}

/// The page: a few runs in a legend above the points, many in a table beside them.
fn sheet(data: &VarianceFlatnessClouds) -> Sheet {
    let mut legend = Vec::new();
    if let Some(guide) = &data.guide {
        legend.push(Entry::new(Mark::Dashes(FAINT_INK), &guide.text));
    }
    let left_out = data.series.iter().flat_map(|cloud| &cloud.points).filter(|point| !point.judged).count();
    if left_out > 0 {
        let pale = Mark::Dot(mixed(GREY, WHITE, 0.4));
        legend.push(Entry::new(pale, format!("pale: not judged ({left_out})")));
    }
    let mut right = Legend::default();
    let mut height = 330.0;
    if data.series.len() > MOST_ABOVE {
        right = Legend::table(looks(&data.series).flat_map(table_rows).collect());
        height = right.height().max(380.0);
    } else {
        let entries = looks(&data.series).map(|(cloud, (colour, shape))| {
            let text = match &cloud.line {
                Some(line) => format!("{}: {}", cloud.label, line.text),
                None => cloud.label.clone(),
            };
            Entry::new(Mark::Series(colour, shape), text)
        });
        legend.splice(0..0, entries);
    }
    let title = data.title.clone();
    Sheet { title, legend, columns: 1, data: (430.0, height), right, ..Sheet::default() }
}

/// A run's name and what is said of its line, side by side.
fn table_rows((cloud, (colour, shape)): (&Cloud, (RGBColor, Shape))) -> Vec<Vec<Entry>> {
    let text = cloud.line.as_ref().map_or("", |line| &line.text);
    let cells = [Entry::new(Mark::Series(colour, shape), &cloud.label), Entry::text(text)];
    Legend::row(cells.map(|cell| cell.lines(LEGEND_COLUMN)))
}
