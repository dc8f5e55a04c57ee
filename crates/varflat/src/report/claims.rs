//! The paper's claims, each with the rule that judges it. The rules follow from the wording of the claims, not from
//! the numbers; a verdict is never typed in.
//!
//! A further claim is one more file here with a `CLAIM`, and its name in [`CLAIMS`].

mod alignment;
mod drift;
mod equilibrium;
mod exponent;
mod forgetting;
mod landscape;
mod mini_batches;
mod phases;
mod spectrum;
mod temperature;
mod width;

use varflat_analysis::{Estimate, Scaling};

use super::tables::Tables;
use crate::error::Result;
use crate::figures::{bend_decimals, fixed, pair};

/// In the order of the page.
pub(crate) const CLAIMS: &[Claim] = &[
    phases::CLAIM,
    spectrum::CLAIM,
    drift::CLAIM,
    alignment::CLAIM,
    landscape::CLAIM,
    exponent::CLAIM,
    equilibrium::CLAIM,
    temperature::CLAIM,
    mini_batches::CLAIM,
    width::CLAIM,
    forgetting::CLAIM,
];

/// How far a number that the paper gives with "≈" may be off, as a share of it.
pub(crate) const ABOUT: f64 = 0.25;

/// A claim of the paper.
pub(crate) struct Claim {
    pub(crate) number: usize,
    pub(crate) statement: &'static str,
    /// What the paper says, and how we know.
    pub(crate) paper: &'static [(&'static str, Certainty)],
    /// When it counts as reproduced, and when partly.
    pub(crate) rule: &'static str,
    /// Figures that show it.
    pub(crate) figures: &'static [&'static str],
    /// The part of `reproduce` that measures it.
    pub(crate) part: &'static str,
    /// What was found; `None` if its tables are not there.
    pub(crate) find: fn(&Tables) -> Result<Option<Finding>>,
}

/// Where a statement about the paper comes from. Its body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The summary that this project implements.
    Summary,
    /// An abstract or the captions of the first pages.
    Abstract,
    /// The first author's demo code.
    DemoCode,
}

impl Certainty {
    pub(crate) const ALL: [Self; 3] = [Self::Summary, Self::Abstract, Self::DemoCode];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Abstract => "abstract",
            Self::DemoCode => "demo code",
        }
    }

    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Summary => {
                "a reader’s published summary of the paper, which this project set out to implement"
            }
            Self::Abstract => "the abstract or a first-page caption of the paper or of its preprint",
            Self::DemoCode => "the first author’s public demo code",
        }
    }
}

/// How a claim came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Reproduced,
    Partly,
    Not,
    NotMeasured,
}

impl Verdict {
    /// If all holds; else if at least `some` does.
    pub(crate) const fn of(all: bool, some: bool) -> Self {
        match (all, some) {
            (true, _) => Self::Reproduced,
            (false, true) => Self::Partly,
            (false, false) => Self::Not,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Partly => "partly",
            Self::Not => "not reproduced",
            Self::NotMeasured => "not measured",
        }
    }

    /// Its class in the style sheet.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Reproduced => "yes",
            Self::Partly => "partly",
            Self::Not => "no",
            Self::NotMeasured => "open",
        }
    }

    /// A sign beside the word.
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Reproduced => "●",
            Self::Partly => "◐",
            Self::Not => "○",
            Self::NotMeasured => "–",
        }
    }
}

/// What the tables say about a claim.
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) ours: Vec<Number>,
    /// The finding in a sentence or two.
    pub(crate) says: String,
    /// Where it disagrees with the paper, or falls short of it; empty if nowhere.
    pub(crate) disagrees: String,
}

impl Finding {
    /// Of tables from before the number stood in one.
    pub(crate) fn of_older(again: &str) -> Self {
        let says = format!(
            "The tables are of an older version, which did not write this number: do `{again}` again."
        );
        Self { verdict: Verdict::NotMeasured, ours: Vec::new(), says, disagrees: String::new() }
    }
}

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

    /// The exponent of a law; where it bends, with its least and largest value by range, and no more digits than these allow.
    pub(crate) fn of_law(what: impl Into<String>, law: &Scaling, table: &'static str) -> Vec<Self> {
        let found = Self::of(what, &law.estimate(), table);
        let Some([least, largest]) = law.bend else { return vec![found] };
        let digits = bend_decimals([least, largest]);
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
    fn claims_are_numbered_in_order_and_say_all_they_should() {
        for (claim, number) in CLAIMS.iter().zip(1..) {
            assert_eq!(claim.number, number);
            assert!(crate::reproduce::names().contains(&claim.part), "{}", claim.part);
            assert!(!claim.paper.is_empty() && !claim.figures.is_empty());
            assert!(
                claim.rule.contains("Reproduced if") && claim.rule.contains("Partly if"),
                "{}",
                claim.rule
            );
        }
    }

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
