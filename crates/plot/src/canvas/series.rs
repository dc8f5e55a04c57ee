//! Series of one name look the same in all panels of a figure.

use plotters::style::RGBColor;

use crate::canvas::legend::{Entry, Mark};
use crate::canvas::marks::Shape;
use crate::canvas::style::look;

/// The names of all series, each once, in order.
pub(crate) struct Labels<'a>(Vec<&'a str>);

impl<'a> Labels<'a> {
    pub(crate) fn of(labels: impl Iterator<Item = &'a String>) -> Self {
        let mut all: Vec<&str> = Vec::new();
        for label in labels {
            if !all.contains(&label.as_str()) {
                all.push(label);
            }
        }
        Self(all)
    }

    /// Colour and shape of a series.
    pub(crate) fn look(&self, label: &str) -> (RGBColor, Shape) {
        let place = self.0.iter().position(|other| *other == label);
        look(place.unwrap_or(0), self.0.len())
    }

    /// Their legend.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let entry = |label: &&str| {
            let (colour, shape) = self.look(label);
            Entry::new(Mark::Series(colour, shape), *label)
        };
        self.0.iter().map(entry).collect()
    }
}
