//! A number as a page prints it.

use varflat_analysis::{Estimate, Scaling};

use crate::words::{bend_decimals, fixed, pair};

/// How far a number that the paper gives with "≈" may be off, as a share of it.
const ABOUT: f64 = 0.25;

/// A number of ours and the table it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) digits: usize,
    /// 95 % interval, and what it covers.
    pub(crate) interval: Option<(f64, f64)>,
    pub(crate) covers: String,
    pub(crate) unit: &'static str,
    pub(crate) table: &'static str,
}

impl Number {
    pub(crate) fn new(what: impl Into<String>, value: f64, digits: usize, table: &'static str) -> Self {
        Self { what: what.into(), value, digits, interval: None, covers: String::new(), unit: "", table }
    }

    /// An estimate: no more digits than its interval allows, two decimals where it has none.
    pub(crate) fn of(what: impl Into<String>, estimate: &Estimate, table: &'static str) -> Self {
        let interval = pair(estimate.interval);
        let digits = interval.map_or(2, |interval| varflat_plot::interval_decimals(estimate.value, interval));
        Self { interval, covers: estimate.about(), ..Self::new(what, estimate.value, digits, table) }
    }

    /// The exponent of a law.
    pub(crate) fn of_law(what: impl Into<String>, law: &Scaling, table: &'static str) -> Vec<Self> {
        Self::of_exponent(what, &law.estimate(), law.bend, table)
    }

    /// An exponent; where the relation bends, with its least and largest value by range, and no more digits than these allow.
    pub(crate) fn of_exponent(
        what: impl Into<String>,
        estimate: &Estimate,
        bend: Option<[f64; 2]>,
        table: &'static str,
    ) -> Vec<Self> {
        let found = Self::of(what, estimate, table);
        let Some([least, largest]) = bend else { return vec![found] };
        let digits = bend_decimals((least, largest));
        vec![
            Self { digits: found.digits.min(digits), ..found },
            Self::new("which bends: least by range", least, digits, table),
            Self::new("and largest", largest, digits, table),
        ]
    }

    /// With the 95 % interval of a row of a table, over other windows of its training.
    pub(crate) fn within(self, interval: Option<(f64, f64)>) -> Self {
        let digits =
            interval.map_or(self.digits, |interval| varflat_plot::interval_decimals(self.value, interval));
        let covers = match interval {
            Some(_) => "other windows of this training".to_owned(),
            None => "no interval".to_owned(),
        };
        Self { interval, digits, covers, ..self }
    }

    /// With the 95 % interval of a line through the points of a run.
    pub(crate) fn about_line(self, interval: Option<(f64, f64)>) -> Self {
        let covers = "the scatter of the points about the line (least squares)".to_owned();
        Self { covers, ..self.within(interval) }
    }

    pub(crate) fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// As it is printed.
    pub(crate) fn shown(&self) -> String {
        format!("{}{}", fixed(self.value, self.digits), self.unit.replace(' ', "\u{202f}"))
    }

    /// The interval as it is printed, empty if there is none.
    pub(crate) fn interval_shown(&self) -> String {
        varflat_plot::ends(self.interval, self.digits)
    }
}

/// Whether a value is what the paper calls "≈ about".
pub(crate) fn is_about(value: f64, about: f64) -> bool {
    (value - about).abs() <= ABOUT * about.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_is_within_a_quarter() {
        assert!(is_about(3.0, 4.0) && is_about(5.0, 4.0) && is_about(-1.6, -2.0));
        assert!(!is_about(2.9, 4.0) && !is_about(5.1, 4.0) && !is_about(2.0, -2.0));
    }

    #[test]
    fn a_number_is_printed_with_its_interval() {
        let number = Number::new("x", -3.3049, 2, "t.json").within(Some((-3.3303, -3.2794))).unit(" %");
        assert_eq!(
            (number.shown(), number.interval_shown()),
            ("−3.30\u{202f}%".into(), "[−3.34, −3.27]".into())
        );
    }
}
