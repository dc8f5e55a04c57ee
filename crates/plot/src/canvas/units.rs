//! The units of the canvas.

/// plotters draws on whole numbers: the canvas counts tenths of a pixel.
pub(crate) const UNITS_PER_PIXEL: f64 = 10.0;

/// Pixels to canvas units.
pub(crate) fn units(pixels: f64) -> i32 {
    (pixels * UNITS_PER_PIXEL).round() as i32
}
