//! One pair of axes and the data between them.

mod draw;

use plotters::backend::SVGBackend;
use plotters::chart::ChartBuilder;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::drawing::DrawingArea;
use plotters::style::text_anchor::{HPos, VPos};

use crate::PlotError;
use crate::canvas::axis::Axis;
use crate::canvas::clip::{self, Fractions};
use crate::canvas::style::{AXIS_LINE, AXIS_TEXT, GRID, INK, LIGHT_GRID, TICK_TEXT};
use crate::canvas::units::{Area, stroke, units};
use crate::canvas::{axis_break, text};

/// Length of a tick; plotters puts labels at twice this distance.
const TICK: f64 = 4.0;
/// Room below the data for tick labels and the axis title.
pub(crate) const BOTTOM: f64 = 2.0 * TICK + 1.1 * TICK_TEXT + 2.0 + 1.35 * AXIS_TEXT;

/// Room left of the data for tick labels and the axis title; next to none for an axis without title.
pub(crate) fn label_room(axis: &Axis, title: &str) -> f64 {
    if title.is_empty() {
        return 2.0 * TICK;
    }
    let widest = axis.labels().map(|label| text::width(label, TICK_TEXT)).fold(0.0, f64::max);
    2.0 * TICK + widest + 5.0 + 1.25 * AXIS_TEXT
}

/// The points of two columns.
pub(crate) fn pairs(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    x.iter().copied().zip(y.iter().copied()).collect()
}

/// On which side of the data the vertical axis stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A panel: data coordinates within its axes. Whatever lies outside them is not drawn.
pub(crate) struct Panel<'b> {
    area: DrawingArea<SVGBackend<'b>, Cartesian2d<Axis, Axis>>,
}

impl<'b> Panel<'b> {
    /// Draws grid, axes, labels and titles. `area` holds the data and, on the given side and
    /// below, `room` and [`BOTTOM`] pixels for the labels.
    pub(crate) fn open(
        area: &Area<'b>,
        (x, x_title): (Axis, &str),
        (y, y_title): (Axis, &str),
        (side, room): (Side, f64),
    ) -> Result<Self, PlotError> {
        let (left, right) = if side == Side::Left { (room, 0.0) } else { (0.0, room) };
        let bottom = if x_title.is_empty() { 0.0 } else { BOTTOM };
        let (x_label, y_label) = (x.clone(), y.clone());
        let mut chart = ChartBuilder::on(area)
            .x_label_area_size(units(bottom))
            .y_label_area_size(units(left))
            .right_y_label_area_size(units(right))
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .x_label_formatter(&move |value| x_label.format_ext(value))
            .y_label_formatter(&move |value| y_label.format_ext(value))
            .bold_line_style(stroke(GRID, 0.7))
            .light_line_style(stroke(LIGHT_GRID, 0.6))
            .axis_style(stroke(INK, AXIS_LINE))
            .label_style(text::plain(TICK_TEXT, INK, HPos::Center, VPos::Center))
            .axis_desc_style(text::plain(AXIS_TEXT, INK, HPos::Center, VPos::Center))
            .set_all_tick_mark_size(units(TICK))
            .x_desc(x_title)
            .y_desc(y_title)
            .draw()?;
        let panel = Self { area: chart.plotting_area().clone() };
        let (x, y) = panel.axes();
        if y.has_zero() {
            axis_break::vertical(&panel.area.strip_coord_spec(), y)?;
        }
        if x.has_zero() {
            axis_break::horizontal(&panel.area.strip_coord_spec(), x)?;
        }
        Ok(panel)
    }

    fn axes(&self) -> (&Axis, &Axis) {
        let coordinates = self.area.as_coord_spec();
        (coordinates.x_spec(), coordinates.y_spec())
    }

    fn fractions(&self, (x, y): (f64, f64)) -> Fractions {
        let (x_axis, y_axis) = self.axes();
        (x_axis.fraction(x), y_axis.fraction(y))
    }

    fn contains(&self, point: (f64, f64)) -> bool {
        let (x, y) = self.fractions(point);
        let visible = -1e-9..=1.0 + 1e-9;
        visible.contains(&x) && visible.contains(&y)
    }

    /// The visible pieces of a line, in data coordinates.
    fn visible(&self, points: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
        let (x, y) = self.axes();
        let fractions: Vec<_> = points.iter().map(|point| self.fractions(*point)).collect();
        let mut pieces = clip::inside_unit_square(&fractions);
        for piece in &mut pieces {
            for point in piece {
                *point = (x.value_at(point.0), y.value_at(point.1));
            }
        }
        pieces
    }

    /// Both ends of the horizontal axis.
    pub(crate) fn x_ends(&self) -> (f64, f64) {
        self.axes().0.ends()
    }

    /// The value of the vertical axis at a share of its height.
    pub(crate) fn y_at(&self, share: f64) -> f64 {
        self.axes().1.value_at(share)
    }
}
