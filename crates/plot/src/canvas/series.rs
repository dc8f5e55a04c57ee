//! How series look: apart from one another, and those of one name the same in all panels of a figure.

use plotters::style::RGBColor;

use crate::canvas::legend::{Entry, Mark};
use crate::canvas::shape::Shape;
use crate::canvas::style::{FEW, viridis};

/// Colour and shape of a series by its place among `count`: distinct colours for a few, viridis in
/// the order given for many. Neighbours never share their shape.
pub(crate) fn look(place: usize, count: usize) -> (RGBColor, Shape) {
    let colour =
        if count <= FEW.len() { FEW[place % FEW.len()] } else { viridis(place as f64 / (count - 1) as f64) };
    (colour, Shape::ALL[place % Shape::ALL.len()])
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_of_a_figure_looks_different() {
        for count in [1, 7, 8, 24, 60] {
            let looks: Vec<_> = (0..count).map(|place| look(place, count)).collect();
            for (number, look) in looks.iter().enumerate() {
                assert!(!looks[number + 1..].contains(look), "{number} of {count}");
            }
        }
    }
}
