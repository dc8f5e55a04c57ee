//! What figures are drawn with: a page of panels with axes, lines, marks, legends and a scale of colours.

pub(crate) mod axis;
mod axis_break;
mod clip;
pub(crate) mod colour_scale;
mod document;
mod layout;
pub(crate) mod legend;
mod page;
pub(crate) mod panel;
pub(crate) mod series;
pub(crate) mod shape;
pub(crate) mod sheet;
pub(crate) mod style;
mod text;
mod units;
