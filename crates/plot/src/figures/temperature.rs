//! The temperature of the directions: at the minimum, away from it, and how long noise lasts.

use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::{Panel, pairs};
use crate::canvas::series::look;
use crate::canvas::shape::Shape;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, INK, POINT_RADIUS};
use crate::figures::power_law_line::PowerLawLine;
use crate::number::short;
use crate::{Figure, PlotError, check};

/// Tᵢ(δθ) along one direction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TemperatureProfile {
    /// The component i, counted from 1.
    pub index: usize,
    /// Flatness Fᵢ, in which the offsets are drawn.
    pub flatness: f64,
    /// Offsets δθ from the minimum, in any order.
    pub offset: Vec<f64>,
    /// The temperature at each offset.
    pub temperature: Vec<f64>,
}

/// Correlation times as one estimator gives them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CorrelationTimeSeries {
    /// What is correlated and how its time is taken, such as `1/e time of θᵢ`.
    pub label: String,
    /// Flatness Fᵢ of each component.
    pub flatness: Vec<f64>,
    /// Its correlation time in steps; none where the estimator gives none.
    pub time: Vec<Option<f64>>,
}

/// The temperature along the principal components and the times of their noise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TemperatureFigure {
    /// Flatness Fᵢ of each component.
    pub flatness: Vec<f64>,
    /// Temperature Tᵢ(0) of each, at the minimum.
    pub temperature: Vec<f64>,
    /// The power law T ∝ F^slope fitted to them.
    pub line: Option<PowerLawLine>,
    /// Profiles of the temperature, a few directions.
    pub profiles: Vec<TemperatureProfile>,
    /// Correlation times, one series for each estimator.
    pub times: Vec<CorrelationTimeSeries>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws (a) the temperature Tᵢ(0) against Fᵢ with its power law, (b) how it changes along a few
/// directions, against δθ/Fᵢ, and (c) correlation times against Fᵢ (Feng & Tu 2021, the active
/// temperature of the noise of SGD).
///
/// # Errors
/// [`PlotError`] when a field is empty or of another length, or a value is not finite or, but for
/// an offset, not positive.
pub fn temperature(data: &TemperatureFigure) -> Result<Figure, PlotError> {
    check(data)?;
    let at_zero = pairs(&data.flatness, &data.temperature);
    let colours = ColourScale::components(data.profiles.iter().map(|profile| profile.index));
    let profiles: Vec<_> = data.profiles.iter().map(scaled).collect();
    let times: Vec<_> = data.times.iter().map(known).collect();

    let line = data.line.iter().map(|line| Entry::new(Mark::Line(INK), &line.text));
    let series_look = |place: usize| look(place, data.times.len());
    let sheet = Sheet { title: data.title.clone(), columns: 3, data: (250.0, 235.0), ..Sheet::default() };
    let plans = vec![
        Plan {
            legend: line.collect(),
            x: Axis::decades(data.flatness.iter().copied()),
            x_title: "flatness Fᵢ".to_owned(),
            y: Axis::decades(data.temperature.iter().copied()),
            y_title: "temperature Tᵢ(0)".to_owned(),
        },
        Plan {
            legend: data.profiles.iter().map(|profile| entry(profile, &colours)).collect(),
            x: Axis::linear(profiles.iter().flatten().map(|point| point.0)),
            x_title: "offset δθ / Fᵢ".to_owned(),
            y: Axis::decades(profiles.iter().flatten().map(|point| point.1)),
            y_title: "temperature Tᵢ(δθ)".to_owned(),
        },
        Plan {
            legend: data
                .times
                .iter()
                .enumerate()
                .map(|(place, series)| {
                    let (colour, shape) = series_look(place);
                    Entry::new(Mark::Series(colour, shape), &series.label)
                })
                .collect(),
            x: Axis::decades(data.times.iter().flat_map(|series| series.flatness.iter().copied())),
            x_title: "flatness Fᵢ".to_owned(),
            y: Axis::decades(times.iter().flatten().map(|point| point.1)),
            y_title: "correlation time (steps)".to_owned(),
        },
    ];
    sheet.draw(plans, |panels| {
        let [zero, along, time] = panels else {
            return Ok(());
        };
        zero.shapes(at_zero, (BLUE, Shape::Dot), POINT_RADIUS)?;
        if let Some(line) = &data.line {
            zero.line(&line.ends(), INK, DATA_LINE)?;
        }
        for (profile, points) in data.profiles.iter().zip(&profiles) {
            draw_profile(along, points, colours.colour(profile.index as f64))?;
        }
        for (place, points) in times.into_iter().enumerate() {
            time.shapes(points, series_look(place), POINT_RADIUS)?;
        }
        Ok(())
    })
}

fn check(data: &TemperatureFigure) -> Result<(), PlotError> {
    check::not_empty("flatness", &data.flatness)?;
    check::same_length("temperature", data.temperature.len(), "flatness", data.flatness.len())?;
    check::positive("flatness", &data.flatness)?;
    check::positive("temperature", &data.temperature)?;
    if let Some(line) = &data.line {
        line.check("line")?;
    }
    check::not_empty("profiles", &data.profiles)?;
    for (number, profile) in data.profiles.iter().enumerate() {
        let field = |name: &str| format!("profiles[{number}].{name}");
        let points = profile.offset.len();
        check::positive(&field("index"), &[profile.index as f64])?;
        check::positive(&field("flatness"), &[profile.flatness])?;
        check::not_empty(&field("offset"), &profile.offset)?;
        check::same_length(&field("temperature"), profile.temperature.len(), &field("offset"), points)?;
        check::finite(&field("offset"), &profile.offset)?;
        check::positive(&field("temperature"), &profile.temperature)?;
        // A quotient of two numbers that an axis can show need not be one.
        let shares: Vec<_> = scaled(profile).into_iter().map(|point| point.0).collect();
        check::finite(&field("offset / flatness"), &shares)?;
    }
    check::not_empty("times", &data.times)?;
    for (number, series) in data.times.iter().enumerate() {
        let (flatness, time) = (format!("times[{number}].flatness"), format!("times[{number}].time"));
        check::not_empty(&flatness, &series.flatness)?;
        check::same_length(&time, series.time.len(), &flatness, series.flatness.len())?;
        check::positive(&flatness, &series.flatness)?;
        // A missing time stands in as 1, which passes, to keep the position of a wrong one.
        let times: Vec<f64> = series.time.iter().map(|time| time.unwrap_or(1.0)).collect();
        check::positive(&time, &times)?;
    }
    Ok(())
}

/// (δθ/F, T) in the order of δθ.
fn scaled(profile: &TemperatureProfile) -> Vec<(f64, f64)> {
    let mut points = pairs(&profile.offset, &profile.temperature);
    for point in &mut points {
        point.0 /= profile.flatness;
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

/// (F, time) of the components that have one.
fn known(series: &CorrelationTimeSeries) -> Vec<(f64, f64)> {
    let components = series.flatness.iter().zip(&series.time);
    components.filter_map(|(flatness, time)| time.map(|time| (*flatness, time))).collect()
}

/// `i = 2, F = 0.31`.
fn entry(profile: &TemperatureProfile, colours: &ColourScale) -> Entry {
    let colour = colours.colour(profile.index as f64);
    Entry::new(Mark::Line(colour), format!("i = {}, F = {}", profile.index, short(profile.flatness)))
}

fn draw_profile(panel: &Panel<'_>, points: &[(f64, f64)], colour: RGBColor) -> Result<(), PlotError> {
    panel.line(points, colour, DATA_LINE)?;
    panel.shapes(points.iter().copied(), (colour, Shape::Dot), POINT_RADIUS)
}
