//! What figures are drawn with: a page of panels with axes, lines, marks, legends and a scale of colours.

pub(crate) mod axis;
pub(crate) mod clip;
pub(crate) mod colour_scale;
pub(crate) mod legend;
pub(crate) mod marks;
pub(crate) mod panel;
pub(crate) mod series;
pub(crate) mod sheet;
pub(crate) mod style;
pub(crate) mod units;
