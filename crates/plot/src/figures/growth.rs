//! How the cost of something grows with its size.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::{Panel, pairs};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, GREY, INK, MARK_RADIUS, VERMILLION};
use crate::figures::power_law_line::{PowerLawLine, range, with_near_ends};
use crate::number::fixed;
use crate::{Figure, PlotError, check};

/// The axis shows the ends of lines up to such a factor beyond the points.
const ENDS_WITHIN: f64 = 2.0;

/// The power law cost = exp(`ln_prefactor`) · size^`exponent`, fitted elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrowthLine {
    /// The exponent.
    pub exponent: f64,
    /// Its standard error, for the legend.
    pub standard_error: f64,
    /// ln of the cost at size 1.
    pub ln_prefactor: f64,
}

/// The cost of one thing at several sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrowthSeries {
    /// What costs.
    pub name: String,
    /// Its sizes, above 0.
    pub size: Vec<f64>,
    /// What it costs at each, above 0, in the unit of its panel.
    pub cost: Vec<f64>,
    /// The power law fitted to these points.
    pub line: Option<GrowthLine>,
}

/// Series that share their axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrowthPanel {
    /// What size means here, with its unit: the title of the horizontal axis.
    pub size: String,
    /// What cost means here, with its unit: the title of the vertical axis.
    pub cost: String,
    /// The series.
    pub series: Vec<GrowthSeries>,
}

/// Cost against size, in as many panels as there are kinds of either.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// The panels, three in a row.
    pub panels: Vec<GrowthPanel>,
}

/// Draws cost against size on logarithmic axes, with the fitted power laws and their exponents.
///
/// # Errors
/// [`PlotError`] when there is no panel, series or point, or a value is not finite or not positive.
pub fn growth(data: &Growth) -> Result<Figure, PlotError> {
    check::not_empty("panels", &data.panels)?;
    for (number, panel) in data.panels.iter().enumerate() {
        let field = format!("panels[{number}].series");
        check::not_empty(&field, &panel.series)?;
        for (number, series) in panel.series.iter().enumerate() {
            check_series(&format!("{field}[{number}]"), series)?;
        }
    }
    let plans = data
        .panels
        .iter()
        .map(|panel| Plan {
            legend: panel.series.iter().enumerate().map(|(place, series)| entry(place, series)).collect(),
            x: Axis::decades(panel.series.iter().flat_map(|series| series.size.iter().copied())),
            x_title: panel.size.clone(),
            y: Axis::decades(panel.series.iter().flat_map(costs)),
            y_title: panel.cost.clone(),
        })
        .collect();
    let sheet = Sheet { columns: 3, data: (245.0, 195.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        for (panel, data) in panels.iter().zip(&data.panels) {
            for (place, series) in data.series.iter().enumerate() {
                draw(panel, place, series)?;
            }
        }
        Ok(())
    })
}

/// The costs, and where the line ends unless that is far away.
fn costs(series: &GrowthSeries) -> Vec<f64> {
    with_near_ends(series.cost.clone(), &line(series), ENDS_WITHIN)
}

/// The fitted power law from the smallest to the largest size.
fn line(series: &GrowthSeries) -> Option<PowerLawLine> {
    let (from, to) = range(series.size.iter().copied());
    series.line.as_ref().map(|line| PowerLawLine {
        slope: line.exponent,
        ln_prefactor: line.ln_prefactor,
        from,
        to,
        // More decimals say nothing of a time.
        text: format!("exponent {} ± {}", fixed(line.exponent, 2), fixed(line.standard_error, 2)),
    })
}

fn check_series(field: &str, series: &GrowthSeries) -> Result<(), PlotError> {
    let (size, cost) = (format!("{field}.size"), format!("{field}.cost"));
    check::not_empty(&size, &series.size)?;
    check::same_length(&cost, series.cost.len(), &size, series.size.len())?;
    check::positive(&size, &series.size)?;
    check::positive(&cost, &series.cost)?;
    if let Some(line) = &series.line {
        check::finite(&format!("{field}.line.exponent"), &[line.exponent])?;
        check::finite(&format!("{field}.line.ln_prefactor"), &[line.ln_prefactor])?;
    }
    Ok(())
}

/// The colour of a series by its place in the panel.
fn colour(place: usize) -> RGBColor {
    [BLUE, VERMILLION, INK, GREY][place % 4]
}

fn entry(place: usize, series: &GrowthSeries) -> Entry {
    let mark = if place == 1 { Mark::Diamond(colour(place)) } else { Mark::Dot(colour(place)) };
    let text = match line(series) {
        Some(line) => format!("{}: {}", series.name, line.text),
        None => series.name.clone(),
    };
    Entry::new(mark, text)
}

fn draw(panel: &Panel<'_>, place: usize, series: &GrowthSeries) -> Result<(), PlotError> {
    let colour = colour(place);
    if let Some(line) = line(series) {
        panel.line(&line.ends(), colour, DATA_LINE)?;
    }
    for point in pairs(&series.size, &series.cost) {
        if place == 1 {
            panel.diamond(point, colour)?;
        } else {
            panel.dot(point, 0.85 * MARK_RADIUS, colour)?;
        }
    }
    Ok(())
}
