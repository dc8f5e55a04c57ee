//! Range and ticks of a logarithmic axis, in log₁₀ of the values.

use crate::canvas::axis::ticks::Ticks;
use crate::number::power_of_ten;

/// A narrower axis would show fewer than two of the labels 1, 2, 5.
const NARROWEST: f64 = 0.75;
/// Below this many decades 2 and 5 are labelled as well.
const LABEL_MULTIPLES_BELOW: f64 = 2.0;
/// Above this many decades the light lines at 2…9 would be a grey wash.
const LIGHT_MULTIPLES_BELOW: f64 = 6.5;
/// Above this many decades even a light line for each would be one.
const LIGHT_DECADES_BELOW: f64 = 25.0;
const MOST_LABELS: f64 = 7.0;

/// log₁₀ of the smallest and largest positive value, a little apart: at least [`NARROWEST`] wide.
/// Without any positive value, one decade below 1.
pub(crate) fn padded_range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|value| *value > 0.0)
        .map(f64::log10)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return (-1.0, 0.0);
    }
    let padding = (0.04 * (high - low)).max((NARROWEST - (high - low)) / 2.0);
    (low - padding, high + padding)
}

/// Labels at the decades (every second, third … when there are many); light lines at 2…9, or at
/// the unlabelled decades of a long axis. An axis under 2 decades also labels 2 and 5.
pub(crate) fn ticks(low: f64, high: f64) -> Ticks {
    let span = high - low;
    let (first, last) = (low.floor() as i32, high.ceil() as i32);
    let inside = |position: f64| position >= low - 1e-9 && position <= high + 1e-9;
    let every = (span / MOST_LABELS).ceil().max(1.0) as i32;
    let plain = low >= -2.01 && high < 4.2;

    let mut ticks = Ticks::default();
    for exponent in first..=last {
        for multiple in 1..=9 {
            let position = f64::from(exponent) + f64::from(multiple).log10();
            if !inside(position) {
                continue;
            }
            let value = 10f64.powf(position);
            let labelled = match multiple {
                1 => exponent.rem_euclid(every) == 0,
                2 | 5 => span < LABEL_MULTIPLES_BELOW,
                _ => false,
            };
            if labelled {
                ticks.labelled.push((value, label(multiple, exponent, plain)));
            } else if span < if multiple == 1 { LIGHT_DECADES_BELOW } else { LIGHT_MULTIPLES_BELOW } {
                ticks.light.push(value);
            }
        }
    }
    ticks
}

fn label(multiple: i32, exponent: i32, plain: bool) -> String {
    match (plain, multiple) {
        (true, _) => format!(
            "{:.*}",
            exponent.min(0).unsigned_abs() as usize,
            f64::from(multiple) * 10f64.powi(exponent)
        ),
        (false, 1) => power_of_ten(exponent),
        (false, _) => format!("{multiple}×{}", power_of_ten(exponent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        ticks(low, high).labelled.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn decades_are_labelled_and_multiples_are_light() {
        let marks = ticks(-5.2, -1.9);
        assert_eq!(labels(-5.2, -1.9), ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]);
        // 7e-6, 8e-6, 9e-6 below the first decade, eight in each of three, none above 10⁻².
        assert_eq!(marks.light.len(), 3 + 3 * 8);
        assert!((marks.labelled[1].0 / 1e-4 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn small_numbers_are_written_out() {
        assert_eq!(labels(-0.1, 3.5), ["1", "10", "100", "1000"]);
        assert_eq!(labels(-2.0, 0.0), ["0.01", "0.1", "1"]);
    }

    #[test]
    fn a_short_axis_labels_one_two_five() {
        assert_eq!(labels(-0.35, 0.8), ["0.5", "1", "2", "5"]);
        assert_eq!(labels(-8.0, -7.0), ["10⁻⁸", "2×10⁻⁸", "5×10⁻⁸", "10⁻⁷"]);
    }

    #[test]
    fn a_long_axis_has_few_labels() {
        let long = labels(-30.0, 30.0);
        assert!(long.len() <= 8, "{long:?}");
        assert!(long.contains(&"10⁰".to_owned()));
        assert!(labels(-14.0, 0.0).len() >= 6);
    }

    #[test]
    fn every_range_has_two_labels_and_contains_its_values() {
        for value in [1e-30, 3.3e-7, 0.29, 1.0, 4.0, 7.7, 1e30] {
            for factor in [1.0, 1.0001, 1.7, 6.0, 1e5] {
                let (low, high) = padded_range([value, value * factor]);
                assert!(low < value.log10() && (value * factor).log10() < high);
                assert!(labels(low, high).len() >= 2, "{value} {factor}");
            }
        }
    }

    #[test]
    fn without_positive_values_there_is_still_an_axis() {
        assert_eq!(padded_range([0.0, 0.0]), (-1.0, 0.0));
        assert_eq!(padded_range([]), (-1.0, 0.0));
    }
}
