//! One kind of axis for every figure: linear or in decades, with its ticks decided when it is made.

mod decades;
mod linear;
mod ticks;

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use ticks::Ticks;

/// Share of the axis kept for the mark of exact zeros below the lowest decade.
const ZERO_BAND: f64 = 0.11;
/// Least space between two labels, in pixels.
const BETWEEN_LABELS: f64 = 4.0;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Linear,
    Decades,
}

/// An axis: a range, how values map to it, and its ticks.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    scale: Scale,
    /// Ends of the range; of log₁₀ of the values on an axis in decades.
    low: f64,
    high: f64,
    /// Share of the length below the lowest decade, where zero is marked.
    zero_band: f64,
    ticks: Ticks,
    /// Labels show `value / 10^exponent`.
    exponent: i32,
}

impl Axis {
    /// A logarithmic axis that shows every positive value given, with a little room at both ends.
    pub(crate) fn decades(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = decades::padded_range(values);
        Self::decades_between(low, high)
    }

    /// A logarithmic axis between two values given as log₁₀.
    pub(crate) fn decades_between(low: f64, high: f64) -> Self {
        Self {
            scale: Scale::Decades,
            low,
            high,
            zero_band: 0.0,
            ticks: decades::ticks(low, high),
            exponent: 0,
        }
    }

    /// Keeps a band below the lowest decade in which exact zeros are marked.
    pub(crate) fn with_zero(mut self) -> Self {
        self.zero_band = ZERO_BAND;
        self.ticks.labelled.insert(0, (0.0, "0".to_owned()));
        self
    }

    /// Keeps the upper 8 % free of data, for marks at the edge.
    pub(crate) fn with_headroom(self) -> Self {
        let high = self.high + 0.08 * (self.high - self.low);
        Self::decades_between(self.low, high)
    }

    /// A linear axis that shows every value given, with a little room at both ends.
    pub(crate) fn linear(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = linear::padded_range(values);
        Self::linear_between(low, high)
    }

    /// A linear axis with exactly these ends.
    pub(crate) fn linear_between(low: f64, high: f64) -> Self {
        let exponent = linear::common_exponent(low, high);
        Self {
            scale: Scale::Linear,
            low,
            high,
            zero_band: 0.0,
            ticks: linear::ticks(low, high, exponent),
            exponent,
        }
    }

    /// A linear axis that shows every value given and is marked at the whole numbers among them.
    pub(crate) fn whole(values: impl IntoIterator<Item = f64>) -> Self {
        let mut axis = Self::linear(values);
        // Beyond this, not every number deserves a label; what is labelled by itself is whole already.
        if axis.high - axis.low < 50.0 {
            let all = axis.low.ceil() as i32..=axis.high.floor() as i32;
            let labelled = all.map(|number| (f64::from(number), number.to_string())).collect();
            (axis.ticks, axis.exponent) = (Ticks { labelled, light: Vec::new() }, 0);
        }
        axis
    }

    /// Drops every second label until none touches its neighbour on an axis of so many pixels.
    /// `extent` gives the pixels that a label takes along the axis.
    pub(crate) fn with_legible_labels(mut self, length: f64, extent: impl Fn(&str) -> f64) -> Self {
        while self.labels_touch(length, &extent) {
            self.ticks.thin();
        }
        self
    }

    fn labels_touch(&self, length: f64, extent: &impl Fn(&str) -> f64) -> bool {
        self.ticks.labelled.windows(2).any(|pair| {
            let distance = length * (self.fraction(pair[1].0) - self.fraction(pair[0].0));
            distance < 0.5 * (extent(&pair[0].1) + extent(&pair[1].1)) + BETWEEN_LABELS
        })
    }

    /// The same axis with neither labels nor grid lines.
    pub(crate) fn without_ticks(mut self) -> Self {
        self.ticks = Ticks::default();
        self
    }

    /// The axis title with the power of ten its labels leave out: `θ₁ (×10⁻³)`.
    pub(crate) fn title(&self, text: &str) -> String {
        if self.exponent == 0 {
            text.to_owned()
        } else {
            format!("{text}  (×{})", crate::number::power_of_ten(self.exponent))
        }
    }

    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.ticks.labelled.iter().map(|(_, label)| label.as_str())
    }

    pub(crate) fn has_zero(&self) -> bool {
        self.zero_band > 0.0
    }

    /// Smallest and largest value of the axis, the zero mark apart.
    pub(crate) fn ends(&self) -> (f64, f64) {
        match self.scale {
            Scale::Linear => (self.low, self.high),
            Scale::Decades => (10f64.powf(self.low), 10f64.powf(self.high)),
        }
    }

    /// Where a value lies along the axis: 0 at its low end, 1 at its high end, beyond them outside.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        let coordinate = match self.scale {
            Scale::Linear => value,
            Scale::Decades if value == 0.0 && self.has_zero() => return self.zero_band * 0.35,
            // A line may lead further than numbers do; it is cut at the axis long before.
            Scale::Decades => value.clamp(f64::MIN_POSITIVE, f64::MAX).log10(),
        };
        self.zero_band + (1.0 - self.zero_band) * (coordinate - self.low) / (self.high - self.low)
    }

    /// The inverse of [`Self::fraction`] above the zero band.
    pub(crate) fn value_at(&self, fraction: f64) -> f64 {
        let share = (fraction - self.zero_band) / (1.0 - self.zero_band);
        let coordinate = self.low + share * (self.high - self.low);
        match self.scale {
            Scale::Linear => coordinate,
            Scale::Decades => 10f64.powf(coordinate),
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        // Clamped, so that no value overflows the pixel type.
        let fraction = self.fraction(*value).clamp(-4.0, 5.0);
        limit.0 + (fraction * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            self.ticks.light.clone()
        } else {
            self.ticks.labelled.iter().map(|(value, _)| *value).collect()
        }
    }

    fn range(&self) -> Range<f64> {
        let (low, high) = self.ends();
        low..high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks
            .labelled
            .iter()
            .find(|(tick, _)| tick == value)
            .map(|(_, label)| label.clone())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_map_to_equal_lengths() {
        let axis = Axis::decades_between(-2.0, 2.0);
        assert_eq!(axis.map(&1e-2, (0, 4000)), 0);
        assert_eq!(axis.map(&1e-1, (0, 4000)), 1000);
        assert_eq!(axis.map(&1e0, (0, 4000)), 2000);
        assert_eq!(axis.map(&1e2, (4000, 0)), 0);
    }

    #[test]
    fn fraction_and_value_are_inverse() {
        for axis in [Axis::decades_between(-30.0, 30.0).with_zero(), Axis::linear_between(-2.0, 7.0)] {
            for fraction in [0.2, 0.5, 1.0] {
                assert!((axis.fraction(axis.value_at(fraction)) - fraction).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn zero_is_marked_below_the_lowest_decade() {
        let axis = Axis::decades_between(-5.0, 0.0).with_zero();
        assert!(axis.fraction(0.0) > 0.0 && axis.fraction(0.0) < axis.fraction(1e-5));
        assert_eq!(axis.labels().next(), Some("0"));
        assert_eq!(axis.format_ext(&0.0), "0");
    }

    #[test]
    fn labels_are_thinned_until_they_fit_and_zero_stays() {
        let axis = Axis::linear_between(-3.5, 3.5).with_legible_labels(100.0, |_| 20.0);
        assert_eq!(axis.labels().collect::<Vec<_>>(), ["−2", "0", "2"]);
        let roomy = Axis::linear_between(-3.5, 3.5).with_legible_labels(1000.0, |_| 20.0);
        assert_eq!(roomy.labels().count(), 7);
        let single = Axis::decades([1.0]).with_legible_labels(1.0, |_| 20.0);
        assert_eq!(single.labels().count(), 1);
    }

    #[test]
    fn a_whole_axis_is_marked_at_whole_numbers() {
        let axis = Axis::whole([1.0, 3.0]);
        assert_eq!(axis.labels().collect::<Vec<_>>(), ["1", "2", "3"]);
    }

    #[test]
    fn values_far_outside_do_not_overflow() {
        let axis = Axis::linear_between(0.0, 1e-9);
        assert!(axis.map(&1e150, (0, 5000)) > 5000);
        assert!(axis.map(&-1e150, (0, 5000)) < 0);
    }
}
