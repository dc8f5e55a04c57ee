//! Sizes (in CSS pixels, 96 to the inch) and colours shared by all figures.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};

pub(crate) const TICK_TEXT: f64 = 12.5;
pub(crate) const LEGEND_TEXT: f64 = 12.5;
pub(crate) const AXIS_TEXT: f64 = 14.0;
pub(crate) const LETTER_TEXT: f64 = 16.0;

pub(crate) const AXIS_LINE: f64 = 0.9;
pub(crate) const DATA_LINE: f64 = 1.6;
pub(crate) const GUIDE_LINE: f64 = 1.1;
pub(crate) const POINT_RADIUS: f64 = 2.0;
pub(crate) const MARK_RADIUS: f64 = 3.4;

pub(crate) const INK: RGBColor = RGBColor(30, 30, 30);
pub(crate) const GREY: RGBColor = RGBColor(150, 150, 150);
pub(crate) const GRID: RGBColor = RGBColor(218, 218, 218);
pub(crate) const LIGHT_GRID: RGBColor = RGBColor(239, 239, 239);
pub(crate) const SHADE: RGBColor = RGBColor(226, 232, 240);
/// Text that matters less.
pub(crate) const FAINT_INK: RGBColor = RGBColor(115, 115, 115);

// Okabe and Ito's colours, distinct for colour-blind readers.
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const VERMILLION: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const PURPLE: RGBColor = RGBColor(204, 121, 167);
const ORANGE: RGBColor = RGBColor(230, 159, 0);
const SKY: RGBColor = RGBColor(86, 180, 233);

/// Colours of a few series, in the order in which they take them.
pub(crate) const FEW: [RGBColor; 7] = [BLUE, VERMILLION, GREEN, INK, PURPLE, ORANGE, SKY];

/// Viridis without its palest end, which would be lost on white. `share` from 0 to 1.
pub(crate) fn viridis(share: f64) -> RGBColor {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    ViridisRGB.get_color(0.93 * share)
}

/// The same colour, a share of it replaced by another.
pub(crate) fn mixed(colour: RGBColor, with: RGBColor, share: f64) -> RGBColor {
    let mix = |from: u8, to: u8| (f64::from(from) + share * (f64::from(to) - f64::from(from))).round() as u8;
    RGBColor(mix(colour.0, with.0), mix(colour.1, with.1), mix(colour.2, with.2))
}
