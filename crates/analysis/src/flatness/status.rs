//! The status of a measured flatness, as tables spell it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::AnalysisError;

/// How a search for the flatness of a direction ended; in order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlatnessStatus {
    /// Both crossings found: the flatness is defined.
    Found,
    /// The loss rises and falls before it crosses: several crossings may exist.
    NotMonotone,
    /// The loss stays under the level as far as was searched: the flatness is only bounded below.
    Censored,
}

impl FlatnessStatus {
    const ALL: [Self; 3] = [Self::Found, Self::NotMonotone, Self::Censored];

    /// The word used in tables: `found`, `not_monotone` or `censored`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::NotMonotone => "not_monotone",
            Self::Censored => "censored",
        }
    }
}

impl fmt::Display for FlatnessStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FlatnessStatus {
    type Err = AnalysisError;

    fn from_str(word: &str) -> Result<Self, AnalysisError> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == word);
        known.ok_or_else(|| AnalysisError::UnknownStatus { word: word.to_owned() })
    }
}
