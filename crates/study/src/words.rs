//! Numbers, durations and counts as people write them.

use varflat_analysis::{Estimate, Scaling};
pub(crate) use varflat_plot::number::scientific;
pub(crate) use varflat_plot::{bend_decimals, by_range, fixed};

use varflat_run::stages::FitReport;

/// A value with its 95 % interval, and no more digits than that allows.
pub(crate) fn estimate(estimate: &Estimate) -> String {
    varflat_plot::with_interval(estimate.value, pair(estimate.interval))
}

/// The exponent of a law: where it bends, with its range and no more decimals than that allows.
pub(crate) fn exponent(law: &Scaling) -> String {
    by_bend(&law.estimate(), law.bend)
}

/// An exponent: where the relation bends, with its range and no more decimals than that allows.
pub(crate) fn by_bend(exponent: &Estimate, bend: Option<[f64; 2]>) -> String {
    let value = varflat_plot::with_bend(exponent.value, pair(exponent.interval), pair(bend));
    let range = pair(bend).map_or_else(String::new, |bend| format!(", {}", by_range(bend)));
    value + &range
}

/// ψ of a fit, with no more decimals than its range allows where the relation bends.
pub(crate) fn psi(fit: &FitReport) -> String {
    varflat_plot::with_bend(fit.psi, pair(fit.psi_estimate().interval), pair(fit.bend()))
}

/// The ends of an interval, or of a range, as figures take them.
pub fn pair(interval: Option<[f64; 2]>) -> Option<(f64, f64)> {
    interval.map(|[low, high]| (low, high))
}

/// A duration as a person would say it.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        short if short < 1.0 => format!("{short:.2} s"),
        some if some < 120.0 => format!("{some:.1} s"),
        some if some < 7200.0 => format!("{:.1} min", some / 60.0),
        long if long < 172_800.0 => format!("{:.1} h", long / 3600.0),
        long => format!("{:.1} days", long / 86_400.0),
    }
}

/// With two digits, as in 5.1·10⁻⁵.
pub(crate) fn two_digits(value: f64) -> String {
    scientific(format!("{value:.1e}").parse().unwrap_or(value))
}

/// "1 run", "2 runs".
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_counts_are_said_as_people_say_them() {
        assert_eq!(
            (duration(0.25), duration(73.16), duration(488.5)),
            ("0.25 s".into(), "73.2 s".into(), "8.1 min".into())
        );
        assert_eq!((duration(10_000.0), duration(1e6)), ("2.8 h".into(), "11.6 days".into()));
        assert_eq!((count(1, "run"), count(6, "run")), ("1 run".into(), "6 runs".into()));
        assert_eq!(two_digits(5.115e-5), "5.1·10⁻⁵");
    }
}
