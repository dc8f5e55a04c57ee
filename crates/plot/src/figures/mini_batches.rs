//! The loss of single mini-batches along a direction, and that of all data.

use plotters::style::{RGBColor, WHITE};
use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::{Panel, pairs};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, GREY, INK, VERMILLION, mixed};
use crate::figures::landscape_profiles::raised_name;
use crate::{Figure, PlotError, check};

const MINI_BATCH_LINE: f64 = 0.6;
/// How much of the colour of a mini-batch's line is white.
const PALENESS: f64 = 0.5;

/// L(δθ) and L^μ(δθ) along one direction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MiniBatchDirection {
    /// What the direction is, such as `i = 2: sharp, F = 0.31`.
    pub title: String,
    /// Offsets δθ from the minimum, in ascending order.
    pub offset: Vec<f64>,
    /// L, the loss of all data at each offset.
    pub loss: Vec<f64>,
    /// L^μ, the loss of each mini-batch μ at each offset, `[mini-batches][offsets]`.
    pub mini_batches: Vec<Vec<f64>>,
    /// θ_l, the nearest crossing of the raised loss on the left; none when it is not reached.
    pub left: Option<f64>,
    /// θ_r, the nearest crossing on the right.
    pub right: Option<f64>,
}

/// Losses of mini-batches around one point of the landscape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MiniBatchFigure {
    /// L₀, the loss of all data at offset zero.
    pub reference_loss: f64,
    /// The factor that defines flatness: crossings are where L = factor · L₀ (e in the paper).
    pub factor: f64,
    /// The directions, typically a sharp and a flat one.
    pub directions: Vec<MiniBatchDirection>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws the loss L^μ(δθ) of every mini-batch, thin, and L(δθ) of all data, thick, one panel for
/// each direction on a common scale of loss (Feng & Tu 2021, whose temperature is the spread of
/// their gradients).
///
/// A loss of exactly 0 has its own mark below the lowest decade.
///
/// # Errors
/// [`PlotError`] when there is no direction, or one is empty, of several lengths, or holds a value
/// that is not finite (a loss: negative).
pub fn mini_batch_losses(data: &MiniBatchFigure) -> Result<Figure, PlotError> {
    check(data)?;
    let raised = data.factor * data.reference_loss;
    let losses = || {
        data.directions.iter().flat_map(|direction| {
            direction.mini_batches.iter().flatten().chain(&direction.loss).copied().chain([raised])
        })
    };
    let axis = Axis::decades(losses());
    let y = if losses().any(|loss| loss == 0.0) { axis.with_zero() } else { axis };
    let plans = data
        .directions
        .iter()
        .map(|direction| Plan {
            legend: vec![Entry::text(&direction.title).bold()],
            x: Axis::linear(direction.offset.iter().copied().chain(crossings(direction))),
            x_title: "offset δθ".to_owned(),
            y: y.clone(),
            y_title: "loss".to_owned(),
        })
        .collect::<Vec<_>>();
    let sheet = Sheet {
        title: data.title.clone(),
        legend: legend(data),
        columns: if plans.len() == 4 { 2 } else { 3 },
        data: if plans.len() > 2 { (250.0, 235.0) } else { (310.0, 270.0) },
        ..Sheet::default()
    };
    sheet.draw(plans, |panels| {
        for (panel, direction) in panels.iter().zip(&data.directions) {
            draw(panel, direction, raised)?;
        }
        Ok(())
    })
}

fn check(data: &MiniBatchFigure) -> Result<(), PlotError> {
    check::positive("reference_loss", &[data.reference_loss])?;
    check::positive("factor", &[data.factor])?;
    check::not_empty("directions", &data.directions)?;
    for (number, direction) in data.directions.iter().enumerate() {
        let field = |name: &str| format!("directions[{number}].{name}");
        let points = direction.offset.len();
        check::not_empty(&field("offset"), &direction.offset)?;
        check::finite(&field("offset"), &direction.offset)?;
        check::not_empty(&field("mini_batches"), &direction.mini_batches)?;
        let mini_batches = direction.mini_batches.iter().enumerate();
        let named = mini_batches.map(|(mini_batch, loss)| (format!("mini_batches[{mini_batch}]"), loss));
        for (name, loss) in named.chain([("loss".to_owned(), &direction.loss)]) {
            check::same_length(&field(&name), loss.len(), &field("offset"), points)?;
            check::not_negative(&field(&name), loss)?;
        }
        for (name, crossing) in [("left", direction.left), ("right", direction.right)] {
            check::finite(&field(name), crossing.as_slice())?;
        }
    }
    Ok(())
}

fn crossings(direction: &MiniBatchDirection) -> impl Iterator<Item = f64> {
    [direction.left, direction.right].into_iter().flatten()
}

fn mini_batch_colour() -> RGBColor {
    mixed(BLUE, WHITE, PALENESS)
}

fn legend(data: &MiniBatchFigure) -> Vec<Entry> {
    let counts = data.directions.iter().map(|direction| direction.mini_batches.len());
    let (fewest, most) = counts.fold((usize::MAX, 0), |(low, high), count| (low.min(count), high.max(count)));
    let count = if fewest == most { most.to_string() } else { format!("{fewest}–{most}") };
    let mut legend = vec![
        Entry::new(Mark::Line(mini_batch_colour()), format!("mini-batches, one line each ({count})")),
        Entry::new(Mark::Line(INK), "all data, L(δθ)"),
        Entry::new(Mark::Dashes(GREY), raised_name(data.factor)),
    ];
    if data.directions.iter().any(|direction| crossings(direction).next().is_some()) {
        legend.push(Entry::new(Mark::Dot(VERMILLION), "nearest crossings θₗ, θᵣ"));
    }
    legend
}

fn draw(panel: &Panel<'_>, direction: &MiniBatchDirection, raised: f64) -> Result<(), PlotError> {
    let along = |loss: &[f64]| pairs(&direction.offset, loss);
    for loss in &direction.mini_batches {
        panel.curve(&along(loss), mini_batch_colour(), MINI_BATCH_LINE)?;
    }
    panel.level(raised, GREY, 1.0)?;
    panel.curve(&along(&direction.loss), INK, 1.5 * DATA_LINE)?;
    for crossing in crossings(direction) {
        panel.dot((crossing, raised), 2.8, VERMILLION)?;
    }
    Ok(())
}
