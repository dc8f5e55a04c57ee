//! Several quantities against the size of something, a panel each.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::series::look;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{DATA_LINE, GREY, GUIDE_LINE, INK, MARK_RADIUS};
use crate::{Figure, ForestReference, PlotError, check};

/// A quantity at one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizePoint {
    /// The size, above 0.
    pub size: f64,
    /// The quantity, in the unit of its panel.
    pub value: f64,
    /// Low and high end of its interval.
    pub interval: Option<(f64, f64)>,
    /// Whether it may be believed; drawn hollow and grey otherwise.
    pub trusted: bool,
}

/// A quantity at several sizes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizeSeries {
    /// What it is, in the legend; none when empty.
    pub label: String,
    /// Its points.
    pub points: Vec<SizePoint>,
}

/// Series that share their vertical axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizePanel {
    /// What is drawn, with its unit: the title of the vertical axis.
    pub quantity: String,
    /// Whether the vertical axis is logarithmic; linear otherwise.
    pub logarithmic: bool,
    /// The series.
    pub series: Vec<SizeSeries>,
    /// A value to compare with, dashed.
    pub reference: Option<ForestReference>,
}

/// Quantities against size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuantitiesBySize {
    /// What size means, with its unit: the title of the horizontal axes, which are logarithmic.
    pub size: String,
    /// The panels, two in a row.
    pub panels: Vec<SizePanel>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws each quantity against size, with its intervals.
///
/// # Errors
/// [`PlotError`] when there is no panel, a panel or series is empty, or a value is not finite or, where its axis is logarithmic, not positive.
pub fn quantities_by_size(data: &QuantitiesBySize) -> Result<Figure, PlotError> {
    check(data)?;
    let sizes = || data.panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points);
    let plans = data.panels.iter().map(|panel| Plan {
        legend: legend(panel),
        x: Axis::decades(sizes().map(|point| point.size)),
        x_title: data.size.clone(),
        y: if panel.logarithmic { Axis::decades(values(panel)) } else { Axis::linear(values(panel)) },
        y_title: panel.quantity.clone(),
    });
    let sheet = Sheet { title: data.title.clone(), columns: 2, data: (285.0, 200.0), ..Sheet::default() };
    sheet.draw(plans.collect(), |panels| {
        for (panel, data) in panels.iter().zip(&data.panels) {
            if let Some(reference) = &data.reference {
                panel.level(reference.value, INK, GUIDE_LINE)?;
            }
            for (place, series) in data.series.iter().enumerate() {
                let (colour, shape) = look(place, data.series.len());
                for point in &series.points {
                    let colour = if point.trusted { colour } else { GREY };
                    if let Some((low, high)) = point.interval {
                        panel.line(&[(point.size, low), (point.size, high)], colour, DATA_LINE)?;
                    }
                    if point.trusted {
                        panel.shapes([(point.size, point.value)], (colour, shape), MARK_RADIUS)?;
                    } else {
                        panel.ring((point.size, point.value), 0.9 * MARK_RADIUS, colour)?;
                    }
                }
            }
        }
        Ok(())
    })
}

fn legend(panel: &SizePanel) -> Vec<Entry> {
    let named = panel.series.iter().enumerate().filter(|(_, series)| !series.label.is_empty());
    let mut legend: Vec<Entry> = named
        .map(|(place, series)| {
            let (colour, shape) = look(place, panel.series.len());
            Entry::new(Mark::Series(colour, shape), &series.label)
        })
        .collect();
    if let Some(reference) = &panel.reference {
        legend.push(Entry::new(Mark::Dashes(INK), &reference.text));
    }
    if panel.series.iter().flat_map(|series| &series.points).any(|point| !point.trusted) {
        legend.push(Entry::new(Mark::Ring(GREY), "not trusted"));
    }
    legend
}

/// Everything that the vertical axis has to show.
fn values(panel: &SizePanel) -> Vec<f64> {
    let points = panel.series.iter().flat_map(|series| &series.points);
    let ends = |point: &SizePoint| point.interval.map_or([point.value; 2], |(low, high)| [low, high]);
    let reference = panel.reference.iter().map(|reference| reference.value);
    points.flat_map(|point| [vec![point.value], ends(point).to_vec()].concat()).chain(reference).collect()
}

fn check(data: &QuantitiesBySize) -> Result<(), PlotError> {
    check::not_empty("panels", &data.panels)?;
    for (number, panel) in data.panels.iter().enumerate() {
        let field = format!("panels[{number}].series");
        let drawable = if panel.logarithmic { check::positive } else { check::finite };
        check::not_empty(&field, &panel.series)?;
        for (number, series) in panel.series.iter().enumerate() {
            let field = format!("{field}[{number}].points");
            check::not_empty(&field, &series.points)?;
            let of = |value: fn(&SizePoint) -> f64| series.points.iter().map(value).collect::<Vec<f64>>();
            check::positive(&format!("{field}.size"), &of(|point| point.size))?;
            drawable(&format!("{field}.value"), &of(|point| point.value))?;
            for (number, point) in series.points.iter().enumerate() {
                if let Some((low, high)) = point.interval {
                    drawable(&format!("{field}[{number}].interval"), &[low, high])?;
                }
            }
        }
        if let Some(reference) = &panel.reference {
            drawable(&format!("panels[{number}].reference.value"), &[reference.value])?;
        }
    }
    Ok(())
}
