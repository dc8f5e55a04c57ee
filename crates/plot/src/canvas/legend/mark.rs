//! The marks of a legend: samples of what they explain.

use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::{Color, RGBColor};

use crate::PlotError;
use crate::canvas::shape::{self, Shape};
use crate::canvas::style::{AXIS_LINE, DATA_LINE, MARK_RADIUS, POINT_RADIUS};
use crate::canvas::units::{Area, stroke, units};

const MARK_TO_TEXT: f64 = 6.0;

/// What stands before an entry's text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    Nothing,
    /// Room as wide as the mark of the line above and its gap, in pixels.
    Space(f64),
    Line(RGBColor),
    Dashes(RGBColor),
    Dot(RGBColor),
    Ring(RGBColor),
    Diamond(RGBColor),
    ArrowUp(RGBColor),
    Shade(RGBColor),
    /// How a series looks.
    Series(RGBColor, Shape),
}

impl Mark {
    fn width(self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Space(width) => width,
            Self::Line(_) | Self::Dashes(_) | Self::Shade(_) => 22.0,
            Self::Dot(_) | Self::Ring(_) | Self::Diamond(_) | Self::ArrowUp(_) | Self::Series(..) => 9.0,
        }
    }

    /// Width of the mark and its gap, in pixels: where the text starts.
    pub(crate) fn indent(self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Space(width) => width,
            mark => mark.width() + MARK_TO_TEXT,
        }
    }

    /// Draws with the left end and the middle of its height at these pixels.
    pub(crate) fn draw(self, area: &Area<'_>, left: f64, middle: f64) -> Result<(), PlotError> {
        let width = self.width();
        let centre = (units(left + width / 2.0), units(middle));
        let line = |from: f64, to: f64, colour: RGBColor| {
            let ends =
                vec![(units(left + from * width), units(middle)), (units(left + to * width), units(middle))];
            area.draw(&PathElement::new(ends, stroke(colour, DATA_LINE)))
        };
        match self {
            Self::Nothing | Self::Space(_) => {}
            Self::Line(colour) => line(0.0, 1.0, colour)?,
            Self::Dashes(colour) => {
                line(0.0, 0.4, colour)?;
                line(0.6, 1.0, colour)?;
            }
            Self::Dot(colour) => {
                area.draw(&Circle::new(centre, units(MARK_RADIUS * 0.85), colour.filled()))?
            }
            Self::Ring(colour) => {
                area.draw(&Circle::new(centre, units(POINT_RADIUS * 1.2), stroke(colour, AXIS_LINE)))?
            }
            Self::Series(colour, shape) => match shape.outline(centre, 0.85 * MARK_RADIUS) {
                None => Self::Dot(colour).draw(area, left, middle)?,
                Some(outline) => area.draw(&Polygon::new(outline, colour))?,
            },
            Self::Diamond(colour) => area.draw(&Polygon::new(shape::diamond(centre, MARK_RADIUS), colour))?,
            Self::ArrowUp(colour) => {
                area.draw(&Polygon::new(shape::arrow_up(centre, MARK_RADIUS), colour))?
            }
            Self::Shade(colour) => {
                let corners =
                    [(units(left), units(middle - 5.0)), (units(left + width), units(middle + 5.0))];
                area.draw(&Rectangle::new(corners, colour.filled()))?;
            }
        }
        Ok(())
    }
}
