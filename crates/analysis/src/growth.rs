//! How much a quantity grows over a window.

/// x(last)/x(first) of a quantity over a window, in order of time; not a number if there is none.
///
/// ```
/// assert_eq!(varflat_analysis::growth([2.0, 7.0, 3.0]), 1.5);
/// ```
pub fn growth(series: impl IntoIterator<Item = f64>) -> f64 {
    let mut series = series.into_iter();
    let Some(first) = series.next() else { return f64::NAN };
    series.last().unwrap_or(first) / first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ends_count() {
        let exponential = (0..=10).map(|t| (0.1 * f64::from(t)).exp());
        assert!((growth(exponential) - 1.0f64.exp()).abs() < 1e-12);
        assert_eq!(growth([4.0]), 1.0);
        assert!(growth([]).is_nan());
    }
}
