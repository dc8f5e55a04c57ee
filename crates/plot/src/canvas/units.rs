//! The canvas: its units, its areas, its pen.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::style::{Color, RGBColor, ShapeStyle};

/// plotters draws on whole numbers: the canvas counts tenths of a pixel.
pub(crate) const UNITS_PER_PIXEL: f64 = 10.0;

/// A rectangle of the canvas.
pub(crate) type Area<'b> = DrawingArea<SVGBackend<'b>, Shift>;

/// Pixels to canvas units.
pub(crate) fn units(pixels: f64) -> i32 {
    (pixels * UNITS_PER_PIXEL).round() as i32
}

/// The part of an area with this upper left corner and size, in pixels.
pub(crate) fn part<'b>(area: &Area<'b>, corner: (f64, f64), size: (f64, f64)) -> Area<'b> {
    area.clone().shrink((units(corner.0), units(corner.1)), (units(size.0), units(size.1)))
}

/// A line of this colour and width in pixels.
pub(crate) fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width(units(width) as u32)
}
