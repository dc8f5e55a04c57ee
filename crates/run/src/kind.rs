//! The kinds of files there are.

use std::fmt;

/// A kind of file of keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One run.
    Experiment,
    /// More of a finished run.
    Study,
    /// Many points of an experiment.
    Sweep,
}

impl Kind {
    /// What a text is by its keys; nothing if they leave it open.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let table: toml::Table = toml::from_str(text).ok()?;
        let any = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
        match () {
            () if any(&["study"]) => Some(Self::Study),
            () if any(&["base", "experiment", "seeds", "grid", "zip"]) => Some(Self::Sweep),
            () if any(&["data", "model", "training", "recorder", "pca", "landscape", "fit", "langevin"]) => {
                Some(Self::Experiment)
            }
            () => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Experiment => "an experiment",
            Self::Study => "a study",
            Self::Sweep => "a sweep",
        })
    }
}
