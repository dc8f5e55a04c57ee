//! Numbers as text: Unicode superscripts, significant digits, values with their intervals.
//!
//! Minus signs are true ones, and what rounds to zero has none.

use std::fmt::Display;

const MINUS: char = '−';

/// A number raised, as an exponent: `⁻³`, `⁰·⁵`.
///
/// ```
/// use varflat_plot::number::superscript;
/// assert_eq!(superscript(-3), "⁻³");
/// assert_eq!(superscript(0.5), "⁰·⁵");
/// ```
pub fn superscript(number: impl Display) -> String {
    let raised = |c| match c {
        '-' => Some('⁻'),
        '.' => Some('·'),
        digit => digit_of(digit, ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹']),
    };
    number.to_string().chars().filter_map(raised).collect()
}

/// `49` → `₄₉`.
pub(crate) fn subscript(index: usize) -> String {
    let lowered = |c| digit_of(c, ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉']);
    index.to_string().chars().filter_map(lowered).collect()
}

fn digit_of(c: char, digits: [char; 10]) -> Option<char> {
    c.to_digit(10).map(|digit| digits[digit as usize])
}

/// `-3` → `10⁻³`.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    format!("10{}", superscript(exponent))
}

/// A number with so many decimals and a true minus sign; never `−0`.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return not_finite(value);
    }
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.to_owned(),
        Some(digits) => format!("{MINUS}{digits}"),
        None => text,
    }
}

/// As [`fixed`], with a plus sign where there is no minus.
///
/// ```
/// use varflat_plot::number::signed;
/// assert_eq!(signed(2.0, 2), "+2.00");
/// assert_eq!(signed(-4.456, 2), "−4.46");
/// assert_eq!(signed(-0.001, 2), "+0.00");
/// ```
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    if text.starts_with(MINUS) || value.is_nan() { text } else { format!("+{text}") }
}

/// All digits of a value as a product with a power of ten: `2.5·10⁻⁸`, or `10⁻⁸`.
///
/// ```
/// use varflat_plot::number::scientific;
/// assert_eq!(scientific(2.5e-14), "2.5·10⁻¹⁴");
/// assert_eq!(scientific(1e-8), "10⁻⁸");
/// ```
pub fn scientific(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return not_finite(value);
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let raised = superscript(exponent);
    if mantissa == "1" { format!("10{raised}") } else { format!("{}·10{raised}", true_minus(mantissa)) }
}

fn true_minus(text: &str) -> String {
    text.replace('-', &MINUS.to_string())
}

fn not_finite(value: f64) -> String {
    let text = match value {
        f64::INFINITY => "∞",
        f64::NEG_INFINITY => "−∞",
        _ => "?",
    };
    text.to_owned()
}

/// Rounded to so many significant digits: `143`, `0.0021`, `1.2×10¹²`.
///
/// ```
/// use varflat_plot::number::significant;
/// assert_eq!(significant(0.0021, 2), "0.0021");
/// assert_eq!(significant(1.23e12, 2), "1.2×10¹²");
/// ```
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return not_finite(value);
    }
    // Rust rounds in decimal, so the exponent is that of the rounded value.
    let scientific = format!("{value:.*e}", digits.max(1) - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..=4).contains(&exponent) {
        let decimals = digits as i32 - 1 - exponent;
        fixed(value, decimals.max(0) as usize)
    } else {
        format!("{}×{}", true_minus(mantissa), power_of_ten(exponent))
    }
}

/// As [`significant`] with three digits, without zeros at the end: `30`, `2.5`.
pub(crate) fn short(value: f64) -> String {
    let text = significant(value, 3);
    if text.contains('.') && !text.contains('×') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// `4.46 [4.44, 4.48]`: no more digits than the interval allows, its ends rounded outwards, so that they hold the value.
/// Without an interval two significant digits.
///
/// ```
/// use varflat_plot::with_interval;
/// assert_eq!(with_interval(4.4632, Some((4.4431, 4.4833))), "4.46 [4.44, 4.49]");
/// assert_eq!(with_interval(4.4632, None), "4.5");
/// ```
pub fn with_interval(value: f64, interval: Option<(f64, f64)>) -> String {
    with_decimals(value, interval, 6)
}

/// As [`with_interval`], with no more than so many decimals: where something else than the interval limits what a digit means.
fn with_decimals(value: f64, interval: Option<(f64, f64)>, most: usize) -> String {
    match interval {
        Some((low, high)) => {
            let decimals = interval_decimals(value, (low, high)).min(most);
            format!("{} {}", fixed(value, decimals), ends(interval, decimals))
        }
        None => significant(value, 2),
    }
}

/// The value of an exponent and its interval; where the relation bends, no more decimals than tell its least value from its largest.
pub fn with_bend(value: f64, interval: Option<(f64, f64)>, bend: Option<(f64, f64)>) -> String {
    with_decimals(value, interval, bend.map_or(6, bend_decimals))
}

/// How far an exponent varies where the relation bends: `bent: 3.3 to 4.8 by range`.
pub fn by_range(bend: (f64, f64)) -> String {
    let decimals = bend_decimals(bend);
    format!("bent: {} to {} by range", fixed(bend.0, decimals), fixed(bend.1, decimals))
}

/// Decimals of an exponent that varies from the least to the largest: as many as tell these apart.
pub fn bend_decimals(bend: (f64, f64)) -> usize {
    interval_decimals(0.0, bend)
}

/// An interval as `[4.44, 4.49]`, its ends rounded outwards; empty where there is none.
pub fn ends(interval: Option<(f64, f64)>, decimals: usize) -> String {
    let unit = 10f64.powi(decimals as i32);
    interval.map_or_else(String::new, |(low, high)| {
        // What rounding alone has put beside a decimal stays where it is.
        let (low, high) = ((low * unit + 1e-9).floor() / unit, (high * unit - 1e-9).ceil() / unit);
        format!("[{}, {}]", fixed(low, decimals), fixed(high, decimals))
    })
}

/// Decimals that an interval allows: the first digit of half its width, and one of a value under ten; at most 6.
pub fn interval_decimals(value: f64, (low, high): (f64, f64)) -> usize {
    let half = 0.5 * (high - low).abs();
    let least = if value.abs() < 10.0 { 1 } else { 0 };
    if !half.is_finite() || half < 1e-6 {
        return 6;
    }
    (-half.log10().floor() as i32).clamp(least, 6) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_decides_the_digits() {
        assert_eq!(with_interval(4.463_156, Some((4.443, 4.4833))), "4.46 [4.44, 4.49]");
        assert_eq!(with_interval(4.463_156, Some((4.1, 4.8))), "4.5 [4.1, 4.8]");
        assert_eq!(with_interval(122.8, Some((80.2, 190.0))), "123 [80, 190]");
        assert_eq!(with_interval(-2.0, Some((-2.004, -1.996))), "−2.000 [−2.004, −1.996]");
        assert_eq!(with_interval(0.0123, Some((0.001, 0.03))), "0.01 [0.00, 0.03]");
        assert_eq!(with_interval(7.0, Some((7.0, 7.0))), "7.000000 [7.000000, 7.000000]");
        assert_eq!(with_interval(3.6, None), "3.6");
        assert_eq!(with_decimals(4.463_156, Some((4.457, 4.469)), 1), "4.5 [4.4, 4.5]");
    }

    #[test]
    fn superscripts_and_subscripts() {
        assert_eq!(superscript(-14), "⁻¹⁴");
        assert_eq!(superscript(0), "⁰");
        assert_eq!(superscript(2_356_789), "²³⁵⁶⁷⁸⁹");
        assert_eq!(subscript(49), "₄₉");
        assert_eq!(power_of_ten(-3), "10⁻³");
    }

    #[test]
    fn significant_digits() {
        assert_eq!(significant(143.2, 3), "143");
        assert_eq!(significant(-0.9934, 3), "−0.993");
        assert_eq!(significant(0.999_96, 3), "1.00");
        assert_eq!(significant(1.23e12, 2), "1.2×10¹²");
        assert_eq!(significant(-4.5e-9, 2), "−4.5×10⁻⁹");
        assert_eq!(significant(0.0, 3), "0");
        assert_eq!(significant(f64::NAN, 3), "?");
        assert_eq!(short(30.0), "30");
        assert_eq!(short(2.5), "2.5");
        assert_eq!(short(1e9), "1.00×10⁹");
    }

    #[test]
    fn products_with_powers_of_ten() {
        assert_eq!(scientific(-2.0e-8), "−2·10⁻⁸");
        assert_eq!(scientific(0.0), "0");
        assert_eq!(scientific(f64::INFINITY), "∞");
    }

    #[test]
    fn no_negative_zero() {
        assert_eq!(signed(-0.0, 1), "+0.0");
        assert_eq!(signed(f64::NAN, 1), "?");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(-1.5, 1), "−1.5");
        assert_eq!(fixed(f64::NEG_INFINITY, 1), "−∞");
    }
}
