//! The spectrum of a window beside those of what else could have made it, and the ratio of both.

use plotters::style::{RGBColor, WHITE};
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::Panel;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, FEW, GREY, GUIDE_LINE, INK, POINT_RADIUS, mixed};
use crate::{Figure, PlotError, check};

/// Width of the ends of a band.
const BAND_LINE: f64 = 0.7;

/// Variances by rank with their band.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BandSeries {
    /// What it is, in the legend.
    pub label: String,
    /// (i, σ², least, largest) in the order of the ranks.
    pub points: Vec<(f64, f64, f64, f64)>,
}

/// A spectrum and its nulls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpectraFigure {
    /// What was measured.
    pub data: BandSeries,
    /// What the nulls give.
    pub nulls: Vec<BandSeries>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws (a) σ² by rank as points, with the mean of each null a line and the least and the largest of its realisations thin lines about it,
/// and (b) σ² over the mean of each null by rank, with 1 dashed.
///
/// # Errors
/// [`PlotError`] when there is no null, a series is empty, or a value is not positive and finite: all axes are logarithmic.
pub fn spectra(data: &SpectraFigure) -> Result<Figure, PlotError> {
    check(data)?;
    let points = || data.nulls.iter().chain([&data.data]).flat_map(|series| &series.points);
    let mut legend = vec![Entry::new(Mark::Dot(BLUE), &data.data.label)];
    legend.extend(
        data.nulls.iter().enumerate().map(|(place, null)| Entry::new(Mark::Line(colour(place)), &null.label)),
    );
    let ratios: Vec<Vec<(f64, f64)>> = data.nulls.iter().map(|null| ratio(&data.data, null)).collect();
    let ranks = || Axis::decades(points().map(|point| point.0));
    let plans = vec![
        Plan {
            legend,
            x: ranks(),
            x_title: "rank i".to_owned(),
            y: Axis::decades(points().flat_map(|point| [point.1, point.2, point.3])),
            y_title: "variance σ²".to_owned(),
        },
        Plan {
            legend: vec![Entry::new(Mark::Dashes(INK), "no difference")],
            x: ranks(),
            x_title: "rank i".to_owned(),
            y: Axis::decades(ratios.iter().flatten().map(|point| point.1).chain([1.0])),
            y_title: "σ² / σ² of the surrogate".to_owned(),
        },
    ];
    let sheet = Sheet { title: data.title.clone(), columns: 2, data: (330.0, 300.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        let [spectrum, ratio] = panels else { return Ok(()) };
        let own = data.data.points.iter().map(|point| (point.0, point.1));
        for point in own {
            spectrum.dot(point, 0.8 * POINT_RADIUS, BLUE)?;
        }
        ratio.level(1.0, INK, GUIDE_LINE)?;
        for (place, (null, ratios)) in data.nulls.iter().zip(&ratios).enumerate() {
            band(spectrum, null, colour(place))?;
            ratio.line(ratios, colour(place), DATA_LINE)?;
        }
        Ok(())
    })
}

fn band(panel: &Panel<'_>, null: &BandSeries, colour: RGBColor) -> Result<(), PlotError> {
    let line = |of: fn(&(f64, f64, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        null.points.iter().map(|point| (point.0, of(point))).collect()
    };
    let pale = mixed(colour, WHITE, 0.35);
    panel.line(&line(|point| point.2), pale, BAND_LINE)?;
    panel.line(&line(|point| point.3), pale, BAND_LINE)?;
    panel.line(&line(|point| point.1), colour, DATA_LINE)
}

/// (i, σ² over that of the null) where both have rank i.
fn ratio(data: &BandSeries, null: &BandSeries) -> Vec<(f64, f64)> {
    let of = |rank: f64| null.points.iter().find(|point| point.0 == rank);
    data.points.iter().filter_map(|point| Some((point.0, point.1 / of(point.0)?.1))).collect()
}

/// Blue is the window's.
fn colour(place: usize) -> RGBColor {
    match FEW.get(place + 1) {
        Some(colour) => *colour,
        None => GREY,
    }
}

fn check(data: &SpectraFigure) -> Result<(), PlotError> {
    check::not_empty("nulls", &data.nulls)?;
    let named = data.nulls.iter().enumerate().map(|(number, series)| (format!("nulls[{number}]"), series));
    for (field, series) in named.chain([("data".to_owned(), &data.data)]) {
        check::not_empty(&format!("{field}.points"), &series.points)?;
        let columns: [fn(&(f64, f64, f64, f64)) -> f64; 4] = [|p| p.0, |p| p.1, |p| p.2, |p| p.3];
        for column in columns {
            let values: Vec<f64> = series.points.iter().map(column).collect();
            check::positive(&format!("{field}.points"), &values)?;
        }
    }
    Ok(())
}
