//! What is drawn between the axes of a panel, in data coordinates.

use std::collections::HashSet;

use plotters::element::{Circle, DashedPathElement, EmptyElement, PathElement, Polygon, Rectangle};
use plotters::style::{Color, RGBColor, ShapeStyle, WHITE};

use super::Panel;
use crate::PlotError;
use crate::canvas::shape::{self, Shape};
use crate::canvas::style::{AXIS_LINE, GREY, MARK_RADIUS};
use crate::canvas::units::{UNITS_PER_PIXEL, stroke, units};

/// Radius below which a dot is lost on paper.
const SMALLEST_DOT: f64 = 0.9;

impl Panel<'_> {
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

    /// Dashes at one value of y, from end to end.
    pub(crate) fn level(&self, y: f64, colour: RGBColor, width: f64) -> Result<(), PlotError> {
        let (left, right) = self.x_ends();
        self.dashes(&[(left, y), (right, y)], colour, width)
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
        self.polygon(point, shape::diamond((0, 0), MARK_RADIUS), colour)
    }

    pub(crate) fn arrow_up(&self, point: (f64, f64), colour: RGBColor) -> Result<(), PlotError> {
        self.polygon(point, shape::arrow_up((0, 0), MARK_RADIUS), colour)
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
