//! Twins that differ by rounding alone: their spectra, the ratio of these, and the share of a variance that is difference.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, FEW, GREY, GUIDE_LINE, INK};
use crate::{Figure, PlotError, check};

/// Points lie close: there are thousands.
const RADIUS: f64 = 1.5;

/// A twin that is rounded, component by component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundedTwin {
    /// What it is, in the legend.
    pub label: String,
    /// (i, σ²) along its components.
    pub variance: Vec<(f64, f64)>,
    /// (i, the variance of rounding each row).
    pub rounding: Vec<(f64, f64)>,
    /// (i, its σ² over that of the exact twin).
    pub ratio: Vec<(f64, f64)>,
    /// (i, the variance of the difference of the two over σ²).
    pub share: Vec<(f64, f64)>,
    /// (i, the same if nothing returned what was rounded away).
    pub expected: Vec<(f64, f64)>,
}

/// A twin without rounding, and others with more and more of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TwinFigure {
    /// The exact one, in the legend.
    pub label: String,
    /// (i, σ²) of it.
    pub exact: Vec<(f64, f64)>,
    /// The others.
    pub twins: Vec<RoundedTwin>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws (a) the spectra, with the rounding of each twin dashed, (b) the ratios of σ² to that of the exact twin, and (c) the shares of σ² that
/// are difference, with what roundings add up to dashed.
///
/// # Errors
/// [`PlotError`] when there is no twin, a series of points is empty, or a value is not positive and finite: all axes are logarithmic.
pub fn twins(data: &TwinFigure) -> Result<Figure, PlotError> {
    check(data)?;
    let all = |of: fn(&RoundedTwin) -> &Vec<(f64, f64)>| data.twins.iter().map(of).collect::<Vec<_>>();
    let spectra = [all(|twin| &twin.variance), all(|twin| &twin.rounding), vec![&data.exact]].concat();
    let shares = [all(|twin| &twin.share), all(|twin| &twin.expected)].concat();
    let mut plans = vec![
        plan(data, &spectra, None, "variance σ²"),
        plan(data, &all(|twin| &twin.ratio), Some("no difference"), "σ² / σ² in f64"),
        plan(data, &shares, Some("all of σ²"), "difference / σ²"),
    ];
    plans[0].legend.push(Entry::new(Mark::Line(INK), &data.label));
    plans[0].legend.push(Entry::new(Mark::Dashes(BLUE), "rounding of a row"));
    plans[2].legend.push(Entry::new(Mark::Dashes(BLUE), "roundings that add up"));
    let sheet = Sheet { title: data.title.clone(), columns: 3, data: (265.0, 260.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        let [spectrum, ratio, share] = panels else { return Ok(()) };
        ratio.level(1.0, INK, GUIDE_LINE)?;
        share.level(1.0, INK, GUIDE_LINE)?;
        // The exact twin last: where the others are as it is, it shows that.
        for (place, twin) in data.twins.iter().enumerate().rev() {
            let colour = colour(place);
            dots(spectrum, &twin.variance, colour)?;
            spectrum.dashes(&twin.rounding, colour, GUIDE_LINE)?;
            dots(ratio, &twin.ratio, colour)?;
            dots(share, &twin.share, colour)?;
            share.dashes(&twin.expected, colour, DATA_LINE)?;
        }
        spectrum.line(&data.exact, INK, GUIDE_LINE)
    })
}

fn plan(data: &TwinFigure, series: &[&Vec<(f64, f64)>], level: Option<&str>, title: &str) -> Plan {
    let points = || series.iter().flat_map(|points| points.iter());
    let entry = |(place, twin): (usize, &RoundedTwin)| Entry::new(Mark::Dot(colour(place)), &twin.label);
    let guide = level.map(|text| Entry::new(Mark::Dashes(INK), text));
    Plan {
        legend: data.twins.iter().enumerate().map(entry).chain(guide).collect(),
        x: Axis::decades(points().map(|point| point.0)),
        x_title: "component i".to_owned(),
        y: Axis::decades(points().map(|point| point.1).chain(level.map(|_| 1.0))),
        y_title: title.to_owned(),
    }
}

fn colour(place: usize) -> RGBColor {
    // The fourth is that of the exact twin.
    FEW.into_iter().filter(|colour| *colour != INK).nth(place).unwrap_or(GREY)
}

fn dots(panel: &Panel<'_>, points: &[(f64, f64)], colour: RGBColor) -> Result<(), PlotError> {
    panel.shapes(points.iter().copied(), (colour, Shape::Dot), RADIUS)
}

fn check(data: &TwinFigure) -> Result<(), PlotError> {
    check::not_empty("twins", &data.twins)?;
    let positive = |field: &str, points: &[(f64, f64)]| {
        check::not_empty(field, points)?;
        let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        check::positive(&format!("{field}.x"), &x)?;
        check::positive(&format!("{field}.y"), &y)
    };
    positive("exact", &data.exact)?;
    for (number, twin) in data.twins.iter().enumerate() {
        for (name, points) in [
            ("variance", &twin.variance),
            ("rounding", &twin.rounding),
            ("ratio", &twin.ratio),
            ("share", &twin.share),
            ("expected", &twin.expected),
        ] {
            positive(&format!("twins[{number}].{name}"), points)?;
        }
    }
    Ok(())
}
