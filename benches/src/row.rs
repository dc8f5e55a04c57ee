//! One row of the table: the same thing done in two ways, in turns.

use crate::format;
use crate::statistics::Summary;

/// What the numbers of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Seconds: less is better.
    Time,
    /// Things done per second: more is better.
    Rate,
    /// Bytes: less is better.
    Memory,
}

impl Quantity {
    pub(crate) fn format(self, value: f64) -> String {
        match self {
            Self::Time => format::seconds(value),
            Self::Rate => format!("{}/s", format::significant(value)),
            Self::Memory => format::megabytes(value),
        }
    }

    /// Whether a ratio is at least as good as another.
    fn reaches(self, ratio: f64, goal: f64) -> bool {
        match self {
            Self::Rate => ratio >= goal,
            Self::Time | Self::Memory => ratio <= goal,
        }
    }
}

/// What a ratio should be, and what it could be at best.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    pub(crate) mark: f64,
    pub(crate) dream: f64,
}

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As good as could be.
    Dream,
    /// As good as it should be.
    Mark,
    /// Worse than it should be.
    Missed,
    /// There is no goal, or nothing was measured.
    Open,
}

impl Verdict {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dream => "dream",
            Self::Mark => "mark",
            Self::Missed => "**missed**",
            Self::Open => "",
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// What was done.
    pub(crate) what: String,
    /// What it is held against.
    pub(crate) against: String,
    /// Whether that is another program than ours.
    pub(crate) foreign: bool,
    pub(crate) quantity: Quantity,
    pub(crate) goal: Option<Goal>,
    pub(crate) ours: Vec<f64>,
    /// As many as `ours`: the i-th was taken right after the i-th of ours.
    pub(crate) theirs: Vec<f64>,
    pub(crate) notes: Vec<String>,
}

impl Row {
    /// A row of times with nothing in it yet.
    pub(crate) fn new(name: impl Into<String>, what: impl Into<String>, against: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            what: what.into(),
            against: against.into(),
            foreign: true,
            quantity: Quantity::Time,
            goal: None,
            ours: Vec::new(),
            theirs: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn of(mut self, quantity: Quantity) -> Self {
        self.quantity = quantity;
        self
    }

    pub(crate) fn goal(mut self, mark: f64, dream: f64) -> Self {
        self.goal = Some(Goal { mark, dream });
        self
    }

    /// Held against ourselves in another way.
    pub(crate) fn against_ourselves(mut self) -> Self {
        self.foreign = false;
        self
    }

    /// The ratios ours/theirs, pair by pair.
    pub(crate) fn ratio(&self) -> Option<Summary> {
        let pairs = self.ours.iter().zip(&self.theirs);
        Summary::of(&pairs.map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>())
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let (Some(goal), Some(ratio)) = (self.goal, self.ratio()) else { return Verdict::Open };
        if self.quantity.reaches(ratio.median, goal.dream) {
            Verdict::Dream
        } else if self.quantity.reaches(ratio.median, goal.mark) {
            Verdict::Mark
        } else {
            Verdict::Missed
        }
    }

    /// Whether another program does it better.
    pub(crate) fn is_beaten(&self) -> bool {
        self.foreign && self.ratio().is_some_and(|ratio| !self.quantity.reaches(ratio.median, 1.0))
    }

    /// In one line, for the person who waits.
    pub(crate) fn line(&self) -> String {
        let median = |values: &[f64]| {
            Summary::of(values).map_or("–".to_owned(), |summary| self.quantity.format(summary.median))
        };
        let (ours, theirs) = (median(&self.ours), median(&self.theirs));
        let ratio =
            self.ratio().map_or(String::new(), |ratio| format!(", ratio {}", format::ratio(ratio.median)));
        let verdict = match self.verdict().name().trim_matches('*') {
            "" => String::new(),
            verdict => format!(" ({verdict})"),
        };
        format!("{:>18}: {ours} against {theirs} ({}){ratio}{verdict}", self.name, self.against)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(quantity: Quantity, ours: f64, theirs: f64) -> Row {
        let row = Row::new("row", "what", "peer").of(quantity).goal(0.5, 0.25);
        Row { ours: vec![ours], theirs: vec![theirs], ..row }
    }

    #[test]
    fn less_time_is_better() {
        assert_eq!(row(Quantity::Time, 1.0, 5.0).verdict(), Verdict::Dream);
        assert_eq!(row(Quantity::Time, 1.0, 3.0).verdict(), Verdict::Mark);
        assert_eq!(row(Quantity::Time, 2.0, 3.0).verdict(), Verdict::Missed);
        assert!(row(Quantity::Time, 3.0, 2.0).is_beaten());
        assert!(!row(Quantity::Time, 3.0, 2.0).against_ourselves().is_beaten());
    }

    #[test]
    fn more_of_a_rate_is_better() {
        let rate = |ours, goal: [f64; 2]| row(Quantity::Rate, ours, 1.0).goal(goal[0], goal[1]).verdict();
        assert_eq!(rate(1.97, [1.85, 1.95]), Verdict::Dream);
        assert_eq!(rate(1.9, [1.85, 1.95]), Verdict::Mark);
        assert_eq!(rate(1.6, [1.85, 1.95]), Verdict::Missed);
    }

    #[test]
    fn without_a_pair_there_is_no_verdict() {
        let row = Row { theirs: Vec::new(), ..row(Quantity::Time, 1.0, 1.0) };
        assert_eq!((row.verdict(), row.ratio()), (Verdict::Open, None));
    }
}
