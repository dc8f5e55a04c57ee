//! What a figure asks of its page: a title, legends, a grid of panels, a colour bar.

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Legend};
use crate::canvas::style::TICK_TEXT;
use crate::canvas::text;

/// What one panel needs before it is drawn.
pub(crate) struct Plan {
    pub(crate) legend: Vec<Entry>,
    pub(crate) x: Axis,
    pub(crate) x_title: String,
    pub(crate) y: Axis,
    pub(crate) y_title: String,
}

impl Plan {
    /// With no more labels than fit beside data of this width and height, in pixels.
    pub(crate) fn legible(self, (width, height): (f64, f64)) -> Self {
        let width_of = |label: &str| text::width(label, TICK_TEXT);
        Self {
            x: self.x.with_legible_labels(width, width_of),
            y: self.y.with_legible_labels(height, |_| TICK_TEXT),
            ..self
        }
    }
}

/// The page. Panels are lettered when there are several.
#[derive(Default)]
pub(crate) struct Sheet {
    pub(crate) title: Option<String>,
    /// Entries that concern every panel.
    pub(crate) legend: Vec<Entry>,
    /// Panels in a row.
    pub(crate) columns: usize,
    /// Width and height of each panel's data, in pixels.
    pub(crate) data: (f64, f64),
    pub(crate) colours: Option<ColourScale>,
    /// Rows left of the panels, from the top of the first one's data.
    pub(crate) left: Legend,
    /// Rows right of the panels.
    pub(crate) right: Legend,
}
