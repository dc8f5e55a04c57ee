//! Viridis along an axis, and the bar that explains it.

use plotters::style::RGBColor;

use crate::PlotError;
use crate::canvas::axis::Axis;
use crate::canvas::panel::Panel;
use crate::canvas::style::viridis;

/// Steps of the bar: finer than the eye resolves at its length.
const STEPS: usize = 96;

/// Colours for values on an axis.
#[derive(Clone, Debug)]
pub(crate) struct ColourScale {
    pub(crate) axis: Axis,
    pub(crate) title: String,
}

impl ColourScale {
    /// Colours for component numbers, even steps for equal ratios.
    pub(crate) fn components(indices: impl Iterator<Item = usize>) -> Self {
        let (low, high) = indices.fold((f64::INFINITY, 1.0_f64), |(low, high), index| {
            (low.min(index as f64), high.max(index as f64))
        });
        let low = low.min(high).log10();
        // A few neighbouring components still get a bar with two labels.
        let high = high.log10().max(low + 0.75);
        Self { axis: Axis::decades_between(low, high), title: "component i".to_owned() }
    }

    pub(crate) fn colour(&self, value: f64) -> RGBColor {
        viridis(self.axis.fraction(value))
    }

    /// Fills the bar's panel.
    pub(crate) fn fill(&self, bar: &Panel<'_>) -> Result<(), PlotError> {
        for step in 0..STEPS {
            let share = step as f64 / STEPS as f64;
            let colour = viridis((step as f64 + 0.5) / STEPS as f64);
            // Each step reaches to the top, so that no seam shows between two.
            bar.shade((0.0, 1.0), (share, 1.0), colour)?;
        }
        bar.frame()
    }
}
