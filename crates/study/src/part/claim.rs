//! The paper’s claims, each with the rule that judges it. The rules follow from the wording of the claims, not from
//! the numbers; a verdict is never typed in.

use varflat_run::error::Result;

use super::number::Number;
use super::tables::Tables;

/// A claim of the paper.
pub(crate) struct Claim {
    /// Its number, with a letter where it has two halves.
    pub(crate) number: &'static str,
    pub(crate) statement: &'static str,
    /// What the paper says, and how we know.
    pub(crate) paper: &'static [(&'static str, Certainty)],
    /// When it counts as reproduced, and when partly.
    pub(crate) rule: &'static str,
    /// Figures that show it.
    pub(crate) figures: &'static [&'static str],
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
    pub(crate) measured: Vec<Number>,
    /// The finding in a sentence or two.
    pub(crate) summary: String,
    /// Where it disagrees with the paper, or falls short of it; empty if nowhere.
    pub(crate) caveat: String,
}

impl Finding {
    /// Of tables from before the number stood in one.
    pub(crate) fn of_older(again: &str) -> Self {
        let summary = format!(
            "The tables are of an older version, which did not write this number: do `{again}` again."
        );
        Self { verdict: Verdict::NotMeasured, measured: Vec::new(), summary, caveat: String::new() }
    }
}
