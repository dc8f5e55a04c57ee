//! Range and ticks of a linear axis.

use crate::canvas::axis::ticks::Ticks;
use crate::number::fixed;

/// Values closer together than this share of their size are drawn as equal.
const RESOLUTION: f64 = 1e-6;
/// At most so many intervals between ticks.
const MOST_INTERVALS: f64 = 8.0;

/// Smallest and largest value with 4 % of room on each side; room too when they are equal.
pub(crate) fn padded_range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let size = low.abs().max(high.abs());
    // Below 1e-300 the division by the span would leave the normal numbers.
    let span = high - low;
    let padding = if size < 1e-300 {
        1.0
    } else if span <= RESOLUTION * size {
        0.5 * size
    } else {
        0.04 * span
    };
    (low - padding, high + padding)
}

/// The power of ten that labels leave out: 0 unless the values are very small or large.
pub(crate) fn common_exponent(low: f64, high: f64) -> i32 {
    let exponent = low.abs().max(high.abs()).log10().floor() as i32;
    if (-1..=4).contains(&exponent) { 0 } else { exponent }
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten, labelled without `10^exponent`.
pub(crate) fn ticks(low: f64, high: f64, exponent: i32) -> Ticks {
    let scale = 10f64.powi(exponent);
    let (low, high) = (low / scale, high / scale);
    let rough = (high - low) / MOST_INTERVALS;
    let power = rough.log10().floor();
    let step = match rough / 10f64.powf(power) {
        mantissa if mantissa <= 1.0 => 1.0,
        mantissa if mantissa <= 2.0 => 2.0,
        mantissa if mantissa <= 5.0 => 5.0,
        _ => 10.0,
    } * 10f64.powf(power);
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;

    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let count = (last - first).clamp(0.0, 20.0) as usize;
    Ticks {
        labelled: (0..=count)
            .map(|n| (first + n as f64) * step)
            .map(|value| (value * scale, fixed(value, decimals)))
            .collect(),
        light: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        let exponent = common_exponent(low, high);
        ticks(low, high, exponent).labelled.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(0.0, 241.0), ["0", "50", "100", "150", "200"]);
        assert_eq!(labels(-0.3, 0.15), ["−0.3", "−0.2", "−0.1", "0.0", "0.1"]);
        assert_eq!(labels(-0.03, 0.03), ["−3", "−2", "−1", "0", "1", "2", "3"]);
        assert_eq!(labels(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }

    #[test]
    fn tiny_and_huge_values_share_a_power_of_ten() {
        assert_eq!(common_exponent(-3e-5, 1e-5), -5);
        assert_eq!(labels(-3e-5, 3e-5), ["−3", "−2", "−1", "0", "1", "2", "3"]);
        assert_eq!(common_exponent(0.0, 2.9e30), 30);
    }

    #[test]
    fn equal_values_get_room() {
        assert_eq!(padded_range([3.0, 3.0]), (1.5, 4.5));
        assert_eq!(padded_range([0.0]), (-1.0, 1.0));
        let (low, high) = padded_range([1e30, 1e30]);
        assert!(ticks(low, high, 30).labelled.len() >= 3);
    }
}
