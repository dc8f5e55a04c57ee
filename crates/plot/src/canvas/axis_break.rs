//! The break of an axis between its mark of zero and its lowest decade.

use plotters::element::{PathElement, Rectangle};
use plotters::style::{Color, WHITE};

use crate::PlotError;
use crate::canvas::axis::Axis;
use crate::canvas::style::{AXIS_LINE, INK};
use crate::canvas::units::{Area, stroke, units};

/// Half of the gap in the axis, in pixels.
const GAP: f64 = 2.0;
/// Half of the length of the two strokes at the gap, and how far each leans.
const HALF: f64 = 4.0;
const LEAN: f64 = 1.8;

/// Breaks the vertical axis at the left of the data.
pub(crate) fn vertical(data: &Area<'_>, axis: &Axis) -> Result<(), PlotError> {
    let (gap, half, lean) = (units(GAP), units(HALF), units(LEAN));
    let (_, height) = data.dim_in_pixel();
    let middle = height as i32 - middle(axis, height);
    let corners = [(-units(1.0), middle - gap), (units(1.0), middle + gap)];
    data.draw(&Rectangle::new(corners, WHITE.filled()))?;
    for end in [middle - gap, middle + gap] {
        let slash = vec![(-half, end + lean), (half, end - lean)];
        data.draw(&PathElement::new(slash, stroke(INK, AXIS_LINE)))?;
    }
    Ok(())
}

/// Breaks the horizontal axis below the data.
pub(crate) fn horizontal(data: &Area<'_>, axis: &Axis) -> Result<(), PlotError> {
    let (gap, half, lean) = (units(GAP), units(HALF), units(LEAN));
    let (width, height) = data.dim_in_pixel();
    let (middle, foot) = (middle(axis, width), height as i32);
    let corners = [(middle - gap, foot - units(1.0)), (middle + gap, foot + units(1.0))];
    data.draw(&Rectangle::new(corners, WHITE.filled()))?;
    for end in [middle - gap, middle + gap] {
        let slash = vec![(end - lean, foot + half), (end + lean, foot - half)];
        data.draw(&PathElement::new(slash, stroke(INK, AXIS_LINE)))?;
    }
    Ok(())
}

/// Where the break is along an axis of this length, nearer to the decade than to zero.
fn middle(axis: &Axis, length: u32) -> i32 {
    let (zero, lowest) = (axis.fraction(0.0), axis.fraction(axis.ends().0));
    (f64::from(length) * (zero + 0.72 * (lowest - zero))).round() as i32
}
