//! Flatness against the component's number.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, INK, POINT_RADIUS, VERMILLION};
use crate::number::short;
use crate::{Figure, PlotError, check};

/// What is known about the flatness along one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointStatus {
    /// Both crossings were found: a filled point.
    Measured,
    /// The raised loss is not reached within the search radius: an arrow at the upper edge.
    Censored,
    /// A value to be taken with care, for whatever other reason: a hollow point.
    Doubtful,
}

/// Flatness Fᵢ of each component, one value of each field per component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlatnessByIndex {
    /// Component numbers i, counted from 1.
    pub index: Vec<usize>,
    /// Fᵢ; none where there is no value.
    pub flatness: Vec<Option<f64>>,
    /// What is known about each.
    pub status: Vec<PointStatus>,
    /// Search radius: crossings were sought for |δθ| up to this.
    pub radius: f64,
}

/// Draws Fᵢ against i. Censored components are arrows at the upper edge; the legend counts them,
/// and those without any value.
///
/// # Errors
/// [`PlotError`] when a field is empty or of another length, or a value is not finite or not
/// positive.
pub fn flatness_by_index(data: &FlatnessByIndex) -> Result<Figure, PlotError> {
    check::not_empty("index", &data.index)?;
    check::same_length("flatness", data.flatness.len(), "index", data.index.len())?;
    check::same_length("status", data.status.len(), "index", data.index.len())?;
    let index: Vec<f64> = data.index.iter().map(|i| *i as f64).collect();
    check::positive("index", &index)?;
    // A missing value stands in as 1, which passes, to keep the position of a wrong one.
    let values: Vec<f64> = data.flatness.iter().map(|flatness| flatness.unwrap_or(1.0)).collect();
    check::positive("flatness", &values)?;
    check::positive("radius", &[data.radius])?;

    let points = || index.iter().zip(&data.flatness).zip(&data.status);
    let with_value = |wanted: PointStatus| {
        points()
            .filter(move |(_, status)| **status == wanted)
            .filter_map(|((i, flatness), _)| flatness.map(|flatness| (*i, flatness)))
    };
    let measured: Vec<_> = with_value(PointStatus::Measured).collect();
    let doubtful: Vec<_> = with_value(PointStatus::Doubtful).collect();
    let censored: Vec<f64> =
        points().filter(|(_, status)| **status == PointStatus::Censored).map(|((i, _), _)| *i).collect();
    let missing = index.len() - measured.len() - doubtful.len() - censored.len();

    let mut legend = vec![Entry::new(Mark::Dot(BLUE), format!("measured ({})", measured.len()))];
    if !doubtful.is_empty() {
        legend.push(Entry::new(Mark::Ring(INK), format!("doubtful ({})", doubtful.len())));
    }
    if !censored.is_empty() {
        let text = format!("censored: no crossing within |δθ| ≤ {} ({})", short(data.radius), censored.len());
        legend.push(Entry::new(Mark::ArrowUp(VERMILLION), text));
    }
    if missing > 0 {
        legend.push(Entry::new(Mark::Nothing, format!("without a value ({missing})")));
    }
    let plan = Plan {
        legend,
        x: Axis::decades(index.iter().copied()),
        x_title: "component i".to_owned(),
        y: Axis::decades(measured.iter().chain(&doubtful).map(|point| point.1)).with_headroom(),
        y_title: "flatness Fᵢ".to_owned(),
    };
    let sheet = Sheet { columns: 1, data: (420.0, 300.0), ..Sheet::default() };
    sheet.draw(vec![plan], |panels| {
        for panel in panels {
            for point in &measured {
                panel.dot(*point, POINT_RADIUS, BLUE)?;
            }
            for point in &doubtful {
                panel.ring(*point, POINT_RADIUS, INK)?;
            }
            for i in &censored {
                panel.arrow_up((*i, panel.y_at(0.965)), VERMILLION)?;
            }
        }
        Ok(())
    })
}
