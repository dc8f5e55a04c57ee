//! Numbers as a reader of the table wants them.

use varflat_analysis::Scaling;
use varflat_plot::number;

/// Three significant digits.
pub(crate) fn significant(value: f64) -> String {
    number::significant(value, 3)
}

/// `204 µs`, `1.63 ms`, `3.41 s`, `14.2 min`.
pub(crate) fn seconds(value: f64) -> String {
    let (scaled, unit) = match value {
        _ if value < 1e-6 => (1e9 * value, "ns"),
        _ if value < 1e-3 => (1e6 * value, "µs"),
        _ if value < 1.0 => (1e3 * value, "ms"),
        _ if value < 600.0 => (value, "s"),
        _ => (value / 60.0, "min"),
    };
    format!("{} {unit}", significant(scaled))
}

/// `412 MB`, with 10⁶ bytes each.
pub(crate) fn megabytes(value: f64) -> String {
    format!("{} MB", significant(1e-6 * value))
}

/// `1/67.3` below a quarter, `0.453` or `1.91` above.
pub(crate) fn ratio(value: f64) -> String {
    if value > 0.0 && value < 0.25 { format!("1/{}", significant(1.0 / value)) } else { significant(value) }
}

/// `1/60`, `0.45`, `1.85`: a goal as it was set, without trailing zeros.
pub(crate) fn goal(value: f64) -> String {
    let inverse = 1.0 / value;
    if value < 0.3 && (inverse - inverse.round()).abs() < 1e-9 {
        format!("1/{}", inverse.round())
    } else {
        value.to_string()
    }
}

/// `1.97 ± 0.03`.
pub(crate) fn exponent(power: &Scaling) -> String {
    format!("{} ± {}", number::fixed(power.exponent, 2), number::fixed(power.standard_error, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes() {
        assert_eq!(seconds(2.04e-4), "204 µs");
        assert_eq!(seconds(0.99999e-3), "1000 µs");
        assert_eq!(seconds(0.0016349), "1.63 ms");
        assert_eq!(seconds(3.4), "3.40 s");
        assert_eq!(seconds(852.0), "14.2 min");
        assert_eq!(megabytes(4.123e8), "412 MB");
    }

    #[test]
    fn ratios_and_goals() {
        assert_eq!(ratio(1.0 / 67.3), "1/67.3");
        assert_eq!(ratio(0.4531), "0.453");
        assert_eq!(ratio(1.0), "1.00");
        assert_eq!(goal(1.0 / 60.0), "1/60");
        assert_eq!(goal(0.3), "0.3");
        assert_eq!(goal(0.45), "0.45");
        assert_eq!(goal(1.85), "1.85");
        assert_eq!(goal(4.0), "4");
    }
}
