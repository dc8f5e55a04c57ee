//! One pair of axes and what is drawn between them.

use std::collections::HashSet;

use plotters::backend::SVGBackend;
use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, DashedPathElement, EmptyElement, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle, WHITE};

use crate::canvas::axis::Axis;
use crate::canvas::clip::{self, Fractions};
use crate::canvas::marks::{self, Shape};
use crate::canvas::style::{
    AXIS_LINE, AXIS_TEXT, GREY, GRID, INK, LIGHT_GRID, MARK_RADIUS, TICK_TEXT, UNITS_PER_PIXEL, units,
};
use crate::{PlotError, font};

/// Length of a tick; plotters puts labels at twice this distance.
const TICK: f64 = 4.0;
/// Radius below which a dot is lost on paper.
const SMALLEST_DOT: f64 = 0.9;
/// Room below the data for tick labels and the axis title.
pub(crate) const BOTTOM: f64 = 2.0 * TICK + 1.1 * TICK_TEXT + 2.0 + 1.35 * AXIS_TEXT;

/// Room left of the data for tick labels and the axis title; next to none for an axis without title.
pub(crate) fn label_room(axis: &Axis, title: &str) -> f64 {
    if title.is_empty() {
        return 2.0 * TICK;
    }
    let widest = axis.labels().map(|label| font::width(label, TICK_TEXT)).fold(0.0, f64::max);
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
        area: &DrawingArea<SVGBackend<'b>, Shift>,
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
            .label_style(font::text(TICK_TEXT, INK, HPos::Center, VPos::Center))
            .axis_desc_style(font::text(AXIS_TEXT, INK, HPos::Center, VPos::Center))
            .set_all_tick_mark_size(units(TICK))
            .x_desc(x_title)
            .y_desc(y_title)
            .draw()?;
        let panel = Self { area: chart.plotting_area().clone() };
        panel.mark_zero_band()?;
        Ok(panel)
    }

    fn axes(&self) -> (&Axis, &Axis) {
        let coordinates = self.area.as_coord_spec();
        (coordinates.x_spec(), coordinates.y_spec())
    }

    /// Breaks each axis between its mark of zero and its lowest decade.
    fn mark_zero_band(&self) -> Result<(), PlotError> {
        let (x, y) = self.axes();
        let screen = self.area.strip_coord_spec();
        let (width, height) = screen.dim_in_pixel();
        let (gap, half, lean) = (units(2.0), units(4.0), units(1.8));
        let middle = |axis: &Axis, length: u32| {
            let (from, to) = (axis.fraction(0.0), axis.fraction(axis.ends().0));
            (f64::from(length) * (from + 0.72 * (to - from))).round() as i32
        };
        if y.has_zero() {
            let middle = height as i32 - middle(y, height);
            let corners = [(-units(1.0), middle - gap), (units(1.0), middle + gap)];
            screen.draw(&Rectangle::new(corners, WHITE.filled()))?;
            for end in [middle - gap, middle + gap] {
                let slash = vec![(-half, end + lean), (half, end - lean)];
                screen.draw(&PathElement::new(slash, stroke(INK, AXIS_LINE)))?;
            }
        }
        if x.has_zero() {
            let (middle, foot) = (middle(x, width), height as i32);
            let corners = [(middle - gap, foot - units(1.0)), (middle + gap, foot + units(1.0))];
            screen.draw(&Rectangle::new(corners, WHITE.filled()))?;
            for end in [middle - gap, middle + gap] {
                let slash = vec![(end - lean, foot + half), (end + lean, foot - half)];
                screen.draw(&PathElement::new(slash, stroke(INK, AXIS_LINE)))?;
            }
        }
        Ok(())
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

    /// A line; a dot where all its points fall on one spot.
    pub(crate) fn line(&self, points: &[(f64, f64)], colour: RGBColor, width: f64) -> Result<(), PlotError> {
        if let [point] = points {
            return self.dot(*point, 0.8 * width, colour);
        }
        for mut piece in self.visible(points) {
            // Points that fall on the same spot of the canvas add bytes and nothing to see.
            piece.dedup_by_key(|point| self.area.map_coordinate(point));
            if let [point] = piece[..] {
                self.dot(point, 0.8 * width, colour)?;
            } else {
                self.area.draw(&PathElement::new(piece, stroke(colour, width)))?;
            }
        }
        Ok(())
    }

    /// A line through the positive values of y. Zeros, to which no line on a logarithmic axis can
    /// lead, are dots at the mark of zero.
    pub(crate) fn curve(&self, points: &[(f64, f64)], colour: RGBColor, width: f64) -> Result<(), PlotError> {
        for run in points.chunk_by(|a, b| (a.1 == 0.0) == (b.1 == 0.0)) {
            if run.iter().any(|point| point.1 > 0.0) {
                self.line(run, colour, width)?;
            } else {
                for point in run {
                    self.dot(*point, (0.6 * width).max(SMALLEST_DOT), colour)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn dashes(
        &self,
        points: &[(f64, f64)],
        colour: RGBColor,
        width: f64,
    ) -> Result<(), PlotError> {
        for mut piece in self.visible(points) {
            piece.dedup_by_key(|point| self.area.map_coordinate(point));
            if piece.len() < 2 {
                // Too short for a dash.
                continue;
            }
            let style = stroke(colour, width);
            self.area.draw(&DashedPathElement::new(piece, units(6.0), units(4.0), style))?;
        }
        Ok(())
    }

    pub(crate) fn dot(&self, point: (f64, f64), radius: f64, colour: RGBColor) -> Result<(), PlotError> {
        self.circle(point, radius, colour.filled())
    }

    /// A hollow point: white inside, so that it shows among filled ones.
    pub(crate) fn ring(&self, point: (f64, f64), radius: f64, colour: RGBColor) -> Result<(), PlotError> {
        self.circle(point, radius, WHITE.filled())?;
        self.circle(point, radius, stroke(colour, AXIS_LINE))
    }

    fn circle(&self, point: (f64, f64), radius: f64, style: ShapeStyle) -> Result<(), PlotError> {
        if self.contains(point) {
            self.area.draw(&Circle::new(point, units(radius), style))?;
        }
        Ok(())
    }

    /// The points of one series. Of those in the same pixel one is drawn: more add bytes and nothing
    /// to see.
    pub(crate) fn shapes(
        &self,
        points: impl IntoIterator<Item = (f64, f64)>,
        (colour, shape): (RGBColor, Shape),
        radius: f64,
    ) -> Result<(), PlotError> {
        let pixel = |position: i32| position.div_euclid(UNITS_PER_PIXEL as i32);
        let mut taken = HashSet::new();
        for point in points {
            let (x, y) = self.area.map_coordinate(&point);
            if taken.insert((pixel(x), pixel(y))) {
                match shape.outline((0, 0), radius) {
                    None => self.dot(point, radius, colour)?,
                    Some(outline) => self.polygon(point, outline, colour)?,
                }
            }
        }
        Ok(())
    }

    pub(crate) fn diamond(&self, point: (f64, f64), colour: RGBColor) -> Result<(), PlotError> {
        self.polygon(point, marks::diamond((0, 0), MARK_RADIUS), colour)
    }

    pub(crate) fn arrow_up(&self, point: (f64, f64), colour: RGBColor) -> Result<(), PlotError> {
        self.polygon(point, marks::arrow_up((0, 0), MARK_RADIUS), colour)
    }

    fn polygon(
        &self,
        point: (f64, f64),
        outline: Vec<(i32, i32)>,
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        if self.contains(point) {
            self.area.draw(&(EmptyElement::at(point) + Polygon::new(outline, colour)))?;
        }
        Ok(())
    }

    /// Both ends of the horizontal axis.
    pub(crate) fn x_ends(&self) -> (f64, f64) {
        self.axes().0.ends()
    }

    /// The value of the vertical axis at a share of its height.
    pub(crate) fn y_at(&self, share: f64) -> f64 {
        self.axes().1.value_at(share)
    }

    /// A rectangle between two values of x and two shares of the height.
    pub(crate) fn shade(&self, x: (f64, f64), shares: (f64, f64), colour: RGBColor) -> Result<(), PlotError> {
        let screen = self.area.strip_coord_spec();
        let (width, height) = screen.dim_in_pixel();
        let (width, height) = (f64::from(width), f64::from(height));
        let across = |value: f64| (self.axes().0.fraction(value).clamp(0.0, 1.0) * width).round() as i32;
        let up = |share: f64| ((1.0 - share) * height).round() as i32;
        let corners = [(across(x.0), up(shares.1)), (across(x.1), up(shares.0))];
        screen.draw(&Rectangle::new(corners, colour.filled()))?;
        Ok(())
    }

    /// A frame around the data.
    pub(crate) fn frame(&self) -> Result<(), PlotError> {
        let screen = self.area.strip_coord_spec();
        let (width, height) = screen.dim_in_pixel();
        let corners = [(0, 0), (width as i32, height as i32)];
        screen.draw(&Rectangle::new(corners, stroke(GREY, AXIS_LINE)))?;
        Ok(())
    }
}

fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width(units(width) as u32)
}
